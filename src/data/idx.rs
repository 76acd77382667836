//! The IDX format: an array of numbers behind a header of a few bytes.
//!
//! | offset | bytes | meaning | MNIST's training images |
//! |---|---|---|---|
//! | 0 | 2 | always `00 00` | `00 00` |
//! | 2 | 1 | element type; `08` is an unsigned byte, the only one read here | `08` |
//! | 3 | 1 | rank: how many dimensions follow | `03` |
//! | 4 | 4 × rank | the dimensions, each a big-endian `u32` | `00 00 ea 60`, `00 00 00 1c`, `00 00 00 1c`: 60000 × 28 × 28 |
//! | 4 + 4 × rank | product of the dimensions | the elements, last dimension fastest (C order) | 47,040,000 pixels, 0 black to 255 white |
//!
//! Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section
//! "File formats for the MNIST database".
//!
//! Files are usually compressed with gzip. That is told from the content, not from the name: gzip
//! begins with `1f 8b`, IDX with `00 00`.
//!
//! A reader that believes its input is a reader that can be brought down by it. This one believes
//! the header only so far: a header may ask for 2 GiB at most, it decides how much is inflated (one
//! byte more is enough to know that there is too much), and memory grows with the bytes that really
//! arrive, not with those that were announced.

use std::io::{self, Cursor, ErrorKind, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::atomic::write_atomically;
use super::error::IdxError;
use super::file;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const UNSIGNED_BYTE: u8 = 0x08;
const MAX_RANK: usize = 4;
const MAX_BYTES: u64 = 2 << 30;

/// An array of unsigned bytes, as an IDX file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx {
    /// One to four dimensions, slowest first: `[count, height, width]` for images, `[count]` for
    /// labels.
    pub shape: Vec<usize>,
    /// The elements in C order; as many as the product of `shape`.
    pub bytes: Vec<u8>,
}

impl Idx {
    /// Reads the IDX file at `path`, compressed with gzip or not, whatever its name.
    ///
    /// # Errors
    /// [`IdxError::Open`] when there is no such file, else those of [`Idx::parse`].
    pub fn read(path: &Path) -> Result<Idx, IdxError> {
        let file = file::open(path).map_err(|reason| IdxError::Open { path: path.to_path_buf(), reason })?;
        Idx::parse(file, path)
    }

    /// Reads one whole IDX file from `reader`, compressed with gzip or not.
    ///
    /// `path` is what error messages call the input; it is not opened.
    ///
    /// # Errors
    /// Any [`IdxError`] of reading: whatever is missing, left over, damaged, of another type, or
    /// larger than 2 GiB.
    pub fn parse(reader: impl Read, path: &Path) -> Result<Idx, IdxError> {
        let mut content = Content::new(reader, path)?;
        let shape = read_shape(&mut content)?;
        let bytes = read_elements(&mut content, &shape)?;
        expect_end(&mut content)?;
        Ok(Idx { shape, bytes })
    }

    /// Writes the array to `path`, compressed with gzip if the name ends in `.gz`.
    ///
    /// The file appears whole or not at all (see [`write_atomically`]), and the same array always
    /// gives the same bytes: no time or name is stored.
    ///
    /// # Errors
    /// [`IdxError::Shape`] when `shape` does not describe `bytes` or the format cannot hold it,
    /// [`IdxError::Write`] when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), IdxError> {
        if byte_count(&self.shape) != Some(self.bytes.len() as u64) {
            return Err(unwritable(path, &self.shape, self.bytes.len()));
        }
        Idx::write_in_pieces(path, &self.shape, std::iter::once(&self.bytes))
    }

    /// The same with elements that come piece by piece: they are never in memory together. Nothing is asked of `pieces`
    /// before it is known that the format can hold an array of this shape.
    ///
    /// # Errors
    /// As [`Idx::write`].
    ///
    /// # Panics
    /// When the pieces do not hold as many elements as `shape` says.
    pub fn write_in_pieces<P: AsRef<[u8]>>(
        path: &Path,
        shape: &[usize],
        pieces: impl Iterator<Item = P>,
    ) -> Result<(), IdxError> {
        let Some(bytes) = writable(shape) else {
            return Err(unwritable(path, shape, shape.iter().fold(1, |bytes, &sides| bytes.saturating_mul(sides))));
        };
        write_atomically(path, |writer| {
            if path.extension().is_some_and(|extension| extension == "gz") {
                let mut encoder = GzEncoder::new(writer, Compression::default());
                write_content(&mut encoder, shape, bytes, pieces)?;
                encoder.finish().map(drop)
            } else {
                write_content(writer, shape, bytes, pieces)
            }
        })?;
        Ok(())
    }

    /// The `4 + 4 × rank` bytes that stand before the elements.
    pub(super) fn header(&self) -> Vec<u8> {
        header(&self.shape)
    }
}

fn header(shape: &[usize]) -> Vec<u8> {
    let mut header = vec![0, 0, UNSIGNED_BYTE, shape.len() as u8];
    for &dimension in shape {
        header.extend((dimension as u32).to_be_bytes());
    }
    header
}

/// How many elements an array of this shape has, if the format holds one.
fn writable(shape: &[usize]) -> Option<u64> {
    let is_writable =
        (1..=MAX_RANK).contains(&shape.len()) && shape.iter().all(|&dimension| u32::try_from(dimension).is_ok());
    byte_count(shape).filter(|_| is_writable)
}

fn unwritable(path: &Path, shape: &[usize], bytes: usize) -> IdxError {
    IdxError::Shape { path: path.to_path_buf(), shape: shape.to_vec(), bytes }
}

fn write_content<P: AsRef<[u8]>>(
    writer: &mut (impl Write + ?Sized),
    shape: &[usize],
    bytes: u64,
    pieces: impl Iterator<Item = P>,
) -> io::Result<()> {
    writer.write_all(&header(shape))?;
    let mut written = 0;
    for piece in pieces {
        written += piece.as_ref().len() as u64;
        writer.write_all(piece.as_ref())?;
    }
    assert_eq!(written, bytes, "Idx::write_in_pieces: elements for {shape:?}");
    Ok(())
}

/// The product of the dimensions, or nothing if it exceeds [`MAX_BYTES`].
fn byte_count(shape: &[usize]) -> Option<u64> {
    shape
        .iter()
        .try_fold(1_u64, |product, &dimension| product.checked_mul(dimension as u64))
        .filter(|&product| product <= MAX_BYTES)
}

fn read_shape(content: &mut Content) -> Result<Vec<usize>, IdxError> {
    let path = || content.path.to_path_buf();
    let start = content.header_bytes(4)?;
    if start[..2] != [0, 0] {
        return Err(IdxError::BadMagic { path: path(), found: [start[0], start[1]] });
    }
    if start[2] != UNSIGNED_BYTE {
        return Err(IdxError::ElementType { path: path(), found: start[2] });
    }
    let rank = usize::from(start[3]);
    if !(1..=MAX_RANK).contains(&rank) {
        return Err(IdxError::Rank { path: path(), found: start[3] });
    }
    let dimensions = content.header_bytes(4 * rank)?;
    Ok(dimensions.chunks_exact(4).map(|d| u32::from_be_bytes([d[0], d[1], d[2], d[3]]) as usize).collect())
}

fn read_elements(content: &mut Content, shape: &[usize]) -> Result<Vec<u8>, IdxError> {
    let path = || content.path.to_path_buf();
    let Some(expected) = byte_count(shape) else {
        return Err(IdxError::TooLarge { path: path(), shape: shape.to_vec() });
    };
    let offset = content.offset;
    let bytes = content.up_to(expected)?;
    let found = bytes.len() as u64;
    if found < expected {
        return Err(IdxError::Truncated { path: path(), offset, expected, found });
    }
    Ok(bytes)
}

/// Asking for one byte more is also what makes the gzip reader reach its end and compare checksums.
fn expect_end(content: &mut Content) -> Result<(), IdxError> {
    let offset = content.offset;
    if content.up_to(1)?.is_empty() {
        return Ok(());
    }
    Err(IdxError::Trailing { path: content.path.to_path_buf(), offset })
}

/// The uncompressed content of a file, read from front to back.
struct Content<'a> {
    source: Box<dyn Read + 'a>,
    is_gzip: bool,
    /// How many uncompressed bytes have been read.
    offset: u64,
    path: &'a Path,
}

impl<'a> Content<'a> {
    fn new(mut reader: impl Read + 'a, path: &'a Path) -> Result<Self, IdxError> {
        let mut start = Vec::new();
        reader.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut start).map_err(|reason| IdxError::Read {
            path: path.to_path_buf(),
            offset: 0,
            reason,
        })?;
        let is_gzip = start == GZIP_MAGIC;
        let whole = Cursor::new(start).chain(reader);
        // A gzip file may be several compressed members in a row (RFC 1952, section 2.2). The
        // decoder of a single member would stop after the first and never see what follows it.
        let source: Box<dyn Read + 'a> = if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        Ok(Content { source, is_gzip, offset: 0, path })
    }

    /// Reads `count` bytes, or fewer where the content ends.
    fn up_to(&mut self, count: u64) -> Result<Vec<u8>, IdxError> {
        let mut bytes = Vec::new();
        let result = self.source.by_ref().take(count).read_to_end(&mut bytes);
        self.offset += bytes.len() as u64;
        match result {
            Ok(_) => Ok(bytes),
            Err(reason) => Err(self.read_error(reason)),
        }
    }

    /// Reads exactly `count` more bytes of the header.
    fn header_bytes(&mut self, count: usize) -> Result<Vec<u8>, IdxError> {
        let expected = self.offset + count as u64;
        let bytes = self.up_to(count as u64)?;
        if bytes.len() < count {
            let path = self.path.to_path_buf();
            return Err(IdxError::TruncatedHeader { path, expected, found: self.offset });
        }
        Ok(bytes)
    }

    /// Tells what the decoder finds wrong with the stream from what the system finds wrong with
    /// the file under it.
    fn read_error(&self, reason: io::Error) -> IdxError {
        let (path, offset) = (self.path.to_path_buf(), self.offset);
        match reason.kind() {
            ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof if self.is_gzip => {
                IdxError::Gzip { path, offset, reason }
            }
            _ => IdxError::Read { path, offset, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two images of 1 × 3 pixels.
    const SMALL: [u8; 22] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60];

    fn parse(bytes: &[u8]) -> Result<Idx, IdxError> {
        Idx::parse(bytes, Path::new("digits.idx"))
    }

    fn gzipped(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// Asserts that `bytes` are refused with a message that contains all of `parts`.
    #[track_caller]
    fn assert_refused(bytes: &[u8], parts: &[&str]) {
        let message = parse(bytes).unwrap_err().to_string();
        for part in parts.iter().chain(&["digits.idx"]) {
            assert!(message.contains(part), "no {part:?} in: {message}");
        }
    }

    #[test]
    fn reads_shape_and_bytes_plain_or_gzipped() {
        let expected = Idx { shape: vec![2, 1, 3], bytes: vec![10, 20, 30, 40, 50, 60] };
        assert_eq!(parse(&SMALL).unwrap(), expected);
        assert_eq!(parse(&gzipped(&SMALL)).unwrap(), expected);
        let in_two_members = [gzipped(&SMALL[..18]), gzipped(&SMALL[18..])].concat();
        assert_eq!(parse(&in_two_members).unwrap(), expected);
    }

    #[test]
    fn refuses_a_wrong_header() {
        assert_refused(b"<html>", &["offset 0", "00 00", "3c 68"]);
        assert_refused(&[0, 0, 0x0d, 1, 0, 0, 0, 0], &["offset 2", "0x0d (32-bit float)"]);
        assert_refused(&[0, 0, 0x07, 1, 0, 0, 0, 0], &["0x07 (not an IDX type)"]);
        assert_refused(&[0, 0, 8, 0], &["offset 3", "found 0"]);
        assert_refused(&[0, 0, 8, 5], &["offset 3", "found 5"]);
    }

    #[test]
    fn refuses_a_header_or_content_that_was_cut_short() {
        assert_refused(&[], &["offset 0", "expected 4"]);
        assert_refused(&SMALL[..15], &["offset 15", "expected 16"]);
        assert_refused(&SMALL[..20], &["offset 16", "expected 6 bytes", "found 4"]);
    }

    #[test]
    fn refuses_more_than_2_gib_before_reading_any_of_it() {
        let one_more = [0, 0, 8, 1, 0x80, 0, 0, 1];
        assert_refused(&one_more, &["2147483649", "at most 2 GiB"]);
        let just_2_gib = [0, 0, 8, 1, 0x80, 0, 0, 0];
        assert_refused(&just_2_gib, &["expected 2147483648 bytes", "found 0"]);
        // 2^16 to the fourth is 2^64: an unchecked product would wrap to 0.
        let wraps = [0, 0, 8, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0];
        assert_refused(&wraps, &["at most 2 GiB"]);
    }

    #[test]
    fn refuses_trailing_bytes_inside_and_outside_gzip() {
        let longer = [&SMALL[..], &[70]].concat();
        assert_refused(&longer, &["offset 22", "found more"]);
        assert_refused(&gzipped(&longer), &["offset 22", "found more"]);
        for appended in [&b"x"[..], b"xy", b"more than a gzip header's ten bytes", &[0; 512]] {
            let followed = [&gzipped(&SMALL)[..], appended].concat();
            assert_refused(&followed, &["damaged gzip", "offset 22"]);
        }
    }

    #[test]
    fn refuses_a_damaged_gzip_stream() {
        let whole = gzipped(&SMALL);
        let mut bad_crc = whole.clone();
        let crc = whole.len() - 8;
        bad_crc[crc] ^= 1;
        assert_refused(&bad_crc, &["damaged gzip", "offset 22", "checksum"]);
        assert_refused(&whole[..crc + 3], &["damaged gzip", "offset 22"]);
        assert_refused(&whole[..5], &["damaged gzip", "offset 0"]);
    }

    #[test]
    fn a_missing_file_and_a_directory_are_errors_that_name_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let missing = Idx::read(&directory.path().join("none.gz")).unwrap_err();
        assert!(matches!(missing, IdxError::Open { .. }), "{missing}");
        assert!(missing.to_string().contains("none.gz"), "{missing}");
        assert!(Idx::read(directory.path()).is_err());
    }

    #[test]
    fn writes_what_it_reads_and_compresses_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let idx = parse(&SMALL).unwrap();
        let (plain, compressed) = (directory.path().join("a"), directory.path().join("a.gz"));
        idx.write(&plain).unwrap();
        idx.write(&compressed).unwrap();
        assert_eq!(std::fs::read(&plain).unwrap(), SMALL);
        assert_eq!(std::fs::read(&compressed).unwrap()[..2], GZIP_MAGIC);
        assert_eq!(Idx::read(&compressed).unwrap(), idx);
    }

    #[test]
    fn does_not_write_what_it_could_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        for shape in [vec![], vec![7], vec![1, 1, 2, 1, 3], vec![6, usize::MAX, usize::MAX]] {
            let idx = Idx { shape, bytes: vec![0; 6] };
            assert!(matches!(idx.write(&path), Err(IdxError::Shape { .. })), "{idx:?}");
        }
        assert!(!path.exists());
    }
}
