//! The directions that a symmetric matrix only stretches.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::Array2;

/// Eigenvalues, descending, and beside each its unit eigenvector, a row of `[n, n]`, of a symmetric matrix `[n, n]`.
/// An eigenvector's sign is anyone's choice: here its component of largest magnitude, the first of equals, is positive.
///
/// # Panics
/// When the matrix is not square, has no rows, or has a number that is not finite.
pub(super) fn eigen(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let SymmetricEigen { eigenvalues, eigenvectors } = SymmetricEigen::new(dense(matrix));
    let mut order: Vec<usize> = (0..matrix.nrows()).collect();
    order.sort_by(|&i, &j| eigenvalues[j].total_cmp(&eigenvalues[i]));
    let vectors = order.iter().flat_map(|&i| with_sign(eigenvectors.column(i).iter().copied().collect())).collect();
    let vectors = Array2::from_shape_vec(matrix.raw_dim(), vectors).expect("n vectors of n numbers");
    (order.into_iter().map(|i| eigenvalues[i]).collect(), vectors)
}

/// The eigenvalues alone, in any order: a tenth of the work.
///
/// # Panics
/// As [`eigen`].
pub(super) fn eigenvalues(matrix: &Array2<f64>) -> Vec<f64> {
    dense(matrix).symmetric_eigenvalues().iter().copied().collect()
}

/// The matrix as nalgebra has it.
fn dense(matrix: &Array2<f64>) -> DMatrix<f64> {
    let (rows, columns) = matrix.dim();
    assert!(rows == columns && rows > 0, "eigenvalues of a matrix of shape {:?}", [rows, columns]);
    // With a NaN the iteration would have no end.
    assert!(matrix.iter().all(|x| x.is_finite()), "eigenvalues of a matrix with a number that is not finite");
    DMatrix::from_fn(rows, columns, |i, j| matrix[[i, j]])
}

/// The vector or its opposite, whichever has its largest component positive.
fn with_sign(vector: Vec<f64>) -> Vec<f64> {
    let largest = vector.iter().fold(0.0_f64, |largest, x| if x.abs() > largest.abs() { *x } else { largest });
    if largest < 0.0 { vector.into_iter().map(|x| -x).collect() } else { vector }
}

#[cfg(test)]
mod tests {
    use super::super::testing::cloud;
    use super::*;
    use ndarray::{Array1, array};

    #[test]
    fn a_matrix_is_made_of_its_eigenvectors() {
        for (points, n, scale) in [(40, 1, 1.0), (40, 2, 1e-12), (40, 7, 1e12), (5, 12, 1.0), (90, 50, 1.0)] {
            let x = cloud(points, n, 3).mapv(|x| scale * f64::from(x));
            let matrix = x.t().dot(&x); // of rank 5 in one case
            let (values, vectors) = eigen(&matrix);
            let again = vectors.t().dot(&Array2::from_diag(&Array1::from(values.clone()))).dot(&vectors);
            let tolerance = 1e-13 * matrix.diag().sum();
            assert!((again - &matrix).iter().all(|x| x.abs() <= tolerance), "{points} points, {n} features");
            assert!((vectors.dot(&vectors.t()) - Array2::<f64>::eye(n)).iter().all(|x| x.abs() <= 1e-13));
            assert!(values.is_sorted_by(|a, b| a >= b));

            let mut alone = eigenvalues(&matrix);
            alone.sort_by(|a, b| b.total_cmp(a));
            assert!(values.iter().zip(alone).all(|(a, b)| (a - b).abs() <= tolerance));
        }
    }

    #[test]
    fn signs_are_settled() {
        let half = 0.5_f64.sqrt();
        let (values, vectors) = eigen(&array![[2.0, -1.0], [-1.0, 2.0]]);
        assert!((values[0] - 3.0).abs() < 1e-14 && (values[1] - 1.0).abs() < 1e-14);
        assert!(vectors.iter().zip([half, -half, half, half]).all(|(x, y)| (x.abs() - y.abs()).abs() < 1e-14));
        assert!(vectors[[1, 0]] > 0.0 && vectors[[1, 1]] > 0.0);
        assert_eq!(with_sign(vec![1.0, -2.0, 2.0]), [-1.0, 2.0, -2.0]);
        assert_eq!(with_sign(vec![-1.0, 2.0, -2.0]), [-1.0, 2.0, -2.0]);
    }

    #[test]
    fn zeros_have_eigenvalues_too() {
        assert_eq!(eigen(&Array2::zeros([3, 3])).0, [0.0; 3]);
        assert_eq!(eigenvalues(&Array2::zeros([3, 3])), [0.0; 3]);
    }

    #[test]
    #[should_panic(expected = "not finite")]
    fn numbers_must_be_finite() {
        eigenvalues(&array![[1.0, 0.0], [0.0, f64::NAN]]);
    }
}
