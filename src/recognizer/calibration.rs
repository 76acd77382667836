//! What a recognizer knows of its own limits: how far its classes reach, and how often it is right when it is sure.

use crate::data::CLASSES;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

/// The share of digits that are to be taken for digits.
pub const ACCEPTED: f64 = 0.99;
/// How much of each class's covariance is that of all classes, which evens out what few digits leave to chance
/// (Friedman 1989, *Regularized Discriminant Analysis*, equation 17).
const SHARED: f64 = 0.1;
/// Added to its diagonal, as a part of the mean variance (his equation 18).
const RIDGE: f64 = 0.01;

/// How far each class of digits reaches in feature space.
///
/// The features are those before the last function, `[width]`: what ReLU cuts off tells digits from other things best.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    /// The mean of each class, `[10, width]`.
    pub means: Array2<f32>,
    /// For each class the rows of the lower triangular `W` with `W Σ Wᵀ = 1`, where `Σ` is the class's covariance,
    /// one after another without what is right of the diagonal: `[10, width (width + 1) / 2]`.
    pub whitening: Array2<f32>,
}

impl Classes {
    /// Those of features `[n, width]` with these labels; none where a class has fewer than two digits.
    pub fn of(features: ArrayView2<f32>, labels: &[u8]) -> Option<Self> {
        let width = features.ncols();
        let moments: Option<Vec<_>> = (0..CLASSES).map(|class| moments(features, labels, class as u8)).collect();
        let moments = moments?;
        let mut shared = Array2::zeros((width, width));
        moments.iter().for_each(|(_, covariance)| shared.scaled_add(1.0 / CLASSES as f64, covariance));
        let ridge = RIDGE * shared.diag().sum() / width as f64 + f64::MIN_POSITIVE;
        let mut whitening = Array2::zeros((CLASSES, width * (width + 1) / 2));
        for ((_, covariance), mut row) in moments.iter().zip(whitening.axis_iter_mut(Axis(0))) {
            let mut regular = covariance * (1.0 - SHARED) + &(&shared * SHARED);
            regular.diag_mut().iter_mut().for_each(|variance| *variance += ridge);
            let inverse = inverse_of_lower(&cholesky(regular));
            let triangle = (0..width).flat_map(|i| (0..=i).map(move |j| [i, j]));
            row.iter_mut().zip(triangle).for_each(|(number, place)| *number = inverse[place] as f32);
        }
        let means = moments.iter().flat_map(|(mean, _)| mean.iter().map(|&number| number as f32)).collect();
        let means = Array2::from_shape_vec((CLASSES, width), means).expect("a mean for each class");
        Some(Self { means, whitening })
    }

    /// How many features there are.
    pub fn width(&self) -> usize {
        self.means.ncols()
    }

    /// How far features `[width]` are from the nearest class, in its standard deviations: Mahalanobis's distance
    /// `√((z − μ)ᵀ Σ⁻¹ (z − μ) / width)` (Lee et al. 2018, *A Simple Unified Framework for Detecting
    /// Out-of-Distribution Samples*, equation 2; with a covariance for each class). A digit's is about 1.
    pub fn distance(&self, features: ArrayView1<f32>) -> f32 {
        let classes = self.means.axis_iter(Axis(0)).zip(self.whitening.axis_iter(Axis(0)));
        let squares = classes.map(|(mean, whitening)| {
            let off: Vec<f32> = features.iter().zip(mean).map(|(z, mean)| z - mean).collect();
            let whitening = whitening.to_slice().expect("a row of an array in C order");
            let row = |i: usize| &whitening[i * (i + 1) / 2..][..=i];
            let along = |i: usize| -> f32 { row(i).iter().zip(&off).map(|(weight, off)| weight * off).sum() };
            (0..off.len()).map(|i| along(i).powi(2)).sum::<f32>()
        });
        (squares.fold(f32::INFINITY, f32::min) / self.width() as f32).sqrt()
    }
}

/// Mean and covariance of a class's features.
fn moments(features: ArrayView2<f32>, labels: &[u8], class: u8) -> Option<(Array1<f64>, Array2<f64>)> {
    let own: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] == class).collect();
    let own = features.select(Axis(0), &own).mapv(f64::from);
    let mean = own.mean_axis(Axis(0)).filter(|_| own.nrows() >= 2)?;
    let off = own - &mean;
    let covariance = off.t().dot(&off) / off.nrows() as f64;
    Some((mean, covariance))
}

/// The lower triangular `L` with `L Lᵀ` = `matrix`, which is symmetric and positive definite (Cholesky).
fn cholesky(mut matrix: Array2<f64>) -> Array2<f64> {
    for j in 0..matrix.nrows() {
        for i in j..matrix.nrows() {
            let before: f64 = (0..j).map(|k| matrix[[i, k]] * matrix[[j, k]]).sum();
            let rest = matrix[[i, j]] - before;
            matrix[[i, j]] = if i == j { rest.sqrt() } else { rest / matrix[[j, j]] };
        }
    }
    matrix
}

/// The inverse of a lower triangular matrix, what stands above its diagonal being ignored; lower triangular too.
fn inverse_of_lower(lower: &Array2<f64>) -> Array2<f64> {
    let mut inverse = Array2::zeros(lower.dim());
    for j in 0..lower.nrows() {
        inverse[[j, j]] = 1.0 / lower[[j, j]];
        for i in j + 1..lower.nrows() {
            let before: f64 = (j..i).map(|k| lower[[i, k]] * inverse[[k, j]]).sum();
            inverse[[i, j]] = -before / lower[[i, i]];
        }
    }
    inverse
}

/// What has been measured of a recognizer on digits that it had not learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Logits are divided by it before they become probabilities; above 0.
    pub temperature: f32,
    /// What is farther than this from every class is no digit that it knows; in the unit of [`Classes::distance`].
    pub limit: f32,
    /// How far the classes reach.
    pub classes: Classes,
}

/// The temperature from 1/8 to 8 at which logits `[n, 10]`, divided by it, give the labels the highest likelihood (Guo et
/// al. 2017, *On Calibration of Modern Neural Networks*, section 4.2), by halving the range of its logarithm in the
/// golden ratio.
pub fn temperature(logits: ArrayView2<f32>, labels: &[u8]) -> f32 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let loss = |log: f64| -> f64 {
        let scale = (-log).exp();
        let one = |(row, &label): (ArrayView1<f32>, &u8)| {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let scaled = |logit: f32| f64::from(logit - largest) * scale;
            row.iter().map(|&logit| scaled(logit).exp()).sum::<f64>().ln() - scaled(row[usize::from(label)])
        };
        logits.axis_iter(Axis(0)).zip(labels).map(one).sum()
    };
    let (mut low, mut high) = (-(8.0_f64.ln()), 8.0_f64.ln());
    while high - low > 1e-4 {
        let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
        if loss(left) < loss(right) { high = right } else { low = left }
    }
    (f64::midpoint(low, high)).exp() as f32
}

/// The number that so large a share of `numbers` does not exceed, `share` in [0, 1].
///
/// # Panics
/// When there are no numbers.
pub fn quantile(mut numbers: Vec<f32>, share: f64) -> f32 {
    let place = ((share * numbers.len() as f64).ceil() as usize).clamp(1, numbers.len()) - 1;
    *numbers.select_nth_unstable_by(place, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use rand::RngExt;
    use rand_distr::{Distribution, StandardNormal};

    #[test]
    fn a_matrix_is_taken_apart_and_inverted() {
        let lower = ndarray::array![[2.0, 0.0, 0.0], [1.0, 3.0, 0.0], [-4.0, 5.0, 0.5]];
        let found = cholesky(lower.dot(&lower.t()));
        for ([i, j], place) in (0..3).flat_map(|i| (0..=i).map(move |j| ([i, j], [i, j]))) {
            assert!((found[place] - lower[[i, j]]).abs() < 1e-12, "{found}");
        }
        let one = inverse_of_lower(&found).dot(&lower);
        assert!((one - Array2::<f64>::eye(3)).iter().all(|off| off.abs() < 1e-12));
    }

    /// Ten classes in four dimensions, each with its own place and its own slant.
    fn clouds(count: usize) -> (Array2<f32>, Vec<u8>) {
        let mut rng = Stream::Preview.of(3);
        let labels: Vec<u8> = (0..count).map(|i| (i % CLASSES) as u8).collect();
        let mut features = Array2::zeros((count, 4));
        for (mut row, &label) in features.axis_iter_mut(Axis(0)).zip(&labels) {
            let normal: [f32; 4] = std::array::from_fn(|_| StandardNormal.sample(&mut rng));
            let class = f32::from(label);
            row.assign(&ndarray::arr1(&[
                20.0 * class + 3.0 * normal[0],
                normal[1] + 0.2 * class * normal[0],
                0.5 * normal[2],
                normal[3] - class,
            ]));
        }
        (features, labels)
    }

    #[test]
    fn distances_are_in_standard_deviations_of_the_class() {
        let (features, labels) = clouds(20_000);
        let classes = Classes::of(features.view(), &labels).unwrap();
        let squares = features.axis_iter(Axis(0)).map(|row| f64::from(classes.distance(row)).powi(2));
        let mean = squares.sum::<f64>() / features.nrows() as f64;
        assert!((0.9..1.05).contains(&mean), "the mean of a chi-squared number by its degrees is 1, found {mean}");
        // Along the third axis a class is a half wide: five steps are ten deviations, of four numbers.
        let mut moved = classes.means.row(4).to_owned();
        let here = classes.distance(moved.view());
        moved[2] += 5.0;
        assert!(here < 0.01 && (4.0..=5.0).contains(&classes.distance(moved.view())));
        assert_eq!(Classes::of(features.view(), &vec![0; 20_000]), None, "nine classes are empty");
    }

    #[test]
    fn the_temperature_undoes_a_scale() {
        // Labels drawn with the probabilities that the logits say; then the logits are blown up.
        let mut rng = Stream::Preview.of(4);
        let logits = Array2::from_shape_fn((20_000, CLASSES), |_| rng.random_range(-2.0..2.0_f32));
        let labels: Vec<u8> = logits
            .axis_iter(Axis(0))
            .map(|row| {
                let all: f32 = row.iter().map(|logit| logit.exp()).sum();
                let mut left = rng.random_range(0.0..all);
                let chosen = row.iter().position(|logit| {
                    left -= logit.exp();
                    left < 0.0
                });
                chosen.unwrap_or(CLASSES - 1) as u8
            })
            .collect();
        for scale in [0.5_f32, 1.0, 3.0] {
            let found = temperature((&logits * scale).view(), &labels);
            assert!((found / scale - 1.0).abs() < 0.05, "{scale}: {found}");
        }
    }

    #[test]
    fn a_quantile_is_not_exceeded_by_its_share() {
        let numbers: Vec<f32> = (1..=200).rev().map(|i| i as f32).collect();
        assert_eq!(
            [0.0, 0.005, 0.5, 0.99, 1.0].map(|share| quantile(numbers.clone(), share)),
            [1.0, 1.0, 100.0, 198.0, 200.0]
        );
    }
}
