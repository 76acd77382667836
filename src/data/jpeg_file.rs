//! Pictures from JPEG files, turned to grey and upright.
//!
//! A JPEG file of a photograph holds luma as ITU-T T.871 (2011) has it, `Y = 0.299 R + 0.587 G + 0.114 B`: what is made of
//! colours in a PNG file too. A camera writes the picture as its sensor lay, and notes in the file how it is to be turned
//! (EXIF 2.32, section 4.6.4, the tag `Orientation`); that is obeyed here.

use super::error::JpegError;
use super::file;
use super::grey::Grey;
use super::png_file::MAX_PIXELS;
use std::path::Path;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The most bytes that are read: 64 megapixels of noise have fewer.
const MOST_BYTES: u64 = 256 << 20;
/// Marker of a scan's start, and of the picture's end (ITU-T T.81, table B.1). Within a scan, no byte FF stands before
/// either of these second bytes.
const START_OF_SCAN: [u8; 2] = [0xff, 0xda];
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

impl Grey {
    /// Reads the JPEG file at `path`, whatever its name.
    ///
    /// # Errors
    /// [`JpegError::Read`] when there is no such file, else those of [`Grey::parse_jpeg`].
    pub fn read_jpeg(path: &Path) -> Result<Grey, JpegError> {
        let bytes = file::read(path, MOST_BYTES).map_err(|reason| JpegError::Read { path: path.into(), reason })?;
        Grey::parse_jpeg(&bytes, path)
    }

    /// Reads the bytes of a JPEG file.
    ///
    /// `path` is what error messages call them; it is not opened.
    ///
    /// # Errors
    /// More than 64 megapixels, an end before the picture's, or damage.
    pub fn parse_jpeg(bytes: &[u8], path: &Path) -> Result<Grey, JpegError> {
        let damaged = |error: DecodeErrors| JpegError::Damaged { path: path.into(), reason: error.to_string() };
        let longest = usize::from(u16::MAX); // the format's own bound
        let options = DecoderOptions::default().set_max_width(longest).set_max_height(longest);
        let options = options.jpeg_set_out_colorspace(ColorSpace::Luma);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers().map_err(damaged)?;
        let Some((width, height)) = decoder.dimensions() else { return Err(damaged(DecodeErrors::ZeroError)) };
        if width as u64 * height as u64 > MAX_PIXELS {
            return Err(JpegError::TooLarge { path: path.into(), width, height });
        }
        // The decoder makes grey of what is missing.
        let last = |marker: [u8; 2]| bytes.windows(2).rposition(|pair| pair == marker);
        if last(END_OF_IMAGE) < last(START_OF_SCAN) {
            return Err(JpegError::Truncated { path: path.into() });
        }
        if matches!(decoder.input_colorspace(), Some(ColorSpace::CMYK | ColorSpace::YCCK)) {
            decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::RGB));
        }
        let pixels = decoder.decode().map_err(damaged)?;
        let levels = match pixels.len() == width * height {
            true => pixels,
            false => pixels.chunks_exact(3).map(super::png_file::luma).collect(),
        };
        let orientation = decoder.exif().and_then(|block| orientation(block)).unwrap_or(1);
        Ok(upright(&Grey::new(width, height, levels), orientation))
    }
}

/// What the tag `Orientation` (0x0112) of a block of EXIF says, 1 to 8; none where there is no such tag.
///
/// The block is a TIFF file (TIFF 6.0, section 2): a byte order, 42, where the first directory is; there a count, and
/// entries of 12 bytes: tag, type, count, value.
fn orientation(block: &[u8]) -> Option<u16> {
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let is_little = block.starts_with(b"II");
    let short = |at: usize| {
        let bytes: [u8; 2] = block.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let [first, second] = [short(at)?, short(at + 2)?].map(u32::from);
        Some(if is_little { second << 16 | first } else { first << 16 | second })
    };
    let directory = long(4)? as usize;
    let count = usize::from(short(directory)?);
    let entry = (0..count).map(|i| directory + 2 + 12 * i).find(|&entry| short(entry) == Some(0x0112))?;
    short(entry + 8).filter(|orientation| (1..=8).contains(orientation))
}

/// The picture as it is to be seen: of the eight orientations, 2 to 4 mirror rows or columns, 5 to 8 exchange the two.
fn upright(picture: &Grey, orientation: u16) -> Grey {
    let [width, height] = [picture.width(), picture.height()];
    let is_turned = orientation >= 5;
    let [new_width, new_height] = if is_turned { [height, width] } else { [width, height] };
    // Where what stands at column x and row y of the upright picture is in the stored one.
    let stored = |x: usize, y: usize| {
        let [across, down] = if is_turned { [y, x] } else { [x, y] };
        let [from_right, from_below] = [width - 1 - across, height - 1 - down];
        match orientation {
            2 | 8 => [from_right, down],
            3 | 7 => [from_right, from_below],
            4 | 6 => [across, from_below],
            _ => [across, down],
        }
    };
    let pixels = (0..new_height).flat_map(|y| (0..new_width).map(move |x| (x, y)));
    let level = |(x, y)| {
        let [column, row] = stored(x, y);
        picture.levels()[row * width + column]
    };
    Grey::new(new_width, new_height, pixels.map(level).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of EXIF with one tag before the orientation.
    fn block(is_little: bool, orientation: u16) -> Vec<u8> {
        let short = |number: u16| if is_little { number.to_le_bytes() } else { number.to_be_bytes() };
        let long = |number: u32| if is_little { number.to_le_bytes() } else { number.to_be_bytes() };
        let mut bytes = if is_little { b"II".to_vec() } else { b"MM".to_vec() };
        bytes.extend([&short(42)[..], &long(8), &short(2)].concat());
        bytes.extend([&short(0x010f)[..], &short(2), &long(4), b"cam\0"].concat());
        bytes.extend([&short(0x0112)[..], &short(3), &long(1), &short(orientation), &short(0), &long(0)].concat());
        bytes
    }

    #[test]
    fn the_orientation_is_found_in_either_byte_order() {
        for is_little in [false, true] {
            for number in 1..=8 {
                let block = block(is_little, number);
                assert_eq!(orientation(&block), Some(number));
                assert_eq!(orientation(&[b"Exif\0\0", &block[..]].concat()), Some(number));
                (0..block.len() - 8).for_each(|end| assert!(orientation(&block[..end]).is_none(), "{end}"));
            }
            assert_eq!([orientation(&block(is_little, 0)), orientation(&block(is_little, 9))], [None; 2]);
        }
        assert_eq!(orientation(b"MM\0\x2a\xff\xff\xff\xff"), None);
    }

    /// The table of EXIF: for each orientation, where row 0 and column 0 of the stored picture are to be seen.
    #[test]
    fn each_orientation_puts_the_first_row_and_column_where_it_says() {
        let picture = Grey::new(3, 2, vec![1, 2, 3, 4, 5, 6]);
        let expected: [(usize, [u8; 6]); 8] = [
            (3, [1, 2, 3, 4, 5, 6]), // top, left
            (3, [3, 2, 1, 6, 5, 4]), // top, right
            (3, [6, 5, 4, 3, 2, 1]), // bottom, right
            (3, [4, 5, 6, 1, 2, 3]), // bottom, left
            (2, [1, 4, 2, 5, 3, 6]), // left, top
            (2, [4, 1, 5, 2, 6, 3]), // right, top
            (2, [6, 3, 5, 2, 4, 1]), // right, bottom
            (2, [3, 6, 2, 5, 1, 4]), // left, bottom
        ];
        for (i, (width, levels)) in expected.into_iter().enumerate() {
            assert_eq!(upright(&picture, i as u16 + 1), Grey::new(width, 6 / width, levels.to_vec()), "{}", i + 1);
        }
    }
}
