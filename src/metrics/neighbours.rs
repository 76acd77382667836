//! Which points are nearest.

use super::MetricError;
use super::error::check;
use super::pairs::Pairs;
use ndarray::ArrayView2;

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

/// The nearest of `points`, `[points, features]`, to each of `queries`, `[queries, features]`; of equally near ones the
/// first. Gives `[queries]`.
///
/// With generated images and the training set, pixels as features: is the generator more than a memory? Distances well
/// below those of test images say it is not.
///
/// # Errors
/// [`MetricError`] when there are no points, or a feature is not a number.
///
/// # Panics
/// When queries and points differ in features, or have none.
pub fn nearest(queries: ArrayView2<f32>, points: ArrayView2<f32>) -> Result<Vec<Neighbour>, MetricError> {
    check("nearest neighbours", queries, 0)?;
    check("nearest neighbours", points, 1)?;
    let nearest = squared_nearest(queries, points);
    Ok(nearest.into_iter().map(|(index, squared)| Neighbour { index, distance: squared.sqrt() }).collect())
}

/// Index and squared distance of the point nearest to each query, `[queries]`. There is a point.
pub(super) fn squared_nearest(queries: ArrayView2<f32>, points: ArrayView2<f32>) -> Vec<(usize, f64)> {
    let neighbours = k_nearest(&Pairs::new("nearest", queries, points), 1, Own::Counts);
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
    let squared = squared_radii(points, k)?;
    Ok(squared.into_iter().map(|to_others| to_others[k - 1].sqrt()).collect())
}

/// The squared distances of each of `points`, `[n, features]`, from its nearest other ones, ascending: `[n]` times `k`.
pub(super) fn squared_radii(points: ArrayView2<f32>, k: usize) -> Result<Vec<Vec<f64>>, MetricError> {
    assert!(k > 0, "radii: the 0th nearest neighbour is the point itself");
    check("distances from their nearest neighbours", points, k + 1)?;
    let neighbours = k_nearest(&Pairs::new("radii", points, points), k, Own::IsLeftOut);
    Ok(neighbours.into_iter().map(|nearest| nearest.into_iter().map(|(_, squared)| squared).collect()).collect())
}

/// Whether the point with a query's own index is a neighbour of it.
#[derive(Clone, Copy, PartialEq)]
enum Own {
    Counts,
    IsLeftOut,
}

/// Indices and squared distances of the `k` nearest points of each query, nearest first, then in order of index. There
/// are as many.
fn k_nearest(pairs: &Pairs, k: usize, own: Own) -> Vec<Vec<(usize, f64)>> {
    let visit = |candidates: &mut Candidates, query: usize, first: usize, lower_bounds: &[f32]| {
        for (points, bounds) in (first..).step_by(TOGETHER).zip(lower_bounds.chunks(TOGETHER)) {
            let limit = candidates.limit();
            if bounds.iter().fold(true, |all_far, &bound| all_far & (bound > limit)) {
                continue;
            }
            for (point, &bound) in (points..).zip(bounds) {
                if bound <= candidates.limit() && !(own == Own::IsLeftOut && point == query) {
                    candidates.add(point, bound, pairs.upper_bound(query, point, bound));
                }
            }
        }
    };
    let finish = |candidates: Candidates, query| {
        let limit = candidates.limit();
        let near = candidates.points.into_iter().filter(|(_, bound)| *bound <= limit);
        let mut near: Vec<_> = near.map(|(point, _)| (point, pairs.squared_distance(query, point))).collect();
        near.sort_by(|(_, a), (_, b)| a.total_cmp(b)); // stable: equal distances stay in order of index
        near.truncate(k);
        near
    };
    pairs.walk(|| Candidates::new(k), visit, finish)
}

/// The points that may be among the `k` nearest of a query, as far as the walk has come.
struct Candidates {
    /// Indices, ascending, and lower bounds of squared distances.
    points: Vec<(usize, f32)>,
    /// The `k` smallest upper bounds so far, ascending: at least `k` points are no further than the last.
    upper_bounds: Vec<f32>,
}

impl Candidates {
    fn new(k: usize) -> Candidates {
        Candidates { points: Vec::new(), upper_bounds: vec![f32::INFINITY; k] }
    }

    /// A point that is further, at least, is none of the `k` nearest.
    #[inline]
    fn limit(&self) -> f32 {
        self.upper_bounds[self.upper_bounds.len() - 1]
    }

    fn add(&mut self, point: usize, lower_bound: f32, upper_bound: f32) {
        self.points.push((point, lower_bound));
        let place = self.upper_bounds.partition_point(|&bound| bound <= upper_bound);
        self.upper_bounds.insert(place, upper_bound);
        self.upper_bounds.pop();
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
    /// tells any two apart.
    fn hard_sets() -> Vec<(Array2<f32>, Array2<f32>)> {
        let (a, b) = (cloud(300, 19, 1), cloud(1500, 19, 2));
        let mut on_two_sides = b.clone();
        on_two_sides.slice_mut(s![..700, ..]).mapv_inplace(|x| x - 5000.0);
        vec![(a.clone(), b.clone()), (&a + 100.0, &b + 100.0), (&a * 1e-6 + 1.0, &b * 1e-6 + 1.0), (a, on_two_sides)]
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
