//! Pictures for `recognize`: whatever the bytes, a picture in MNIST's form or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Cursor;
use std::path::Path;
use twoplayer::data::Grey;
use twoplayer::recognizer::mnist_form;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(picture) = Grey::parse_png(Cursor::new(bytes), Path::new("fuzz")) {
        let _ = mnist_form(&picture);
    }
});
