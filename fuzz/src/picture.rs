//! Pictures for `recognize`: whatever the bytes, a picture in MNIST's form or an error.

use std::io::Cursor;
use std::path::Path;
use twoplayer::data::Grey;
use twoplayer::recognizer::mnist_form;

/// Pixels of which the form is looked for; more take their time and show nothing new.
const PIXELS: usize = 1 << 12;
/// To look for it takes a hundred times as long as to read a file, so that is done for one length in so many.
const LENGTHS: usize = 16;

pub fn take(bytes: &[u8]) {
    if let Ok(picture) = Grey::parse_png(Cursor::new(bytes), Path::new("fuzz"))
        && picture.levels().len() <= PIXELS
        && bytes.len().is_multiple_of(LENGTHS)
    {
        let _ = mnist_form(&picture);
    }
}
