//! What training changes.

use super::NetworkError;
use crate::autodiff::{Real, Tape, Tensor, Var};
use crate::parallel::in_pieces;
use ndarray::ArrayD;

/// A named array that an optimizer changes. It is lent to a tape without being copied.
#[derive(Clone, Debug)]
pub struct Parameter<T = f32> {
    /// Its place in the network, such as `generator.0.weight`.
    pub name: String,
    /// The value. While a tape holds it too, changing it copies it first.
    pub value: Tensor<T>,
}

impl<T: Real> Parameter<T> {
    /// A parameter that starts with this value.
    pub fn new(name: impl Into<String>, value: ArrayD<T>) -> Self {
        Self { name: name.into(), value: value.into_shared() }
    }

    /// The same parameter with the value that was found for it.
    ///
    /// # Errors
    /// When none was found, or one of another shape.
    pub fn replaced_by(&self, found: Option<ArrayD<T>>) -> Result<Self, NetworkError> {
        let mismatch = |found: String| NetworkError::Mismatch {
            parameter: self.name.clone(),
            expected: self.value.shape().to_vec(),
            found,
        };
        let value = found.ok_or_else(|| mismatch("nothing of that name".into()))?;
        match value.shape() == self.value.shape() {
            true => Ok(Self::new(self.name.clone(), value)),
            false => Err(mismatch(format!("{:?}", value.shape()))),
        }
    }

    /// A leaf on the tape that shares the value.
    pub fn on<'t>(&self, tape: &'t Tape<T>) -> Var<'t, T> {
        tape.share(&self.value).named(&self.name)
    }

    /// A constant on the tape of the same value, which may then change while the tape is in use.
    pub(super) fn copied_to<'t>(&self, tape: &'t Tape<T>) -> Var<'t, T> {
        let value = self.value.as_slice().expect("parameters are contiguous");
        tape.fill(self.value.shape(), |copy| copy.copy_from_slice(value)).named(&self.name)
    }

    /// The elements in row-major order, to be changed in place.
    pub(crate) fn elements_mut(&mut self) -> &mut [T] {
        self.value.as_slice_mut().expect("parameters are contiguous")
    }

    /// Moves each element by `share` of the way to `goal`'s, in place: `θ ← θ + share·(goal − θ)`. A share
    /// of 1 copies.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn move_towards(&mut self, goal: &Tensor<T>, share: T) {
        assert!(self.value.shape() == goal.shape(), "{}: {:?} for {:?}", self.name, goal.shape(), self.value.shape());
        let goal = goal.as_slice().expect("parameters are contiguous");
        if share == T::ONE {
            return self.elements_mut().copy_from_slice(goal);
        }
        in_pieces(self.elements_mut(), |start, piece| {
            piece.iter_mut().zip(&goal[start..]).for_each(|(x, &goal)| *x += share * (goal - *x));
        });
    }

    /// Multiplies each element, in place.
    pub(super) fn scale(&mut self, factor: T) {
        self.elements_mut().iter_mut().for_each(|x| *x *= factor);
    }
}
