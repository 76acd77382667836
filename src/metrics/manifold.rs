//! Two questions in place of one number: are generated images realistic, and are all kinds of real ones among them?
//!
//! A set of points says where there are images, but only at the points themselves. Kynkäänniemi et al. 2019 put a ball
//! around each that reaches to its `k`-th nearest other point: small where points are dense, large where they are
//! sparse. All balls together are the set's *manifold*, and whatever lies in one of them counts as being of its kind.

use super::MetricError;
use super::neighbours::{TOGETHER, check_radii, squared_nearest, squared_radii};
use super::pairs::Sieve;
use ndarray::{CowArray, Ix2};
use std::sync::atomic::{AtomicBool, Ordering};

/// The `k` of precision and recall in Kynkäänniemi et al. 2019.
pub const PRECISION_RECALL_K: usize = 3;
/// The `k` of density and coverage in Naeem et al. 2020.
pub const DENSITY_COVERAGE_K: usize = 5;

/// A set of points with balls around them.
#[derive(Clone, Debug)]
pub struct Manifold<'a> {
    /// `[n, features]`.
    points: Sieve<'a>,
    /// The squared distances of each point from its nearest other ones, ascending: `[n]` times `largest_k`.
    squared_radii: Vec<Vec<f64>>,
}

impl<'a> Manifold<'a> {
    /// The balls around `points`, `[n, features]`, a view or an array of its own, for any `k` up to
    /// `largest_k`. This is half of the work of the measures below, so a set's manifold is worth keeping for all of them.
    ///
    /// # Errors
    /// [`MetricError`] when there are fewer than `largest_k + 1` points, or a feature is not a number.
    ///
    /// # Panics
    /// When `largest_k` is 0, or there are no features.
    pub fn of(points: impl Into<CowArray<'a, f32, Ix2>>, largest_k: usize) -> Result<Manifold<'a>, MetricError> {
        let points = points.into();
        check_radii(points.view(), largest_k)?;
        let points = Sieve::of(points);
        Ok(Manifold { squared_radii: squared_radii(&points, largest_k), points })
    }

    /// How many points there are, at least two.
    fn len(&self) -> usize {
        self.points.points().nrows()
    }

    /// The squared distance of each point from its `k`-th nearest other one, `[n]`.
    fn squared_radii(&self, k: usize) -> Vec<f64> {
        let largest_k = self.squared_radii[0].len();
        assert!((1..=largest_k).contains(&k), "a manifold made for k up to {largest_k} was asked for k = {k}");
        self.squared_radii.iter().map(|to_others| to_others[k - 1]).collect()
    }

    /// In how many balls each point of another set lies, `[n of the other]`.
    ///
    /// A ball has its edge: ‖x−c‖₂ ≤ r, as in equation 1 of Kynkäänniemi et al. Without, a point that occurs more
    /// than `k` times, whose balls have the radius 0, would not even lie on its own manifold.
    fn balls_around(&self, others: &Manifold, k: usize) -> Vec<usize> {
        let squared_radii = self.squared_radii(k);
        let limits = limits(&squared_radii);
        let pairs = self.points.pairs("manifold", others.points.points());
        let visit = |balls: &mut usize, query: usize, first: usize, lower_bounds: &[f32]| {
            let blocks = lower_bounds.chunks(TOGETHER).zip(limits[first..].chunks(TOGETHER));
            for (points, (bounds, limits)) in (first..).step_by(TOGETHER).zip(blocks) {
                let near = |(bound, limit): (&f32, &f32)| bound <= limit;
                if bounds.iter().zip(limits).fold(false, |any, pair| any | near(pair)) {
                    let near = (points..).zip(bounds.iter().zip(limits)).filter(|(_, pair)| near(*pair));
                    *balls += near.filter(|&(i, _)| pairs.squared_distance(query, i) <= squared_radii[i]).count();
                }
            }
        };
        pairs.walk(|| 0, visit, |balls, _| balls)
    }
}

/// What [`precision_recall`] finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionRecall {
    /// The share of generated images that look real, 0 to 1.
    pub precision: f64,
    /// The share of real images that the generator can draw, 0 to 1.
    pub recall: f64,
}

/// Improved precision and recall (Kynkäänniemi et al. 2019, *Improved Precision and Recall Metric for Assessing
/// Generative Models*, section 2, equations 1 and 2):
///
/// precision = 1/|G| Σ_g f(g, R), recall = 1/|R| Σ_r f(r, G)
///
/// where f(x, S) is 1 if ‖x−s‖₂ ≤ ‖s−NNₖ(s, S)‖₂ for at least one s of S, and else 0. Both depend on how many points
/// there are (the paper takes 50,000 of each): compare equal numbers.
///
/// # Panics
/// When the sets differ in features, or `k` is 0 or larger than what one of them was made for.
pub fn precision_recall(real: &Manifold, generated: &Manifold, k: usize) -> PrecisionRecall {
    let share_within = |balls: Vec<usize>| share(balls.iter().filter(|&&balls| balls > 0).count(), balls.len());
    PrecisionRecall {
        precision: share_within(real.balls_around(generated, k)),
        recall: share_within(generated.balls_around(real, k)),
    }
}

/// What [`density_coverage`] finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DensityCoverage {
    /// How densely real images lie where the generated ones do, compared with where they lie themselves: 0 or more,
    /// about 1 for the same distribution, above 1 where the generator keeps to what is common.
    pub density: f64,
    /// The share of real images with a generated one nearby, 0 to 1.
    pub coverage: f64,
}

/// Density and coverage (Naeem et al. 2020, *Reliable Fidelity and Diversity Metrics for Generative Models*,
/// section 3):
///
/// density = 1/(kM) Σⱼ Σᵢ 1[gⱼ ∈ B(rᵢ)], coverage = 1/N Σᵢ 1[∃j: gⱼ ∈ B(rᵢ)]
///
/// where B(rᵢ) is the ball around the real image rᵢ that reaches to its `k`-th nearest other one, edge included. Only
/// real images have balls, for generated ones have outliers whose large balls would hold much that is not theirs; and
/// density counts balls, so that one large ball around a real outlier does not make every image in it a good one.
///
/// # Panics
/// When the sets differ in features, or `k` is 0 or larger than what `real` was made for.
pub fn density_coverage(real: &Manifold, generated: &Manifold, k: usize) -> DensityCoverage {
    let balls: usize = real.balls_around(generated, k).iter().sum();
    let nearest = squared_nearest(&generated.points, real.points.points());
    let covered = nearest.iter().zip(real.squared_radii(k)).filter(|((nearest, _), radius)| nearest <= radius).count();
    DensityCoverage { density: share(balls, k * generated.len()), coverage: share(covered, real.len()) }
}

/// [`precision_recall`] and [`density_coverage`], each with its own `k`, from one walk through the pairs instead of four:
/// whether gⱼ lies in the ball around rᵢ or rᵢ in that around gⱼ, one distance says it. A real image is covered where a
/// generated one lies in its ball, for then its nearest does.
///
/// # Panics
/// As those.
pub fn overlap(
    real: &Manifold,
    generated: &Manifold,
    [precision_k, density_k]: [usize; 2],
) -> (PrecisionRecall, DensityCoverage) {
    let [looks_real, counts] = [precision_k, density_k].map(|k| real.squared_radii(k));
    let reaches = generated.squared_radii(precision_k);
    let limits_of_real = limits(&real.squared_radii(precision_k.max(density_k)));
    let limits_of_generated = limits(&reaches);
    // Of each real image. Whoever comes first, it ends up the same.
    let [recalled, covered] = [(); 2].map(|()| Vec::from_iter((0..real.len()).map(|_| AtomicBool::new(false))));

    let pairs = real.points.pairs("manifold", generated.points.points());
    // Whether a generated image looks real, and in how many balls it lies.
    let visit = |(is_real, balls): &mut (bool, usize), g: usize, first: usize, lower_bounds: &[f32]| {
        let own = limits_of_generated[g];
        let blocks = lower_bounds.chunks(TOGETHER).zip(limits_of_real[first..].chunks(TOGETHER));
        for (points, (bounds, limits)) in (first..).step_by(TOGETHER).zip(blocks) {
            let near = |(bound, limit): (&f32, &f32)| (bound <= limit) | (*bound <= own);
            if !bounds.iter().zip(limits).fold(false, |any, pair| any | near(pair)) {
                continue;
            }
            for (r, _) in (points..).zip(bounds.iter().zip(limits)).filter(|(_, pair)| near(*pair)) {
                let squared = pairs.squared_distance(g, r);
                *is_real |= squared <= looks_real[r];
                if squared <= counts[r] {
                    *balls += 1;
                    covered[r].store(true, Ordering::Relaxed);
                }
                if squared <= reaches[g] {
                    recalled[r].store(true, Ordering::Relaxed);
                }
            }
        }
    };
    let found = pairs.walk(|| (false, 0), visit, |found, _| found);

    let marked = |marks: Vec<AtomicBool>| marks.into_iter().filter_map(|mark| mark.into_inner().then_some(())).count();
    let balls: usize = found.iter().map(|(_, balls)| balls).sum();
    let precise = found.iter().filter(|(is_real, _)| *is_real).count();
    (
        PrecisionRecall { precision: share(precise, generated.len()), recall: share(marked(recalled), real.len()) },
        DensityCoverage {
            density: share(balls, density_k * generated.len()),
            coverage: share(marked(covered), real.len()),
        },
    )
}

/// Lower bounds of squared distances that may be within these, `[n]`.
fn limits(squared_radii: &[f64]) -> Vec<f32> {
    squared_radii.iter().map(|&squared| (squared as f32).next_up()).collect()
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cloud, on_each_number_of_threads, rotation};
    use super::*;
    use ndarray::{Array2, Axis, array, concatenate, s};

    /// Both, with the same `k`.
    fn measure(real: &Array2<f32>, generated: &Array2<f32>, k: usize) -> (PrecisionRecall, DensityCoverage) {
        let [real, generated] = [real, generated].map(|points| Manifold::of(points.view(), k).unwrap());
        (precision_recall(&real, &generated, k), density_coverage(&real, &generated, k))
    }

    #[test]
    fn four_points_on_a_line_by_hand() {
        // With k = 1 the balls of the real points are [-1, 1], [0, 2], [1, 3], [2, 10]; those of the generated ones
        // [0.5, 2.5], [1.5, 3.5], [2.5, 10.5], [6.5, 17.5].
        let (real, generated) = (array![[0.0], [1.0], [2.0], [6.0]], array![[1.5], [2.5], [6.5], [12.0]]);
        let (quality, spread) = measure(&real, &generated, 1);
        // 1.5 lies in two balls, 2.5 in two, 6.5 in one, 12 in none. 0 lies in none, 1, 2 and 6 in some.
        assert_eq!(quality, PrecisionRecall { precision: 0.75, recall: 0.75 });
        // Nearest generated ones: 1.5 from 0, which is beyond 1; 0.5 from 1; 0.5 from 2; 0.5 from 6.
        assert_eq!(spread, DensityCoverage { density: 5.0 / 4.0, coverage: 0.75 });
    }

    #[test]
    fn a_set_is_its_own_manifold() {
        let points = cloud(300, 10, 1);
        let (quality, spread) = measure(&points, &points, 3);
        assert_eq!(quality, PrecisionRecall { precision: 1.0, recall: 1.0 });
        assert_eq!(spread.coverage, 1.0);
        // Each ball holds its own point and its k nearest others: (k+1)/k.
        assert!((spread.density - 4.0 / 3.0).abs() < 1e-12, "{spread:?}");
    }

    #[test]
    fn points_that_all_are_the_same_are_their_own_manifold_too() {
        let points = Array2::from_elem([20, 4], 0.3);
        let (quality, spread) = measure(&points, &points, 3);
        assert_eq!((quality.precision, quality.recall, spread.coverage), (1.0, 1.0, 1.0));
    }

    #[test]
    fn sets_far_apart_share_nothing() {
        let (quality, spread) = measure(&cloud(200, 10, 2), &(cloud(300, 10, 3) + 50.0), 3);
        assert_eq!(quality, PrecisionRecall { precision: 0.0, recall: 0.0 });
        assert_eq!(spread, DensityCoverage { density: 0.0, coverage: 0.0 });
    }

    #[test]
    fn equal_distributions_have_density_and_coverage_near_1() {
        let (_, spread) = measure(&cloud(1000, 4, 4), &cloud(1000, 4, 5), DENSITY_COVERAGE_K);
        assert!((spread.density - 1.0).abs() < 0.1 && spread.coverage > 0.9, "{spread:?}");
    }

    /// Four classes, of which the generator draws three.
    #[test]
    fn without_a_class_recall_and_coverage_fall_and_precision_stays() {
        let classes = |seed| -> Vec<Array2<f32>> {
            let of_class = |class: u64| {
                let mut points = cloud(200, 6, seed + class);
                points.column_mut(0).mapv_inplace(|x| x + 30.0 * class as f32);
                points
            };
            (0..4).map(of_class).collect()
        };
        let together = |classes: &[Array2<f32>]| {
            concatenate(Axis(0), &classes.iter().map(|class| class.view()).collect::<Vec<_>>()).unwrap()
        };
        let (real, generated) = (together(&classes(10)), classes(20));
        let (all, all_spread) = measure(&real, &together(&generated), 3);
        let (some, some_spread) = measure(&real, &together(&generated[..3]), 3);
        assert!((some.precision - all.precision).abs() < 0.05 && some.precision > 0.7, "{all:?} {some:?}");
        assert!((some.recall / all.recall - 0.75).abs() < 0.05, "{all:?} {some:?}");
        assert!((some_spread.coverage / all_spread.coverage - 0.75).abs() < 0.05, "{all_spread:?} {some_spread:?}");
    }

    #[test]
    fn turning_and_moving_both_sets_changes_nothing() {
        let (real, generated) = (cloud(300, 8, 6), cloud(250, 8, 7) * 1.1);
        let moved = |x: &Array2<f32>| x.dot(&rotation(8)) + 2.0;
        assert_eq!(measure(&real, &generated, 3), measure(&moved(&real), &moved(&generated), 3));
    }

    #[test]
    fn one_manifold_serves_every_smaller_k_and_any_number_of_threads() {
        let (real, generated) = (cloud(600, 8, 8), cloud(500, 8, 9));
        let [a, b] = [&real, &generated].map(|points| Manifold::of(points.view(), 5).unwrap());
        for k in 1..=5 {
            let found = on_each_number_of_threads(|| (precision_recall(&a, &b, k), density_coverage(&a, &b, k)));
            assert_eq!(found, measure(&real, &generated, k));
        }
    }

    /// One walk finds what four find that follow the definitions, also where points lie on edges and where shadows stand
    /// for them.
    #[test]
    fn the_overlap_is_what_the_measures_find_one_by_one() {
        let (points, whole) = (cloud(700, 6, 8), cloud(900, 3, 9).mapv(|x| (2.0 * x).round()));
        let wide = |n, seed| cloud(n, 9, seed).dot(&cloud(9, 140, 1)) + 0.3 * cloud(n, 140, seed + 1);
        let sets = [
            (points.clone(), cloud(600, 6, 10) * 0.7 + 0.2),
            (points.clone(), points),
            (whole.slice(s![..500, ..]).to_owned(), whole.slice(s![300.., ..]).to_owned()),
            (wide(600, 11), wide(800, 13) * 0.9),
        ];
        for (case, (real, generated)) in sets.iter().enumerate() {
            let [real, generated] = [real, generated].map(|points| Manifold::of(points.view(), 5).unwrap());
            for ks @ [precision_k, density_k] in [[3, 5], [5, 2], [1, 1]] {
                let found = on_each_number_of_threads(|| overlap(&real, &generated, ks));
                let one = precision_recall(&real, &generated, precision_k);
                assert_eq!(found, (one, density_coverage(&real, &generated, density_k)), "case {case}, {ks:?}");
            }
        }
    }

    #[test]
    fn too_few_points_have_no_manifold() {
        let points = cloud(4, 3, 10);
        assert!(Manifold::of(points.view(), 3).is_ok());
        for points in [points.slice(s![..3, ..]), points.slice(s![..0, ..])] {
            let message = Manifold::of(points, 3).unwrap_err().to_string();
            let found = points.nrows();
            assert_eq!(
                message,
                format!(
                    "expected at least 4 images to measure their distances from their nearest neighbours, \
                     found {found}; take more of them"
                )
            );
        }
    }

    #[test]
    #[should_panic(expected = "manifold: [5, 4] and [6, 3]")]
    fn other_features_are_refused() {
        let (a, b) = (cloud(6, 3, 0), cloud(5, 4, 0));
        let [a, b] = [&a, &b].map(|points| Manifold::of(points.view(), 1).unwrap());
        precision_recall(&a, &b, 1);
    }

    #[test]
    #[should_panic(expected = "made for k up to 2 was asked for k = 3")]
    fn a_larger_k_is_refused() {
        let points = cloud(6, 3, 0);
        let manifold = Manifold::of(points.view(), 2).unwrap();
        precision_recall(&manifold, &manifold, 3);
    }
}
