//! A map of points with many features: their shadow on the plane in which they spread most.

use super::eigen::eigen;
use super::{Gaussian, MetricError};
use ndarray::{Array1, Array2, ArrayView2, s};

/// The plane of the first two principal components (Pearson 1901, *On lines and planes of closest fit to systems of
/// points in space*): of all planes the one that keeps most of the points' variance, and so most of the distances
/// between them. Fit it to real images and project real and generated ones: then the map is the same for every
/// generator.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// Where the map's origin is, `[features]`.
    pub mean: Array1<f64>,
    /// Right and up, `[2, features]`: perpendicular, of length 1, each with its largest component positive.
    pub directions: Array2<f64>,
    /// Which parts of the points' variance lie along the two, 0 to 1; the rest is what the map does not show.
    pub shares: [f64; 2],
}

impl Projection {
    /// The plane in which `points`, `[n, features]`, spread most: the covariance's eigenvectors with the two largest
    /// eigenvalues, which are the variances along them. A single feature leaves nothing for the second direction: 0.
    ///
    /// # Errors
    /// [`MetricError`] when there are fewer than two points, or a feature is not a number.
    ///
    /// # Panics
    /// When there are no features.
    pub fn fit(points: ArrayView2<f32>) -> Result<Projection, MetricError> {
        let Gaussian { mean, covariance } = Gaussian::fit(points)?;
        let (variances, vectors) = eigen(&covariance);
        let shown = variances.len().min(2);
        let mut directions = Array2::zeros([2, mean.len()]);
        directions.slice_mut(s![..shown, ..]).assign(&vectors.slice(s![..shown, ..]));
        let total = covariance.diag().sum();
        let share = |i: usize| if i < shown && total > 0.0 { (variances[i] / total).clamp(0.0, 1.0) } else { 0.0 };
        Ok(Projection { mean, directions, shares: [share(0), share(1)] })
    }

    /// Where points, `[n, features]`, are on the map: `[n, 2]`, each the products (x−µ)·v with the two directions.
    ///
    /// # Panics
    /// When the points have other features than those of the fit.
    pub fn project(&self, points: ArrayView2<f32>) -> Array2<f32> {
        let (shape, fitted) = (points.shape(), self.mean.len());
        assert_eq!(points.ncols(), fitted, "Projection: points of shape {shape:?} on a map of {fitted} features");
        let mut places = Array2::zeros([points.nrows(), 2]);
        for (point, mut place) in points.rows().into_iter().zip(places.rows_mut()) {
            let from_origin = point.mapv(f64::from) - &self.mean;
            place.assign(&self.directions.dot(&from_origin).mapv(|x| x as f32));
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cloud, on_each_number_of_threads, rotation};
    use super::*;
    use ndarray::array;

    #[test]
    fn points_on_a_line_by_hand() {
        // Along (3, 4)/5, at −5, 0, 0 and 5 from the point (1, 2).
        let points = array![[-2.0, -2.0], [1.0, 2.0], [1.0, 2.0], [4.0, 6.0]];
        let projection = Projection::fit(points.view()).unwrap();
        assert_eq!(projection.mean, array![1.0, 2.0]);
        assert!((&projection.directions - array![[0.6, 0.8], [0.8, -0.6]]).iter().all(|x| x.abs() < 1e-15));
        assert!((projection.shares[0] - 1.0).abs() < 1e-15 && projection.shares[1] < 1e-15);
        let expected = array![[-5.0, 0.0], [0.0, 0.0], [0.0, 0.0], [5.0, 0.0]];
        assert!((projection.project(points.view()) - expected).iter().all(|x: &f32| x.abs() < 1e-6));
    }

    #[test]
    fn it_finds_the_plane_in_which_points_spread_most() {
        let mut points = cloud(5000, 7, 1);
        for (feature, scale) in [(0, 5.0), (1, 3.0)] {
            points.column_mut(feature).mapv_inplace(|x| scale * x);
        }
        let turn = rotation(7);
        let projection = Projection::fit((points.dot(&turn) + 4.0).view()).unwrap();
        let found = projection.directions.mapv(|x| x as f32).dot(&turn.t()); // turned back: the first two axes
        assert!(found[[0, 0]].abs() > 0.99 && found[[1, 1]].abs() > 0.99, "{found}");
        let [first, second] = projection.shares; // of 25 + 9 + 5
        assert!((first - 25.0 / 39.0).abs() < 0.02 && (second - 9.0 / 39.0).abs() < 0.02, "{first} {second}");
    }

    #[test]
    fn places_have_the_mean_0_and_the_variances_that_the_shares_say() {
        let points = cloud(400, 9, 2);
        let projection = on_each_number_of_threads(|| Projection::fit(points.view()).unwrap());
        let places = Gaussian::fit(projection.project(points.view()).view()).unwrap();
        let total = Gaussian::fit(points.view()).unwrap().covariance.diag().sum();
        assert!(places.mean.iter().all(|x| x.abs() < 1e-6) && places.covariance[[0, 1]].abs() < 1e-6);
        assert!((0..2).all(|i| (places.covariance[[i, i]] / total - projection.shares[i]).abs() < 1e-6));
    }

    #[test]
    fn one_feature_and_points_without_spread_have_a_map_too() {
        let line = Projection::fit(array![[1.0], [3.0]].view()).unwrap();
        assert_eq!((line.directions.clone(), line.shares), (array![[1.0], [0.0]], [1.0, 0.0]));
        assert_eq!(line.project(array![[5.0]].view()), array![[3.0, 0.0]]);
        let same = Projection::fit(Array2::from_elem([5, 3], 0.5).view()).unwrap();
        assert_eq!(same.shares, [0.0, 0.0]);
        assert_eq!(same.project(Array2::from_elem([1, 3], 0.5).view()), array![[0.0, 0.0]]);
        assert!(Projection::fit(Array2::zeros([1, 3]).view()).is_err());
    }

    #[test]
    #[should_panic(expected = "Projection: points of shape [4, 3] on a map of 2 features")]
    fn other_features_are_refused() {
        let _ = Projection::fit(cloud(5, 2, 0).view()).unwrap().project(cloud(4, 3, 0).view());
    }
}
