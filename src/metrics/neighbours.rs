//! Which points are nearest.

use super::MetricError;
use super::error::check;
use super::pairs::{Pairs, Sieve};
use ndarray::{ArrayView2, CowArray, Ix2};

/// Bounds that are looked at together: one question whether any of them is small enough, and mostly none is.
pub(super) const TOGETHER: usize = 64;

/// A point of a set, seen from a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Which point, from 0.
    pub index: usize,
    /// Its Euclidean distance ‖x−y‖₂.
    pub distance: f64,
}

/// Points among which the nearest is asked for again and again.
#[derive(Clone, Debug)]
pub struct Neighbourhood<'a>(Sieve<'a>);

impl<'a> Neighbourhood<'a> {
    /// Of `points`, `[points, features]`, a view or an array of its own.
    ///
    /// # Errors
    /// [`MetricError`] when there are no points, or a feature is not a number.
    ///
    /// # Panics
    /// When there are no features.
    pub fn of(points: impl Into<CowArray<'a, f32, Ix2>>) -> Result<Neighbourhood<'a>, MetricError> {
        let points = points.into();
        check("nearest neighbours", points.view(), 1)?;
        Ok(Neighbourhood(Sieve::of(points)))
    }

    /// The nearest of the points to each of `queries`, `[queries, features]`; of equally near ones the first. Gives
    /// `[queries]`.
    ///
    /// # Errors
    /// [`MetricError`] when a feature is not a number.
    ///
    /// # Panics
    /// When queries and points differ in features.
    pub fn nearest(&self, queries: ArrayView2<f32>) -> Result<Vec<Neighbour>, MetricError> {
        check("nearest neighbours", queries, 0)?;
        let nearest = squared_nearest(&self.0, queries);
        Ok(nearest.into_iter().map(|(squared, index)| Neighbour { index, distance: squared.sqrt() }).collect())
    }
}

/// The nearest of `points`, `[points, features]`, to each of `queries`, `[queries, features]`; of equally near ones the
/// first. Gives `[queries]`.
///
/// With generated images and the training set, pixels as features: is the generator more than a memory? Distances well
/// below those of test images say it is not. For several sets of queries there is [`Neighbourhood`].
///
/// # Errors
/// [`MetricError`] when there are no points, or a feature is not a number.
///
/// # Panics
/// When queries and points differ in features, or have none.
pub fn nearest(queries: ArrayView2<f32>, points: ArrayView2<f32>) -> Result<Vec<Neighbour>, MetricError> {
    Neighbourhood::of(points)?.nearest(queries)
}

/// Squared distance and index of the point nearest to each query, `[queries]`.
pub(super) fn squared_nearest(points: &Sieve, queries: ArrayView2<f32>) -> Vec<(f64, usize)> {
    let neighbours = k_nearest(&points.pairs("nearest", queries), 1, Own::Counts);
    neighbours.into_iter().map(|nearest| nearest[0]).collect()
}

/// How far from each of `points`, `[n, features]`, its `k`-th nearest other one is, ‖x−NNₖ(x)‖₂: `[n]`. A point that
/// occurs twice has itself for its first neighbour, at distance 0.
///
/// # Errors
/// [`MetricError`] when there are fewer than `k + 1` points, or a feature is not a number.
///
/// # Panics
/// When `k` is 0, or there are no features.
pub fn radii(points: ArrayView2<f32>, k: usize) -> Result<Vec<f64>, MetricError> {
    check_radii(points, k)?;
    let squared = squared_radii(&Sieve::of(points), k);
    Ok(squared.into_iter().map(|to_others| to_others[k - 1].sqrt()).collect())
}

/// Whether points, `[n, features]`, have a `k`-th nearest other one.
///
/// # Panics
/// When `k` is 0, or there are no features.
pub(super) fn check_radii(points: ArrayView2<f32>, k: usize) -> Result<(), MetricError> {
    assert!(k > 0, "radii: the 0th nearest neighbour is the point itself");
    check("distances from their nearest neighbours", points, k + 1)
}

/// The squared distances of each of the points, of which there are more than `k`, from its nearest other ones, ascending:
/// `[n]` times `k`.
pub(super) fn squared_radii(points: &Sieve, k: usize) -> Vec<Vec<f64>> {
    let neighbours = k_nearest(&points.pairs("radii", points.points()), k, Own::IsLeftOut);
    neighbours.into_iter().map(|nearest| nearest.into_iter().map(|(squared, _)| squared).collect()).collect()
}

/// Whether the point with a query's own index is a neighbour of it.
#[derive(Clone, Copy, PartialEq)]
enum Own {
    Counts,
    IsLeftOut,
}

/// Squared distances and indices of the `k` nearest points of each query, nearest first, then in order of index. There
/// are as many.
fn k_nearest(pairs: &Pairs, k: usize, own: Own) -> Vec<Vec<(f64, usize)>> {
    let visit = |nearest: &mut Nearest, query: usize, first: usize, lower_bounds: &[f32]| {
        for (points, bounds) in (first..).step_by(TOGETHER).zip(lower_bounds.chunks(TOGETHER)) {
            let limit = nearest.limit();
            if bounds.iter().fold(true, |all_far, &bound| all_far & (bound > limit)) {
                continue;
            }
            let near = (points..)
                .zip(bounds)
                .filter(|&(point, &bound)| bound <= limit && !(own == Own::IsLeftOut && point == query));
            // The most promising first: then most of the others need no look.
            let mut near: Vec<(f32, usize)> = near.map(|(point, &bound)| (bound, point)).collect();
            near.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
            for (bound, point) in near {
                if bound > nearest.limit() {
                    break;
                }
                nearest.add(pairs.squared_distance(query, point), point);
            }
        }
    };
    pairs.walk(|| Nearest::new(k), visit, |nearest, _| nearest.points)
}

/// The `k` nearest points of a query, as far as the walk has come.
struct Nearest {
    k: usize,
    /// Squared distances and indices, ascending.
    points: Vec<(f64, usize)>,
}

impl Nearest {
    fn new(k: usize) -> Nearest {
        Nearest { k, points: Vec::with_capacity(k + 1) }
    }

    /// A point that is further, at least, is none of the `k` nearest.
    #[inline]
    fn limit(&self) -> f32 {
        if self.points.len() < self.k { f32::INFINITY } else { (self.points[self.k - 1].0 as f32).next_up() }
    }

    fn add(&mut self, squared: f64, point: usize) {
        let place = self.points.partition_point(|&(other, index)| (other, index) < (squared, point));
        self.points.insert(place, (squared, point));
        self.points.truncate(self.k);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cloud, on_each_number_of_threads, rotation};
    use super::*;
    use ndarray::{Array2, ArrayView1, Axis, array, concatenate, s};

    /// Every distance by its definition in `f64`: index and distance, nearest first.
    fn by_definition(query: ArrayView1<f32>, points: ArrayView2<f32>) -> Vec<(usize, f64)> {
        let distance = |point: ArrayView1<f32>| {
            query.iter().zip(point).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2)).sum::<f64>().sqrt()
        };
        let mut all: Vec<_> = points.rows().into_iter().map(distance).enumerate().collect();
        all.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        all
    }

    /// Clouds that put the sieve to the test: usual, far from 0, and so close together that single precision hardly
    /// tells any two apart; with few features, and with more than their shadows have, whose spread is wider in some
    /// directions or alike in all.
    fn hard_sets() -> Vec<(Array2<f32>, Array2<f32>)> {
        let (a, b) = (cloud(300, 19, 1), cloud(1500, 19, 2));
        let mut on_two_sides = b.clone();
        on_two_sides.slice_mut(s![..700, ..]).mapv_inplace(|x| x - 5000.0);
        let turn = cloud(19, 150, 3);
        let [wide, wider] = [(&a, 4), (&b, 5)].map(|(x, seed)| x.dot(&turn) + 0.5 * cloud(x.nrows(), 150, seed));
        vec![
            (&a + 100.0, &b + 100.0),
            (&a * 1e-6 + 1.0, &b * 1e-6 + 1.0),
            (a.clone(), on_two_sides),
            (a, b),
            (&wide + 100.0, &wider + 100.0),
            (&wide * 1e-6 + 1.0, &wider * 1e-6 + 1.0),
            (wide, wider),
            (cloud(100, 150, 6), cloud(1100, 150, 7)),
        ]
    }

    #[test]
    fn the_nearest_is_what_the_definition_finds() {
        for (case, (queries, points)) in hard_sets().into_iter().enumerate() {
            let found = nearest(queries.view(), points.view()).unwrap();
            for (query, found) in queries.rows().into_iter().zip(found) {
                let (index, distance) = by_definition(query, points.view())[0];
                assert_eq!(found.index, index, "case {case}");
                assert!((found.distance - distance).abs() <= 1e-14 * distance, "case {case}: {found:?}");
            }
        }
    }

    #[test]
    fn radii_are_what_the_definition_finds() {
        for (case, (_, points)) in hard_sets().into_iter().enumerate() {
            for k in [1, 3, 5, 40] {
                let found = radii(points.view(), k).unwrap();
                for (i, found) in found.into_iter().enumerate().step_by(29) {
                    let distance = by_definition(points.row(i), points.view())[k].1; // [0] is itself
                    assert!((found - distance).abs() <= 1e-14 * distance, "case {case}, k {k}: {found} {distance}");
                }
            }
        }
    }

    #[test]
    fn equal_points_are_at_distance_0_and_the_first_of_them_is_nearest() {
        let points = cloud(70, 9, 3) + 50.0;
        let thrice = concatenate![Axis(0), points, points, points];
        for (i, found) in nearest(thrice.view(), thrice.view()).unwrap().into_iter().enumerate() {
            assert_eq!(found, Neighbour { index: i % 70, distance: 0.0 });
        }
        assert_eq!(radii(thrice.view(), 2).unwrap(), [0.0; 210]);
        assert!(radii(thrice.view(), 3).unwrap().iter().all(|&radius| radius > 0.0));
        let same = Array2::from_elem([40, 3], 0.1);
        assert_eq!(radii(same.view(), 39).unwrap(), [0.0; 40]);
    }

    #[test]
    fn of_points_equally_near_the_first_is_nearest() {
        let points = array![[3.0, 0.0], [0.0, -1.0], [1.0, 0.0], [0.0, 1.0]];
        assert_eq!(nearest(array![[0.0, 0.0]].view(), points.view()).unwrap(), [Neighbour { index: 1, distance: 1.0 }]);
        // The same five numbers in turn, of either sign: all are √55 from 0, though not by their bounds.
        let turned =
            |i: usize, j: usize| (1 + (i + j) % 5) as f32 * if (i >> j).is_multiple_of(2) { 1.0 } else { -1.0 };
        let points = Array2::from_shape_fn([200, 5], |(i, j)| turned(i + 3, j));
        let found = nearest(Array2::zeros([1, 5]).view(), points.view()).unwrap();
        assert_eq!(found, [Neighbour { index: 0, distance: 55.0_f64.sqrt() }]);
    }

    #[test]
    fn one_neighbourhood_serves_many_queries() {
        let (points, queries) = (cloud(700, 150, 8), cloud(90, 150, 9));
        let neighbourhood = Neighbourhood::of(points.view()).unwrap();
        for queries in [queries.slice(s![..50, ..]), queries.slice(s![50.., ..])] {
            assert_eq!(neighbourhood.nearest(queries), nearest(queries, points.view()));
        }
    }

    #[test]
    fn turning_and_moving_everything_changes_no_distance() {
        let (queries, points) = (cloud(50, 12, 4), cloud(200, 12, 5));
        let moved = |x: &Array2<f32>| x.dot(&rotation(12)) + 3.0;
        let before = nearest(queries.view(), points.view()).unwrap();
        let after = nearest(moved(&queries).view(), moved(&points).view()).unwrap();
        assert!(before.iter().zip(&after).all(|(a, b)| a.index == b.index && (a.distance - b.distance).abs() < 1e-5));
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let (queries, points) = (cloud(700, 30, 6), cloud(1300, 30, 7));
        on_each_number_of_threads(|| nearest(queries.view(), points.view()).unwrap());
        on_each_number_of_threads(|| radii(points.view(), 3).unwrap());
        let (queries, points) = (cloud(300, 150, 6), cloud(1300, 150, 7)); // in shadows
        on_each_number_of_threads(|| nearest(queries.view(), points.view()).unwrap());
    }

    #[test]
    fn too_few_points_are_an_error_and_no_queries_are_none() {
        let (points, nothing) = (cloud(3, 2, 8), Array2::<f32>::zeros([0, 2]));
        let too_few =
            |found, needed| MetricError::TooFew { measure: "distances from their nearest neighbours", found, needed };
        assert_eq!(radii(points.view(), 3), Err(too_few(3, 4)));
        assert_eq!(radii(nothing.view(), 1), Err(too_few(0, 2)));
        assert_eq!(radii(points.view(), 2).unwrap().len(), 3);
        assert!(nearest(points.view(), nothing.view()).is_err());
        assert_eq!(nearest(nothing.view(), points.view()), Ok(vec![]));
        let unusable = array![[0.0, f32::NAN]];
        assert!(nearest(unusable.view(), points.view()).is_err() && nearest(points.view(), unusable.view()).is_err());
    }
}
