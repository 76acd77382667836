//! IDX files, plain or gzipped: whatever the bytes, an error or an array that holds as many bytes as its shape says.

use std::path::Path;
use twoplayer::data::Idx;

pub fn take(bytes: &[u8]) {
    if let Ok(idx) = Idx::parse(bytes, Path::new("fuzz")) {
        assert_eq!(idx.shape.iter().product::<usize>(), idx.bytes.len());
    }
}
