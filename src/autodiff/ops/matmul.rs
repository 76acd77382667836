//! The matrix product. The forms A·B, A·Bᵀ and Aᵀ·B are each other's derivatives.

use crate::autodiff::deferred::{Deferred, Factor};
use crate::autodiff::{Backward, Operation, Pool, Real, Var, kernels};
use crate::gemm::{Beta, MatrixMut, MatrixRef, gemm};
use ndarray::ArrayD;

/// `op(A) · op(B)`, where `op` transposes or does nothing.
#[derive(Debug)]
struct MatMul {
    transpose_a: bool,
    transpose_b: bool,
}

impl<T: Real> Operation<T> for MatMul {
    fn forward(&self, x: &[&ArrayD<T>], pool: &mut Pool<T>) -> ArrayD<T> {
        let (a, b) = (as_matrix(x[0], self.transpose_a), as_matrix(x[1], self.transpose_b));
        let ([m, k], [depth, n]) = (a.shape(), b.shape());
        assert!(k == depth, "matmul: {:?} times {:?} ({self:?})", x[0].shape(), x[1].shape());
        let mut c = pool.take(&[m, n]);
        gemm(a, b, Beta::Zero, MatrixMut::new(kernels::slice_mut(&mut c), m, n));
        c
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (a, b, g) = (step.input(0), step.input(1), step.gradient);
        let (ta, tb) = (self.transpose_a, self.transpose_b);
        // C = A·B:  Ā = Ḡ·Bᵀ,  B̄ = Aᵀ·Ḡ; a transposed operand has a transposed gradient.
        step.add(0, || if ta { product(b, tb, g, true) } else { product(g, false, b, !tb) });
        step.add(1, || if tb { product(g, true, a, ta) } else { product(a, !ta, g, false) });
    }
}

/// An array of two axes as an operand of the product.
pub(super) fn as_matrix<T: Real>(x: &ArrayD<T>, transposed: bool) -> MatrixRef<'_, T> {
    let &[rows, columns] = x.shape() else { panic!("matmul: shape {:?} is not a matrix", x.shape()) };
    let matrix = MatrixRef::new(kernels::slice(x), rows, columns);
    if transposed { matrix.transposed() } else { matrix }
}

fn product<'t, T: Real>(a: Var<'t, T>, transpose_a: bool, b: Var<'t, T>, transpose_b: bool) -> Var<'t, T> {
    if !a.tape().is_recording() {
        // Nobody will differentiate it: it can wait until somebody looks.
        let (a_factor, b_factor) = (Factor::new(a.value(), transpose_a), Factor::new(b.value(), transpose_b));
        return a.tape().defer(Deferred::product(a_factor, b_factor));
    }
    a.tape().apply(MatMul { transpose_a, transpose_b }, &[a, b])
}

impl<'t, T: Real> Var<'t, T> {
    /// `A · B`: `[m, k]` times `[k, n]` is `[m, n]`.
    ///
    /// # Panics
    /// When the shapes do not fit; so do the forms below.
    pub fn matmul(self, b: Var<'t, T>) -> Var<'t, T> {
        product(self, false, b, false)
    }

    /// `A · Bᵀ`: `[m, k]` times `[n, k]` is `[m, n]`.
    pub fn matmul_nt(self, b: Var<'t, T>) -> Var<'t, T> {
        product(self, false, b, true)
    }

    /// `Aᵀ · B`: `[k, m]` times `[k, n]` is `[m, n]`.
    pub fn matmul_tn(self, b: Var<'t, T>) -> Var<'t, T> {
        product(self, true, b, false)
    }

    /// `Aᵀ · Bᵀ`: `[k, m]` times `[n, k]` is `[m, n]`.
    pub fn matmul_tt(self, b: Var<'t, T>) -> Var<'t, T> {
        product(self, true, b, true)
    }
}
