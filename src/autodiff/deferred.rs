//! Products that wait until somebody looks at them.

use super::{Pool, Real, Shape, kernels};
use crate::gemm::{Beta, MatrixMut, MatrixRef, gemm};
use ndarray::ArrayD;
use std::ops::Range;
use std::sync::Arc;

/// A value that is known by what it is made of.
///
/// What a gradient of weights is, before it is one array: each sample `i` of a batch contributes
/// the outer product of the gradient at the layer's output, `aᵢ`, and the layer's input, `bᵢ`, and
/// the gradient is their sum `Σᵢ aᵢ ⊗ bᵢ = Aᵀ·B`. Kept apart, the factors are small, and tell the
/// gradient of every single sample (Goodfellow 2015, *Efficient Per-Example Gradient
/// Computations*). So as long as nobody needs the sum, samples can still be given weights, rows
/// can still be left out, and the optimizer can choose where it is summed.
#[derive(Clone, Debug)]
pub(super) enum Deferred<T: Real> {
    /// `op(A)·op(B)`.
    Product { a: Factor<T>, b: Factor<T> },
    /// `Σᵢ aᵢ` over the rows of `A`.
    RowSum(Arc<ArrayD<T>>),
}

/// One side of a product: some rows of a matrix, transposed or not.
#[derive(Clone, Debug)]
pub(super) struct Factor<T: Real> {
    matrix: Arc<ArrayD<T>>,
    rows: Range<usize>,
    transposed: bool,
}

impl<T: Real> Factor<T> {
    pub(super) fn new(matrix: Arc<ArrayD<T>>, transposed: bool) -> Self {
        let &[rows, _] = matrix.shape() else { panic!("matmul: shape {:?} is not a matrix", matrix.shape()) };
        Self { matrix, rows: 0..rows, transposed }
    }

    pub(super) fn view(&self) -> MatrixRef<'_, T> {
        let (columns, Range { start, end }) = (self.matrix.shape()[1], self.rows.clone());
        let elements = &kernels::slice(&self.matrix)[start * columns..end * columns];
        let matrix = MatrixRef::new(elements, end - start, columns);
        if self.transposed { matrix.transposed() } else { matrix }
    }
}

impl<T: Real> Deferred<T> {
    pub(super) fn product(a: Factor<T>, b: Factor<T>) -> Self {
        let (left, right) = (a.view().shape(), b.view().shape());
        assert!(left[1] == right[0], "matmul: {left:?} times {right:?}");
        Self::Product { a, b }
    }

    pub(super) fn shape(&self) -> Shape {
        match self {
            Self::Product { a, b } => [a.view().shape()[0], b.view().shape()[1]].as_slice().into(),
            Self::RowSum(a) => a.shape()[1..].into(),
        }
    }

    /// Carries it out.
    pub(super) fn value(&self, pool: &mut Pool<T>) -> ArrayD<T> {
        let mut value = pool.take(&self.shape());
        self.write(kernels::slice_mut(&mut value));
        value
    }

    /// Carries it out into these elements, in row-major order.
    pub(super) fn write(&self, value: &mut [T]) {
        match self {
            Self::Product { a, b } => {
                let (a, b) = (a.view(), b.view());
                gemm(a, b, Beta::Zero, MatrixMut::new(value, a.shape()[0], b.shape()[1]));
            }
            Self::RowSum(a) => kernels::sum_rows(kernels::slice(a), value),
        }
    }

    /// If this is a sum over samples, the same with `change(samples)` for the matrix `A` in which each row
    /// is a sample's.
    pub(super) fn map_samples(self, change: impl FnOnce(&Arc<ArrayD<T>>) -> Arc<ArrayD<T>>) -> Option<Self> {
        match self {
            Self::Product { a, b } if a.transposed => {
                Some(Self::Product { a: Factor { matrix: change(&a.matrix), ..a }, b })
            }
            Self::Product { .. } => None,
            Self::RowSum(a) => Some(Self::RowSum(change(&a))),
        }
    }

    /// Rows `rows` of it, if that is a smaller sum: the rows of a product are the products of `A`'s rows.
    pub(super) fn slice_rows(&self, rows: &Range<usize>) -> Option<Self> {
        match self {
            Self::Product { a, b } if !a.transposed => {
                let Range { start, end } = a.rows;
                let sliced = start + rows.start..start + rows.end;
                let fits = rows.start <= rows.end && sliced.end <= end;
                fits.then(|| Self::Product { a: Factor { rows: sliced, ..a.clone() }, b: b.clone() })
            }
            _ => None,
        }
    }

    /// The matrices it is made of.
    pub(super) fn into_matrices(self) -> impl Iterator<Item = Arc<ArrayD<T>>> {
        let (first, second) = match self {
            Self::Product { a, b } => (a.matrix, Some(b.matrix)),
            Self::RowSum(a) => (a, None),
        };
        std::iter::once(first).chain(second)
    }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use crate::autodiff::tape::Value;
    use ndarray::{Array, IxDyn};

    #[test]
    fn rows_of_a_product_that_waits_are_a_smaller_product() {
        let tape = Tape::<f64>::new();
        let leaf =
            |shape: &[usize]| tape.leaf(Array::from_shape_fn(IxDyn(shape), |i| ((3 * i[0] + i[1]) as f64).sin()));
        let (a, b) = (leaf(&[6, 3]), leaf(&[3, 4]));
        let waiting = tape.without_recording(|| a.matmul(b));
        let rows = waiting.slice_rows(1..5).slice_rows(1..3);
        assert!(matches!(waiting.raw_value(), Value::Deferred(_)), "nobody has looked at it");
        assert_eq!(rows.value(), a.matmul(b).slice_rows(2..4).value());
        // Those of AᵀB are not A's.
        let waiting = tape.without_recording(|| a.matmul_tn(a));
        assert_eq!(waiting.slice_rows(1..3).value(), a.matmul_tn(a).slice_rows(1..3).value());
    }

    #[test]
    #[should_panic(expected = "slice_rows: no rows 5..7 in [6, 4]")]
    fn rows_that_are_not_there_are_refused() {
        let tape = Tape::<f64>::new();
        let zeros = |shape: &[usize]| tape.leaf(Array::zeros(IxDyn(shape)));
        tape.without_recording(|| zeros(&[6, 3]).matmul(zeros(&[3, 4]))).slice_rows(5..7);
    }

    #[test]
    fn what_waits_keeps_its_factors_until_the_tape_is_reset() {
        let mut tape = Tape::<f64>::new();
        let step = |tape: &Tape<f64>| {
            let a = tape.fill(&[8, 8], |x| x.fill(1.0));
            tape.without_recording(|| a.matmul(a));
            a.value().as_ptr()
        };
        let first = step(&tape);
        tape.reset();
        assert_eq!(step(&tape), first, "the buffer came back though the product was never carried out");
    }
}
