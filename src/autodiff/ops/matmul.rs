//! The matrix product. The forms A·B, A·Bᵀ and Aᵀ·B are each other's derivatives.

use crate::autodiff::backward::Side;
use crate::autodiff::{Backward, Operation, Pool, Real, Shape, Tensor, Terms, Var, kernels};
use crate::gemm::{Beta, MatrixMut, MatrixRef, gemm_with};
use std::ops::Range;

/// `op(A) · op(B)`, where `op` transposes or does nothing; or some rows of it.
#[derive(Debug)]
struct MatMul {
    transpose_a: bool,
    transpose_b: bool,
    /// Which rows of an `A` that is not transposed; all, if none are named.
    rows: Option<Range<usize>>,
}

impl<T: Real> Operation<T> for MatMul {
    fn formula(&self) -> String {
        let (a, b) = (if self.transpose_a { "Aᵀ" } else { "A" }, if self.transpose_b { "Bᵀ" } else { "B" });
        let rows = self.rows.as_ref().map_or(String::new(), |rows| format!("[{rows:?}]"));
        format!("C = {a}{rows}·{b}")
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (a, b) = (as_matrix(x[0], self.transpose_a), as_matrix(x[1], self.transpose_b));
        let a = if let Some(rows) = &self.rows { rows_of(x[0], rows) } else { a };
        let ([m, k], [depth, n]) = (a.shape(), b.shape());
        assert!(k == depth, "matmul: {:?} times {:?} ({self:?})", x[0].shape(), x[1].shape());
        let mut c = pool.take(&[m, n]);
        gemm_with(pool.kernel(), a, b, Beta::Zero, MatrixMut::new(kernels::slice_mut(&mut c), m, n));
        c
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (a, b, g) = (step.input(0), step.input(1), step.gradient());
        let g = if let Some(rows) = &self.rows { g.pad_rows(rows.start, a.shape()[0]) } else { g };
        let (ta, tb) = (self.transpose_a, self.transpose_b);
        let side = |matrix, transposed| Side { matrix, transposed };
        // C = A·B:  Ā = Ḡ·Bᵀ,  B̄ = Aᵀ·Ḡ; a transposed operand has a transposed gradient.
        if ta {
            step.add_product(0, side(b, tb), g.t())
        } else {
            step.add_product(0, g, side(b, !tb))
        }
        if tb { step.add_product(1, g.t(), side(a, ta)) } else { step.add_product(1, side(a, !ta), g) }
    }

    fn multiplications(&self, inputs: &[Shape]) -> usize {
        let all = inputs[0].iter().product::<usize>() * inputs[1][usize::from(!self.transpose_b)];
        self.rows.as_ref().map_or(all, |rows| all / inputs[0][0].max(1) * rows.len())
    }

    fn terms(&self, inputs: &[Shape], element: usize) -> Option<Terms> {
        let ([m, k], [p, q]) = ([inputs[0][0], inputs[0][1]], [inputs[1][0], inputs[1][1]]);
        let (depth, columns) = (if self.transpose_a { m } else { k }, if self.transpose_b { p } else { q });
        let (i, j) = (element / columns + self.rows.as_ref().map_or(0, |rows| rows.start), element % columns);
        let a = |l| if self.transpose_a { l * k + i } else { i * k + l };
        let b = |l| if self.transpose_b { j * q + l } else { l * q + j };
        Some(Terms::of_products((0..depth).map(|l| [a(l), b(l)])))
    }
}

/// An array of two axes as an operand of the product.
pub(super) fn as_matrix<T: Real>(x: &Tensor<T>, transposed: bool) -> MatrixRef<'_, T> {
    let &[rows, columns] = x.shape() else { panic!("matmul: shape {:?} is not a matrix", x.shape()) };
    let matrix = MatrixRef::new(kernels::slice(x), rows, columns);
    if transposed { matrix.transposed() } else { matrix }
}

/// Some rows of a matrix.
fn rows_of<'a, T: Real>(x: &'a Tensor<T>, rows: &Range<usize>) -> MatrixRef<'a, T> {
    let columns = x.shape()[1];
    MatrixRef::new(&kernels::slice(x)[rows.start * columns..rows.end * columns], rows.len(), columns)
}

impl<'t, T: Real> Side<'t, T> {
    /// The product with `b`, or these rows of it.
    pub(in crate::autodiff) fn times(self, b: Self, rows: Option<Range<usize>>) -> Var<'t, T> {
        let product = MatMul { transpose_a: self.transposed, transpose_b: b.transposed, rows };
        self.matrix.tape().apply(product, &[self.matrix, b.matrix])
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// `A · B`: `[m, k]` times `[k, n]` is `[m, n]`.
    ///
    /// # Panics
    /// When the shapes do not fit; so do the forms below.
    pub fn matmul(self, b: Var<'t, T>) -> Var<'t, T> {
        Side::from(self).times(b.into(), None)
    }

    /// `A · Bᵀ`: `[m, k]` times `[n, k]` is `[m, n]`.
    pub fn matmul_nt(self, b: Var<'t, T>) -> Var<'t, T> {
        Side::from(self).times(b.t(), None)
    }

    /// `Aᵀ · B`: `[k, m]` times `[k, n]` is `[m, n]`.
    pub fn matmul_tn(self, b: Var<'t, T>) -> Var<'t, T> {
        self.t().times(b.into(), None)
    }

    /// `Aᵀ · Bᵀ`: `[k, m]` times `[n, k]` is `[m, n]`.
    pub fn matmul_tt(self, b: Var<'t, T>) -> Var<'t, T> {
        self.t().times(b.t(), None)
    }
}
