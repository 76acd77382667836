//! What one sample is on its way through a network.

use crate::autodiff::{Real, Var};
use std::fmt;

/// The extent of one sample between two layers. A batch has one more axis, at the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// So many numbers: a batch is `[n, width]`.
    Flat(usize),
    /// An image `[height, width, channels]`: a batch is `[n, height, width, channels]`.
    Image([usize; 3]),
}

impl Extent {
    /// How many numbers a sample has; one that could not be counted has [`usize::MAX`].
    pub fn width(self) -> usize {
        match self {
            Extent::Flat(width) => width,
            Extent::Image(shape) => count(&shape),
        }
    }

    /// The extent of the last axis: what a normalisation has a gain and a bias for.
    pub fn channels(self) -> usize {
        match self {
            Extent::Flat(width) => width,
            Extent::Image([_, _, channels]) => channels,
        }
    }

    /// The batch `x` with its samples in this form; what has it already is left alone.
    pub(super) fn arrange<T: Real>(self, x: Var<'_, T>) -> Var<'_, T> {
        let shape = x.shape();
        match self {
            Extent::Flat(width) if shape.len() != 2 => x.reshape(&[shape[0], width]),
            Extent::Image([h, w, c]) if shape.len() != 4 => x.reshape(&[shape[0], h, w, c]),
            _ => x,
        }
    }
}

/// How many numbers an array of this shape has; one that could not be counted has [`usize::MAX`].
pub(super) fn count(shape: &[usize]) -> usize {
    shape.iter().fold(1, |product, &extent| product.saturating_mul(extent))
}

impl From<usize> for Extent {
    fn from(width: usize) -> Self {
        Extent::Flat(width)
    }
}

impl From<[usize; 3]> for Extent {
    fn from(shape: [usize; 3]) -> Self {
        Extent::Image(shape)
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Extent::Flat(width) => write!(f, "{width} numbers"),
            Extent::Image(shape) => write!(f, "an image of {shape:?}"),
        }
    }
}
