//! The distances between all points of two sets: sieved in single precision, decided in double.
//!
//! ‖x−y‖² = ‖x‖² + ‖y‖² − 2 x·y turns the distances of all pairs into a matrix product, which is what a processor does
//! best: with two more numbers beside each point's own,
//!
//! [−2x, ‖x‖², 1] · [y, 1, ‖y‖²] = ‖x−y‖²
//!
//! it is nothing but a product. But that is the small difference of large numbers, and in single precision little is left
//! of it where points are close together, just where it matters; and with many features it is much work. So it is only
//! asked which pairs *may* be near enough to count, and that of the points' shadows ([`Shadow`]), which are no further
//! apart than the points: what the product gives, less its error bound, is what the distance is at least. Of the few pairs
//! that remain the distance is summed anew, as Σᵢ (xᵢ−yᵢ)² in double precision. So equal points are at distance 0, d(x, y)
//! is d(y, x), and neither the shadow nor the processor nor the number of threads has a say in the result.

use super::shadow::Shadow;
use crate::gemm::{Beta, MatrixMut, MatrixRef, gemm};
use crate::parallel::vectorised;
use ndarray::{ArrayView2, CowArray, Ix2, s};
use rayon::prelude::*;
use std::ops::Range;

/// Queries and points whose products are taken at a time: enough for the product's full speed, few enough for the
/// second-level cache.
const QUERIES: usize = 256;
const POINTS: usize = 512;
/// Points whose shadows are cast at a time.
const CAST: usize = 256;

/// Points, `[n, features]`, with whatever is computed of them once, for comparing any others with them.
#[derive(Clone, Debug)]
pub(super) struct Sieve<'a> {
    /// `[n, features]`, row after row.
    points: CowArray<'a, f32, Ix2>,
    shadow: Shadow,
    /// `[y, 1, ‖y‖²]` of their shadows, `[n, width + 2]`, the square less its share of the error.
    factors: Vec<f32>,
}

/// All pairs of a query, `[queries, features]`, and a point, `[points, features]`.
#[derive(Debug)]
pub(super) struct Pairs<'q, 'a> {
    /// `[queries, features]`, row after row.
    queries: CowArray<'q, f32, Ix2>,
    sieve: &'q Sieve<'a>,
    /// `[−2x, ‖x‖², 1]` of their shadows, `[queries, width + 2]`, the square less its share of the error.
    factors: Vec<f32>,
}

/// What is taken off ‖s−t‖², from `f32` and of shadows s and t, so that it is no more than the distance of x and y:
///
/// (1−θ) ‖s−t‖² − relative·(‖x‖² + ‖y‖²) − absolute ≤ ‖x−y‖²
///
/// A sum of n products is off by at most n·u·Σ|xᵢyᵢ| (Higham 2002, *Accuracy and Stability of Numerical Algorithms*,
/// section 3.1), with u = 2⁻²⁴, in whatever order it is summed; here n = width + 2, and the sum of all magnitudes is at
/// most 2‖s‖² + 2‖t‖². Moving the points, their squares and the factor are worth some ten further roundings. `relative`
/// is twice as much as all that. `absolute` is for products so small that the processor takes them for 0.
///
/// Shadows themselves are off by τ‖x‖ and τ‖y‖, so that ‖s−t‖ ≤ ‖x−y‖ + τ(‖x‖+‖y‖), and from (a−b)² ≥ (1−θ)a² − b²(1−θ)/θ
/// for any θ follows what `relative` takes off for it: 2τ²/θ, for (‖x‖+‖y‖)² is at most twice the squares.
#[derive(Clone, Copy, Debug)]
struct Error {
    theta: f64,
    relative: f64,
    absolute: f64,
}

impl Error {
    fn of(shadow: &Shadow) -> Error {
        let terms = (shadow.width() + 2) as f64;
        let theta = if shadow.error().is_some() { THETA } else { 0.0 };
        let of_shadows = shadow.error().map_or(0.0, |tau| 2.0 * tau * tau / THETA);
        let relative = 2.0 * (terms + 10.0) * f64::from(f32::EPSILON) + of_shadows;
        Error { theta, relative, absolute: 4.0 * (terms + 1.0) * f64::from(f32::MIN_POSITIVE) }
    }
}

/// With it the two things that shadows cost are both well below a hundredth of a distance between digits.
const THETA: f64 = 1.0 / 256.0;

/// Which side of a pair.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Query,
    Point,
}

impl<'a> Sieve<'a> {
    /// # Panics
    /// When there are no points.
    pub(super) fn of(points: impl Into<CowArray<'a, f32, Ix2>>) -> Sieve<'a> {
        let points = row_after_row(points.into());
        let shadow = Shadow::of(points.view());
        let factors = factors(&shadow, points.view(), Side::Point);
        Sieve { points, shadow, factors }
    }

    /// `[n, features]`.
    pub(super) fn points(&self) -> ArrayView2<'_, f32> {
        self.points.view()
    }

    /// All pairs of `queries`, `[queries, features]`, and these points.
    ///
    /// # Panics
    /// When they differ in features.
    pub(super) fn pairs<'q>(&'q self, what: &str, queries: ArrayView2<'q, f32>) -> Pairs<'q, 'a> {
        let shapes = [queries.shape(), self.points.shape()];
        assert!(queries.ncols() == self.points.ncols(), "{what}: {:?} and {:?}", shapes[0], shapes[1]);
        let queries = row_after_row(queries.into());
        let factors = factors(&self.shadow, queries.view(), Side::Query);
        Pairs { queries, sieve: self, factors }
    }
}

fn row_after_row(points: CowArray<'_, f32, Ix2>) -> CowArray<'_, f32, Ix2> {
    if points.is_standard_layout() { points } else { CowArray::from(points.as_standard_layout().into_owned()) }
}

/// The factors of points, `[n, features]`, in the products of the pairs: `[n, width + 2]`.
fn factors(shadow: &Shadow, points: ArrayView2<f32>, side: Side) -> Vec<f32> {
    let (n, width) = (points.nrows(), shadow.width());
    let Error { theta, relative, absolute } = Error::of(shadow);
    let mut factors = vec![0.0; n * (width + 2)];
    factors.par_chunks_mut(CAST * (width + 2)).enumerate().for_each(|(i, factors)| {
        let points = points.slice(s![i * CAST..n.min((i + 1) * CAST), ..]);
        let squares = vectorised(|| shadow.cast(points, factors, width + 2));
        for (factor, of_point) in factors.chunks_mut(width + 2).zip(squares) {
            let (shadow, beside) = factor.split_at_mut(width);
            let square: f64 = shadow.iter().map(|&x| f64::from(x).powi(2)).sum();
            let square = ((1.0 - theta) * square - relative * of_point - absolute / 2.0) as f32;
            match side {
                Side::Point => beside.copy_from_slice(&[1.0, square]),
                Side::Query => {
                    beside.copy_from_slice(&[square, 1.0]);
                    shadow.iter_mut().for_each(|x| *x *= -2.0 * (1.0 - theta) as f32);
                }
            }
        }
    });
    factors
}

impl Pairs<'_, '_> {
    /// `‖x−y‖²` of a query and a point, by index, in double precision.
    #[inline]
    pub(super) fn squared_distance(&self, query: usize, point: usize) -> f64 {
        squared_distance(row(&self.queries, query), row(&self.sieve.points, point))
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
        let (queries, points) = (self.queries.nrows(), self.sieve.points.nrows());
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

    /// What the squared distances are at least, into `[queries, points]`.
    fn lower_bounds(&self, queries: Range<usize>, points: Range<usize>, bounds: &mut [f32]) {
        let bounds = MatrixMut::new(bounds, queries.len(), points.len());
        let [x, y] = [(&self.factors, queries), (&self.sieve.factors, points)].map(|(factors, rows)| {
            let width = self.sieve.shadow.width() + 2;
            MatrixRef::new(&factors[rows.start * width..rows.end * width], rows.len(), width)
        });
        gemm(x, y.transposed(), Beta::Zero, bounds);
    }
}

#[inline]
fn row<'a>(points: &'a CowArray<'_, f32, Ix2>, i: usize) -> &'a [f32] {
    let (features, numbers) = (points.ncols(), points.as_slice().expect("row after row"));
    &numbers[i * features..][..features]
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
    use ndarray::Array2;

    /// `‖x−y‖²` by its definition, of a query and a point.
    fn exact(queries: ArrayView2<f32>, points: ArrayView2<f32>, [query, point]: [usize; 2]) -> f64 {
        let pair = queries.row(query).into_iter().zip(points.row(point));
        pair.map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2)).sum()
    }

    /// Bounds hold for points near and far from each other and from 0, of tiny and of huge numbers, close to equal; with
    /// few features, and with so many that shadows stand for the points.
    #[test]
    fn distances_are_no_less_than_their_bounds() {
        for features in [37, 300] {
            let (near, other) = (cloud(300, features, 1), cloud(1100, features, 2));
            let close =
                Array2::from_shape_fn([1100, features], |(i, j)| near[[i % 300, j]] * (1.0 + 1e-6 * other[[i, j]]));
            let sets = [
                (near.clone(), other.clone()),
                (&near + 1000.0, &other + 1000.0),
                (&near + 1000.0, &other - 1000.0),
                (near.clone(), close),
                (&near * 1e-21, &other * 1e-21),
                (&near * 1e14, &other * 1e14),
            ];
            for (case, (queries, points)) in sets.iter().enumerate() {
                let sieve = Sieve::of(points.view());
                let pairs = sieve.pairs("test", queries.view());
                let check = |_: &mut (), query: usize, first: usize, bounds: &[f32]| {
                    for (point, &lower) in (first..).zip(bounds) {
                        let exact = exact(queries.view(), points.view(), [query, point]);
                        let found = pairs.squared_distance(query, point);
                        assert!((found - exact).abs() <= 1e-14 * exact, "{features} {case}: {found} is not {exact}");
                        assert!(f64::from(lower) <= exact, "{features} {case}: {lower} {exact}");
                    }
                };
                let finish = |(), query| query;
                assert_eq!(pairs.walk(|| (), check, finish), (0..300).collect::<Vec<_>>());
            }
        }
    }

    /// How much of the distance is missing from the bound, at most, as a part of it.
    fn missing(queries: ArrayView2<f32>, points: ArrayView2<f32>) -> f64 {
        let sieve = Sieve::of(points);
        let visit = |missing: &mut f64, query: usize, first: usize, bounds: &[f32]| {
            for (point, &lower) in (first..).zip(bounds) {
                *missing = missing.max(1.0 - f64::from(lower) / exact(queries, points, [query, point]));
            }
        };
        sieve.pairs("test", queries).walk(|| 0.0, visit, |missing, _| missing).into_iter().fold(0.0, f64::max)
    }

    #[test]
    fn bounds_are_close_to_the_distance_also_far_from_0() {
        let few = |seed| cloud(40, 37, seed);
        let shade = |seed| cloud(300, 50, seed).dot(&cloud(50, 300, 9)); // 300 features, but no more than 50 directions
        for offset in [0.0, 1000.0] {
            let found = missing((few(5) + offset).view(), (few(6) + offset).view());
            assert!(found < 1e-4, "{found}");
            let found = missing((shade(5) + offset).view(), (shade(6) + offset).view());
            assert!(found < 0.01, "{found}");
        }
    }

    #[test]
    fn every_pair_is_visited_once_whatever_the_layout() {
        let (queries, points) = (cloud(3, 2 * QUERIES + 5, 3), cloud(2 * (2 * POINTS + 3), 3, 4));
        let (queries, points) = (queries.t(), points.slice(s![..;2, ..;-1]));
        let sieve = Sieve::of(points);
        let pairs = sieve.pairs("test", queries);
        let visit =
            |seen: &mut Vec<usize>, _: usize, first: usize, bounds: &[f32]| seen.extend(first..first + bounds.len());
        let seen = pairs.walk(Vec::new, visit, |seen, query| (seen, query));
        let all: Vec<usize> = (0..points.nrows()).collect();
        assert!(
            seen.iter().enumerate().all(|(i, (seen, query))| *query == i && *seen == all)
                && seen.len() == queries.nrows()
        );
        assert!((pairs.squared_distance(7, 9) - exact(queries, points, [7, 9])).abs() < 1e-6);
    }

    #[test]
    #[should_panic(expected = "nearest: [4, 2] and [5, 3]")]
    fn sets_of_other_features_are_refused() {
        Sieve::of(Array2::zeros([5, 3])).pairs("nearest", Array2::zeros([4, 2]).view());
    }
}
