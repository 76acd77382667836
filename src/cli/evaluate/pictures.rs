//! Digits to look at.

use super::legends;
use super::subject::Subject;
use crate::cli::say::note;
use crate::data::Digits;
use crate::metrics::{Neighbour, Projection, Reference};
use crate::recognizer::Readings;
use crate::run::{Picture, grid};
use anyhow::Context;
use ndarray::{Array2, ArrayView1, Axis};
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
    legends::nearest(COLUMNS).around(&tiles(pairs.collect())).write_png(&directory.join("nearest.png"))?;

    let (order, confidence) = by_confidence(readings);
    let shown = order.len().min(ROWS * COLUMNS);
    let (least, most) = (&order[..shown], order.iter().rev().take(shown).copied().collect::<Vec<_>>());
    let of = |order: &[usize]| tiles(order.iter().map(|&i| digit(i)).collect());
    let range = |order: &[usize]| [order[0], order[shown - 1]].map(|i| confidence[i]);
    legends::least(range(least)).around(&of(least)).write_png(&directory.join("least-confident.png"))?;
    legends::most(range(&most)).around(&of(&most)).write_png(&directory.join("most-confident.png"))?;

    draw_map(readings, reference.readings())?.write_png(&directory.join("map.png"))?;
    note(format_args!("{} are in\n{}", NAMES.join(", "), directory.display()));
    Ok(())
}

/// The images in the order of their most probable digit's probability, the smallest first; and these, `[n]`.
fn by_confidence(readings: &Readings) -> (Vec<usize>, Vec<f32>) {
    let confidence: Vec<f32> =
        readings.probabilities.axis_iter(Axis(0)).map(|row| row.fold(0.0, |most: f32, &p| most.max(p))).collect();
    let mut order: Vec<usize> = (0..confidence.len()).collect();
    order.sort_by(|&a, &b| confidence[a].total_cmp(&confidence[b]));
    (order, confidence)
}

/// The map's height and width.
const SIDE: usize = 800;
/// Pixels of a point, down and right.
const POINT: usize = 2;

/// Drawn and real digits on the plane in which the real ones spread most.
fn draw_map(drawn: &Readings, real: &Readings) -> anyhow::Result<Picture> {
    let features = real.features.view();
    let projection = Projection::fit(features)?;
    let points = projection.project(features);
    let map = Map::of(&points);
    let picture = map.picture([&points, &projection.project(drawn.features.view())]);
    let shown = projection.shares.iter().sum();
    let mut legend = legends::map([points.nrows(), drawn.features.nrows()], shown);
    for (digit, place) in map.middles(&points, &real.digits()) {
        legend = legend.mark(place, digit.to_string());
    }
    Ok(legend.around(&picture))
}

/// Where points stand on a map.
struct Map {
    /// Of both axes.
    low: [f32; 2],
    high: [f32; 2],
}

impl Map {
    /// A map that has room for these points, `[n, 2]`.
    fn of(points: &Array2<f32>) -> Self {
        let bound =
            |axis: usize, of: fn(f32, f32) -> f32, start: f32| points.column(axis).fold(start, |a, &b| of(a, b));
        Self {
            low: [0, 1].map(|axis| bound(axis, f32::min, f32::INFINITY)),
            high: [0, 1].map(|axis| bound(axis, f32::max, f32::NEG_INFINITY)),
        }
    }

    /// Row and column of a point; one that lies beyond stands at the edge.
    fn place(&self, point: ArrayView1<f32>) -> [usize; 2] {
        let place = |axis: usize| {
            let share = (point[axis] - self.low[axis]) / (self.high[axis] - self.low[axis]).max(f32::MIN_POSITIVE);
            // A margin of a twentieth on each side.
            ((0.05 + 0.9 * share) * SIDE as f32).clamp(0.0, (SIDE - POINT) as f32) as usize
        };
        [SIDE - POINT - place(1), place(0)]
    }

    /// The middle of the points, `[n, 2]`, that are read as each digit that occurs.
    fn middles(&self, points: &Array2<f32>, digits: &[u8]) -> Vec<(u8, [usize; 2])> {
        let of = |digit: u8| -> Vec<usize> { (0..digits.len()).filter(|&i| digits[i] == digit).collect() };
        let middle = |digit| Some((digit, self.place(points.select(Axis(0), &of(digit)).mean_axis(Axis(0))?.view())));
        (0..10).filter_map(middle).collect()
    }

    /// Points `[n, 2]` in the first colour, others in the second, on black; where both lie, in the third. One point alone
    /// is half as bright as several.
    fn picture(&self, sets: [&Array2<f32>; 2]) -> Picture {
        let mut counts = vec![[0u32; 2]; SIDE * SIDE];
        for (set, points) in sets.into_iter().enumerate() {
            for point in points.rows() {
                let [top, left] = self.place(point);
                for (y, x) in (0..POINT).flat_map(|y| (0..POINT).map(move |x| (top + y, left + x))) {
                    counts[y * SIDE + x][set] += 1;
                }
            }
        }
        let colour = |&[real, drawn]: &[u32; 2]| match (real, drawn) {
            (0, 0) => [0; 3],
            (1, 0) => legends::REAL.map(|part| part / 2),
            (0, 1) => legends::DRAWN.map(|part| part / 2),
            (_, 0) => legends::REAL,
            (0, _) => legends::DRAWN,
            _ => legends::BOTH,
        };
        Picture::new([SIDE, SIDE, 3], counts.iter().flat_map(colour).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_map_has_the_colours_that_its_legend_names() {
        let real = array![[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.5, 0.5]];
        let drawn = array![[1.0, 0.0], [1.0, 0.0], [0.5, 0.5], [0.0, 9.0]];
        let map = Map::of(&real);
        let picture = map.picture([&real, &drawn]);
        let at = |point: [f32; 2]| {
            let [y, x] = map.place(ndarray::ArrayView1::from(&point));
            picture.pixels()[(y * SIDE + x) * 3..][..3].to_vec()
        };
        assert_eq!([at([0.0, 0.0]), at([1.0, 0.0])], [legends::REAL, legends::DRAWN]);
        assert_eq!([at([0.5, 0.5]), at([1.0, 1.0])], [legends::BOTH, legends::REAL.map(|part| part / 2)]);
        assert_eq!(at([0.0, 9.0]), legends::DRAWN.map(|part| part / 2), "at the edge");
        assert_eq!(at([0.2, 0.9]), [0; 3]);
    }

    #[test]
    fn a_digit_stands_in_the_middle_of_its_kind() {
        let points = array![[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let map = Map::of(&points);
        let middles = map.middles(&points, &[7, 7, 2]);
        assert_eq!(middles, [(2, map.place(points.row(2))), (7, map.place(array![0.5, 0.5].view()))]);
    }
}
