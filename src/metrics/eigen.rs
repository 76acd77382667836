//! The directions that a symmetric matrix only stretches.

use ndarray::{Array2, Zip, s};

/// As good as 0 among numbers of which the largest is 1, and large enough to have all its digits.
const NOTHING: f64 = f64::MIN_POSITIVE / f64::EPSILON;

/// Eigenvalues, descending, and beside each its unit eigenvector, a row of `[n, n]`, of a symmetric matrix `[n, n]`.
/// An eigenvector's sign is anyone's choice: here its component of largest magnitude, the first of equals, is positive.
///
/// # Panics
/// When the matrix is not square, has no rows, or has a number that is not finite.
pub(super) fn eigen(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let mut vectors = Array2::eye(matrix.nrows());
    let values = diagonalise(matrix, Some(&mut vectors));
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
    let sorted = order.iter().flat_map(|&i| with_sign(vectors.row(i).to_vec())).collect();
    let vectors = Array2::from_shape_vec(matrix.raw_dim(), sorted).expect("n vectors of n numbers");
    (order.into_iter().map(|i| values[i]).collect(), vectors)
}

/// The eigenvalues alone, in any order: a fifth of the work.
///
/// # Panics
/// As [`eigen`].
pub(super) fn eigenvalues(matrix: &Array2<f64>) -> Vec<f64> {
    diagonalise(matrix, None)
}

/// The eigenvalues of a symmetric matrix. Every reflection and rotation on the way is done to the rows of `vectors` too:
/// the unit matrix becomes the eigenvectors.
fn diagonalise(matrix: &Array2<f64>, mut vectors: Option<&mut Array2<f64>>) -> Vec<f64> {
    let (rows, columns) = matrix.dim();
    assert!(rows == columns && rows > 0, "eigenvalues of a matrix of shape {:?}", [rows, columns]);
    // With a NaN the iteration would have no end.
    assert!(matrix.iter().all(|x| x.is_finite()), "eigenvalues of a matrix with a number that is not finite");
    let scale = matrix.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    if scale == 0.0 {
        return vec![0.0; rows];
    }
    // Of numbers within ±1 no square is too large.
    let mut a = matrix / scale;
    tridiagonalise(&mut a, vectors.as_deref_mut());
    let mut diagonal = a.diag().to_vec();
    let mut beside: Vec<f64> = (1..rows).map(|i| a[[i, i - 1]]).collect();
    rotate_to_diagonal(&mut diagonal, &mut beside, vectors);
    diagonal.into_iter().map(|x| scale * x).collect()
}

/// Reflects until nothing is left but the diagonal and what is beside it (Householder 1958, *Unitary triangularization of
/// a nonsymmetric matrix*; Golub and Van Loan, *Matrix Computations*, algorithm 8.3.1): column by column, v is chosen
/// such that H = 1 − β v vᵀ takes what is below to its first component, and A becomes H A H = A − v wᵀ − w vᵀ with
/// p = β A v and w = p − ½ β (pᵀv) v.
fn tridiagonalise(a: &mut Array2<f64>, mut vectors: Option<&mut Array2<f64>>) {
    for column in 0..a.nrows().saturating_sub(2) {
        let below = column + 1;
        let mut v = a.slice(s![below.., column]).to_owned();
        let length = v.dot(&v).sqrt();
        let first = if v[0] > 0.0 { -length } else { length };
        v[0] -= first; // of opposite signs, so nothing cancels
        let square = v.dot(&v);
        if square <= NOTHING {
            continue;
        }
        let beta = 2.0 / square;
        a[[below, column]] = first; // the rest of the column is not looked at again
        let mut rest = a.slice_mut(s![below.., below..]);
        let mut w = rest.dot(&v) * beta;
        let along = w.dot(&v);
        w.scaled_add(-0.5 * beta * along, &v);
        for (i, mut row) in rest.rows_mut().into_iter().enumerate() {
            Zip::from(&mut row).and(&v).and(&w).for_each(|a, &v_j, &w_j| *a -= v[i] * w_j + w[i] * v_j);
        }
        if let Some(vectors) = vectors.as_deref_mut() {
            let mut rows = vectors.slice_mut(s![below.., ..]);
            let along = v.dot(&rows) * beta;
            for (mut row, &v) in rows.rows_mut().into_iter().zip(&v) {
                row.scaled_add(-v, &along);
            }
        }
    }
}

/// Rotates neighbours until nothing is left beside the diagonal: implicit QR with Wilkinson's shift (Golub and Van Loan,
/// algorithms 8.3.2 and 8.3.3). Two or three rounds find an eigenvalue.
fn rotate_to_diagonal(diagonal: &mut [f64], beside: &mut [f64], mut vectors: Option<&mut Array2<f64>>) {
    let mut last = diagonal.len() - 1;
    for _ in 0..30 * diagonal.len() {
        for (i, x) in beside.iter_mut().enumerate() {
            // The second part ends it where the numbers themselves are next to none.
            if x.abs() <= f64::EPSILON * (diagonal[i].abs() + diagonal[i + 1].abs()) + NOTHING {
                *x = 0.0;
            }
        }
        while last > 0 && beside[last - 1] == 0.0 {
            last -= 1;
        }
        if last == 0 {
            return;
        }
        let first = beside[..last].iter().rposition(|&x| x == 0.0).map_or(0, |i| i + 1);
        // The eigenvalue of the last two rows that is nearer to the last number.
        let (half, x) = ((diagonal[last - 1] - diagonal[last]) / 2.0, beside[last - 1]);
        let shift = diagonal[last] - x * (x / (half + half.hypot(x).copysign(half)));
        let (mut along, mut aside) = (diagonal[first] - shift, beside[first]);
        for k in first..last {
            let length = along.hypot(aside);
            let (c, s) = if length == 0.0 { (1.0, 0.0) } else { (along / length, aside / length) };
            if k > first {
                beside[k - 1] = length;
            }
            let (p, q, x) = (diagonal[k], diagonal[k + 1], beside[k]);
            diagonal[k] = c * c * p + 2.0 * c * s * x + s * s * q;
            diagonal[k + 1] = s * s * p - 2.0 * c * s * x + c * c * q;
            beside[k] = c * s * (q - p) + (c * c - s * s) * x;
            along = beside[k];
            if k + 1 < last {
                aside = s * beside[k + 1];
                beside[k + 1] *= c;
            }
            if let Some(vectors) = vectors.as_deref_mut() {
                let (one, other) = vectors.multi_slice_mut((s![k, ..], s![k + 1, ..]));
                Zip::from(one).and(other).for_each(|x, y| (*x, *y) = (c * *x + s * *y, c * *y - s * *x));
            }
        }
    }
    unreachable!("no eigenvalue in thirty rounds");
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
    fn large_and_small_numbers_keep_their_digits() {
        for scale in [1e-300, 1e300] {
            let mut found = eigenvalues(&(array![[2.0, 0.0, 1.0], [0.0, 5.0, 0.0], [1.0, 0.0, 2.0]] * scale));
            found.sort_by(f64::total_cmp);
            assert!(found.iter().zip([1.0, 3.0, 5.0]).all(|(x, y)| (x / scale - y).abs() < 1e-14), "{found:?}");
        }
    }

    #[test]
    fn a_diagonal_matrix_is_left_as_it_is_and_a_graded_one_ends() {
        let (values, vectors) = eigen(&Array2::from_diag(&array![1.0, 3.0, 2.0]));
        assert_eq!(values, [3.0, 2.0, 1.0]);
        assert_eq!(vectors, array![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
        let graded = Array2::from_shape_fn([60, 60], |(i, j)| 10_f64.powi(-(5 * i.max(j) as i32)));
        let sum: f64 = eigenvalues(&graded).iter().sum();
        assert!((sum - graded.diag().sum()).abs() < 1e-14, "{sum}");
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
