//! Broadcasting and summing: each is the adjoint of the other.

use crate::autodiff::{Backward, Operation, Pool, Real, Shape, Tensor, Var, kernels};

/// Repeats a value along its axes of extent 1 (and along new axes at the left).
#[derive(Debug)]
struct BroadcastTo {
    shape: Shape,
}

impl<T: Real> Operation<T> for BroadcastTo {
    fn formula(&self) -> String {
        format!("y = x, repeated to {:?}", self.shape)
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::broadcast_to(x[0], &self.shape, pool)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, g) = (step.input(0), step.gradient());
        step.add(0, || g.sum_to(&x.shape()));
    }
}

/// Sums along the axes in which `shape` has extent 1, or no axis at the left.
#[derive(Debug)]
struct SumTo {
    shape: Shape,
}

impl<T: Real> Operation<T> for SumTo {
    fn formula(&self) -> String {
        format!("y = Σ x, down to {:?}", self.shape)
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::sum_to(x[0], &self.shape, pool)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, g) = (step.input(0), step.gradient());
        step.add(0, || g.broadcast_to(&x.shape()));
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The value repeated to this shape, as NumPy broadcasts.
    ///
    /// # Panics
    /// When the shape cannot be reached so.
    pub fn broadcast_to(self, shape: &[usize]) -> Var<'t, T> {
        if *self.shape() == *shape {
            return self;
        }
        self.tape().apply(BroadcastTo { shape: shape.into() }, &[self])
    }

    /// The sum over those axes in which `shape` has extent 1 or, at the left, no axis: the
    /// adjoint of [`broadcast_to`](Var::broadcast_to).
    ///
    /// # Panics
    /// When the value could not have been broadcast from that shape.
    pub fn sum_to(self, shape: &[usize]) -> Var<'t, T> {
        if *self.shape() == *shape {
            return self;
        }
        self.tape().apply(SumTo { shape: shape.into() }, &[self])
    }

    /// The sum over the rows: `[n, …]` gives `[…]`.
    ///
    /// # Panics
    /// When the value is a single number.
    pub fn sum_rows(self) -> Var<'t, T> {
        let shape = self.shape();
        assert!(!shape.is_empty(), "sum_rows: a single number has no rows");
        self.sum_to(&shape[1..])
    }

    /// The sum of all elements, of shape `[]`.
    pub fn sum(self) -> Var<'t, T> {
        self.sum_to(&[])
    }

    /// The mean of all elements, of shape `[]`.
    pub fn mean(self) -> Var<'t, T> {
        self.sum() / T::from_f64(self.len() as f64)
    }

    /// The sum along one axis, which keeps its place with extent 1.
    pub fn sum_axis(self, axis: usize) -> Var<'t, T> {
        assert!(axis < self.shape().len(), "sum_axis: no axis {axis} in shape {:?}", self.shape());
        self.sum_to(&self.shape().with(axis, 1))
    }

    /// The mean along one axis, which keeps its place with extent 1.
    pub fn mean_axis(self, axis: usize) -> Var<'t, T> {
        let sum = self.sum_axis(axis);
        sum / T::from_f64(self.shape()[axis] as f64)
    }
}
