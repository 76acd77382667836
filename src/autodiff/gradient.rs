//! Gradients on their way to an optimizer.

use super::tape::Value;
use super::{Pool, Real, Shape, Tape, Var, kernels};
use crate::parallel::{GRAIN, vectorised};
use ndarray::ArrayD;
use std::ops::Range;
use std::sync::Arc;

/// A gradient that outlives the tape's reset.
#[derive(Clone, Debug)]
pub struct Gradient<T: Real = f32>(Value<T>);

impl<T: Real> From<Var<'_, T>> for Gradient<T> {
    fn from(gradient: Var<'_, T>) -> Self {
        Self(gradient.raw_value())
    }
}

impl<T: Real> From<ArrayD<T>> for Gradient<T> {
    /// # Panics
    /// When the array is not in row-major order.
    fn from(gradient: ArrayD<T>) -> Self {
        assert!(gradient.is_standard_layout(), "Gradient: the array is not in row-major order");
        Self(Value::Known(Arc::new(gradient)))
    }
}

impl<T: Real> Tape<T> {
    /// Gradients by sample `i` of a batch, weighted: `Σᵢ wᵢ·gᵢ` where a gradient is the sum `Σᵢ gᵢ` over
    /// the batch, `wᵢ·gᵢ` where it is row by row. `weights` is `[batch, 1]`.
    ///
    /// This takes gradients that are still products: those of layers' weights, biases and inputs
    /// straight from [`gradients`](Tape::gradients) or [`pull_back`](Tape::pull_back).
    ///
    /// # Panics
    /// When one has already been summed, or comes from another number of samples.
    pub fn weigh_samples<'t>(&'t self, gradients: &[Var<'t, T>], weights: Var<'t, T>) -> Vec<Var<'t, T>> {
        let weights = weights.value();
        // A layer's weights and bias share a factor: one weighted copy will do.
        let mut copies: Vec<(Arc<ArrayD<T>>, Range<usize>, Arc<ArrayD<T>>)> = Vec::new();
        let mut weigh = |samples: &Arc<ArrayD<T>>, rows: &Range<usize>| {
            if let Some((.., copy)) = copies.iter().find(|(plain, r, _)| Arc::ptr_eq(plain, samples) && r == rows) {
                return Arc::clone(copy);
            }
            let shape = Shape::from(samples.shape()).with(0, rows.len());
            let length: usize = shape[1..].iter().product();
            let plain = &kernels::slice(samples)[rows.start * length..rows.end * length];
            let copy = self.fill(&shape, |y| kernels::scale_rows(plain, kernels::slice(&weights), y)).value();
            copies.push((Arc::clone(samples), rows.clone(), Arc::clone(&copy)));
            copy
        };
        let weighted = |gradient: &Var<'t, T>| match gradient.raw_value() {
            Value::Deferred(deferred) => self.defer(deferred.map_samples(&mut weigh)),
            Value::Known(_) => panic!("weigh_samples: {gradient:?} has been summed"),
        };
        gradients.iter().map(weighted).collect()
    }
}

impl<T: Real> Gradient<T> {
    /// Its shape, that of the parameter it belongs to.
    pub fn shape(&self) -> Shape {
        self.0.shape()
    }

    /// The whole array.
    pub fn value(&self) -> Arc<ArrayD<T>> {
        match &self.0 {
            Value::Known(array) => Arc::clone(array),
            Value::Deferred(deferred) => Arc::new(deferred.value(&mut Pool::default())),
        }
    }

    /// Calls `update(g, [x, y, …])` for every piece of the gradient, with the same pieces of these
    /// arrays, which have its shape, in parallel. A sum over a batch that was put off is carried out
    /// here, in `scratch`: when each parameter in turn uses the same `scratch`, it stays near the
    /// cores, and gradients need not travel to memory and back.
    ///
    /// # Panics
    /// When an array has another length than the gradient.
    pub fn update<const N: usize>(
        &self,
        arrays: [&mut [T]; N],
        scratch: &mut Vec<T>,
        update: impl Fn(&[T], [&mut [T]; N]) + Sync,
    ) {
        match &self.0 {
            Value::Known(array) => in_step(kernels::slice(array), arrays, &update),
            Value::Deferred(deferred) => {
                let length: usize = deferred.shape().iter().product();
                scratch.resize(length.max(scratch.len()), T::ZERO);
                deferred.write(&mut scratch[..length]);
                in_step(&scratch[..length], arrays, &update);
            }
        }
    }

    pub(super) fn into_arrays(self) -> impl Iterator<Item = Arc<ArrayD<T>>> {
        self.0.into_arrays()
    }
}

/// Walks along `elements` and the arrays in step.
fn in_step<T: Real, const N: usize>(
    elements: &[T],
    arrays: [&mut [T]; N],
    visit: &(impl Fn(&[T], [&mut [T]; N]) + Sync),
) {
    assert!(arrays.iter().all(|array| array.len() == elements.len()), "a gradient of another length than its arrays");
    if elements.len() <= GRAIN {
        return vectorised(|| visit(elements, arrays));
    }
    // Halves, and their halves; cut at a multiple of the grain, so that all pieces but the last are whole.
    let middle = (elements.len() / 2).next_multiple_of(GRAIN);
    let (first, second) = elements.split_at(middle);
    let mut seconds = [(); N].map(|()| <&mut [T]>::default());
    let mut end = seconds.iter_mut();
    let firsts = arrays.map(|array| {
        let (before, after) = array.split_at_mut(middle);
        *end.next().expect("as many as there are arrays") = after;
        before
    });
    rayon::join(|| in_step(first, firsts, visit), || in_step(second, seconds, visit));
}
