//! What training changes.

use crate::autodiff::{Real, Tape, Var};
use ndarray::ArrayD;
use std::sync::Arc;

/// A named array that an optimizer changes. It is lent to a tape without being copied.
#[derive(Clone, Debug)]
pub struct Parameter<T = f32> {
    /// Its place in the network, such as `generator.0.weight`.
    pub name: String,
    /// The value. While a tape holds it too, changing it copies it first.
    pub value: Arc<ArrayD<T>>,
}

impl<T: Real> Parameter<T> {
    /// A parameter that starts with this value.
    pub fn new(name: impl Into<String>, value: ArrayD<T>) -> Self {
        Self { name: name.into(), value: Arc::new(value) }
    }

    /// A leaf on the tape that shares the value.
    pub fn on<'t>(&self, tape: &'t Tape<T>) -> Var<'t, T> {
        tape.share(&self.value)
    }

    /// The elements in row-major order, to be changed in place.
    pub(crate) fn elements_mut(&mut self) -> &mut [T] {
        Arc::make_mut(&mut self.value).as_slice_mut().expect("parameters are contiguous")
    }
}
