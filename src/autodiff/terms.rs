//! What one element of a product is the sum of.

use super::activation::Activation;

/// One element of a product: `f(Σ a·b + bias)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// The pairs of numbers that are multiplied.
    pub products: Vec<[Place; 2]>,
    /// What is added to their sum.
    pub bias: Option<Place>,
    /// What is applied to that.
    pub activation: Activation,
}

/// Where a number stands among an operation's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which input.
    pub input: usize,
    /// Which of its elements, in row-major order.
    pub element: usize,
}

impl Terms {
    /// A sum of products of elements of input 0 and of input 1, and nothing else.
    pub fn of_products(pairs: impl Iterator<Item = [usize; 2]>) -> Self {
        let products = pairs.map(|[a, b]| [Place { input: 0, element: a }, Place { input: 1, element: b }]).collect();
        Self { products, bias: None, activation: Activation::Identity }
    }

    /// The same, with this element of input 2 added, and `f` applied.
    pub fn in_layer(self, bias: usize, activation: Activation) -> Self {
        Self { bias: Some(Place { input: 2, element: bias }), activation, ..self }
    }
}
