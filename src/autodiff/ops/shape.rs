//! The same elements in another shape.

use crate::autodiff::{Backward, Operation, Pool, Real, Shape, Tensor, Var};

/// The elements, in row-major order, under another shape.
#[derive(Debug)]
struct Reshape {
    shape: Shape,
}

impl<T: Real> Operation<T> for Reshape {
    fn formula(&self) -> String {
        format!("y = x, as {:?}", self.shape)
    }

    /// Nothing is copied.
    fn forward(&self, x: &[&Tensor<T>], _: &mut Pool<T>) -> Tensor<T> {
        let (from, to) = (x[0].shape(), &self.shape);
        assert!(x[0].len() == to.iter().product::<usize>(), "reshape: {from:?} has not as many elements as {to:?}");
        x[0].clone().into_shape_with_order(&**to).expect("as many elements")
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x) = (step.gradient(), step.input(0));
        step.add(0, || g.reshape(&x.shape()));
    }
}

/// `[m, n]` to `[n, m]`.
#[derive(Debug)]
struct Transpose;

impl<T: Real> Operation<T> for Transpose {
    fn formula(&self) -> String {
        "y = xᵀ".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let &[m, n] = x[0].shape() else { panic!("transpose: shape {:?} is not a matrix", x[0].shape()) };
        let mut y = pool.take(&[n, m]);
        y.assign(&x[0].t());
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let g = step.gradient();
        step.add(0, || g.transpose());
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The same elements, in row-major order, under another shape.
    ///
    /// # Panics
    /// When the numbers of elements differ.
    pub fn reshape(self, shape: &[usize]) -> Var<'t, T> {
        self.tape().apply(Reshape { shape: shape.into() }, &[self])
    }

    /// The transpose of a matrix. A product does not need it: see
    /// [`matmul_nt`](Var::matmul_nt) and [`matmul_tn`](Var::matmul_tn).
    ///
    /// # Panics
    /// When the value has not two axes.
    pub fn transpose(self) -> Var<'t, T> {
        self.tape().apply(Transpose, &[self])
    }
}
