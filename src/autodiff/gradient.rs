//! Gradients on their way to an optimizer.

use super::{Pool, Real, Shape, Tape, Tensor, Var, kernels};
use crate::gemm::{Beta, MatrixMut, MatrixRef, gemm};
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
    /// `op(A)·op(B)`.
    Product {
        a: Factor<T>,
        b: Factor<T>,
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
    /// `A·B`, to be carried out when it is needed.
    pub(super) fn product(a: Factor<T>, b: Factor<T>) -> Self {
        let (left, right) = (a.view().shape(), b.view().shape());
        assert!(left[1] == right[0], "matmul: {left:?} times {right:?}");
        Self(Sum::Product { a, b })
    }

    /// The sum over the rows, to be carried out when it is needed.
    pub(super) fn row_sum(rows: Tensor<T>) -> Self {
        Self(Sum::Rows(rows))
    }

    /// Its shape, that of the parameter it belongs to.
    pub fn shape(&self) -> Shape {
        match &self.0 {
            Sum::Known(array) => array.shape().into(),
            Sum::Product { a, b } => [a.view().shape()[0], b.view().shape()[1]].as_slice().into(),
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
            Sum::Product { a, b } => a.view().shape()[0] * a.view().shape()[1] * b.view().shape()[1],
            _ => 0,
        }
    }

    /// The whole array.
    pub fn value(&self) -> Tensor<T> {
        self.value_from(&mut Pool::default())
    }

    /// The gradient as a constant of this tape.
    pub fn on<'t>(&self, tape: &'t Tape<T>) -> Var<'t, T> {
        tape.computed(|pool| self.value_from(pool))
    }

    /// The sum of the two, carried out on this tape.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn plus(&self, other: &Self, tape: &Tape<T>) -> Self {
        tape.without_recording(|| self.on(tape) + other.on(tape)).value().into()
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

    fn value_from(&self, pool: &mut Pool<T>) -> Tensor<T> {
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
            Sum::Product { a, b } => {
                let (a, b) = (a.view(), b.view());
                gemm(a, b, Beta::Zero, MatrixMut::new(value, a.shape()[0], b.shape()[1]));
            }
            Sum::Rows(a) => kernels::sum_rows(kernels::slice(a), value),
        }
    }

    /// If this is a sum over samples, the same with `change(samples)` for the matrix `A` in which each row
    /// is a sample's.
    fn map_samples(&self, change: impl FnOnce(&Tensor<T>) -> Tensor<T>) -> Option<Self> {
        match &self.0 {
            Sum::Product { a, b } if a.transposed => {
                let a = Factor { matrix: change(&a.matrix), ..a.clone() };
                Some(Self(Sum::Product { a, b: b.clone() }))
            }
            Sum::Rows(a) => Some(Self(Sum::Rows(change(a)))),
            Sum::Product { .. } | Sum::Known(_) => None,
        }
    }

    /// The arrays it is made of.
    pub(super) fn into_tensors(self) -> impl Iterator<Item = Tensor<T>> {
        let (first, second) = match self.0 {
            Sum::Known(array) | Sum::Rows(array) => (array, None),
            Sum::Product { a, b } => (a.matrix, Some(b.matrix)),
        };
        std::iter::once(first).chain(second)
    }
}

impl<T: Real> Tape<T> {
    /// Sums over a batch, weighted: `Σᵢ wᵢ·gᵢ` where a gradient is `Σᵢ gᵢ`, with one weight a sample in
    /// `weights`, `[batch, 1]`.
    ///
    /// The gradients are those of dense layers' weights and biases, as a walk back gives them: they know their samples.
    ///
    /// # Panics
    /// When one is not such a sum, or one of another number of samples.
    pub fn weigh_samples(&self, gradients: &[Gradient<T>], weights: Var<'_, T>) -> Vec<Gradient<T>> {
        let weights = weights.value();
        // A layer's weights and bias share a factor: one weighted copy will do.
        let mut copies: Vec<[Tensor<T>; 2]> = Vec::new(); // [plain, weighted]
        let mut weigh = |samples: &Tensor<T>| {
            if let Some([_, copy]) = copies.iter().find(|[plain, _]| plain.as_ptr() == samples.as_ptr()) {
                return copy.clone();
            }
            let (plain, weights) = (kernels::slice(samples), kernels::slice(&weights));
            let copy = self.fill(samples.shape(), |y| kernels::scale_rows(plain, weights, y)).value();
            copies.push([samples.clone(), copy.clone()]);
            copy
        };
        let weighted = |gradient: &Gradient<T>| {
            let sum = gradient.map_samples(&mut weigh);
            sum.unwrap_or_else(|| {
                panic!("weigh_samples: a gradient of {:?} is not a sum over samples", gradient.shape())
            })
        };
        gradients.iter().map(weighted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Activation;
    use ndarray::{Array, IxDyn};

    fn wave(shape: &[usize], speed: f64) -> ArrayD<f64> {
        let mut angle = 0.0;
        Array::from_shape_simple_fn(IxDyn(shape), || {
            angle += speed;
            f64::sin(angle)
        })
    }

    /// The gradients of a dense layer's weight and bias, as they come: sums that are not carried out.
    fn layer_gradients(tape: &Tape<f64>, loss: impl Fn(Var<'_, f64>) -> Var<'_, f64>) -> Vec<Gradient<f64>> {
        let leaf = |shape: &[usize], speed| tape.leaf(wave(shape, speed));
        let (x, weight, bias) = (leaf(&[5, 3], 1.3), leaf(&[4, 3], 0.7), leaf(&[4], 2.1));
        tape.take_gradients(loss(x.dense(weight, bias, Activation::Tanh)), &[weight, bias])
    }

    #[test]
    fn weighing_samples_is_weighing_their_losses() {
        let tape = Tape::new();
        let weights = wave(&[5, 1], 0.9);
        let plain = layer_gradients(&tape, |y| y.sum_axis(1).sum());
        plain.iter().for_each(|gradient| _ = gradient.value()); // to look at a sum does not end it
        let weighed = tape.weigh_samples(&plain, tape.leaf(weights.clone()));
        let expected = layer_gradients(&tape, |y| (y.sum_axis(1) * y.tape().leaf(weights.clone())).sum());
        for (weighed, expected) in weighed.into_iter().zip(expected) {
            assert!((&weighed.value() - &expected.value()).iter().all(|x| x.abs() <= 1e-14));
        }
    }

    #[test]
    #[should_panic(expected = "is not a sum over samples")]
    fn an_array_cannot_be_weighed() {
        let tape = Tape::new();
        tape.weigh_samples(&[Gradient::from(wave(&[4, 3], 1.0))], tape.leaf(wave(&[5, 1], 0.9)));
    }

    #[test]
    fn what_waits_is_carried_out_in_one_scratch_array() {
        let tape = Tape::new();
        let mut scratch = Vec::new();
        for gradient in layer_gradients(&tape, |y| y.powi(2).sum()) {
            assert!(gradient.waits());
            assert_eq!(gradient.elements(&mut scratch), kernels::slice(&gradient.value()));
        }
        assert_eq!(scratch.len(), 12, "one array, as long as the longest");
    }

    #[test]
    fn what_waits_keeps_its_factors_until_it_is_recycled() {
        let mut tape = Tape::<f64>::new();
        let step = |tape: &Tape<f64>| {
            let (a, b) = (tape.fill(&[8, 8], |x| x.fill(1.0)), tape.fill(&[8, 8], |x| x.fill(2.0)));
            (a.value().as_ptr(), tape.take_gradients(a.matmul(b).sum(), &[b]))
        };
        let (first, gradients) = step(&tape);
        tape.reset();
        assert_eq!(gradients[0].value()[[3, 5]], 8.0);
        assert_ne!(step(&tape).0, first, "its factor is still held");
        tape.recycle(gradients);
        tape.reset();
        let buffers: Vec<_> = (0..8).map(|_| tape.fill(&[8, 8], |_| ()).value().as_ptr()).collect();
        assert!(buffers.contains(&first), "the buffer came back though the product was never carried out");
    }
}
