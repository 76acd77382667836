//! Gradients and the tape that they are from: taken back onto it, added up, weighed sample by sample.

use super::tape::{Tape, Var};
use super::{Gradient, Real, Tensor, kernels};

impl<T: Real> Gradient<T> {
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
    use ndarray::ArrayD;
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
