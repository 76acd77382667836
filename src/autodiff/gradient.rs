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
        let mut copies: Vec<[Arc<ArrayD<T>>; 2]> = Vec::new(); // [plain, weighted]
        let mut weigh = |samples: &Arc<ArrayD<T>>| {
            if let Some([_, copy]) = copies.iter().find(|[plain, _]| Arc::ptr_eq(plain, samples)) {
                return Arc::clone(copy);
            }
            let (plain, weights) = (kernels::slice(samples), kernels::slice(&weights));
            let copy = self.fill(samples.shape(), |y| kernels::scale_rows(plain, weights, y)).value();
            copies.push([Arc::clone(samples), Arc::clone(&copy)]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array, IxDyn};

    fn wave(shape: &[usize], speed: f64) -> ArrayD<f64> {
        let mut angle = 0.0;
        Array::from_shape_simple_fn(IxDyn(shape), || {
            angle += speed;
            f64::sin(angle)
        })
    }

    /// The gradients of a dense layer's weight and bias, as they come: sums that are not carried out.
    fn layer_gradients<'t>(tape: &'t Tape<f64>, loss: impl Fn(Var<'t, f64>) -> Var<'t, f64>) -> Vec<Var<'t, f64>> {
        let leaf = |shape: &[usize], speed| tape.leaf(wave(shape, speed));
        let (x, weight, bias) = (leaf(&[5, 3], 1.3), leaf(&[4, 3], 0.7), leaf(&[4], 2.1));
        tape.gradients(loss(x.dense(weight, bias, super::super::Activation::Tanh)), &[weight, bias])
    }

    #[test]
    fn weighing_samples_is_weighing_their_losses() {
        let tape = Tape::new();
        let weights = tape.leaf(wave(&[5, 1], 0.9));
        let plain = layer_gradients(&tape, |y| y.sum_axis(1).sum());
        let weighed = tape.weigh_samples(&plain, weights);
        let expected = layer_gradients(&tape, |y| (y.sum_axis(1) * weights).sum());
        for (weighed, expected) in weighed.into_iter().zip(expected) {
            assert!((weighed - expected).powi(2).sum().item() <= 1e-28);
        }
    }

    #[test]
    #[should_panic(expected = "is not a sum over samples")]
    fn samples_that_are_summed_cannot_be_weighed() {
        let tape = Tape::new();
        let gradient = layer_gradients(&tape, |y| y.sum())[0];
        gradient.value();
        tape.weigh_samples(&[gradient], tape.leaf(wave(&[5, 1], 0.9)));
    }

    #[test]
    fn an_update_sees_every_element_once_with_its_own() {
        let count = 3 * GRAIN + 5;
        let known = Gradient::from(Array::from_shape_fn(IxDyn(&[count]), |i| i[0] as f64));
        let (mut sums, mut visits) = (vec![1.0; count], vec![0.0; count]);
        known.update([&mut sums, &mut visits], &mut Vec::new(), |g, [sums, visits]| {
            sums.iter_mut().zip(g).for_each(|(sum, g)| *sum += g);
            visits.iter_mut().for_each(|visits| *visits += 1.0);
        });
        assert!(sums.iter().enumerate().all(|(i, &sum)| sum == 1.0 + i as f64));
        assert!(visits.iter().all(|&visits| visits == 1.0));
    }

    #[test]
    fn an_update_carries_out_a_sum_that_waits() {
        let tape = Tape::new();
        let mut scratch = Vec::new();
        for gradient in layer_gradients(&tape, |y| y.powi(2).sum()).into_iter().map(Gradient::from) {
            let mut copy = vec![0.0; gradient.shape().iter().product()];
            gradient.update([&mut copy], &mut scratch, |g, [copy]| copy.copy_from_slice(g));
            assert_eq!(copy, kernels::slice(&gradient.value()));
        }
        assert_eq!(scratch.len(), 12, "one array, as long as the longest");
    }
}
