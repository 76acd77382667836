//! How far apart two clouds of points are, in one number.

use super::Gaussian;
use super::eigen::{eigen, eigenvalues};
use ndarray::{Array1, Array2};

/// The Fréchet distance of two normal distributions, squared as everybody reports it, at least 0:
///
/// d² = ‖µ₁−µ₂‖² + Tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½)
///
/// Heusel et al. 2017, *GANs Trained by a Two Time-Scale Update Rule*, equation 6, after Dowson and Landau 1982,
/// *The Fréchet distance between multivariate normal distributions*. It is what it costs at least to move the one
/// distribution into the other, paying the squared distance (Wasserstein's distance of order 2). With the features of
/// the Inception network it is the FID; with other features it is another number, to be compared with its own kind only.
///
/// Of fewer points the distance comes out larger, even between two halves of one set: compare equal numbers of points,
/// and take well more of them than there are features.
///
/// # Panics
/// When the distributions differ in dimensions, have none, or have numbers that are not finite.
pub fn frechet_distance(a: &Gaussian, b: &Gaussian) -> f64 {
    let (shape_a, shape_b) = (a.covariance.shape(), b.covariance.shape());
    assert_eq!(shape_a, shape_b, "frechet_distance: covariances of shapes {shape_a:?} and {shape_b:?}");
    let apart = (&a.mean - &b.mean).mapv(|x| x * x).sum();
    let spread = a.covariance.diag().sum() + b.covariance.diag().sum();
    // Rounding may take it a little below 0 where the two are the same.
    (apart + spread - 2.0 * trace_of_root(&a.covariance, &b.covariance)).max(0.0)
}

/// Tr (Σ₁Σ₂)^½ of two covariances, `[features, features]`.
///
/// Σ₁Σ₂ is not symmetric, and the root of such a matrix is found by iterations that may fail. But Σ₁Σ₂ has the
/// eigenvalues of √Σ₁ Σ₂ √Σ₁, which is symmetric and has none below 0; so the trace is the sum of their roots.
fn trace_of_root(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    let root = root(a);
    eigenvalues(&root.dot(b).dot(&root)).into_iter().map(root_or_zero).sum()
}

/// √Σ = Σᵢ √λᵢ vᵢvᵢᵀ, with the eigenvalues λ and eigenvectors v of Σ.
fn root(covariance: &Array2<f64>) -> Array2<f64> {
    let (values, vectors) = eigen(covariance);
    let roots: Array1<f64> = values.into_iter().map(root_or_zero).collect();
    vectors.t().dot(&Array2::from_diag(&roots)).dot(&vectors)
}

/// Rounding makes of an eigenvalue 0 one a little below.
fn root_or_zero(eigenvalue: f64) -> f64 {
    eigenvalue.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cloud, rotation};
    use super::*;
    use ndarray::array;

    #[track_caller]
    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * (1.0 + expected.abs()), "{found} is not {expected}");
    }

    fn centred(covariance: Array2<f64>) -> Gaussian {
        Gaussian { mean: Array1::zeros(covariance.nrows()), covariance }
    }

    #[test]
    fn independent_features_add_up() {
        // In one dimension d² = (µ₁−µ₂)² + (σ₁−σ₂)².
        let a = Gaussian { mean: array![1.0, 0.0, -2.0], covariance: Array2::from_diag(&array![4.0, 9.0, 0.0]) };
        let b = Gaussian { mean: array![3.0, 0.5, -2.0], covariance: Array2::from_diag(&array![1.0, 25.0, 16.0]) };
        let expected = (4.0 + 1.0) + (0.25 + 4.0) + (0.0 + 16.0);
        assert_near(frechet_distance(&a, &b), expected);
        assert_near(frechet_distance(&b, &a), expected);
    }

    #[test]
    fn covariances_with_the_same_axes_differ_by_the_roots_of_their_eigenvalues() {
        let turn = rotation(3).mapv(f64::from);
        let along = |lengths: Array1<f64>| centred(turn.t().dot(&Array2::from_diag(&lengths)).dot(&turn));
        let distance = frechet_distance(&along(array![1.0, 4.0, 9.0]), &along(array![16.0, 0.25, 9.0]));
        assert!((distance - (9.0 + 2.25 + 0.0)).abs() < 1e-5, "{distance}"); // the rotation is one of f32
    }

    /// In two dimensions (Tr √M)² = Tr M + 2 √det M, for the two eigenvalues' roots r and s: (r+s)² = r² + s² + 2rs.
    #[test]
    fn general_covariances_of_two_features() {
        let (a, b) = (array![[2.0, 1.0], [1.0, 3.0]], array![[5.0, -2.0], [-2.0, 1.0]]);
        // Σ₁Σ₂ = [[8, −3], [−1, 1]]: its trace is 9, its determinant 5 · 1.
        let root_trace = (9.0 + 2.0 * 5.0_f64.sqrt()).sqrt();
        assert_near(frechet_distance(&centred(a), &centred(b)), 5.0 + 6.0 - 2.0 * root_trace);
    }

    #[test]
    fn a_set_is_not_far_from_itself() {
        for (points, features) in [(400, 20), (30, 60)] {
            let a = Gaussian::fit(cloud(points, features, 4).view()).unwrap();
            let distance = frechet_distance(&a, &a);
            assert!((0.0..1e-6).contains(&distance), "{points} points, {features} features: {distance}");
        }
    }

    #[test]
    fn turning_and_moving_both_sets_changes_nothing() {
        let (a, b) = (cloud(300, 8, 5), cloud(200, 8, 6) * 1.5 + 0.3);
        let distance = |turn: &Array2<f32>, offset: f32| {
            let [a, b] = [&a, &b].map(|x| Gaussian::fit((x.dot(turn) + offset).view()).unwrap());
            frechet_distance(&a, &b)
        };
        let (before, after) = (distance(&Array2::eye(8), 0.0), distance(&rotation(8), 7.0));
        assert!(before > 1.0 && (before - after).abs() < 1e-4 * before, "{before} became {after}");
    }

    #[test]
    #[should_panic(expected = "frechet_distance: covariances of shapes [2, 2] and [3, 3]")]
    fn other_features_are_refused() {
        frechet_distance(&centred(Array2::eye(2)), &centred(Array2::eye(3)));
    }
}
