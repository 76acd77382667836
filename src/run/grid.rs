//! Many digits in one picture.

use super::Picture;
use super::picture::TooLarge;
use crate::data::{CLASSES, Digits};

/// Dark grey: lies between tiles and where a tile is missing. Digits are white on black, so neither
/// can be taken for part of one.
pub(super) const BACKGROUND: u8 = 64;
const INK: u8 = 255;
/// Pixels between two tiles, before enlargement.
const GUTTER: usize = 2;

/// What a picture of tiles in rows will be: known, and refused where it would be too large, before anything is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    count: usize,
    /// `[height, width, channels]` of each.
    tile: [usize; 3],
    columns: usize,
    scale: usize,
}

impl Grid {
    /// `count` tiles in rows of `columns`, enlarged `scale` times.
    ///
    /// # Errors
    /// [`TooLarge`] when the picture would be.
    ///
    /// # Panics
    /// When a number is 0.
    pub fn new(count: usize, tile: [usize; 3], columns: usize, scale: usize) -> Result<Grid, TooLarge> {
        assert!(count > 0 && columns > 0 && scale > 0, "grid: nothing to lay out");
        let grid = Grid { count, tile, columns, scale };
        TooLarge::check(grid.shape())?;
        Ok(grid)
    }

    /// `[height, width, channels]` of the picture.
    pub fn shape(&self) -> [usize; 3] {
        let [height, width, channels] = self.tile;
        let side = |count, tile| extent(count, tile).saturating_mul(self.scale);
        [side(self.count.div_ceil(self.columns), height), side(self.columns, width), channels]
    }

    /// Lays the tiles out, as [`grid`] does.
    ///
    /// # Panics
    /// When there are others than were announced.
    pub fn draw<'a>(&self, tiles: impl ExactSizeIterator<Item = &'a [u8]>) -> Picture {
        assert_eq!(tiles.len(), self.count, "Grid::draw: other tiles than were announced");
        grid(tiles, self.tile, self.columns, self.scale)
    }
}

/// Lays tiles out in rows from left to right, enlarged `scale` times without smoothing. Where a person chooses how many or
/// how large, [`Grid::new`] says first whether that is a picture.
///
/// Each tile is `[height, width, channels]` in C order; `samples.chunks_exact(height * width * channels)` gives
/// them from an array `[count, height, width, channels]`. Between tiles lies a dark grey gutter of 2 pixels
/// (before enlargement), and the same grey fills what the last row leaves empty.
///
/// # Panics
/// When there is no tile, a tile has another length, or a number is 0.
pub fn grid<'a>(
    tiles: impl ExactSizeIterator<Item = &'a [u8]>,
    tile_shape: [usize; 3],
    columns: usize,
    scale: usize,
) -> Picture {
    assert!(tiles.len() > 0 && columns > 0 && scale > 0, "grid: nothing to lay out");
    let [height, width, channels] = tile_shape;
    let rows = tiles.len().div_ceil(columns);
    let mut canvas = Canvas::new([extent(rows, height), extent(columns, width), channels]);
    for (index, tile) in tiles.enumerate() {
        let expected = height * width * channels;
        assert_eq!(tile.len(), expected, "grid: tile {index} has {} numbers for {tile_shape:?}", tile.len());
        let (row, column) = (index / columns, index % columns);
        canvas.paste(tile, width, row * (height + GUTTER), column * (width + GUTTER));
    }
    canvas.enlarged(scale)
}

/// What tiles are laid out on.
pub(super) struct Canvas {
    shape: [usize; 3],
    pixels: Vec<u8>,
}

impl Canvas {
    /// `[height, width, channels]` in the background's grey.
    pub fn new(shape: [usize; 3]) -> Self {
        Self { shape, pixels: vec![BACKGROUND; shape.iter().product()] }
    }

    /// Copies a tile so that its first pixel comes to `(top, left)`.
    pub fn paste(&mut self, tile: &[u8], tile_width: usize, top: usize, left: usize) {
        let [_, width, channels] = self.shape;
        for (y, row) in tile.chunks_exact(tile_width * channels).enumerate() {
            let start = ((top + y) * width + left) * channels;
            self.pixels[start..start + row.len()].copy_from_slice(row);
        }
    }

    /// 1 or 3.
    pub fn channels(&self) -> usize {
        self.shape[2]
    }

    /// Brings the pixel at `[y, x]`, if there is one, so much nearer to a brightness, 255 being all the way.
    pub fn ink(&mut self, [y, x]: [usize; 2], ink: u8, brightness: u8) {
        let [height, width, channels] = self.shape;
        if y < height && x < width {
            for number in &mut self.pixels[(y * width + x) * channels..][..channels] {
                let (ink, paper) = (u32::from(ink), 255 - u32::from(ink));
                *number = ((ink * u32::from(brightness) + paper * u32::from(*number)) / 255) as u8;
            }
        }
    }

    /// Every pixel becomes a square of `scale × scale`: nothing is invented between pixels.
    pub fn enlarged(&self, scale: usize) -> Picture {
        let [height, width, channels] = self.shape;
        let mut pixels = Vec::with_capacity(self.pixels.len() * scale * scale);
        for row in self.pixels.chunks_exact(width * channels) {
            let times = |pixel| std::iter::repeat_n(pixel, scale).flatten();
            let wide: Vec<u8> = row.chunks_exact(channels).flat_map(times).copied().collect();
            for _ in 0..scale {
                pixels.extend_from_slice(&wide);
            }
        }
        Picture::new([height * scale, width * scale, channels], pixels)
    }
}

/// Length of `count` tiles in a row with the gutters between them.
fn extent(count: usize, tile: usize) -> usize {
    count.saturating_mul(tile.saturating_add(GUTTER)) - GUTTER
}

/// Shows each class that `digits` holds as one row: its number, then its first `per_class`
/// examples, enlarged `scale` times.
///
/// A class with fewer examples leaves the rest of its row dark grey.
///
/// # Errors
/// [`TooLarge`] when the picture would be.
///
/// # Panics
/// When `per_class` or `scale` is 0.
pub fn contact_sheet(digits: &Digits, per_class: usize, scale: usize) -> Result<Picture, TooLarge> {
    assert!(per_class > 0, "contact_sheet: no examples asked for");
    let (height, width) = (digits.height(), digits.width());
    let columns = 1 + per_class;
    let classes: Vec<usize> = (0..CLASSES).filter(|class| digits.labels().contains(&(*class as u8))).collect();
    let sheet = Grid::new(classes.len() * columns, [height, width, 1], columns, scale)?;
    let mut tiles = Vec::new(); // [rows × columns, height, width]
    for class in classes {
        let row_end = tiles.len() + columns * digits.pixels();
        tiles.extend(label_tile(class, height, width));
        let of_class = (0..digits.len()).filter(|&i| usize::from(digits.label(i)) == class);
        of_class.take(per_class).for_each(|i| tiles.extend_from_slice(digits.image(i)));
        tiles.resize(row_end, BACKGROUND);
    }
    Ok(sheet.draw(tiles.chunks_exact(digits.pixels())))
}

const GLYPH_HEIGHT: usize = 7;
const GLYPH_WIDTH: usize = 5;

/// The digits in 5 × 7 dots, a row to a number, its highest bit at the left.
#[rustfmt::skip]
const GLYPHS: [[u8; GLYPH_HEIGHT]; CLASSES] = [
    [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
    [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
    [0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111],
    [0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110],
    [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
    [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
    [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
    [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
    [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
    [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
];

/// The number of a class in the middle of a tile, half as high as the tile where there is room.
fn label_tile(class: usize, height: usize, width: usize) -> Vec<u8> {
    let enlarge = (height / (2 * GLYPH_HEIGHT)).min(width / (2 * GLYPH_WIDTH)).max(1);
    let top = height.saturating_sub(enlarge * GLYPH_HEIGHT) / 2;
    let left = width.saturating_sub(enlarge * GLYPH_WIDTH) / 2;
    let mut tile = vec![BACKGROUND; height * width];
    // Over the tile's pixels, not the glyph's: a tile smaller than the glyph shows part of it.
    for (y, row) in tile.chunks_exact_mut(width).enumerate().skip(top) {
        for (x, pixel) in row.iter_mut().enumerate().skip(left) {
            if is_dot(class, (y - top) / enlarge, (x - left) / enlarge) {
                *pixel = INK;
            }
        }
    }
    tile
}

/// Figures in the middle of a square tile of this brightness: white on dark, black on bright.
pub(super) fn text_tile(figures: &str, side: usize, brightness: u8) -> Vec<u8> {
    let mut tile = vec![brightness; side * side];
    let ink = if brightness > 127 { 0 } else { INK };
    let (advance, top) = (GLYPH_WIDTH + 1, side.saturating_sub(GLYPH_HEIGHT) / 2);
    let left = side.saturating_sub(figures.len() * advance - usize::from(!figures.is_empty())) / 2;
    for (i, figure) in figures.bytes().filter(u8::is_ascii_digit).enumerate() {
        for (y, x) in (0..GLYPH_HEIGHT).flat_map(|y| (0..GLYPH_WIDTH).map(move |x| (y, x))) {
            let (row, column) = (top + y, left + i * advance + x);
            if is_dot(usize::from(figure - b'0'), y, x) && row < side && column < side {
                tile[row * side + column] = ink;
            }
        }
    }
    tile
}

/// Whether the glyph of `class` has a dot at `(y, x)`; there is none beyond its edges.
fn is_dot(class: usize, y: usize, x: usize) -> bool {
    y < GLYPH_HEIGHT && x < GLYPH_WIDTH && GLYPHS[class][y] >> (GLYPH_WIDTH - 1 - x) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const B: u8 = BACKGROUND;

    #[test]
    fn a_grid_puts_gutters_between_tiles_and_background_where_one_is_missing() {
        let tiles = [1, 2, 3, 4, 5, 6]; // [3, 1, 2]
        let image = grid(tiles.chunks_exact(2), [1, 2, 1], 2, 1);
        #[rustfmt::skip]
        let expected = vec![
            1, 2, B, B, 3, 4,
            B, B, B, B, B, B,
            B, B, B, B, B, B,
            5, 6, B, B, B, B,
        ];
        assert_eq!(image, Picture::new([4, 6, 1], expected));
    }

    #[test]
    fn a_grid_is_enlarged_in_squares_gutters_included() {
        let image = grid([1, 2].chunks_exact(1), [1, 1, 1], 2, 2);
        let row = [1, 1, B, B, B, B, 2, 2];
        assert_eq!(image, Picture::new([2, 8, 1], [row, row].concat()));
    }

    #[test]
    fn a_grid_in_colour_keeps_a_pixels_numbers_together() {
        let image = grid([1, 2, 3].chunks_exact(3), [1, 1, 3], 1, 2);
        assert_eq!(image, Picture::new([2, 2, 3], [[1, 2, 3]; 4].concat()));
    }

    #[test]
    fn a_grid_is_as_large_as_it_said_or_refused() {
        let planned = Grid::new(3, [1, 2, 1], 2, 5).unwrap();
        assert_eq!(planned.shape(), planned.draw([1, 2, 3, 4, 5, 6].chunks_exact(2)).shape());
        for (count, columns, scale) in [(100_000, 8, 32), (usize::MAX, 1, 1), (1, usize::MAX, usize::MAX)] {
            let error = Grid::new(count, [28, 28, 1], columns, scale).unwrap_err().to_string();
            assert!(error.contains("GiB") && error.contains(" × "), "{error}");
        }
    }

    #[test]
    fn a_contact_sheet_has_a_row_for_each_class_present() {
        // Labels 7, 0, 7, 7 on one-coloured images of [14, 10]; a glyph fits once.
        let images = [70, 10, 71, 72].into_iter().flat_map(|value| [value; 140]).collect();
        let digits = Digits::new(images, vec![7, 0, 7, 7], 14, 10);
        let sheet = contact_sheet(&digits, 2, 1).unwrap();
        let tile = |values: u8| vec![values; 140];
        let expected =
            [[label_tile(0, 14, 10), tile(10), tile(B)].concat(), [label_tile(7, 14, 10), tile(70), tile(71)].concat()]
                .concat();
        assert_eq!(sheet, grid(expected.chunks_exact(140), [14, 10, 1], 3, 1));
    }

    #[test]
    fn glyphs_are_all_different_and_a_label_shows_one() {
        for class in 0..CLASSES {
            assert!(!GLYPHS[..class].contains(&GLYPHS[class]), "{class} is drawn twice");
        }
        let tile = label_tile(1, 28, 28);
        let row = |y: usize| tile[y * 28..][..28].iter().map(|&p| if p == INK { '#' } else { '.' });
        assert_eq!(row(7).collect::<String>(), ".............##.............");
        assert_eq!(row(6).filter(|&c| c == '#').count(), 0);
        assert_eq!(label_tile(8, 3, 3).len(), 9);
    }
}
