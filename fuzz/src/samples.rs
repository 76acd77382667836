//! Samples for `evaluate`: whatever their two files hold, figures or an error. The first byte says how long the file of
//! labels is, which follows; 0 is none. The rest are the images.

use std::path::Path;
use twoplayer::cli::check;
use twoplayer::data::{Digits, Idx};
use twoplayer::nn::layers::Flatten;
use twoplayer::nn::{LayerSpec, UnitActivation};
use twoplayer::recognizer::{Recognizer, RecognizerConfig};

const SIDE: usize = 3;
/// Pixels of which figures are computed; more take their time and show nothing new.
const PIXELS: usize = 1 << 10;

/// What they are compared with, and by whom.
struct Judge {
    recognizer: Recognizer,
    digits: Digits,
}

thread_local! {
    static JUDGE: Judge = Judge::new();
}

impl Judge {
    fn new() -> Self {
        let features = vec![Flatten {}.into(), LayerSpec::dense(2, UnitActivation::LeakyRelu)];
        let config = RecognizerConfig { image_shape: [SIDE; 2], shift: 0, features, ..Default::default() };
        let images = (0..10 * SIDE * SIDE).map(|i| (i * i * 37 % 251) as u8).collect();
        Self {
            recognizer: Recognizer::new(&config).expect("a network"),
            digits: Digits::new(images, (0..10).collect(), SIDE, SIDE),
        }
    }
}

pub fn take(bytes: &[u8]) {
    let Some((&length, rest)) = bytes.split_first() else { return };
    let Some((labels, images)) = rest.split_at_checked(length.into()) else { return };
    let labels = (length > 0).then_some(labels);
    if Idx::parse(images, Path::new("fuzz")).is_ok_and(|idx| idx.bytes.len() > PIXELS) {
        return;
    }
    JUDGE.with(|Judge { recognizer, digits }| {
        if let Ok(figures) = check::samples(images, labels, recognizer, [digits, digits]) {
            assert!(!figures.is_empty());
        }
    });
}
