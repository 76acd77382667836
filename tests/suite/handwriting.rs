//! Digits that are not MNIST's, brought into MNIST's form; and MNIST's own, which are in it already.

use std::path::Path;

use crate::common::handwriting::{Sample, drawn, printed};
use proptest::prelude::*;
use twoplayer::data::{Digits, Grey, Split};
use twoplayer::recognizer::{NoDigit, PIXELS, SIDE, mnist_form};

/// `[28, 28]` levels as a picture.
fn picture(levels: &[u8]) -> Grey {
    Grey::new(SIDE, SIDE, levels.to_vec())
}

/// Columns and rows with ink in them: the first of each and those after the last.
fn bounds(form: &[u8; PIXELS]) -> [std::ops::Range<usize>; 2] {
    let range = |inked: &dyn Fn(usize) -> bool| {
        let first = (0..SIDE).position(inked).unwrap();
        let last = (0..SIDE).rposition(inked).unwrap();
        first..last + 1
    };
    [
        range(&|x| (0..SIDE).any(|y| form[y * SIDE + x] > 0)),
        range(&|y| form[y * SIDE..][..SIDE].iter().any(|&level| level > 0)),
    ]
}

/// Column and row, counted from the middle of the first.
fn centre_of_mass(form: &[u8; PIXELS]) -> [f64; 2] {
    let mass: f64 = form.iter().map(|&level| f64::from(level)).sum();
    let moment = |place: fn(usize) -> usize| -> f64 {
        form.iter().enumerate().map(|(i, &level)| place(i) as f64 * f64::from(level)).sum()
    };
    [moment(|i| i % SIDE) / mass, moment(|i| i / SIDE) / mass]
}

/// A box of 20, its centre of mass within a pixel of the centre where the box leaves room, light on nothing.
fn has_mnists_form(form: &[u8; PIXELS], name: &str) {
    let bounds = bounds(form);
    let longer = bounds.iter().map(|range| range.len()).max();
    assert_eq!(longer, Some(20), "{name}: {bounds:?}");
    for (centre, range) in centre_of_mass(form).into_iter().zip(bounds) {
        let at_the_edge = range.start == 0 || range.end == SIDE;
        assert!((centre - 14.0).abs() <= 0.51 || at_the_edge, "{name}: {centre}");
    }
    assert_eq!(form.iter().max(), Some(&255), "{name}");
    let inked = form.iter().filter(|&&level| level > 127).count();
    assert!((15..300).contains(&inked), "{name}: {inked} pixels of ink");
}

#[test]
fn printed_digits_take_mnists_form() {
    let samples = printed();
    assert_eq!(samples.len(), 100);
    for Sample { picture, label, name } in samples {
        has_mnists_form(&mnist_form(&picture).unwrap(), &format!("{name}, a {label}"));
    }
}

#[test]
fn drawn_digits_take_mnists_form() {
    for Sample { picture, label, name } in drawn(7, 60) {
        let form = mnist_form(&picture).unwrap_or_else(|error| panic!("{name}: {error}"));
        has_mnists_form(&form, &name);
        // A 0 has nothing in the middle, a 1 has.
        let middle = centre_of_mass(&form).map(|place| place.round() as usize);
        let ink = form[middle[1] * SIDE + middle[0]];
        assert!(label != 0 || ink < 128, "{name}: {ink}");
        assert!(label != 1 || ink > 128, "{name}: {ink}");
    }
}

#[test]
fn negatives_take_the_same_form() {
    for Sample { picture, name, .. } in drawn(8, 10) {
        let negative = picture.levels().iter().map(|level| 255 - level).collect();
        let negative = Grey::new(picture.width(), picture.height(), negative);
        let forms = [&picture, &negative].map(|picture| mnist_form(picture).unwrap());
        assert!(forms[0].iter().zip(forms[1]).all(|(&a, b)| a.abs_diff(b) <= 1), "{name}");
    }
}

#[test]
fn a_hairline_does_not_vanish() {
    // One pixel wide, 600 high: the box is a thirtieth of that.
    let (width, height) = (400, 700);
    let levels =
        (0..width * height).map(|i| if i % width == 200 && (50..650).contains(&(i / width)) { 0 } else { 255 });
    let form = mnist_form(&Grey::new(width, height, levels.collect())).unwrap();
    has_mnists_form(&form, "hairline");
    let width = bounds(&form)[0].len();
    assert!((2..=4).contains(&width), "{width}");
}

#[test]
fn a_lopsided_digit_is_moved_to_the_edge_and_no_farther() {
    // An L of 60 × 60 with nearly all of its ink in the upright stroke: in the centre, it would be cut off.
    let is_ink = |x: usize, y: usize| (20..80).contains(&y) && (20..80).contains(&x) && (x < 38 || y >= 76);
    let level = |i: usize| if is_ink(i % 100, i / 100) { 0 } else { 255 };
    let form = mnist_form(&Grey::new(100, 100, (0..10_000).map(level).collect())).unwrap();
    assert_eq!(bounds(&form)[0], 8..28);
}

/// The mean difference, in levels, of the first `count` test digits' form from themselves, each first changed by
/// `change`.
fn difference(count: usize, change: impl Fn(&[u8]) -> Grey) -> f64 {
    let digits = Digits::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist"), Split::Test).unwrap();
    let one = |i: usize| -> f64 {
        let form = mnist_form(&change(digits.image(i))).unwrap_or_else(|error| panic!("test digit {i}: {error}"));
        form.iter().zip(digits.image(i)).map(|(&a, &b)| f64::from(a.abs_diff(b))).sum::<f64>() / PIXELS as f64
    };
    (0..count).map(one).sum::<f64>() / count as f64
}

fn enlarged(image: &[u8], times: usize) -> Grey {
    let side = SIDE * times;
    let pixel = |i: usize| image[i / side / times * SIDE + i % side / times];
    Grey::new(side, side, (0..side * side).map(pixel).collect())
}

/// The digits' mean level is 33, and one that is moved by a pixel differs from itself by about 25.
#[test]
fn mnists_own_digits_stay_as_they_are() {
    let same = difference(1000, picture);
    assert!(same < 1.3, "{same}");
    let inverted = difference(1000, |image| picture(&image.iter().map(|level| 255 - level).collect::<Vec<_>>()));
    assert!((inverted - same).abs() < 0.1, "{inverted}");
    let enlarged = difference(500, |image| enlarged(image, 5));
    assert!(enlarged < 3.0, "{enlarged}");
}

#[test]
fn no_digit_is_said_in_words() {
    let said = |picture: Grey| mnist_form(&picture).unwrap_err().to_string();
    assert!(said(Grey::new(30, 20, vec![200; 600])).contains("nothing stands out"));
    let mut speck = vec![255; 900];
    speck[400..403].fill(0);
    assert!(said(Grey::new(30, 30, speck)).contains("only specks"));
    let frame = (0..900).map(|i| if [i % 30, i / 30].iter().any(|place| !(3..=26).contains(place)) { 0 } else { 255 });
    assert!(matches!(mnist_form(&Grey::new(30, 30, frame.collect())), Err(NoDigit::Full { .. })));
}

/// Pictures of all shapes, some of few levels, some like noise.
fn pictures() -> impl Strategy<Value = Grey> {
    let levels = prop_oneof![Just(2_u8), Just(4), Just(255)];
    (1..40_usize, 1..40_usize, levels).prop_flat_map(|(width, height, levels)| {
        let pixels = proptest::collection::vec(0..levels, width * height);
        let spread = move |pixels: Vec<u8>| pixels.iter().map(|pixel| pixel * (255 / levels)).collect();
        pixels.prop_map(move |pixels| Grey::new(width, height, spread(pixels)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_picture_has_a_form_or_a_reason(picture in pictures()) {
        if let Ok(form) = mnist_form(&picture) {
            prop_assert_eq!(form.iter().max(), Some(&255));
        }
    }
}
