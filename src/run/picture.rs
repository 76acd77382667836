//! Pictures as PNG files, still or moving.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::RunError;
use crate::data::{PixelRange, WriteError, write_atomically};
use crate::parallel::in_pieces;

/// A picture, grey or in colour, 8 bits a number, 0 dark to 255 bright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `[height, width, channels]`.
    shape: [usize; 3],
    pixels: Vec<u8>,
}

impl Picture {
    /// Makes a picture of `pixels`, `[height, width, channels]` in C order; one channel is grey, three are red, green
    /// and blue.
    ///
    /// # Panics
    /// When a side is 0 or exceeds 2³¹ − 1 (PNG's own bounds), there are neither one nor three channels, or `pixels`
    /// has another length.
    pub fn new(shape: [usize; 3], pixels: Vec<u8>) -> Picture {
        let [height, width, channels] = shape;
        let allowed = 1..=i32::MAX as usize;
        assert!(
            allowed.contains(&width) && allowed.contains(&height) && matches!(channels, 1 | 3),
            "Picture::new: a picture of {shape:?} cannot be a PNG"
        );
        assert_eq!(pixels.len(), height * width * channels, "Picture::new: {} numbers for {shape:?}", pixels.len());
        Picture { shape, pixels }
    }

    /// Reads a picture that [`write_png`](Picture::write_png) wrote; of an animation, the first.
    ///
    /// # Errors
    /// When the file cannot be read, or is no 8-bit PNG in grey or colour.
    pub fn read_png(path: &Path) -> Result<Picture, RunError> {
        let failed = |reason: String| RunError::Picture { path: path.into(), reason };
        let file = File::open(path).map_err(|reason| RunError::Read { path: path.into(), reason })?;
        let mut reader =
            png::Decoder::new(BufReader::new(file)).read_info().map_err(|error| failed(error.to_string()))?;
        let size = reader.output_buffer_size().ok_or_else(|| failed("too large".into()))?;
        let mut pixels = vec![0; size];
        let frame = reader.next_frame(&mut pixels).map_err(|error| failed(error.to_string()))?;
        let channels = match (frame.color_type, frame.bit_depth) {
            (png::ColorType::Grayscale, png::BitDepth::Eight) => 1,
            (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
            (colour, depth) => return Err(failed(format!("{colour:?} of {depth:?} bits"))),
        };
        Ok(Picture::new([frame.height as usize, frame.width as usize, channels], pixels))
    }

    /// `[height, width, channels]`.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// All numbers, `[height, width, channels]` in C order.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The picture as a PNG file's bytes; the same picture always gives the same bytes.
    pub fn encode_png(&self) -> Vec<u8> {
        encode(std::slice::from_ref(self), None)
    }

    /// Writes the picture as a PNG file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written; the error names `path`.
    pub fn write_png(&self, path: &Path) -> Result<(), WriteError> {
        write_atomically(path, |writer| writer.write_all(&self.encode_png()))
    }
}

/// Writes pictures of one shape as an animated PNG that repeats for ever, each shown for so many hundredths of a
/// second. A program that does not know animations shows the first.
///
/// # Errors
/// When the file cannot be written; the error names `path`.
///
/// # Panics
/// When there is no picture, or they differ in shape.
pub fn write_animation(frames: &[Picture], hundredths: u16, path: &Path) -> Result<(), WriteError> {
    write_atomically(path, |writer| writer.write_all(&encode(frames, Some(hundredths))))
}

/// One picture, or several that take turns.
fn encode(frames: &[Picture], hundredths: Option<u16>) -> Vec<u8> {
    let [height, width, channels] = frames.first().expect("at least one picture").shape;
    let mut bytes = Vec::new();
    // `Picture::new` holds both sides below 2³¹, so neither cast nor encoder has a reason to fail, and writing to
    // memory has none either.
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(if channels == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_depth(png::BitDepth::Eight);
    if let Some(hundredths) = hundredths {
        encoder.set_animated(frames.len() as u32, 0).expect("at least one picture");
        encoder.set_frame_delay(hundredths, 100).expect("an animation");
    }
    let mut writer = encoder.write_header().expect("a valid PNG header");
    for frame in frames {
        assert_eq!(frame.shape, [height, width, channels], "an animation's pictures differ in shape");
        writer.write_image_data(&frame.pixels).expect("as many numbers as the header says");
    }
    writer.finish().expect("memory takes any number of bytes");
    bytes
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Digits, fill};

    fn decode(png_bytes: &[u8]) -> Picture {
        let mut reader = png::Decoder::new(std::io::Cursor::new(png_bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let channels = if info.color_type == png::ColorType::Grayscale { 1 } else { 3 };
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        Picture::new([info.height as usize, info.width as usize, channels], pixels)
    }

    fn checkered() -> Picture {
        Picture::new([5, 7, 1], (0..35).map(|i| (i * 53 % 256) as u8).collect())
    }

    #[test]
    fn a_png_gives_the_pixels_back_and_equal_pixels_equal_bytes() {
        let image = checkered();
        assert_eq!(decode(&image.encode_png()), image);
        assert_eq!(image.encode_png(), checkered().encode_png());
    }

    #[test]
    fn colours_are_kept() {
        let image = Picture::new([2, 2, 3], (0..12).map(|i| i * 20).collect());
        assert_eq!(decode(&image.encode_png()), image);
    }

    #[test]
    fn an_animation_shows_its_pictures_in_turn() {
        let frames = [checkered(), Picture::new([5, 7, 1], vec![9; 35])];
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("moving.png");
        write_animation(&frames, 8, &path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        assert_eq!(reader.info().animation_control().unwrap().num_frames, 2);
        for frame in &frames {
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            assert_eq!(reader.info().frame_control().unwrap().delay_num, 8);
            assert_eq!(pixels, frame.pixels());
        }
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
}
