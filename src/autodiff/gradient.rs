//! Gradients on their way to an optimizer.

use super::{Pool, Real, Shape, Tensor, kernels};
use crate::gemm::{Beta, Kernel, MatrixMut, MatrixRef, gemm_with};
use ndarray::ArrayD;
use std::ops::Range;

/// A gradient that outlives the tape's reset. It may still be a sum that nobody has carried out.
///
/// What a gradient of weights is, before it is one array: each sample `i` of a batch contributes
/// the outer product of the gradient at the layer's output, `aᵢ`, and the layer's input, `bᵢ`, and
/// the gradient is their sum `Σᵢ aᵢ ⊗ bᵢ = Aᵀ·B`. Kept apart, the factors are small, and tell the
/// gradient of every single sample (Goodfellow 2015, *Efficient Per-Example Gradient
/// Computations*). So as long as nobody needs the sum, samples can still be given weights, rows
/// can still be left out, and the optimizer can choose where it is summed.
#[derive(Clone, Debug)]
pub struct Gradient<T: Real = f32>(Sum<T>);

/// What a gradient is, or is to be computed from.
#[derive(Clone, Debug)]
enum Sum<T: Real> {
    Known(Tensor<T>),
    /// `op(A)·op(B)`, to be multiplied by this kernel.
    Product {
        a: Factor<T>,
        b: Factor<T>,
        kernel: Kernel,
    },
    /// `Σᵢ aᵢ` over the rows of `A`.
    Rows(Tensor<T>),
}

/// One side of a product: some rows of a matrix, or all of its transpose.
#[derive(Clone, Debug)]
pub(super) struct Factor<T: Real> {
    matrix: Tensor<T>,
    rows: Range<usize>,
    transposed: bool,
}

impl<T: Real> Factor<T> {
    /// A matrix, or its transpose.
    pub(super) fn new(matrix: Tensor<T>, transposed: bool) -> Self {
        let &[rows, _] = matrix.shape() else { panic!("matmul: shape {:?} is not a matrix", matrix.shape()) };
        Self { matrix, rows: 0..rows, transposed }
    }

    /// Some rows of a matrix.
    pub(super) fn rows(self, rows: Range<usize>) -> Self {
        assert!(!self.transposed && rows.end <= self.rows.len(), "matmul: rows {rows:?} of {:?}", self.rows);
        Self { rows, ..self }
    }

    fn view(&self) -> MatrixRef<'_, T> {
        let (columns, Range { start, end }) = (self.matrix.shape()[1], self.rows.clone());
        let elements = &kernels::slice(&self.matrix)[start * columns..end * columns];
        let matrix = MatrixRef::new(elements, end - start, columns);
        if self.transposed { matrix.transposed() } else { matrix }
    }
}

impl<T: Real> From<Tensor<T>> for Gradient<T> {
    /// # Panics
    /// When the array is not in row-major order.
    fn from(gradient: Tensor<T>) -> Self {
        assert!(gradient.is_standard_layout(), "Gradient: the array is not in row-major order");
        Self(Sum::Known(gradient))
    }
}

impl<T: Real> From<ArrayD<T>> for Gradient<T> {
    /// # Panics
    /// When the array is not in row-major order.
    fn from(gradient: ArrayD<T>) -> Self {
        gradient.into_shared().into()
    }
}

impl<T: Real> Gradient<T> {
    /// `A·B`, to be carried out by this kernel when it is needed.
    pub(super) fn product(a: Factor<T>, b: Factor<T>, kernel: Kernel) -> Self {
        let (left, right) = (a.view().shape(), b.view().shape());
        assert!(left[1] == right[0], "matmul: {left:?} times {right:?}");
        Self(Sum::Product { a, b, kernel })
    }

    /// The sum over the rows, to be carried out when it is needed.
    pub(super) fn row_sum(rows: Tensor<T>) -> Self {
        Self(Sum::Rows(rows))
    }

    /// Its shape, that of the parameter it belongs to.
    pub fn shape(&self) -> Shape {
        match &self.0 {
            Sum::Known(array) => array.shape().into(),
            Sum::Product { a, b, .. } => [a.view().shape()[0], b.view().shape()[1]].as_slice().into(),
            Sum::Rows(a) => a.shape()[1..].into(),
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is still a sum to be carried out.
    pub fn waits(&self) -> bool {
        !matches!(self.0, Sum::Known(_))
    }

    /// How many multiplications, with as many additions, it takes to carry it out; 0 if that is done.
    pub fn multiplications(&self) -> usize {
        match &self.0 {
            Sum::Product { a, b, .. } => a.view().shape()[0] * a.view().shape()[1] * b.view().shape()[1],
            _ => 0,
        }
    }

    /// The whole array.
    pub fn value(&self) -> Tensor<T> {
        self.value_from(&mut Pool::default())
    }

    /// The elements, in row-major order. A sum that waits is carried out here, in `scratch`: when each parameter in turn
    /// uses the same `scratch`, it stays near the cores, and gradients need not travel to memory and back.
    pub fn elements<'a>(&'a self, scratch: &'a mut Vec<T>) -> &'a [T] {
        if let Sum::Known(array) = &self.0 {
            return kernels::slice(array);
        }
        let length = self.len();
        scratch.resize(length.max(scratch.len()), T::ZERO);
        self.write(&mut scratch[..length]);
        &scratch[..length]
    }

    pub(super) fn value_from(&self, pool: &mut Pool<T>) -> Tensor<T> {
        if let Sum::Known(array) = &self.0 {
            return array.clone();
        }
        let mut value = pool.take(&self.shape());
        self.write(kernels::slice_mut(&mut value));
        value
    }

    /// Carries it out into these elements, in row-major order.
    fn write(&self, value: &mut [T]) {
        match &self.0 {
            Sum::Known(array) => kernels::copy(kernels::slice(array), value),
            Sum::Product { a, b, kernel } => {
                let (a, b) = (a.view(), b.view());
                gemm_with(*kernel, a, b, Beta::Zero, MatrixMut::new(value, a.shape()[0], b.shape()[1]));
            }
            Sum::Rows(a) => kernels::sum_rows(kernels::slice(a), value),
        }
    }

    /// If this is a sum over samples, the same with `change(samples)` for the matrix `A` in which each row
    /// is a sample's.
    pub(super) fn map_samples(&self, change: impl FnOnce(&Tensor<T>) -> Tensor<T>) -> Option<Self> {
        match &self.0 {
            Sum::Product { a, b, kernel } if a.transposed => {
                let a = Factor { matrix: change(&a.matrix), ..a.clone() };
                Some(Self(Sum::Product { a, b: b.clone(), kernel: *kernel }))
            }
            Sum::Rows(a) => Some(Self(Sum::Rows(change(a)))),
            Sum::Product { .. } | Sum::Known(_) => None,
        }
    }

    /// The arrays it is made of.
    pub(super) fn into_tensors(self) -> impl Iterator<Item = Tensor<T>> {
        let (first, second) = match self.0 {
            Sum::Known(array) | Sum::Rows(array) => (array, None),
            Sum::Product { a, b, .. } => (a.matrix, Some(b.matrix)),
        };
        std::iter::once(first).chain(second)
    }
}
