//! Pictures as PNG files, still or moving.

use std::fmt;
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::Path;

use super::RunError;
use crate::data::{PixelRange, WriteError, file, write_atomically};
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

    /// Reads a picture that [`write_png`](Picture::write_png) wrote; of an animation, what is shown still.
    ///
    /// # Errors
    /// When the file cannot be read, is no regular file, or no PNG of 8 bits in grey or colour, or when its picture has
    /// more than 64 Mi numbers: that is asked of its first bytes, before anything is made ready for the rest.
    pub fn read_png(path: &Path) -> Result<Picture, RunError> {
        let unreadable = |reason| RunError::Read { path: path.into(), reason };
        let file = file::open(path).map_err(unreadable)?;
        Picture::parse_png(BufReader::new(file)).map_err(|reason| RunError::Picture { path: path.into(), reason })
    }

    /// The same from any reader; the error is the reason alone.
    fn parse_png(reader: impl BufRead + Seek) -> Result<Picture, String> {
        let failed = |error: png::DecodingError| error.to_string().trim_end_matches('.').to_owned();
        let mut decoder = png::Decoder::new(reader);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        let header = decoder.read_header_info().map_err(failed)?;
        let channels = match (header.color_type, header.bit_depth) {
            (png::ColorType::Grayscale, png::BitDepth::Eight) => 1,
            (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
            (colour, depth) => return Err(format!("{colour:?} of {depth:?} bits")),
        };
        let shape = [header.height as usize, header.width as usize, channels];
        TooLarge { pictures: 1, shape, most: MOST_READ }.unless_it_fits().map_err(|error| error.to_string())?;
        let mut reader = decoder.read_info().map_err(failed)?;
        let mut pixels = vec![0; shape.iter().product()];
        let frame = reader.next_frame(&mut pixels).map_err(failed)?;
        match [frame.height as usize, frame.width as usize] == shape[..2] {
            true => Ok(Picture::new(shape, pixels)),
            false => Err("its first picture is only a part of it".into()),
        }
    }

    /// `[height, width, channels]`.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// All numbers, `[height, width, channels]` in C order.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The same numbers where there are as many channels; in colour, red, green and blue are each as bright as the grey.
    ///
    /// # Panics
    /// When a picture in colour is to be grey.
    pub(super) fn in_channels(&self, channels: usize) -> Vec<u8> {
        match (self.shape[2], channels) {
            (own, wanted) if own == wanted => self.pixels.clone(),
            (1, wanted) => self.pixels.iter().flat_map(|&grey| std::iter::repeat_n(grey, wanted)).collect(),
            (own, wanted) => panic!("Picture::in_channels: {own} channels to {wanted}"),
        }
    }

    /// The picture as a PNG file's bytes; the same picture always gives the same bytes.
    pub fn encode_png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoded = header(&mut bytes, self.shape).write_header().and_then(|mut writer| {
            writer.write_image_data(&self.pixels)?;
            writer.finish()
        });
        encoded.expect("`Picture::new` holds both sides below 2³¹, and memory takes any number of bytes");
        bytes
    }

    /// Writes the picture as a PNG file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written; the error names `path`.
    pub fn write_png(&self, path: &Path) -> Result<(), WriteError> {
        write_atomically(path, |writer| writer.write_all(&self.encode_png()))
    }
}

/// An encoder of pictures of this shape.
fn header<W: Write>(out: W, [height, width, channels]: [usize; 3]) -> png::Encoder<'static, W> {
    let mut encoder = png::Encoder::new(out, width as u32, height as u32);
    encoder.set_color(if channels == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_depth(png::BitDepth::Eight);
    encoder
}

/// An animated PNG that repeats for ever. A program that does not know animations shows one picture, the first unless
/// another is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Animation {
    /// `[height, width, channels]` of each picture.
    shape: [usize; 3],
    count: usize,
    hundredths: u16,
}

impl Animation {
    /// So many pictures of this shape, each shown for so many hundredths of a second.
    ///
    /// # Errors
    /// [`TooLarge`] when they are more than 2 GiB together, or one of them is too large.
    ///
    /// # Panics
    /// When there is none.
    pub fn new(shape: [usize; 3], count: usize, hundredths: u16) -> Result<Animation, TooLarge> {
        assert!(count > 0, "Animation::new: no picture");
        TooLarge::check(shape)?;
        TooLarge { pictures: count, shape, most: MOST_MOVING }.unless_it_fits()?;
        Ok(Animation { shape, count, hundredths })
    }

    /// Writes the file, whole or not at all; only one picture is in memory at a time.
    ///
    /// # Errors
    /// When the file cannot be written, or a picture not be had; the error names `path`.
    ///
    /// # Panics
    /// When the pictures are not as many, or not of the shape, that was announced.
    pub fn write(&self, path: &Path, frames: impl Iterator<Item = io::Result<Picture>>) -> Result<(), WriteError> {
        self.write_from(path, None, frames)
    }

    /// The same with `still` for programs that show no animation: PNG's own picture, which the animation leaves out.
    ///
    /// # Errors
    /// As [`write`](Animation::write).
    ///
    /// # Panics
    /// As [`write`](Animation::write).
    pub fn write_with_still(
        &self,
        path: &Path,
        still: Picture,
        frames: impl Iterator<Item = io::Result<Picture>>,
    ) -> Result<(), WriteError> {
        self.write_from(path, Some(still), frames)
    }

    fn write_from(
        &self,
        path: &Path,
        still: Option<Picture>,
        frames: impl Iterator<Item = io::Result<Picture>>,
    ) -> Result<(), WriteError> {
        write_atomically(path, |out| {
            let mut encoder = header(out, self.shape);
            encoder.set_animated(self.count as u32, 0)?;
            encoder.set_sep_def_img(still.is_some())?;
            encoder.set_frame_delay(self.hundredths, 100)?;
            let mut writer = encoder.write_header()?;
            for frame in still.into_iter().map(Ok).chain(frames) {
                let frame = frame?;
                assert_eq!(frame.shape, self.shape, "Animation::write: a picture of another shape");
                writer.write_image_data(&frame.pixels)?;
            }
            Ok(writer.finish()?)
        })
    }
}

/// Numbers in a picture that is made.
const MOST: u64 = 256 << 20;
/// In those of an animation together.
const MOST_MOVING: u64 = 2 << 30;
/// In a picture that is read.
const MOST_READ: u64 = 64 << 20;

/// A picture larger than anyone means to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge {
    pictures: usize,
    /// `[height, width, channels]` of each.
    shape: [usize; 3],
    /// In bytes, which are numbers.
    most: u64,
}

impl TooLarge {
    /// Refuses to make a picture of more than 256 MiB.
    pub(super) fn check(shape: [usize; 3]) -> Result<(), TooLarge> {
        TooLarge { pictures: 1, shape, most: MOST }.unless_it_fits()
    }

    fn bytes(&self) -> u128 {
        let one = self.shape.iter().try_fold(1u128, |product, &side| product.checked_mul(side as u128));
        one.and_then(|one| one.checked_mul(self.pictures as u128)).unwrap_or(u128::MAX)
    }

    fn unless_it_fits(self) -> Result<(), TooLarge> {
        if self.bytes() > u128::from(self.most) { Err(self) } else { Ok(()) }
    }
}

impl std::error::Error for TooLarge {}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [height, width, _] = self.shape;
        match self.pictures {
            1 => write!(f, "a picture of {width} × {height} pixels")?,
            many => write!(f, "an animation of {many} pictures of {width} × {height} pixels")?,
        }
        let gib = |bytes: f64| bytes / f64::from(1 << 30);
        write!(f, " would take {:.2} GiB; the most is {:.2} GiB", gib(self.bytes() as f64), gib(self.most as f64))
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
    fn an_animation_shows_its_pictures_in_turn_and_its_still_to_those_that_know_none() {
        let frames = [checkered(), Picture::new([5, 7, 1], vec![9; 35])];
        let still = Picture::new([5, 7, 1], vec![200; 35]);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("moving.png");
        let animation = Animation::new(frames[0].shape(), 2, 8).unwrap();
        animation.write(&path, frames.iter().cloned().map(Ok)).unwrap();
        assert_eq!((parts(&path), Picture::read_png(&path).unwrap()), (shown(&frames), checkered()));
        animation.write_with_still(&path, still.clone(), frames.iter().cloned().map(Ok)).unwrap();
        let mut all = vec![(None, still.pixels().to_vec())];
        all.extend(shown(&frames));
        assert_eq!((parts(&path), Picture::read_png(&path).unwrap()), (all, still));
    }

    /// Frames that are shown for 8 hundredths of a second each.
    fn shown(frames: &[Picture]) -> Vec<(Option<u16>, Vec<u8>)> {
        frames.iter().map(|frame| (Some(8), frame.pixels().to_vec())).collect()
    }

    /// The pictures in an animation of two frames and how long each is shown: never, if it is no part of the animation.
    fn parts(path: &Path) -> Vec<(Option<u16>, Vec<u8>)> {
        let file = BufReader::new(std::fs::File::open(path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        assert_eq!(reader.info().animation_control().unwrap().num_frames, 2);
        let mut parts = Vec::new();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        while reader.next_frame(&mut pixels).is_ok() {
            parts.push((reader.info().frame_control().map(|control| control.delay_num), pixels.clone()));
        }
        parts
    }

    #[test]
    fn what_is_too_large_is_refused_before_there_is_any_of_it() {
        let message = |result: Result<Animation, TooLarge>| result.unwrap_err().to_string();
        let one = message(Animation::new([20_000, 20_000, 1], 1, 8));
        assert_eq!(one, "a picture of 20000 × 20000 pixels would take 0.37 GiB; the most is 0.25 GiB");
        let many = message(Animation::new([1920, 4800, 1], 1998, 8));
        assert_eq!(
            many,
            "an animation of 1998 pictures of 4800 × 1920 pixels would take 17.15 GiB; the most is 2.00 GiB"
        );
        assert!(TooLarge::check([usize::MAX, usize::MAX, 3]).is_err());
    }

    #[test]
    fn a_picture_is_read_as_a_foreign_file_is() {
        let parse = |bytes: &[u8]| Picture::parse_png(std::io::Cursor::new(bytes));
        let good = checkered().encode_png();
        assert_eq!(parse(&good).unwrap(), checkered());
        for end in 0..good.len() - 12 {
            assert!(parse(&good[..end]).is_err(), "{end}");
        }
        // Width and height stand at offset 16 of the first chunk, which a sum follows at 29.
        let mut huge = good.clone();
        huge[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        let mut sum = flate2::Crc::new();
        sum.update(&huge[12..29]);
        huge[29..33].copy_from_slice(&sum.sum().to_be_bytes());
        assert!(parse(&huge).unwrap_err().contains("2147483647 × 2147483647 pixels"), "{:?}", parse(&huge));
        let mut deep = Vec::new();
        let mut encoder = png::Encoder::new(&mut deep, 1, 1);
        encoder.set_depth(png::BitDepth::Sixteen);
        encoder.write_header().unwrap().write_image_data(&[0, 0]).unwrap();
        assert!(parse(&deep).unwrap_err().contains("Sixteen"));
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
