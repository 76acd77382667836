//! Where the buffers of a tape rest between two steps.

use super::Real;
use ndarray::{ArrayD, IxDyn};
use std::collections::HashMap;

/// Buffers waiting to be used again, by their length.
///
/// A training step asks for the same lengths in the same order every time, so from the second
/// step on every buffer it asks for is here.
#[derive(Debug)]
pub struct Pool<T> {
    resting: HashMap<usize, Vec<Vec<T>>>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { resting: HashMap::new() }
    }
}

impl<T: Real> Pool<T> {
    /// An array of this shape in row-major order. **Its content is whatever was there before**:
    /// the caller writes every element.
    pub fn take(&mut self, shape: &[usize]) -> ArrayD<T> {
        let length = shape.iter().product();
        let buffer = self.resting.get_mut(&length).and_then(Vec::pop);
        let buffer = buffer.unwrap_or_else(|| vec![T::ZERO; length]);
        ArrayD::from_shape_vec(IxDyn(shape), buffer).expect("the buffer has the shape's length")
    }

    /// Takes an array's buffer back.
    pub fn give(&mut self, array: ArrayD<T>) {
        let (buffer, _) = array.into_raw_vec_and_offset();
        self.resting.entry(buffer.len()).or_default().push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_given_back_is_taken_again_in_another_shape() {
        let mut pool = Pool::<f32>::default();
        let first = pool.take(&[2, 6]);
        let address = first.as_ptr();
        pool.give(first);
        let second = pool.take(&[3, 4]);
        assert_eq!((second.as_ptr(), second.shape()), (address, &[3, 4][..]));
        assert_ne!(pool.take(&[12]).as_ptr(), address);
    }
}
