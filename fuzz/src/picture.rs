//! Pictures for `recognize`: whatever the bytes, a picture in MNIST's form or an error.

use std::io::Cursor;
use std::path::Path;
use twoplayer::data::Grey;
use twoplayer::recognizer::mnist_form;

/// Pixels of which the form is looked for; more take their time and show nothing new.
const PIXELS: usize = 1 << 12;

pub fn take(bytes: &[u8]) {
    if let Ok(picture) = Grey::parse_png(Cursor::new(bytes), Path::new("fuzz"))
        && picture.levels().len() <= PIXELS
    {
        let _ = mnist_form(&picture);
    }
}
