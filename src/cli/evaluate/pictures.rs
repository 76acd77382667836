//! Digits to look at.

use super::subject::Subject;
use crate::cli::say::note;
use crate::data::Digits;
use crate::metrics::{Neighbour, Projection, Reference};
use crate::recognizer::Readings;
use crate::run::{Picture, grid};
use anyhow::Context;
use ndarray::{Array2, Axis};
use std::fs;
use std::path::Path;

/// Digits in a row.
const COLUMNS: usize = 16;
/// Rows of digits.
const ROWS: usize = 4;
const SCALE: usize = 3;

/// What is drawn.
pub const NAMES: [&str; 4] = ["nearest.png", "least-confident.png", "most-confident.png", "map.png"];

/// Draws all pictures into a directory, which is made.
pub fn draw(
    directory: &Path,
    subject: &Subject,
    readings: &Readings,
    reference: &Reference,
    neighbours: &[Neighbour],
    train: &Digits,
) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("{}: cannot create", directory.display()))?;
    let digit = |i: usize| &subject.images[i * train.pixels()..][..train.pixels()];
    let tiles = |tiles: Vec<&[u8]>| grid(tiles.into_iter(), subject.shape(), COLUMNS, SCALE);

    let shown = subject.count().min(ROWS * COLUMNS / 2);
    let pairs = (0..shown).flat_map(|i| [digit(i), train.image(neighbours[i].index)]);
    tiles(pairs.collect()).write_png(&directory.join("nearest.png"))?;

    let order = by_confidence(readings);
    let shown = order.len().min(ROWS * COLUMNS);
    tiles(order[..shown].iter().map(|&i| digit(i)).collect()).write_png(&directory.join("least-confident.png"))?;
    let most = order.iter().rev().take(shown).map(|&i| digit(i));
    tiles(most.collect()).write_png(&directory.join("most-confident.png"))?;

    let real = reference.readings().features.view();
    let projection = Projection::fit(real)?;
    let map = map(&[&projection.project(real), &projection.project(readings.features.view())]);
    map.write_png(&directory.join("map.png"))?;
    let pictures = "nearest.png, least-confident.png, most-confident.png and map.png";
    note(format_args!("{pictures} are in {}", directory.display()));
    Ok(())
}

/// The images in the order of their most probable digit's probability, the smallest first.
fn by_confidence(readings: &Readings) -> Vec<usize> {
    let confidence: Vec<f32> =
        readings.probabilities.axis_iter(Axis(0)).map(|row| row.fold(0.0, |most: f32, &p| most.max(p))).collect();
    let mut order: Vec<usize> = (0..confidence.len()).collect();
    order.sort_by(|&a, &b| confidence[a].total_cmp(&confidence[b]));
    order
}

/// The map's height and width.
const SIDE: usize = 800;
/// Of a point; a quarter of it at each of its four pixels.
const COLOURS: [[u8; 3]; 2] = [[70, 140, 255], [255, 140, 30]];

/// Points `[n, 2]` in blue, then others in orange, on black; where both lie it is white.
fn map(sets: &[&Array2<f32>; 2]) -> Picture {
    let bound = |axis: usize, of: fn(f32, f32) -> f32, start: f32| sets[0].column(axis).fold(start, |a, &b| of(a, b));
    let low = [0, 1].map(|axis| bound(axis, f32::min, f32::INFINITY));
    let high = [0, 1].map(|axis| bound(axis, f32::max, f32::NEG_INFINITY));
    let mut pixels = vec![0u8; SIDE * SIDE * 3];
    for (points, colour) in sets.iter().zip(COLOURS) {
        for point in points.axis_iter(Axis(0)) {
            // A margin of a twentieth on each side; what lies beyond is drawn at the edge.
            let place = |axis: usize| {
                let share = (point[axis] - low[axis]) / (high[axis] - low[axis]).max(f32::MIN_POSITIVE);
                ((0.05 + 0.9 * share) * SIDE as f32).clamp(0.0, (SIDE - 2) as f32) as usize
            };
            let (x, y) = (place(0), SIDE - 2 - place(1));
            for (row, column) in [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)] {
                let pixel = &mut pixels[(row * SIDE + column) * 3..][..3];
                pixel.iter_mut().zip(colour).for_each(|(pixel, colour)| *pixel = pixel.saturating_add(colour / 2));
            }
        }
    }
    Picture::new([SIDE, SIDE, 3], pixels)
}
