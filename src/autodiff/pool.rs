//! Where the buffers of a tape rest between two steps, and how its products are multiplied.

use super::{Real, Tensor};
use crate::gemm::{Kernel, Precision, kernel};
use ndarray::IxDyn;
use std::collections::HashMap;

/// What an operation computes with: buffers waiting to be used again, by their length, and the kernel of its products.
///
/// A training step asks for the same lengths in the same order every time, so from the second
/// step on every buffer it asks for is here.
#[derive(Debug)]
pub struct Pool<T> {
    resting: HashMap<usize, Vec<Tensor<T>>>,
    kernel: Kernel,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { resting: HashMap::new(), kernel: kernel(Precision::F32) }
    }
}

impl<T: Real> Pool<T> {
    /// What matrices are multiplied and images convolved with.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Has operands of products rounded to this precision from now on.
    pub fn set_precision(&mut self, precision: Precision) {
        self.kernel = kernel(precision);
    }

    /// An array of this shape in row-major order, which nobody else holds. **Its content is whatever was there
    /// before**: the caller writes every element.
    pub fn take(&mut self, shape: &[usize]) -> Tensor<T> {
        let length = shape.iter().product();
        let resting = self.resting.get_mut(&length).and_then(Vec::pop);
        let buffer = resting.unwrap_or_else(|| Tensor::from_elem(IxDyn(&[length]), T::ZERO));
        buffer.into_shape_with_order(shape).expect("the buffer has the shape's length")
    }

    /// Takes an array's buffer back, if nobody else holds it.
    pub fn give(&mut self, array: Tensor<T>) {
        if array.is_unique() {
            self.resting.entry(array.len()).or_default().push(array);
        }
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

    #[test]
    fn a_buffer_that_somebody_holds_is_not_handed_out() {
        let mut pool = Pool::<f32>::default();
        let first = pool.take(&[4]);
        pool.give(first.clone());
        assert_ne!(pool.take(&[4]).as_ptr(), first.as_ptr());
    }
}
