//! The shape of a value.

use ndarray::{Dimension, IxDyn};
use std::fmt;
use std::ops::Deref;

/// The extents of a value along its axes: read it as a `&[usize]`. Up to four axes it lives
/// without heap memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Shape(IxDyn);

impl Shape {
    /// The same shape with another extent along one axis.
    ///
    /// # Panics
    /// When there is no such axis.
    pub fn with(mut self, axis: usize, extent: usize) -> Self {
        self.0.slice_mut()[axis] = extent;
        self
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        self.0.slice()
    }
}

impl From<&[usize]> for Shape {
    fn from(extents: &[usize]) -> Self {
        Self(IxDyn(extents))
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
