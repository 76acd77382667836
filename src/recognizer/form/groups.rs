//! Which pieces of ink belong to one digit, and which digits to one line.

use super::ink::Ink;
use super::pieces::{Piece, Pieces, SPECK, least_side};
use super::plane::Bounds;

/// Pieces that are taken for one digit.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub bounds: Bounds,
    /// The sum of its levels.
    pub ink: f32,
    /// The roots of its pieces.
    pub roots: Vec<usize>,
}

/// A frame's box is at least so many times as large as what it is around, and at most so much of it is ink.
const FRAME: (usize, f32) = (3, 0.35);
/// A ruled line is so many times as long as thick, and longer than so many digits are high.
const LINE: (usize, f32) = (8, 1.5);
/// Pieces above one another are of one digit when they overlap by so much of the narrower one's width, and together are
/// not much higher than other digits are.
const ABOVE: (f32, f32) = (0.5, 1.25);
/// Where there are fewer pieces than this, nobody knows how high other digits are;
const FEW: usize = 4;
/// then they are of one digit if the gap between them is at most this part of both together, and both together are at most
/// so many times as high as wide: two digits are higher. A 1 that is broken is thinner than either.
const BROKEN: (f32, f32, f32) = (0.1, 2.2, 5.0);
/// A low piece, up to this part of a digit's height, is the bar of a 5 when it begins at most so much of that height beside
/// it, in the upper half. A comma is in the lower one.
const BAR: (f32, f32) = (0.4, 0.1);
/// What is smaller than this part of a digit's height, both ways, is a speck; in a line of digits, a comma or a point.
const SMALL: (f32, f32) = (0.2, 0.4);
/// Digits are of one line when they overlap by so much of the lower one's height.
const BESIDE: f32 = 0.5;

/// The digits of a picture, line by line, from left to right; or what looks like digits from afar.
pub(super) fn lines(ink: &Ink, pieces: &Pieces) -> Vec<Vec<Group>> {
    let limit = least_side(&ink.plane);
    let is_candidate = |piece: &Piece| piece.strongest >= ink.sure && piece.bounds.longer_side() >= limit;
    let candidates = pieces.pieces.iter().enumerate().filter(|(_, piece)| piece.ink > 0.0 && is_candidate(piece));
    let group = |(root, piece): (usize, &Piece)| Group { bounds: piece.bounds, ink: piece.ink, roots: vec![root] };
    let groups = without_frames(candidates.map(group).collect(), ink);
    let height = usual_height(&groups);
    let groups = without_lines(groups, height);
    let groups = joined(groups, height);
    let least = usual(groups.iter().map(|group| (group.ink, 1.0)).collect()) * SPECK;
    let is_speck = |group: &Group| group.ink < least || (group.bounds.longer_side() as f32) < SMALL.0 * height;
    let groups = groups.into_iter().filter(|group| !is_speck(group)).collect();
    in_lines(groups, height).into_iter().map(without_commas).collect()
}

/// Without what is around something else: a frame, the lines of a table.
fn without_frames(groups: Vec<Group>, ink: &Ink) -> Vec<Group> {
    let whole = Bounds { left: 0, top: 0, right: ink.plane.width, bottom: ink.plane.height };
    let is_frame = |frame: &Group| {
        let large = frame.bounds.area() / FRAME.0;
        let fits = |inner: &Group| {
            frame.bounds.contains(&inner.bounds)
                && inner.bounds.area() <= large
                && 3 * inner.bounds.longer_side() >= frame.bounds.shorter_side()
        };
        let many = |inner: &Group| frame.bounds.contains(&inner.bounds) && inner.bounds.height() >= 8;
        let is_hollow = frame.ink < FRAME.1 * frame.bounds.area() as f32;
        let inside = || groups.iter().filter(|inner| inner.bounds != frame.bounds);
        is_hollow && (inside().any(fits) || (frame.bounds == whole && inside().any(many)))
    };
    let frames: Vec<bool> = groups.iter().map(is_frame).collect();
    groups.into_iter().zip(frames).filter(|(_, is_frame)| !is_frame).map(|(group, _)| group).collect()
}

/// Whether something is as thin as a line that lies, or stands.
fn is_thin(bounds: &Bounds) -> bool {
    bounds.longer_side() >= LINE.0 * bounds.shorter_side()
}

/// The height of most of the ink that is no lying line, in pixels; 0 where there is none.
fn usual_height(groups: &[Group]) -> f32 {
    let lies = |group: &Group| is_thin(&group.bounds) && group.bounds.width() > group.bounds.height();
    let heights = groups.iter().filter(|group| !lies(group)).map(|group| (group.bounds.height() as f32, group.ink));
    usual(heights.collect())
}

/// The median of numbers, each with its weight; 0 where there is none.
fn usual(mut numbers: Vec<(f32, f32)>) -> f32 {
    numbers.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let half = numbers.iter().map(|(_, weight)| weight).sum::<f32>() / 2.0;
    let mut so_far = 0.0;
    let middle = numbers.iter().find(|(_, weight)| {
        so_far += weight;
        so_far >= half
    });
    middle.map_or(0.0, |(number, _)| *number)
}

/// Without ruled lines. What is as long as a digit is high may be a 1.
fn without_lines(groups: Vec<Group>, height: f32) -> Vec<Group> {
    let is_line = |group: &Group| is_thin(&group.bounds) && group.bounds.longer_side() as f32 > LINE.1 * height;
    groups.into_iter().filter(|group| height == 0.0 || !is_line(group)).collect()
}

/// Puts pieces of one digit together: a bar to its 5, a stroke that is broken.
fn joined(mut groups: Vec<Group>, height: f32) -> Vec<Group> {
    let tall = groups.iter().filter(|group| group.bounds.height() as f32 >= SMALL.1 * height).count();
    // From left to right, so that each needs to be compared with few.
    groups.sort_by_key(|group| (group.bounds.left, group.bounds.top));
    let mut joined: Vec<Group> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for group in groups {
        open.retain(|&i| joined[i].bounds.right as f32 + BAR.1 * height > group.bounds.left as f32);
        let partner = open.iter().copied().find(|&i| belong_together(&joined[i].bounds, &group.bounds, height, tall));
        match partner {
            Some(i) => {
                joined[i].bounds = joined[i].bounds.with(&group.bounds);
                joined[i].ink += group.ink;
                joined[i].roots.extend(group.roots);
            }
            None => {
                open.push(joined.len());
                joined.push(group);
            }
        }
    }
    joined
}

fn belong_together(a: &Bounds, b: &Bounds, height: f32, tall: usize) -> bool {
    let both = a.with(b);
    let across = a.right.min(b.right).saturating_sub(a.left.max(b.left)) as f32;
    if across < ABOVE.0 * a.width().min(b.width()) as f32 {
        return is_bar_of(b, a, height) || is_bar_of(a, b, height);
    }
    if both.height() as f32 <= ABOVE.1 * height.max(a.height().max(b.height()) as f32) {
        return true;
    }
    let gap = a.top.max(b.top).saturating_sub(a.bottom.min(b.bottom)) as f32;
    let (tallness, [of_a, of_b]) = (both.tallness(), [a.tallness(), b.tallness()]);
    let is_broken = tallness <= BROKEN.1 || of_a.min(of_b) >= BROKEN.2;
    tall < FEW && gap <= BROKEN.0 * both.height() as f32 && is_broken
}

/// Whether a low piece beside a digit is its bar.
fn is_bar_of(bar: &Bounds, digit: &Bounds, height: f32) -> bool {
    let gap = bar.left.max(digit.left).saturating_sub(bar.right.min(digit.right)) as f32;
    let middle = usize::midpoint(digit.top, digit.bottom);
    let is_low = bar.height() as f32 <= BAR.0 * height && digit.height() as f32 > BAR.0 * height;
    let both = bar.with(digit).height() as f32;
    is_low && gap <= BAR.1 * height && bar.bottom <= middle && both <= ABOVE.1 * height
}

/// Digits beside one another, from left to right; the lines from the highest to the lowest.
///
/// Each is compared with the one at its left, not with the whole line, which may climb.
fn in_lines(mut groups: Vec<Group>, height: f32) -> Vec<Vec<Group>> {
    groups.sort_by_key(|group| (group.bounds.left, group.bounds.top));
    let mut lines: Vec<(Bounds, Vec<Group>)> = Vec::new();
    for group in groups {
        let shared =
            |last: &Bounds| last.bottom.min(group.bounds.bottom).saturating_sub(last.top.max(group.bounds.top));
        let best = lines.iter_mut().max_by_key(|(last, _)| shared(last));
        let is_small = (group.bounds.longer_side() as f32) < SMALL.1 * height;
        let is_beside = |last: &Bounds| {
            let least = BESIDE * last.height().min(group.bounds.height()) as f32;
            shared(last) as f32 >= least || (is_small && shared(last) > 0) // a comma hangs below its line
        };
        match best.filter(|(last, _)| is_beside(last)) {
            Some((last, line)) => {
                if group.bounds.height() as f32 >= SMALL.1 * height {
                    *last = group.bounds;
                }
                line.push(group);
            }
            None => lines.push((group.bounds, vec![group])),
        }
    }
    let middle =
        |line: &[Group]| line.iter().map(|group| group.bounds.top + group.bounds.bottom).sum::<usize>() / line.len();
    let mut lines: Vec<Vec<Group>> = lines.into_iter().map(|(_, line)| line).collect();
    lines.sort_by_key(|line| middle(line));
    lines
}

/// Without what is small beside the digits of its line.
fn without_commas(line: Vec<Group>) -> Vec<Group> {
    let tallest = line.iter().map(|group| group.bounds.height()).max().unwrap_or(0) as f32;
    line.into_iter().filter(|group| group.bounds.longer_side() as f32 >= SMALL.1 * tallest).collect()
}
