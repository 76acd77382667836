//! In training and in use.

use crate::autodiff::{Real, Tensor};
use rand::rngs::ChaCha8Rng;

/// Whether layers that behave differently in training do so.
#[derive(Debug)]
pub enum Mode<'m, T: Real = f32> {
    /// In use: no dropout, and statistics are those that training has left.
    Evaluate,
    /// In training: dropout draws, batch normalisation looks at its batch.
    Train(&'m mut Training<T>),
}

impl<'m, T: Real> From<&'m mut Training<T>> for Mode<'m, T> {
    fn from(training: &'m mut Training<T>) -> Self {
        Mode::Train(training)
    }
}

/// What layers need, and leave behind, in training. A network is a function and changes nothing in
/// itself: what its statistics should become is noted here, until [`Network::keep`](super::Network::keep)
/// carries it over.
#[derive(Debug)]
pub struct Training<T: Real = f32> {
    /// What dropout draws from.
    pub dropout: ChaCha8Rng,
    pub(super) updates: Vec<Update<T>>,
}

impl<T: Real> From<ChaCha8Rng> for Training<T> {
    fn from(dropout: ChaCha8Rng) -> Self {
        Self { dropout, updates: Vec::new() }
    }
}

/// A statistic is to move by `share` of the way to `value`.
#[derive(Debug)]
pub(super) struct Update<T> {
    /// The statistic.
    pub name: String,
    /// Of the statistic's shape.
    pub value: Tensor<T>,
    /// In (0, 1]; 1 replaces it.
    pub share: f64,
}
