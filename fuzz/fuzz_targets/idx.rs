//! IDX files, plain or gzipped: whatever the bytes, an error or an array that holds as many bytes as its shape says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use twoplayer::data::Idx;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(idx) = Idx::parse(bytes, Path::new("fuzz")) {
        assert_eq!(idx.shape.iter().product::<usize>(), idx.bytes.len());
    }
});
