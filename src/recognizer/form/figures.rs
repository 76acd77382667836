//! A picture of several digits, divided.

use super::groups::{Group, lines};
use super::ink::{Ink, NoDigit, ink};
use super::mnist::{LONGEST, PIXELS, form};
use super::pieces::{Pieces, digit};
use super::plane::{Bounds, Plane};
use super::ruled::unruled;
use crate::data::Grey;

/// Something in a picture that stands by itself: a digit, or what looks like one from afar.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Where it is.
    pub place: Place,
    /// In which line of the picture, from 0 at the top.
    pub line: usize,
    /// In MNIST's form: `[28, 28]` in C order, 0 background to 255 ink.
    pub form: [u8; PIXELS],
    /// Whether it is as wide as several digits that touch. Hardly a digit is ([`WIDE`]).
    pub is_wide: bool,
}

/// A box in a picture, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first column.
    pub left: usize,
    /// Its first row.
    pub top: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// What is more than so many times as wide as high is wide for a digit: of the 10,000 test digits, 143 are.
pub const WIDE: f32 = 1.3;
/// Beside others, what is more than so many times as wide as they are high, and wider than high itself. A digit that is
/// lower than they are is not wide for it.
const WIDER: f32 = 1.15;

/// The figures of a picture of any size, dark on light or light on dark: line by line, from left to right.
///
/// Where there is only one, it has the form that [`mnist_form`](super::mnist_form) gives the picture.
///
/// # Errors
/// [`NoDigit`] says why there is none: nothing stands out, or only specks or a frame.
pub fn figures(picture: &Grey) -> Result<Vec<Figure>, NoDigit> {
    let plane = Plane::of(picture, LONGEST);
    let mut ink = ink(&plane)?;
    let mut pieces = Pieces::of(&ink.plane);
    let mut found = lines(&ink, &pieces);
    if let Some(unruled) = unruled(&ink.plane) {
        // The bar of a 7 that was cut out tightly looks like a ruled line too; but then, without it, there is one figure.
        let without = Ink { plane: unruled, sure: ink.sure };
        let without_pieces = Pieces::of(&without.plane);
        let lines = lines(&without, &without_pieces);
        if lines.iter().flatten().count() > 1 {
            (ink, pieces, found) = (without, without_pieces, lines);
        }
    }
    let square = picture.width().max(picture.height()).div_ceil(LONGEST);
    let place = |bounds: &Bounds| {
        let [left, top] = [bounds.left * square, bounds.top * square];
        let [right, bottom] =
            [(bounds.right * square).min(picture.width()), (bounds.bottom * square).min(picture.height())];
        Place { left, top, width: right - left, height: bottom - top }
    };
    if found.iter().flatten().count() < 2 {
        let (digit, bounds) = digit(&ink, &pieces)?;
        let is_wide = bounds.width() as f32 > WIDE * bounds.height() as f32;
        return Ok(vec![Figure { place: place(&bounds), line: 0, form: form(digit), is_wide }]);
    }
    let mut heights: Vec<usize> = found.iter().flatten().map(|group| group.bounds.height()).collect();
    heights.sort_unstable();
    let usual = heights[heights.len() / 2] as f32;
    let is_wide = |bounds: &Bounds| {
        let [width, height] = [bounds.width(), bounds.height()].map(|side| side as f32);
        width > height && width > WIDER * usual
    };
    let cut = cut_out(&found, &ink.plane, &pieces);
    let figure = |(line, (group, cut)): (usize, (&Group, Plane))| Figure {
        place: place(&group.bounds),
        line,
        form: form(cut),
        is_wide: is_wide(&group.bounds),
    };
    let numbered = found.iter().enumerate().flat_map(|(line, groups)| groups.iter().map(move |group| (line, group)));
    Ok(numbered.zip(cut).map(|((line, group), cut)| figure((line, (group, cut)))).collect())
}

/// Each group without the others.
fn cut_out(lines: &[Vec<Group>], plane: &Plane, Pieces { runs, pieces }: &Pieces) -> Vec<Plane> {
    let groups: Vec<&Group> = lines.iter().flatten().collect();
    let mut group_of = vec![None; pieces.len()];
    for (i, group) in groups.iter().enumerate() {
        group.roots.iter().for_each(|&root| group_of[root] = Some(i));
    }
    let blank = |group: &&Group| {
        let Bounds { left, right, .. } = group.bounds;
        Plane::new(right - left, group.bounds.height(), vec![0.0; group.bounds.area()])
    };
    let mut cut: Vec<Plane> = groups.iter().map(blank).collect();
    for run in runs {
        let Some(i) = group_of[run.parent] else { continue };
        let (bounds, cut) = (groups[i].bounds, &mut cut[i]);
        let start = (run.y - bounds.top) * cut.width + run.left - bounds.left;
        let levels = &plane.levels[run.y * plane.width..][run.left..run.right];
        cut.levels[start..][..levels.len()].copy_from_slice(levels);
    }
    cut
}
