//! The distances between all points of two sets: sieved in single precision, decided in double.
//!
//! ‖x−y‖² = ‖x‖² + ‖y‖² − 2 x·y turns the distances of all pairs into a matrix product, which is what a processor does
//! best. But that is the small difference of large numbers, and in single precision little is left of it where points
//! are close together, just where it matters. Two things are done about it. All points are first moved by one vector,
//! the mean of the one set: distances stay, while ‖x‖² and ‖y‖², of whose size the error is, become no larger than
//! they must be. And the product is only believed as far as its error bound goes. It says which pairs *may* be near
//! enough to count; of these few the distance is summed anew, as Σᵢ (xᵢ−yᵢ)² in double precision. So equal points are
//! at distance 0, d(x, y) is d(y, x), and neither the processor nor the number of threads has a say in the result.

use super::gaussian::mean;
use crate::gemm::{Beta, MatrixMut, MatrixRef, gemm};
use crate::parallel::{in_rows, vectorised};
use ndarray::{Array1, ArrayView2, CowArray, Ix2};
use rayon::prelude::*;
use std::ops::Range;

/// Queries and points whose products are taken at a time: enough for the product's full speed, few enough for the
/// second-level cache.
const QUERIES: usize = 256;
const POINTS: usize = 1024;

/// All pairs of a query, `[queries, features]`, and a point, `[points, features]`.
#[derive(Debug)]
pub(super) struct Pairs<'a> {
    queries: Side<'a>,
    points: Side<'a>,
    error: Error,
}

/// One of the two sets.
#[derive(Debug)]
struct Side<'a> {
    /// `[n, features]`, row after row.
    given: CowArray<'a, f32, Ix2>,
    /// `[n, features]`, moved.
    moved: Vec<f32>,
    /// The squared lengths of what is moved, `[n]`.
    squares: Vec<f32>,
}

/// How far at most ‖x‖² + ‖y‖² − 2 x·y, from `f32`, is from the distance: `relative · (‖x‖² + ‖y‖²) + absolute`.
///
/// A sum of n products is off by at most n·u·Σ|xᵢyᵢ| (Higham 2002, *Accuracy and Stability of Numerical Algorithms*,
/// section 3.1), with u = 2⁻²⁴, in whatever order it is summed; and 2 Σ|xᵢyᵢ| ≤ ‖x‖² + ‖y‖². Moving the points, their
/// squares and the additions that remain are worth some ten further roundings. `relative` is twice as much as all
/// that. `absolute` is for products so small that the processor takes them for 0.
#[derive(Clone, Copy, Debug)]
struct Error {
    relative: f32,
    absolute: f32,
}

impl Error {
    fn of(features: usize) -> Error {
        let n = features as f32;
        Error { relative: (n + 16.0) * f32::EPSILON, absolute: (n + 1.0) * 4.0 * f32::MIN_POSITIVE }
    }
}

impl<'a> Pairs<'a> {
    /// # Panics
    /// When there are no points, or queries and points differ in features.
    pub(super) fn new(what: &str, queries: ArrayView2<'a, f32>, points: ArrayView2<'a, f32>) -> Pairs<'a> {
        let shapes = [queries.shape(), points.shape()];
        assert!(queries.ncols() == points.ncols() && points.nrows() > 0, "{what}: {:?} and {:?}", shapes[0], shapes[1]);
        let origin = mean(points);
        let error = Error::of(points.ncols());
        Pairs { queries: Side::new(queries, &origin), points: Side::new(points, &origin), error }
    }

    /// `‖x−y‖²` of a query and a point, by index, in double precision.
    #[inline]
    pub(super) fn squared_distance(&self, query: usize, point: usize) -> f64 {
        squared_distance(self.queries.row(query), self.points.row(point))
    }

    /// What `‖x−y‖²` is at most, given what it is at least.
    #[inline]
    pub(super) fn upper_bound(&self, query: usize, point: usize, lower_bound: f32) -> f32 {
        let squares = self.queries.squares[query] + self.points.squares[point];
        lower_bound + 2.0 * (self.error.relative * squares + self.error.absolute)
    }

    /// Walks through the points with every query, from the first point to the last, and gives what `finish` makes of
    /// each query's state, `[queries]`.
    ///
    /// `visit(state, query, first, lower_bounds)` sees what the squared distances of the points `first..` from the
    /// query are at least. No more than a block's bounds and states are held at a time.
    pub(super) fn walk<S, R: Send>(
        &self,
        start: impl Fn() -> S + Sync,
        visit: impl Fn(&mut S, usize, usize, &[f32]) + Sync,
        finish: impl Fn(S, usize) -> R + Sync,
    ) -> Vec<R> {
        let (queries, points) = (self.queries.squares.len(), self.points.squares.len());
        let of_block = |block: usize| {
            let queries = block * QUERIES..queries.min((block + 1) * QUERIES);
            let mut states: Vec<S> = queries.clone().map(|_| start()).collect();
            let mut bounds = vec![0.0; queries.len() * points.min(POINTS)];
            for first in (0..points).step_by(POINTS) {
                let points = first..points.min(first + POINTS);
                let bounds = &mut bounds[..queries.len() * points.len()]; // [queries, points]
                self.lower_bounds(queries.clone(), points.clone(), bounds);
                for ((state, query), bounds) in states.iter_mut().zip(queries.clone()).zip(bounds.chunks(points.len()))
                {
                    vectorised(|| visit(state, query, first, bounds));
                }
            }
            states.into_iter().zip(queries).map(|(state, query)| finish(state, query)).collect::<Vec<R>>()
        };
        (0..queries.div_ceil(QUERIES)).into_par_iter().with_max_len(1).flat_map_iter(of_block).collect()
    }

    /// What the squared distances are at least: ‖x‖² + ‖y‖² − 2 x·y less its error, into `[queries, points]`.
    fn lower_bounds(&self, queries: Range<usize>, points: Range<usize>, bounds: &mut [f32]) {
        let Error { relative, absolute } = self.error;
        let (x, y) = (self.queries.matrix(queries.clone()), self.points.matrix(points.clone()));
        gemm(x, y.transposed(), Beta::Zero, MatrixMut::new(bounds, queries.len(), points.len()));
        let y_squares = &self.points.squares[points];
        for (x_square, row) in self.queries.squares[queries].iter().zip(bounds.chunks_mut(y_squares.len())) {
            vectorised(|| {
                for (bound, y_square) in row.iter_mut().zip(y_squares) {
                    let squares = x_square + y_square;
                    *bound = squares - 2.0 * *bound - (relative * squares + absolute);
                }
            });
        }
    }
}

impl<'a> Side<'a> {
    fn new(points: ArrayView2<'a, f32>, origin: &Array1<f64>) -> Side<'a> {
        let (n, features) = points.dim();
        let given = match points.is_standard_layout() {
            true => CowArray::from(points),
            false => CowArray::from(points.as_standard_layout().into_owned()),
        };
        let mut side = Side { given, moved: vec![0.0; n * features], squares: vec![0.0; n] };
        let Side { given, moved, squares } = &mut side;
        in_rows(moved, features, |i, row| {
            for ((moved, &x), origin) in row.iter_mut().zip(given.row(i)).zip(origin) {
                *moved = (f64::from(x) - origin) as f32;
            }
        });
        in_rows(squares, 1, |i, square| {
            let row = &moved[i * features..][..features];
            square[0] = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() as f32;
        });
        side
    }

    #[inline]
    fn row(&self, i: usize) -> &[f32] {
        let (features, numbers) = (self.given.ncols(), self.given.as_slice().expect("row after row"));
        &numbers[i * features..][..features]
    }

    /// Some of the moved points, `[rows, features]`.
    fn matrix(&self, rows: Range<usize>) -> MatrixRef<'_, f32> {
        let features = self.given.ncols();
        MatrixRef::new(&self.moved[rows.start * features..rows.end * features], rows.len(), features)
    }
}

/// Σᵢ (xᵢ−yᵢ)², in eight sums side by side, for vectors.
#[inline]
fn squared_distance(x: &[f32], y: &[f32]) -> f64 {
    let square = |x: f32, y: f32| (f64::from(x) - f64::from(y)).powi(2);
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<8>(), y.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (x, y) in x.iter().zip(y) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += square(*x, *y);
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| square(*x, *y)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::super::testing::cloud;
    use super::*;
    use ndarray::{Array2, s};

    /// Bounds hold for points near and far from each other and from 0, of tiny and of huge numbers, close to equal.
    #[test]
    fn distances_lie_within_their_bounds() {
        let (near, other) = (cloud(300, 37, 1), cloud(1100, 37, 2));
        let close = Array2::from_shape_fn([1100, 37], |(i, j)| near[[i % 300, j]] * (1.0 + 1e-6 * other[[i, j]]));
        let sets = [
            (near.clone(), other.clone()),
            (&near + 1000.0, &other + 1000.0),
            (&near + 1000.0, &other - 1000.0),
            (near.clone(), close),
            (&near * 1e-21, &other * 1e-21),
            (&near * 1e14, &other * 1e14),
        ];
        for (case, (queries, points)) in sets.iter().enumerate() {
            let pairs = Pairs::new("test", queries.view(), points.view());
            let check = |_: &mut (), query: usize, first: usize, bounds: &[f32]| {
                for (point, &lower) in (first..).zip(bounds) {
                    let exact = (&queries.row(query).mapv(f64::from) - &points.row(point).mapv(f64::from))
                        .mapv(|x| x * x)
                        .sum();
                    let found = pairs.squared_distance(query, point);
                    assert!((found - exact).abs() <= 1e-14 * exact, "{case}: {found} is not {exact}");
                    let upper = pairs.upper_bound(query, point, lower);
                    assert!(f64::from(lower) <= exact && exact <= f64::from(upper), "{case}: {lower} {exact} {upper}");
                }
            };
            let finish = |(), query| query;
            assert_eq!(pairs.walk(|| (), check, finish), (0..300).collect::<Vec<_>>());
        }
    }

    #[test]
    fn far_from_0_bounds_are_no_wider() {
        let width = |offset: f32| {
            let (queries, points) = (cloud(9, 37, 5) + offset, cloud(9, 37, 6) + offset);
            Pairs::new("test", queries.view(), points.view()).upper_bound(3, 4, 0.0)
        };
        assert!((0.5..2.0).contains(&(width(1000.0) / width(0.0))));
    }

    #[test]
    fn every_pair_is_visited_once_whatever_the_layout() {
        let (queries, points) = (cloud(3, 2 * QUERIES + 5, 3), cloud(2 * (2 * POINTS + 3), 3, 4));
        let (queries, points) = (queries.t(), points.slice(s![..;2, ..;-1]));
        let pairs = Pairs::new("test", queries, points);
        let visit =
            |seen: &mut Vec<usize>, _: usize, first: usize, bounds: &[f32]| seen.extend(first..first + bounds.len());
        let seen = pairs.walk(Vec::new, visit, |seen, query| (seen, query));
        let all: Vec<usize> = (0..points.nrows()).collect();
        assert!(
            seen.iter().enumerate().all(|(i, (seen, query))| *query == i && *seen == all)
                && seen.len() == queries.nrows()
        );
        let exact = (&queries.row(7) - &points.row(9)).mapv(|x| f64::from(x).powi(2)).sum();
        assert!((pairs.squared_distance(7, 9) - exact).abs() < 1e-6);
    }

    #[test]
    #[should_panic(expected = "nearest: [4, 2] and [5, 3]")]
    fn sets_of_other_features_are_refused() {
        Pairs::new("nearest", Array2::zeros([4, 2]).view(), Array2::zeros([5, 3]).view());
    }
}
