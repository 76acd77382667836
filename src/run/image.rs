//! Pictures of digits: from numbers to grey pixels, grids of them, and PNG files.

use std::path::Path;

use crate::data::{CLASSES, Digits, PixelRange, WriteError, write_atomically};
use crate::parallel::in_pieces;

/// Dark grey: lies between tiles and where a tile is missing. Digits are white on black, so neither
/// can be taken for part of one.
const BACKGROUND: u8 = 64;
const INK: u8 = 255;
/// Pixels between two tiles, before enlargement.
const GUTTER: usize = 2;

/// A grey picture, 8 bits a pixel, 0 black to 255 white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrayImage {
    width: usize,
    height: usize,
    pixels: Vec<u8>, // [height, width]
}

impl GrayImage {
    /// Makes a picture of `pixels`, `[height, width]` in C order.
    ///
    /// # Panics
    /// When a side is 0 or exceeds 2³¹ − 1 (PNG's own bounds), or `pixels` has another length.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> GrayImage {
        let allowed = 1..=i32::MAX as usize;
        assert!(
            allowed.contains(&width) && allowed.contains(&height),
            "GrayImage::new: a picture of [{height}, {width}] cannot be a PNG"
        );
        assert_eq!(pixels.len(), height * width, "GrayImage::new: {} pixels for [{height}, {width}]", pixels.len());
        GrayImage { width, height, pixels }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, `[height, width]` in C order.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The picture as a PNG file's bytes; the same picture always gives the same bytes.
    pub fn encode_png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // `new` holds both sides below 2³¹, so neither cast nor encoder has a reason to fail, and
        // writing to memory has none either.
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().expect("a valid PNG header");
        writer.write_image_data(&self.pixels).expect("as many pixels as the header says");
        writer.finish().expect("memory takes any number of bytes");
        bytes
    }

    /// Writes the picture as a PNG file (8-bit grey), whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written; the error names `path`.
    pub fn write_png(&self, path: &Path) -> Result<(), WriteError> {
        write_atomically(path, |writer| writer.write_all(&self.encode_png()))
    }

    fn filled(width: usize, height: usize, value: u8) -> GrayImage {
        GrayImage::new(width, height, vec![value; height * width])
    }

    /// Copies `tile` (`[tile_height, tile_width]`) so that its first pixel comes to `(top, left)`.
    fn paste(&mut self, tile: &[u8], tile_width: usize, top: usize, left: usize) {
        for (y, row) in tile.chunks_exact(tile_width).enumerate() {
            let start = (top + y) * self.width + left;
            self.pixels[start..start + tile_width].copy_from_slice(row);
        }
    }

    /// Every pixel becomes a square of `scale × scale`: nothing is invented between pixels.
    fn enlarged(&self, scale: usize) -> GrayImage {
        let mut pixels = Vec::with_capacity(self.pixels.len() * scale * scale);
        for row in self.pixels.chunks_exact(self.width) {
            let wide: Vec<u8> = row.iter().flat_map(|&pixel| std::iter::repeat_n(pixel, scale)).collect();
            for _ in 0..scale {
                pixels.extend_from_slice(&wide);
            }
        }
        GrayImage::new(self.width * scale, self.height * scale, pixels)
    }
}

/// Turns a network's numbers back into bytes, the inverse of [`fill`](crate::data::fill).
///
/// Numbers outside `range` are clamped, those between two bytes go to the nearer one, and a NaN
/// becomes 0. The scale is `range`'s alone. Stretching each picture between its own minimum and
/// maximum, as many plotting tools do unasked, would make a washed-out sample look crisp and an
/// almost constant one look like a digit: the picture would hide the very faults it is looked at
/// for, and no two pictures could be compared.
pub fn to_bytes(pixels: &[f32], range: PixelRange) -> Vec<u8> {
    let mut bytes = vec![0; pixels.len()];
    in_pieces(&mut bytes, |start, piece| {
        for (byte, &pixel) in piece.iter_mut().zip(&pixels[start..]) {
            // A float that is cast to an integer saturates, which clamps it.
            *byte = (range.to_unit(pixel) * 255.0).round() as u8;
        }
    });
    bytes
}

/// Lays tiles out in rows from left to right, enlarged `scale` times without smoothing.
///
/// Each tile is `[tile_height, tile_width]` in C order; `samples.chunks_exact(height * width)` gives
/// them from an array `[count, height, width]`. Between tiles lies a dark grey gutter of 2 pixels
/// (before enlargement), and the same grey fills what the last row leaves empty.
///
/// # Panics
/// When there is no tile, a tile has another length, or a number is 0.
pub fn grid<'a>(
    tiles: impl ExactSizeIterator<Item = &'a [u8]>,
    tile_height: usize,
    tile_width: usize,
    columns: usize,
    scale: usize,
) -> GrayImage {
    assert!(tiles.len() > 0 && columns > 0 && scale > 0, "grid: nothing to lay out");
    let rows = tiles.len().div_ceil(columns);
    let (height, width) = (extent(rows, tile_height), extent(columns, tile_width));
    let mut canvas = GrayImage::filled(width, height, BACKGROUND);
    for (index, tile) in tiles.enumerate() {
        assert_eq!(
            tile.len(),
            tile_height * tile_width,
            "grid: tile {index} has {} pixels for [{tile_height}, {tile_width}]",
            tile.len()
        );
        let (row, column) = (index / columns, index % columns);
        let top = row * (tile_height + GUTTER);
        let left = column * (tile_width + GUTTER);
        canvas.paste(tile, tile_width, top, left);
    }
    canvas.enlarged(scale)
}

/// Length of `count` tiles in a row with the gutters between them.
fn extent(count: usize, tile: usize) -> usize {
    count * tile + (count - 1) * GUTTER
}

/// Shows each class that `digits` holds as one row: its number, then its first `per_class`
/// examples, enlarged `scale` times.
///
/// A class with fewer examples leaves the rest of its row dark grey.
///
/// # Panics
/// When `per_class` or `scale` is 0.
pub fn contact_sheet(digits: &Digits, per_class: usize, scale: usize) -> GrayImage {
    assert!(per_class > 0, "contact_sheet: no examples asked for");
    let (height, width) = (digits.height(), digits.width());
    let columns = 1 + per_class;
    let mut tiles = Vec::new(); // [rows × columns, height, width]
    for class in (0..CLASSES).filter(|class| digits.labels().contains(&(*class as u8))) {
        let row_end = tiles.len() + columns * digits.pixels();
        tiles.extend(label_tile(class, height, width));
        let of_class = (0..digits.len()).filter(|&i| usize::from(digits.label(i)) == class);
        of_class.take(per_class).for_each(|i| tiles.extend_from_slice(digits.image(i)));
        tiles.resize(row_end, BACKGROUND);
    }
    grid(tiles.chunks_exact(digits.pixels()), height, width, columns, scale)
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

/// Whether the glyph of `class` has a dot at `(y, x)`; there is none beyond its edges.
fn is_dot(class: usize, y: usize, x: usize) -> bool {
    y < GLYPH_HEIGHT && x < GLYPH_WIDTH && GLYPHS[class][y] >> (GLYPH_WIDTH - 1 - x) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::fill;

    const B: u8 = BACKGROUND;

    fn decode(png_bytes: &[u8]) -> GrayImage {
        let mut reader = png::Decoder::new(std::io::Cursor::new(png_bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.color_type, png::ColorType::Grayscale);
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        GrayImage::new(info.width as usize, info.height as usize, pixels)
    }

    fn checkered() -> GrayImage {
        GrayImage::new(7, 5, (0..35).map(|i| (i * 53 % 256) as u8).collect())
    }

    #[test]
    fn a_png_gives_the_pixels_back_and_equal_pixels_equal_bytes() {
        let image = checkered();
        assert_eq!(decode(&image.encode_png()), image);
        assert_eq!(image.encode_png(), checkered().encode_png());
    }

    #[test]
    fn write_png_writes_the_encoded_bytes_or_names_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sample.png");
        checkered().write_png(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), checkered().encode_png());
        let missing = directory.path().join("missing/sample.png");
        let error = checkered().write_png(&missing).unwrap_err().to_string();
        assert!(error.contains("missing/sample.png"), "{error}");
    }

    #[test]
    fn to_bytes_undoes_fill_for_every_byte() {
        let digits = Digits::new((0..=255).collect(), vec![0], 16, 16);
        for range in [PixelRange::Unit, PixelRange::Symmetric] {
            let mut numbers = [0.0; 256];
            fill(&digits, &[0], range, &mut numbers);
            assert_eq!(to_bytes(&numbers, range), digits.image(0), "{range:?}");
        }
    }

    #[test]
    fn to_bytes_clamps_rounds_and_does_not_stretch() {
        let wild = [-7.0, 300.0, f32::NEG_INFINITY, f32::INFINITY, f32::NAN];
        for range in [PixelRange::Unit, PixelRange::Symmetric] {
            assert_eq!(to_bytes(&wild, range), [0, 255, 0, 255, 0], "{range:?}");
        }
        assert_eq!(to_bytes(&[0.4 / 255.0, 0.6 / 255.0], PixelRange::Unit), [0, 1]);
        assert_eq!(to_bytes(&[0.4, 0.6], PixelRange::Unit), [102, 153]);
        assert_eq!(to_bytes(&[0.0], PixelRange::Symmetric), [128]);
    }

    #[test]
    fn a_grid_puts_gutters_between_tiles_and_background_where_one_is_missing() {
        let tiles = [1, 2, 3, 4, 5, 6]; // [3, 1, 2]
        let image = grid(tiles.chunks_exact(2), 1, 2, 2, 1);
        #[rustfmt::skip]
        let expected = vec![
            1, 2, B, B, 3, 4,
            B, B, B, B, B, B,
            B, B, B, B, B, B,
            5, 6, B, B, B, B,
        ];
        assert_eq!(image, GrayImage::new(6, 4, expected));
    }

    #[test]
    fn a_grid_is_enlarged_in_squares_gutters_included() {
        let image = grid([1, 2].chunks_exact(1), 1, 1, 2, 2);
        let row = [1, 1, B, B, B, B, 2, 2];
        assert_eq!(image, GrayImage::new(8, 2, [row, row].concat()));
    }

    #[test]
    fn a_contact_sheet_has_a_row_for_each_class_present() {
        // Labels 7, 0, 7, 7 on one-coloured images of [14, 10]; a glyph fits once.
        let images = [70, 10, 71, 72].into_iter().flat_map(|value| [value; 140]).collect();
        let digits = Digits::new(images, vec![7, 0, 7, 7], 14, 10);
        let sheet = contact_sheet(&digits, 2, 1);
        let tile = |values: u8| vec![values; 140];
        let expected =
            [[label_tile(0, 14, 10), tile(10), tile(B)].concat(), [label_tile(7, 14, 10), tile(70), tile(71)].concat()]
                .concat();
        assert_eq!(sheet, grid(expected.chunks_exact(140), 14, 10, 3, 1));
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
