//! Binary cross-entropy, straight from the logits.

use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};

/// `−t·log σ(x) − (1 − t)·log(1 − σ(x)) = softplus(x) − t·x`, element by element.
#[derive(Debug)]
struct BceWithLogits;

impl<T: Real> Operation<T> for BceWithLogits {
    fn formula(&self) -> String {
        "y = softplus(x) − t·x".into()
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        // Where t = 1 and x is large, softplus(x) − t·x would be the difference of two large
        // numbers: written as below, the large parts are gone before anything is rounded.
        kernels::zip("bce_with_logits", inputs[0], inputs[1], pool, |x, t| {
            let linear = if x > T::ZERO { x * (T::ONE - t) } else { -x * t };
            linear + (-x.abs()).exponential().log_one_plus()
        })
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x, t) = (step.gradient(), step.input(0), step.input(1));
        step.add(0, || (g * (x.sigmoid() - t)).sum_to(&x.shape()));
        step.add(1, || (-(g * x)).sum_to(&t.shape()));
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Binary cross-entropy of these logits with `targets` in [0, 1] (1 for "real"), element by
    /// element, shapes broadcast; finite for logits of any size.
    pub fn bce_with_logits(self, targets: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(BceWithLogits, &[self, targets])
    }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use ndarray::array;

    #[test]
    fn extreme_logits_give_finite_losses_and_gradients() {
        let tape = Tape::<f32>::new();
        let x = tape.leaf(array![-1e30, -80.0, 0.0, 80.0, 1e30].into_dyn());
        let real = x.bce_with_logits(tape.scalar(1.0));
        let expected = array![1e30, 80.0, std::f32::consts::LN_2, 0.0, 0.0].into_dyn();
        assert!(
            real.value().iter().zip(&expected).all(|(loss, &expected): (&f32, _)| (loss - expected).abs() <= 1e-30)
        );
        let gradient = tape.gradients(real.sum(), &[x])[0].value();
        assert_eq!(*gradient, array![-1.0, -1.0, -0.5, 0.0, 0.0].into_dyn());
    }

    #[test]
    fn it_is_the_cross_entropy_of_the_probability() {
        let tape = Tape::<f64>::new();
        let (x, t) = (tape.leaf(array![-1.5, 0.3, 2.0].into_dyn()), tape.leaf(array![0.0, 0.9, 1.0].into_dyn()));
        let p = x.sigmoid();
        let by_definition = -(t * p.log() + (-t + 1.0) * (-p + 1.0).log());
        let difference = (x.bce_with_logits(t) - by_definition).powi(2).sum().item();
        assert!(difference <= 1e-28);
    }
}
