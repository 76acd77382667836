//! A set of points as a normal distribution: where it lies and how it spreads.

use super::MetricError;
use super::error::check;
use crate::gemm::{Beta, MatrixMut, MatrixRef, gemm};
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip};

/// Points whose products are summed at a time: enough for the product's full speed, few enough to stay in the cache.
const BLOCK: usize = 1024;

/// A normal distribution in as many dimensions as there are features.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    /// µ, `[features]`.
    pub mean: Array1<f64>,
    /// Σ, `[features, features]`, symmetric.
    pub covariance: Array2<f64>,
}

impl Gaussian {
    /// The normal distribution with the mean and covariance of `points`, `[n, features]`:
    ///
    /// µ = 1/n Σᵢ xᵢ, Σ = 1/(n−1) Σᵢ (xᵢ−µ)(xᵢ−µ)ᵀ
    ///
    /// With `n − 1` it is right on average, however few the points; `numpy.cov` divides so too.
    ///
    /// # Errors
    /// [`MetricError`] when there are fewer than two points, or a feature is not a number.
    ///
    /// # Panics
    /// When there are no features.
    pub fn fit(points: ArrayView2<f32>) -> Result<Gaussian, MetricError> {
        check("mean and covariance", points, 2)?;
        let (n, features) = points.dim();
        let mean = mean(points);
        let mut sums = vec![0.0; features * features]; // [features, features]
        for block in points.axis_chunks_iter(Axis(0), BLOCK) {
            // The mean is taken off first: E[x²] − µ² would be the small difference of large numbers.
            let centred = Array2::from_shape_fn(block.dim(), |(i, j)| f64::from(block[[i, j]]) - mean[j]); // [block, features]
            let x = MatrixRef::new(centred.as_slice().expect("row after row"), block.nrows(), features);
            gemm(x.transposed(), x, Beta::One, MatrixMut::new(&mut sums, features, features));
        }
        let sums = Array2::from_shape_vec([features, features], sums).expect("as many sums as pairs of features");
        Ok(Gaussian { mean, covariance: sums / (n - 1) as f64 })
    }
}

/// The mean of points `[n, features]`, at least one: `[features]`.
pub(super) fn mean(points: ArrayView2<f32>) -> Array1<f64> {
    let mut sum = Array1::zeros(points.ncols());
    for x in points.rows() {
        Zip::from(&mut sum).and(x).for_each(|sum, &x| *sum += f64::from(x));
    }
    sum / points.nrows() as f64
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cloud, on_each_number_of_threads};
    use super::*;
    use ndarray::array;

    #[test]
    fn mean_and_covariance_of_three_points_by_hand() {
        let fitted = Gaussian::fit(array![[1.0, 2.0], [3.0, 2.0], [5.0, 8.0]].view()).unwrap();
        assert_eq!(fitted, Gaussian { mean: array![3.0, 4.0], covariance: array![[4.0, 6.0], [6.0, 12.0]] });
    }

    #[test]
    fn a_large_offset_changes_no_covariance() {
        let whole = cloud(500, 6, 1).mapv(|x| (x * 64.0).round() / 64.0); // with room for the offset in an f32
        let [near, far] = [0.0, 10_000.0].map(|offset| Gaussian::fit((&whole + offset).view()).unwrap().covariance);
        assert!((near - far).iter().all(|x| x.abs() < 1e-11));
    }

    #[test]
    fn more_points_than_a_block_follow_the_definition_on_any_number_of_threads() {
        let points = cloud(2 * BLOCK + 77, 5, 2);
        let fitted = on_each_number_of_threads(|| Gaussian::fit(points.view()).unwrap());
        let (x, n) = (points.mapv(f64::from), points.nrows() as f64);
        for ((i, j), found) in fitted.covariance.indexed_iter() {
            let [a, b] = [i, j].map(|i| x.column(i).to_owned() - x.column(i).mean().unwrap());
            assert!((found - (a * b).sum() / (n - 1.0)).abs() < 1e-12);
        }
        assert_eq!(fitted.covariance, fitted.covariance.t());
    }

    #[test]
    fn one_point_has_no_covariance() {
        let error = Gaussian::fit(array![[1.0, 2.0]].view()).unwrap_err();
        assert_eq!(error, MetricError::TooFew { measure: "mean and covariance", found: 1, needed: 2 });
    }
}
