//! What moves parameters.

use super::Parameter;
use crate::autodiff::{Gradient, Real};

/// Moves a network's parameters along their gradients. It is made for these parameters, and is given them in their order.
pub trait Optimizer<T: Real = f32> {
    /// A step begins, in which every parameter moves once.
    fn begin(&mut self);

    /// Moves the parameter with this number, in place. Its gradient is given in row-major order.
    ///
    /// # Panics
    /// When the optimizer was not made for this parameter.
    fn update(&mut self, index: usize, parameter: &mut Parameter<T>, gradient: &[T]);

    /// One step: moves each parameter by its gradient.
    ///
    /// # Panics
    /// When these are not the parameters that the optimizer was made for.
    fn step(&mut self, parameters: &mut [Parameter<T>], gradients: &[Gradient<T>]) {
        assert!(parameters.len() == gradients.len(), "{} parameters, {} gradients", parameters.len(), gradients.len());
        self.begin();
        let mut scratch = Vec::new();
        for (index, (parameter, gradient)) in parameters.iter_mut().zip(gradients).enumerate() {
            self.update(index, parameter, gradient.elements(&mut scratch));
        }
    }
}
