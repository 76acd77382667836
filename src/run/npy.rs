//! NumPy's file format, version 1.0, so that samples can be looked at with other tools.
//!
//! | bytes | meaning |
//! |---|---|
//! | 6 | `93` and `NUMPY` |
//! | 2 | the version, `01 00` |
//! | 2 | length of the text that follows, a little-endian `u16` |
//! | that many | a Python dictionary of element type, order and shape; spaces up to a multiple of 64 bytes from the file's start; a newline |
//! | the rest | the elements, here in C order and little-endian |
//!
//! Source: NumPy's manual, `numpy.lib.format`.

use std::io::{self, Write};
use std::path::Path;

use crate::data::{WriteError, write_atomically};

/// The elements of an array in C order.
#[derive(Debug, Clone, Copy)]
pub enum NpyValues<'a> {
    /// Unsigned bytes, `|u1`.
    U8(&'a [u8]),
    /// 32-bit floats, `<f4`.
    F32(&'a [f32]),
}

impl<'a> From<&'a [u8]> for NpyValues<'a> {
    fn from(values: &'a [u8]) -> Self {
        NpyValues::U8(values)
    }
}

impl<'a> From<&'a [f32]> for NpyValues<'a> {
    fn from(values: &'a [f32]) -> Self {
        NpyValues::F32(values)
    }
}

impl NpyValues<'_> {
    fn len(self) -> usize {
        match self {
            NpyValues::U8(values) => values.len(),
            NpyValues::F32(values) => values.len(),
        }
    }

    /// NumPy's name of the element type; `<` is little-endian, `|` has no byte order.
    fn descr(self) -> &'static str {
        match self {
            NpyValues::U8(_) => "|u1",
            NpyValues::F32(_) => "<f4",
        }
    }

    fn write(self, writer: &mut dyn Write) -> io::Result<()> {
        match self {
            NpyValues::U8(values) => writer.write_all(values),
            NpyValues::F32(values) => values.iter().try_for_each(|value| writer.write_all(&value.to_le_bytes())),
        }
    }
}

/// Writes an array of `shape` to `path` as `numpy.load` reads it, whole or not at all.
///
/// `values` is a `&[u8]` or a `&[f32]` in C order.
///
/// # Errors
/// When the file cannot be written; the error names `path`.
///
/// # Panics
/// When `values` are not as many as `shape` says.
pub fn write_npy<'a>(path: &Path, shape: &[usize], values: impl Into<NpyValues<'a>>) -> Result<(), WriteError> {
    let values = values.into();
    let count: usize = shape.iter().product();
    assert_eq!(values.len(), count, "write_npy: {} values for {shape:?}", values.len());
    write_atomically(path, |writer| {
        writer.write_all(&header(values.descr(), shape))?;
        values.write(writer)
    })
}

/// The file of an array of 32-bit floats, for whoever does not want it on the disk.
///
/// # Panics
/// When `values` are not as many as `shape` says.
pub fn npy_bytes(shape: &[usize], values: &[f32]) -> Vec<u8> {
    assert_eq!(values.len(), shape.iter().product::<usize>(), "npy_bytes: {} values for {shape:?}", values.len());
    let mut bytes = header(NpyValues::F32(&[]).descr(), shape);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// The same with 32-bit floats that come piece by piece: they are never in memory together.
///
/// # Errors
/// When the file cannot be written; the error names `path`.
///
/// # Panics
/// When the pieces do not hold as many values as `shape` says.
pub fn write_npy_in_pieces<P: AsRef<[f32]>>(
    path: &Path,
    shape: &[usize],
    pieces: impl Iterator<Item = P>,
) -> Result<(), WriteError> {
    write_atomically(path, |writer| {
        writer.write_all(&header(NpyValues::F32(&[]).descr(), shape))?;
        let mut left: usize = shape.iter().product();
        for piece in pieces {
            let values = piece.as_ref();
            assert!(values.len() <= left, "write_npy_in_pieces: more values than {shape:?}");
            left -= values.len();
            NpyValues::F32(values).write(writer)?;
        }
        assert_eq!(left, 0, "write_npy_in_pieces: too few values for {shape:?}");
        Ok(())
    })
}

/// All that stands before the elements; a multiple of 64 bytes, so that they may be mapped into
/// memory aligned.
fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
    const START: &[u8] = b"\x93NUMPY\x01\x00";
    const LENGTH_FIELD: usize = 2;
    let shape = tuple(shape);
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let unpadded = START.len() + LENGTH_FIELD + text.len() + 1;
    let padding = unpadded.next_multiple_of(64) - unpadded;
    text.extend(std::iter::repeat_n(' ', padding));
    text.push('\n');
    let length = u16::try_from(text.len()).expect("a shape of some thousand dimensions at most");
    [START, &length.to_le_bytes(), text.as_bytes()].concat()
}

/// A Python tuple: `()`, `(3,)`, `(3, 4)`.
fn tuple(shape: &[usize]) -> String {
    let numbers: Vec<String> = shape.iter().map(usize::to_string).collect();
    match numbers.as_slice() {
        [only] => format!("({only},)"),
        several => format!("({})", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<'a>(shape: &[usize], values: impl Into<NpyValues<'a>>) -> Vec<u8> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("array.npy");
        write_npy(&path, shape, values).unwrap();
        std::fs::read(path).unwrap()
    }

    #[test]
    fn floats_follow_the_header_that_numpy_writes() {
        let bytes = written(&[2, 3], &[1.0_f32, -2.0, 0.5, 0.0, f32::MAX, f32::NAN][..]);
        let mut header = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        header.extend(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
        header.extend([b' '; 58]);
        header.push(b'\n');
        assert_eq!(header.len(), 128);
        assert_eq!(bytes[..128], header);
        assert_eq!(bytes[128..140], [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f]);
        assert_eq!(bytes.len(), 128 + 6 * 4);
    }

    #[test]
    fn bytes_have_no_byte_order_and_one_dimension_has_its_comma() {
        let bytes = written(&[3], &[7_u8, 8, 9][..]);
        assert!(bytes[10..].starts_with(b"{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"));
        assert_eq!(bytes[127..], [b'\n', 7, 8, 9]);
    }

    #[test]
    fn elements_begin_at_a_multiple_of_64_whatever_the_shape() {
        for rank in 0..40 {
            let header = header("<f4", &vec![1234; rank]);
            assert_eq!(header.len() % 64, 0, "rank {rank}");
            let length = usize::from(u16::from_le_bytes([header[8], header[9]]));
            assert_eq!(header.len(), 10 + length, "rank {rank}");
            assert_eq!(header.last(), Some(&b'\n'), "rank {rank}");
        }
    }

    #[test]
    #[should_panic(expected = "write_npy: 2 values for [3]")]
    fn another_number_of_values_is_refused() {
        written(&[3], &[1_u8, 2][..]);
    }
}
