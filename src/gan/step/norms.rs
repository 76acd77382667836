//! How large gradients and parameters are.

use crate::autodiff::{Gradient, Real, View, Watch};
use crate::gan::Players;

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

/// The norms of both players, parameter by parameter.
pub type GradientNorms = Players<Vec<Norm>>;

/// Measures the norms of the gradients that the optimizers follow, before they do.
impl<T: Real> Watch<T> for GradientNorms {
    fn gradients(&mut self, network: &str, tape: View<'_, T>, parameters: &[usize], gradients: &[Gradient<T>]) {
        let norm = |(&node, gradient): (&usize, &Gradient<T>)| {
            let parameter = tape.node(node);
            Norm {
                parameter: parameter.name().unwrap_or_default().to_owned(),
                gradient: euclidean(gradient.value().iter()),
                value: euclidean(parameter.value().iter()),
            }
        };
        let norms = parameters.iter().zip(gradients).map(norm).collect();
        *(if network == "generator" { &mut self.generator } else { &mut self.discriminator }) = norms;
    }
}

/// The Euclidean norm of some numbers.
pub fn euclidean<'a, T: Real>(elements: impl Iterator<Item = &'a T>) -> f64 {
    elements.map(|x| x.as_f64().powi(2)).sum::<f64>().sqrt()
}
