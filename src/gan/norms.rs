//! How large gradients and parameters are.

use crate::autodiff::{Gradient, Real};
use crate::nn::Parameter;

/// A parameter, and how hard it is pulled at a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// The parameter's name.
    pub parameter: String,
    /// The Euclidean norm of its gradient.
    pub gradient: f64,
    /// Its own.
    pub value: f64,
}

/// The norms of both players, `[generator's, discriminator's]`, parameter by parameter.
pub type GradientNorms = [Vec<Norm>; 2];

/// The norms of a player before it moves.
pub(super) fn norms<T: Real>(parameters: &[Parameter<T>], gradients: &[Gradient<T>]) -> Vec<Norm> {
    let norm = |(parameter, gradient): (&Parameter<T>, &Gradient<T>)| Norm {
        parameter: parameter.name.clone(),
        gradient: euclidean(gradient.value().iter()),
        value: euclidean(parameter.value.iter()),
    };
    parameters.iter().zip(gradients).map(norm).collect()
}

fn euclidean<'a, T: Real>(elements: impl Iterator<Item = &'a T>) -> f64 {
    elements.map(|x| x.as_f64().powi(2)).sum::<f64>().sqrt()
}
