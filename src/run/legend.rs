//! Words around a picture, so that it can be understood alone.

use super::Picture;
use super::grid::{BACKGROUND, Canvas};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, RasterizedChar, get_raster, get_raster_width};

/// Noto Sans Mono, whose every letter is [`ADVANCE`] wide.
const FONT: (FontWeight, RasterHeight) = (FontWeight::Regular, RasterHeight::Size20);
/// Pixels from a letter to the next.
const ADVANCE: usize = get_raster_width(FONT.0, FONT.1);
/// Pixels from a line of text to the next.
const LINE: usize = 24;
/// Pixels between text and whatever is beside it.
const MARGIN: usize = 10;
/// Letters in a row's name before it goes on in the next line.
const ROW_NAME: usize = 20;
/// A picture with a legend has at least so many pixels from left to right.
const LEAST_WIDTH: usize = 560;

/// How bright the heading is, and what else is written.
const HEADING: u8 = 255;
const TEXT: u8 = 208;

/// What a picture shows, what its colours mean, which row is what.
#[derive(Clone, Debug, Default)]
pub struct Legend {
    paragraphs: Vec<Paragraph>,
    rows: Vec<String>,
    columns: Vec<String>,
    marks: Vec<([usize; 2], String)>,
}

#[derive(Clone, Debug)]
struct Paragraph {
    /// The colour that it explains.
    colour: Option<[u8; 3]>,
    words: String,
    brightness: u8,
}

impl Legend {
    /// Begins with what the picture shows.
    pub fn new(heading: impl Into<String>) -> Legend {
        Legend::default().paragraph(None, heading.into(), HEADING)
    }

    /// Says more: how to read it, what is normal.
    pub fn text(self, words: impl Into<String>) -> Legend {
        self.paragraph(None, words.into(), TEXT)
    }

    /// Says what a colour means.
    pub fn colour(self, colour: [u8; 3], words: impl Into<String>) -> Legend {
        self.paragraph(Some(colour), words.into(), TEXT)
    }

    fn paragraph(mut self, colour: Option<[u8; 3]>, words: String, brightness: u8) -> Legend {
        self.paragraphs.push(Paragraph { colour, words, brightness });
        self
    }

    /// Names the rows of a picture that has so many, equally high, at the left of them.
    pub fn rows<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Legend {
        self.rows = names.into_iter().map(Into::into).collect();
        self
    }

    /// Names the columns of a picture that has so many, equally wide, above them.
    pub fn columns<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Legend {
        self.columns = names.into_iter().map(Into::into).collect();
        self
    }

    /// Writes on the picture, in the middle about `[y, x]`.
    pub fn mark(mut self, place: [usize; 2], words: impl Into<String>) -> Legend {
        self.marks.push((place, words.into()));
        self
    }

    /// The picture with all this around it: in colour where one is explained, and not a dot of the picture covered but
    /// by marks.
    pub fn around(&self, picture: &Picture) -> Picture {
        let coloured = self.paragraphs.iter().any(|paragraph| paragraph.colour.is_some());
        let [height, width, channels] = picture.shape();
        let left = if self.rows.is_empty() { 0 } else { ROW_NAME * ADVANCE + 2 * MARGIN };
        let full = (left + width).max(LEAST_WIDTH);
        let lines = self.lines(full);
        let column_letters = width / self.columns.len().max(1) / ADVANCE;
        let columns: Vec<_> = self.columns.iter().map(|name| wrapped(name, column_letters)).collect();
        let head = columns.iter().map(Vec::len).max().unwrap_or(0) * LINE;
        let top = 2 * MARGIN + lines.len() * LINE + head;
        let mut canvas = Canvas::new([top + height, full, if coloured { 3 } else { channels }]);
        for (i, line) in lines.iter().enumerate() {
            line.draw(&mut canvas, MARGIN + i * LINE);
        }
        for (i, name) in columns.iter().enumerate() {
            let middle = left + (2 * i + 1) * width / (2 * columns.len());
            centred(&mut canvas, name, [top - MARGIN / 2 - LINE * name.len() / 2, middle], TEXT);
        }
        for (i, name) in self.rows.iter().enumerate() {
            let middle = top + (2 * i + 1) * height / (2 * self.rows.len());
            let lines = wrapped(name, ROW_NAME);
            let first = (middle - LINE * lines.len().min(2 * middle / LINE) / 2).max(top);
            for (j, line) in lines.iter().enumerate() {
                write(&mut canvas, line, [first + j * LINE, MARGIN], TEXT);
            }
        }
        canvas.paste(&picture.in_channels(canvas.channels()), width, top, left);
        for ([y, x], words) in &self.marks {
            plate(&mut canvas, words, [top + y, left + x]);
        }
        canvas.enlarged(1)
    }

    /// The paragraphs in lines that fit into so many pixels.
    fn lines(&self, width: usize) -> Vec<Line> {
        let letters = |indent: usize| (width - 2 * MARGIN - indent) / ADVANCE;
        let of = |paragraph: &Paragraph| -> Vec<Line> {
            let indent = if paragraph.colour.is_some() { LINE } else { 0 };
            let lines = wrapped(&paragraph.words, letters(indent)).into_iter().enumerate();
            let line = |(i, words)| Line {
                colour: paragraph.colour.filter(|_| i == 0),
                left: MARGIN + indent,
                words,
                brightness: paragraph.brightness,
            };
            lines.map(line).collect()
        };
        self.paragraphs.iter().flat_map(of).collect()
    }
}

/// A line of a paragraph.
struct Line {
    colour: Option<[u8; 3]>,
    /// Pixels.
    left: usize,
    words: String,
    brightness: u8,
}

impl Line {
    fn draw(&self, canvas: &mut Canvas, top: usize) {
        /// Pixels of a side of the square that shows a colour.
        const SQUARE: usize = 14;
        if let Some(colour) = self.colour {
            canvas.paste(&colour.repeat(SQUARE * SQUARE), SQUARE, top + (LINE - SQUARE) / 2, MARGIN);
        }
        write(canvas, &self.words, [top, self.left], self.brightness);
    }
}

/// Lines, one under another, about a place `[y, x]`; as far as they are within the canvas.
fn centred(canvas: &mut Canvas, lines: &[String], [y, x]: [usize; 2], brightness: u8) {
    let top = y.saturating_sub(LINE * lines.len() / 2);
    for (i, line) in lines.iter().enumerate() {
        let left = x.saturating_sub(line.chars().count() * ADVANCE / 2);
        write(canvas, line, [top + i * LINE, left], brightness);
    }
}

/// Letters on a plate of their own, which is seen on anything, in the middle about `[y, x]`.
fn plate(canvas: &mut Canvas, words: &str, [y, x]: [usize; 2]) {
    let [height, width] = [LINE, words.chars().count() * ADVANCE + MARGIN].map(|side| side / 2);
    for row in y.saturating_sub(height)..y + height {
        (x.saturating_sub(width)..x + width).for_each(|column| canvas.ink([row, column], 255, BACKGROUND));
    }
    centred(canvas, &[words.to_owned()], [y, x], HEADING);
}

/// Letters from `[top, left]` on; what would stand outside is left out.
fn write(canvas: &mut Canvas, words: &str, [top, left]: [usize; 2], brightness: u8) {
    for (i, letter) in words.chars().enumerate() {
        let (y, x) = (top + (LINE - FONT.1.val()) / 2, left + i * ADVANCE);
        for (row, dots) in raster(letter).rows().enumerate() {
            for (column, &ink) in dots.iter().enumerate().filter(|&(_, &ink)| ink > 0) {
                canvas.ink([y + row, x + column], ink, brightness);
            }
        }
    }
}

/// A letter's dots; `?` for one that the font has not.
fn raster(letter: char) -> RasterizedChar {
    let raster = |letter| get_raster(letter, FONT.0, FONT.1);
    raster(letter).or_else(|| raster('?')).expect("the font has Latin letters and signs")
}

/// Words in lines of at most `width` characters, broken at blanks alone: a longer word has a line of its own.
pub fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiles() -> Picture {
        Picture::new([90, 600, 1], (0..90 * 600).map(|i| (i % 251) as u8).collect())
    }

    /// The numbers of a part of a picture.
    fn part(picture: &Picture, [top, left]: [usize; 2], [height, width]: [usize; 2]) -> Vec<u8> {
        let [_, full, channels] = picture.shape();
        let row = |y: usize| &picture.pixels()[(y * full + left) * channels..][..width * channels];
        (top..top + height).flat_map(row).copied().collect()
    }

    #[test]
    fn a_picture_stands_whole_beneath_its_words() {
        let legend = Legend::new("What it shows").text("word ".repeat(40)).rows(["one", "two"]).columns(["a", "b"]);
        let with = legend.around(&tiles());
        let left = ROW_NAME * ADVANCE + 2 * MARGIN;
        let [height, width, channels] = with.shape();
        assert_eq!((width, channels), (left + 600, 1));
        assert_eq!(part(&with, [height - 90, left], [90, 600]), tiles().pixels());
        let has_ink = |corner, size| part(&with, corner, size).iter().any(|&dot| dot > BACKGROUND);
        assert!(has_ink([0, 0], [MARGIN + LINE, width]), "the heading");
        assert!(has_ink([height - 90, 0], [45, left]) && has_ink([height - 45, 0], [45, left]), "the rows' names");
        assert!(has_ink([height - 90 - LINE - MARGIN, left + 290 - 150], [LINE, 20]), "the first column's name");
        assert!(!has_ink([height - 90 - MARGIN / 2, 0], [MARGIN / 2, width]), "a gap above the picture");
    }

    #[test]
    fn a_colour_is_shown_as_it_is_and_a_narrow_picture_gets_room_for_words() {
        let with = Legend::new("What").colour([200, 10, 20], "is this").around(&Picture::new([4, 4, 1], vec![7; 16]));
        let [height, width, channels] = with.shape();
        assert_eq!((height, width, channels), (2 * MARGIN + 2 * LINE + 4, LEAST_WIDTH, 3));
        assert_eq!(part(&with, [MARGIN + LINE + LINE / 2, MARGIN], [1, 3]), [200, 10, 20].repeat(3));
        assert_eq!(part(&with, [height - 1, 0], [1, 5]), [[7; 12].as_slice(), &[BACKGROUND; 3]].concat());
    }

    #[test]
    fn a_mark_stands_on_the_picture_and_none_leaves_it() {
        let black = Picture::new([60, 600, 1], vec![0; 36_000]);
        let legend = Legend::new("What").mark([30, 300], "8").mark([0, 0], "left").mark([59, 599], "right");
        let with = legend.around(&black);
        let [height, ..] = with.shape();
        let is_written = |corner, size| part(&with, corner, size).iter().any(|&dot| dot > TEXT);
        assert!(is_written([height - 45, 290], [30, 20]));
        assert!(!is_written([height - 45, 350], [30, 150]) && is_written([height - 20, 560], [20, 40]));
    }

    #[test]
    fn words_are_wrapped_at_blanks_and_never_within_a_word() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a longerword b", 4), ["a", "longerword", "b"]);
        assert!(wrapped("", 4).is_empty());
        assert_eq!(wrapped("é × é", 3), ["é ×", "é"]);
    }

    #[test]
    fn a_letter_that_the_font_has_not_is_a_question_mark() {
        let dots = |letter| raster(letter).pixels().to_vec();
        assert_eq!(dots('\u{4e00}'), dots('?'));
        assert_ne!(dots('×'), dots('?'));
        assert_ne!(dots('é'), dots('?'));
    }
}
