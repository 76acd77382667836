//! Stochastic gradient descent with momentum.

use super::{Optimizer, Parameter};
use crate::autodiff::Real;
use crate::parallel::in_step;

/// `u ← momentum·u + g`, then `θ ← θ − α·u` (Polyak 1964; with momentum 0, plain descent).
#[derive(Clone, Debug)]
pub struct Sgd<T: Real = f32> {
    /// `α`.
    pub learning_rate: f64,
    /// In [0, 1): how much of the velocity is kept from step to step.
    pub momentum: f64,
    velocities: Vec<Vec<T>>,
}

impl<T: Real> Sgd<T> {
    /// An optimizer for these parameters, at rest.
    pub fn new(parameters: &[Parameter<T>], learning_rate: f64, momentum: f64) -> Self {
        let velocities = parameters.iter().map(|p| vec![T::ZERO; p.value.len()]).collect();
        Self { learning_rate, momentum, velocities }
    }
}

impl<T: Real> Optimizer<T> for Sgd<T> {
    fn begin(&mut self) {}

    fn update(&mut self, index: usize, parameter: &mut Parameter<T>, gradient: &[T]) {
        let (rate, momentum) = (T::from_f64(self.learning_rate), T::from_f64(self.momentum));
        in_step(gradient, [parameter.elements_mut(), &mut self.velocities[index]], |g, [values, u]| {
            for ((value, &g), u) in values.iter_mut().zip(g).zip(u) {
                *u = momentum * *u + g;
                *value -= rate * *u;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Gradient;
    use ndarray::array;

    #[test]
    fn momentum_carries_on() {
        let mut parameters = [Parameter::new("x", array![1.0f64].into_dyn())];
        let mut sgd = Sgd::new(&parameters, 0.1, 0.5);
        let gradient = |g: f64| [Gradient::from(array![g].into_dyn())];
        sgd.step(&mut parameters, &gradient(2.0)); // u = 2,   θ = 1 − 0.2
        sgd.step(&mut parameters, &gradient(0.0)); // u = 1,   θ = 0.8 − 0.1
        assert!((parameters[0].value[[0]] - 0.7).abs() < 1e-12);
    }
}
