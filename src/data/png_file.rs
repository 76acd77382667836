//! Pictures from PNG files of every kind, turned to grey.
//!
//! Whatever a file holds, 1 to 16 bits a number, grey, colours or a palette, opaque or not,
//! interlaced or not, comes out as one [`Grey`] picture:
//!
//! 1. The decoder expands palettes and low depths to 8 bits, and drops the lower 8 of 16 bits.
//! 2. Colours become luma as ITU-R BT.601-7 (2011), section 2.5.1, has it:
//!    `Y = 0.299 R + 0.587 G + 0.114 B`, on the numbers as stored, gamma and all.
//! 3. What is transparent lets a backdrop through, `(α Y + (255 − α) backdrop) / 255`. Paper is
//!    white, so the backdrop is: a dark stroke on nothing then is a dark stroke on paper. Where
//!    nothing opaque is dark, that would be white on white; so there the backdrop is black.
//!
//! A file may announce any size in its first bytes. This reader looks at the announcement before
//! anything is allocated for it.

use std::io::{BufRead, BufReader, ErrorKind, Read, Seek};
use std::path::Path;

use png::{ColorType, DecodingError, Transformations};

use super::error::PngError;
use super::file;
use super::grey::Grey;

/// The most pixels that are read: more than any camera's picture of one digit needs.
pub(super) const MAX_PIXELS: u64 = 64 << 20;
/// What every PNG file begins with (PNG specification, third edition, section 5.2).
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// What other formats begin with, for a message that helps.
const OTHERS: [(&[u8], &str); 6] = [
    (b"\xff\xd8\xff", "a JPEG file"),
    (b"GIF8", "a GIF file"),
    (b"BM", "a BMP file"),
    (b"RIFF", "a WebP file"),
    (b"II*\0", "a TIFF file"),
    (b"%PDF", "a PDF file"),
];

impl Grey {
    /// Reads the PNG file at `path`, whatever its name; of an animation, the still picture.
    ///
    /// # Errors
    /// [`PngError::Open`] when there is no such file, else those of [`Grey::parse_png`].
    pub fn read_png(path: &Path) -> Result<Grey, PngError> {
        let file = file::open(path).map_err(|reason| PngError::Open { path: path.into(), reason })?;
        Grey::parse_png(BufReader::new(file), path)
    }

    /// Reads one PNG file from `reader`.
    ///
    /// `path` is what error messages call the input; it is not opened.
    ///
    /// # Errors
    /// Any other [`PngError`]: an empty file, another format, more than 64 megapixels, an end
    /// before the picture's, or damage.
    pub fn parse_png(mut reader: impl BufRead + Seek, path: &Path) -> Result<Grey, PngError> {
        expect_signature(&mut reader, path)?;
        let explain = |error| explained(error, path);
        let mut decoder = png::Decoder::new(reader);
        decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        let (width, height) = decoder.read_header_info().map_err(explain)?.size();
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(PngError::TooLarge { path: path.into(), width, height });
        }
        let mut reader = decoder.read_info().map_err(explain)?;
        expect_whole_palette(reader.info(), path)?;
        let bytes = reader.output_buffer_size().ok_or(PngError::TooLarge { path: path.into(), width, height })?;
        let mut pixels = vec![0; bytes];
        let frame = reader.next_frame(&mut pixels).map_err(explain)?;
        pixels.truncate(frame.buffer_size());
        Ok(Grey::new(frame.width as usize, frame.height as usize, to_grey(pixels, frame.color_type)))
    }
}

/// Refuses what does not begin as a PNG file does, and goes back to the beginning.
fn expect_signature(reader: &mut (impl Read + Seek), path: &Path) -> Result<(), PngError> {
    let failed = |reason| PngError::Read { path: path.into(), reason };
    let mut start = Vec::new();
    reader.by_ref().take(SIGNATURE.len() as u64).read_to_end(&mut start).map_err(failed)?;
    reader.rewind().map_err(failed)?;
    if start == SIGNATURE {
        return Ok(());
    }
    if start.is_empty() {
        return Err(PngError::Empty { path: path.into() });
    }
    if SIGNATURE.starts_with(&start) {
        return Err(PngError::Truncated { path: path.into() });
    }
    let known = OTHERS.iter().find(|(beginning, _)| start.starts_with(beginning));
    Err(PngError::NotPng { path: path.into(), found: start, looks_like: known.map(|(_, name)| *name) })
}

/// Refuses a palette that ends within a colour, on which the decoder (png 0.18.1) panics.
fn expect_whole_palette(info: &png::Info<'_>, path: &Path) -> Result<(), PngError> {
    let bytes = info.palette.as_ref().map_or(0, |palette| palette.len());
    match bytes.is_multiple_of(3) {
        true => Ok(()),
        false => {
            let reason = format!("its palette has {bytes} bytes, not three for each colour");
            Err(PngError::Damaged { path: path.into(), reason })
        }
    }
}

/// The decoder's error in this crate's words.
fn explained(error: DecodingError, path: &Path) -> PngError {
    let path = path.into();
    match error {
        DecodingError::IoError(reason) if reason.kind() == ErrorKind::UnexpectedEof => PngError::Truncated { path },
        DecodingError::IoError(reason) => PngError::Read { path, reason },
        error => PngError::Damaged { path, reason: error.to_string().trim_end_matches('.').to_owned() },
    }
}

/// 8-bit `pixels`, `[height, width, channels]`, to levels, `[height, width]`.
fn to_grey(pixels: Vec<u8>, colours: ColorType) -> Vec<u8> {
    match colours {
        ColorType::Rgb => pixels.chunks_exact(3).map(luma).collect(),
        ColorType::Rgba => composited(pixels.chunks_exact(4).map(|pixel| (luma(pixel), pixel[3]))),
        ColorType::GrayscaleAlpha => composited(pixels.chunks_exact(2).map(|pixel| (pixel[0], pixel[1]))),
        // A palette has been expanded to colours.
        ColorType::Grayscale | ColorType::Indexed => pixels,
    }
}

/// `Y = 0.299 R + 0.587 G + 0.114 B`, to the nearest byte (BT.601-7, section 2.5.1).
pub(super) fn luma(pixel: &[u8]) -> u8 {
    let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
    ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
}

/// Lays `(luma, alpha)` over the backdrop.
fn composited(pixels: impl Iterator<Item = (u8, u8)> + Clone) -> Vec<u8> {
    let backdrop = backdrop(pixels.clone());
    let over = |(luma, alpha)| {
        let (luma, alpha) = (u32::from(luma), u32::from(alpha));
        ((alpha * luma + (255 - alpha) * backdrop + 127) / 255) as u8
    };
    pixels.map(over).collect()
}

/// White, or black where no pixel at least half as opaque as the most opaque is dark.
///
/// Half, because the edge of a stroke is nearly transparent, and then its colour is often nonsense.
fn backdrop(pixels: impl Iterator<Item = (u8, u8)> + Clone) -> u32 {
    let opaque = pixels.clone().map(|(_, alpha)| alpha).max().unwrap_or(0);
    let darkest = pixels.filter(|&(_, alpha)| alpha >= opaque.div_ceil(2)).map(|(luma, _)| luma).min();
    if darkest.is_some_and(|luma| luma < 128) { 255 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use png::BitDepth;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn parse(bytes: &[u8]) -> Result<Grey, PngError> {
        Grey::parse_png(Cursor::new(bytes), Path::new("some.png"))
    }

    fn message(bytes: &[u8]) -> String {
        parse(bytes).unwrap_err().to_string()
    }

    /// A PNG file of `[height, width]` pixels whose bytes are `data`.
    fn png(size: [u32; 2], colours: ColorType, depth: BitDepth, palette: Option<Vec<u8>>, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, size[1], size[0]);
        encoder.set_color(colours);
        encoder.set_depth(depth);
        if let Some(palette) = palette {
            encoder.set_palette(palette);
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(data).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn rgba(pixels: &[[u8; 4]]) -> Vec<u8> {
        png([1, pixels.len() as u32], ColorType::Rgba, BitDepth::Eight, None, pixels.as_flattened())
    }

    #[test]
    fn every_kind_of_png_becomes_grey() {
        use {BitDepth::*, ColorType::*};
        let grey = |size, colours, depth, palette, data: &[u8]| {
            let grey = parse(&png(size, colours, depth, palette, data)).unwrap();
            assert_eq!([grey.height(), grey.width()], size.map(|side| side as usize));
            grey.levels().to_vec()
        };
        assert_eq!(grey([2, 3], Grayscale, Eight, None, &[0, 1, 2, 3, 254, 255]), [0, 1, 2, 3, 254, 255]);
        assert_eq!(grey([2, 3], Grayscale, One, None, &[0b1010_0000, 0b0100_0000]), [255, 0, 255, 0, 255, 0]);
        assert_eq!(grey([1, 2], Grayscale, Four, None, &[0x5f]), [0x55, 255]);
        assert_eq!(grey([1, 2], Grayscale, Sixteen, None, &[0x12, 0xff, 0xab, 0]), [0x12, 0xab]);
        assert_eq!(grey([1, 3], Rgb, Eight, None, &[255, 0, 0, 0, 255, 0, 0, 0, 255]), [76, 150, 29]);
        assert_eq!(grey([1, 1], Rgb, Sixteen, None, &[9, 0, 9, 0, 9, 0]), [9]);
        assert_eq!(grey([1, 4], Indexed, Two, Some(vec![9, 9, 9, 255, 255, 255]), &[0b0100_0001]), [255, 9, 9, 255]);
    }

    #[test]
    fn what_is_transparent_is_white_unless_all_else_is_light() {
        let levels = |pixels: &[[u8; 4]]| parse(&rgba(pixels)).unwrap().levels().to_vec();
        // Dark on nothing, half dark at the edge.
        assert_eq!(levels(&[[0, 0, 0, 0], [0, 0, 0, 128], [0, 0, 0, 255]]), [255, 127, 0]);
        // Light on nothing; what is fully transparent may be of any colour.
        assert_eq!(levels(&[[0, 0, 0, 0], [255, 255, 255, 128], [255, 255, 255, 255]]), [0, 128, 255]);
        // Dark on light paper with transparent corners.
        assert_eq!(levels(&[[0, 0, 0, 0], [250, 250, 250, 255], [9, 9, 9, 255]]), [255, 250, 9]);
        // Nearly transparent edges, whatever their colour, have no say; half opaque ones do.
        assert_eq!(levels(&[[0, 0, 0, 40], [255, 255, 255, 255]]), [0, 255]);
        assert_eq!(levels(&[[0, 0, 0, 0], [0, 0, 0, 204], [255, 255, 255, 255]]), [255, 51, 255]);
        // A stroke that is faint throughout.
        assert_eq!(levels(&[[0, 0, 0, 0], [0, 0, 0, 40]]), [255, 215]);
        assert_eq!(levels(&[[0, 0, 0, 0], [255, 255, 255, 40]]), [0, 40]);
        let grey_alpha = png([1, 2], ColorType::GrayscaleAlpha, BitDepth::Eight, None, &[0, 255, 0, 0]);
        assert_eq!(parse(&grey_alpha).unwrap().levels(), [0, 255]);
    }

    #[test]
    fn a_palette_may_be_transparent() {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
        encoder.set_color(ColorType::Indexed);
        encoder.set_palette(vec![0, 0, 0, 30, 30, 30]);
        encoder.set_trns(vec![0, 255]);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[0, 1]).unwrap();
        writer.finish().unwrap();
        assert_eq!(parse(&bytes).unwrap().levels(), [255, 30]);
    }

    #[test]
    fn what_is_no_png_is_named() {
        assert!(message(b"").contains("some.png is empty"));
        assert!(message(b"\x89PNG\r").contains("cut short"));
        assert!(message(b"hello, world").contains("found 68 65 6c 6c 6f 2c 20 77"));
        assert!(message(b"\xff\xd8\xff\xe0 and so on").contains("a JPEG file"));
        let missing = Grey::read_png(Path::new("no/such.png")).unwrap_err().to_string();
        assert!(missing.contains("cannot open no/such.png"), "{missing}");
        let directory = tempfile::tempdir().unwrap();
        assert!(Grey::read_png(directory.path()).is_err());
    }

    /// A file with its width and height overwritten and the header's checksum put right.
    fn announcing(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = rgba(&[[1, 2, 3, 4]]);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let mut checksum = flate2::Crc::new();
        checksum.update(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
        bytes
    }

    #[test]
    fn sizes_that_cannot_be_are_refused_before_anything_is_allocated() {
        for side in [1 << 14, i32::MAX as u32] {
            let message = message(&announcing(side, side));
            assert!(message.contains(&format!("{side} × {side} pixels")) && message.contains("64 megapixels"));
        }
        for (width, height) in [(0, 1), (1, 0)] {
            let message = message(&announcing(width, height));
            assert!(message.contains("damaged"), "{message}");
        }
        // Allowed, but the pixels are not there.
        assert!(parse(&announcing(100, 100)).is_err());
    }

    #[test]
    fn a_file_that_ends_early_or_is_damaged_is_refused() {
        let pixels: Vec<u8> = (0..=255).cycle().map(|i: u8| i.wrapping_mul(37)).take(40 * 40).collect();
        let whole = png([40, 40], ColorType::Grayscale, BitDepth::Eight, None, &pixels);
        let end = whole.len() - 12; // the last chunk, which holds nothing
        for length in 0..end {
            let message = message(&whole[..length]);
            assert!(message.contains("cut short") || length == 0, "{length}: {message}");
        }
        let mut damaged = whole.clone();
        damaged[60] ^= 4;
        let message = message(&damaged);
        assert!(message.contains("some.png: damaged"), "{message}");
    }

    #[test]
    fn a_palette_that_ends_within_a_colour_is_refused() {
        for bytes in [4, 5, 7, 767] {
            let palette = Some(vec![9; bytes]);
            let message = message(&png([1, 2], ColorType::Indexed, BitDepth::Two, palette, &[0b0001_0000]));
            assert!(message.contains(&format!("its palette has {bytes} bytes")), "{message}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let _ = parse(&[&SIGNATURE, &bytes[..]].concat());
        }

        #[test]
        fn damaged_files_never_panic(
            kind in 0..3_usize,
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
            mended in any::<bool>(),
        ) {
            let mut bytes = [
                png([3, 3], ColorType::Rgba, BitDepth::Eight, None, &[200; 36]),
                png([5, 9], ColorType::Grayscale, BitDepth::One, None, &[0xa5; 10]),
                png([2, 4], ColorType::Indexed, BitDepth::Two, Some(vec![9, 8, 7, 6, 5, 4]), &[0x11, 0x05]),
            ][kind].clone();
            for (index, byte) in changes {
                let index = index.index(bytes.len());
                bytes[index] = byte;
            }
            if mended {
                mend(&mut bytes);
            }
            let _ = parse(&bytes);
        }
    }

    /// Puts the checksums right, so that what is in the chunks gets read.
    fn mend(bytes: &mut [u8]) {
        let mut start = SIGNATURE.len();
        while let Some(length) =
            bytes.get(start..start + 4).map(|length| u32::from_be_bytes(length.try_into().unwrap()))
        {
            let end = start + 8 + length as usize;
            if end + 4 > bytes.len() {
                break;
            }
            let mut checksum = flate2::Crc::new();
            checksum.update(&bytes[start + 4..end]);
            bytes[end..end + 4].copy_from_slice(&checksum.sum().to_be_bytes());
            start = end + 4;
        }
    }
}
