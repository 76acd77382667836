//! The IDX reader against files that nobody wrote in good faith.

use std::cell::Cell;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, FlushCompress};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use twoplayer::data::{Idx, IdxError};

fn parse(bytes: impl Read) -> Result<Idx, IdxError> {
    Idx::parse(bytes, Path::new("hostile.idx"))
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The start of an IDX file of unsigned bytes.
fn header(dimensions: &[u32]) -> Vec<u8> {
    let mut header = vec![0, 0, 8, dimensions.len() as u8];
    header.extend(dimensions.iter().flat_map(|dimension| dimension.to_be_bytes()));
    header
}

fn content(idx: &Idx) -> Vec<u8> {
    let dimensions: Vec<u32> = idx.shape.iter().map(|&dimension| dimension as u32).collect();
    [header(&dimensions), idx.bytes.clone()].concat()
}

/// Arrays of one to four small dimensions, empty ones among them.
fn arrays() -> impl Strategy<Value = Idx> {
    vec(0..7_usize, 1..=4).prop_flat_map(|shape| {
        let elements = shape.iter().product::<usize>();
        vec(any::<u8>(), elements).prop_map(move |bytes| Idx { shape: shape.clone(), bytes })
    })
}

/// A valid file's bytes, gzipped or not, and the array in it.
fn files() -> impl Strategy<Value = (Vec<u8>, Idx)> {
    (arrays(), any::<bool>()).prop_map(|(idx, gzip)| {
        let plain = content(&idx);
        (if gzip { gzipped(&plain) } else { plain }, idx)
    })
}

/// Bytes that begin like an IDX file, so that they get past the first check.
fn headers_with_anything_behind() -> impl Strategy<Value = Vec<u8>> {
    let dimension = prop_oneof![0..4_u32, any::<u32>(), Just(u32::MAX), Just(1 << 16)];
    (vec(dimension, 0..6), vec(any::<u8>(), 0..40))
        .prop_map(|(dimensions, behind)| [header(&dimensions), behind].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes[..]);
        let _ = parse(&[&[0x1f, 0x8b, 8], &bytes[..]].concat()[..]);
        let _ = parse(&gzipped(&bytes)[..]);
    }

    #[test]
    fn what_is_accepted_is_exactly_what_the_header_says(bytes in headers_with_anything_behind()) {
        for file in [bytes.clone(), gzipped(&bytes)] {
            if let Ok(idx) = parse(&file[..]) {
                prop_assert_eq!(content(&idx), &bytes[..]);
            }
        }
    }

    #[test]
    fn valid_files_are_read((file, idx) in files()) {
        prop_assert_eq!(parse(&file[..]).unwrap(), idx);
    }

    #[test]
    fn a_file_cut_short_is_an_error((file, _) in files(), at in any::<Index>()) {
        let cut = at.index(file.len());
        prop_assert!(parse(&file[..cut]).is_err(), "cut at {}", cut);
    }

    #[test]
    fn a_file_with_something_appended_is_an_error(
        (file, _) in files(),
        appended in vec(any::<u8>(), 1..60),
    ) {
        prop_assert!(parse(&[file, appended].concat()[..]).is_err());
    }

    #[test]
    fn a_flipped_bit_is_an_error_or_shows_in_the_content_or_does_not_matter(
        (mut file, idx) in files(),
        at in any::<Index>(),
        bit in 0..8_u32,
    ) {
        let is_gzip = file.starts_with(&[0x1f, 0x8b]);
        let at = at.index(file.len());
        file[at] ^= 1_u8 << bit;
        if let Ok(read) = parse(&file[..]) {
            if is_gzip {
                // Gzip has bits that say nothing about the content: the time, the padding.
                prop_assert_eq!(read, idx);
            } else {
                prop_assert_eq!(content(&read), file);
            }
        }
    }

    #[test]
    fn a_wrong_checksum_or_length_is_an_error(idx in arrays(), at in 0..8_usize, flip in 1..=255_u8) {
        let mut file = gzipped(&content(&idx));
        let trailer = file.len() - 8; // CRC-32, then the length
        file[trailer + at] ^= flip;
        let is_gzip_error = matches!(parse(&file[..]), Err(IdxError::Gzip { .. }));
        prop_assert!(is_gzip_error);
    }
}

proptest! {
    // Each case writes two files to the disk and waits for it.
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_was_written_is_read_back(idx in arrays()) {
        let directory = tempfile::tempdir().unwrap();
        for name in ["array.idx", "array.idx.gz"] {
            let path = directory.path().join(name);
            idx.write(&path).unwrap();
            prop_assert_eq!(&Idx::read(&path).unwrap(), &idx);
        }
        prop_assert_eq!(fs::read_dir(&directory).unwrap().count(), 2, "a temporary was left");
    }
}

/// Counts how much of `inner` was asked for.
struct Counted<'a, R> {
    inner: R,
    bytes: &'a Cell<usize>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + count);
        Ok(count)
    }
}

/// A gzip stream of 1 GiB of zeros behind `header`, without its end.
///
/// A full flush makes the compressor forget what it saw and end on a byte, so that one compressed
/// MiB may be repeated as often as one likes.
fn gzip_bomb(header: &[u8]) -> Vec<u8> {
    let mut compressor = Compress::new(Compression::best(), false);
    let mut compressed = |bytes: &[u8]| {
        let mut out = Vec::with_capacity(64 << 10);
        compressor.compress_vec(bytes, &mut out, FlushCompress::Full).unwrap();
        out
    };
    let gzip_header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff].to_vec();
    let (start, mebibyte) = (compressed(header), compressed(&vec![0; 1 << 20]));
    [gzip_header, start, mebibyte.repeat(1024)].concat()
}

#[test]
fn a_gzip_bomb_is_inflated_no_further_than_its_header_says() {
    let bomb = gzip_bomb(&header(&[10, 28, 28]));
    assert!(bomb.len() > 1 << 20, "the bomb is too small to tell: {} bytes", bomb.len());
    let consumed = Cell::new(0);
    let result = parse(Counted { inner: &bomb[..], bytes: &consumed });
    assert!(matches!(result, Err(IdxError::Trailing { offset: 7856, .. })), "{result:?}");
    // One buffer of the decoder; the whole bomb would be thirty times that.
    assert!(consumed.get() <= 64 << 10, "{} compressed bytes were read", consumed.get());
}

#[test]
fn the_bomb_is_a_stream_of_zeros() {
    let bomb = gzip_bomb(b"");
    let mut start = vec![1; 3 << 20];
    flate2::read::GzDecoder::new(&bomb[..]).read_exact(&mut start).unwrap();
    assert!(start.iter().all(|&byte| byte == 0));
}

#[test]
fn an_endless_plain_file_is_read_no_further_than_its_header_says() {
    let consumed = Cell::new(0);
    let start = header(&[100]);
    let endless = start.chain(std::io::repeat(7));
    let result = parse(Counted { inner: endless, bytes: &consumed });
    assert!(matches!(result, Err(IdxError::Trailing { offset: 108, .. })), "{result:?}");
    assert_eq!(consumed.get(), 4 + 4 + 100 + 1);
}

#[test]
fn more_than_2_gib_is_refused_before_reading_any_of_it() {
    for dimensions in [vec![(1 << 31) + 1], vec![60_000, 1000, 1000], vec![u32::MAX; 4]] {
        let consumed = Cell::new(0);
        let start = header(&dimensions);
        let size = start.len();
        let endless = start.chain(std::io::repeat(7));
        let result = parse(Counted { inner: endless, bytes: &consumed });
        assert!(matches!(result, Err(IdxError::TooLarge { .. })), "{dimensions:?}: {result:?}");
        assert_eq!(consumed.get(), size, "{dimensions:?}");
    }
}
