//! Gradients on their way to an optimizer.

use super::tape::Value;
use super::{Pool, Real, Shape, Tape, Var, kernels};
use crate::parallel::{GRAIN, vectorised};
use ndarray::ArrayD;
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
    /// Sums over a batch, weighted: `Σᵢ wᵢ·gᵢ` where a gradient is `Σᵢ gᵢ`, with one weight a sample in
    /// `weights`, `[batch, 1]`.
    ///
    /// The gradients are those of layers' weights and biases, fresh from a walk back: they know
    /// their samples as long as nobody has looked at their sum.
    ///
    /// # Panics
    /// When one is not such a sum, or one of another number of samples.
    pub fn weigh_samples<'t>(&'t self, gradients: &[Var<'t, T>], weights: Var<'t, T>) -> Vec<Var<'t, T>> {
        let weights = weights.value();
        // A layer's weights and bias share a factor: one weighted copy will do.
        let mut copies: Vec<(Arc<ArrayD<T>>, Arc<ArrayD<T>>)> = Vec::new();
        let mut weigh = |samples: &Arc<ArrayD<T>>| {
            if let Some((_, copy)) = copies.iter().find(|(plain, _)| Arc::ptr_eq(plain, samples)) {
                return Arc::clone(copy);
            }
            let (plain, weights) = (kernels::slice(samples), kernels::slice(&weights));
            let copy = self.fill(samples.shape(), |y| kernels::scale_rows(plain, weights, y)).value();
            copies.push((Arc::clone(samples), Arc::clone(&copy)));
            copy
        };
        let weighted = |gradient: &Var<'t, T>| {
            let sum = match gradient.raw_value() {
                Value::Deferred(sum) => sum.map_samples(&mut weigh),
                Value::Known(_) => None,
            };
            self.defer(sum.unwrap_or_else(|| panic!("weigh_samples: {gradient:?} is not a sum over samples")))
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
