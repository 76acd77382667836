//! Putting rows together and taking them apart. A "row" is one entry of the first axis: in a
//! batch, one sample.

use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};
use std::ops::Range;

/// `a`'s rows, then `b`'s.
#[derive(Debug)]
struct ConcatRows;

impl<T: Real> Operation<T> for ConcatRows {
    fn formula(&self) -> String {
        "y = a’s rows, then b’s".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (a, b) = (x[0], x[1]);
        assert!(
            a.ndim() > 0 && b.ndim() > 0 && a.shape()[1..] == b.shape()[1..],
            "concat_rows: rows of {:?} and of {:?} differ in shape",
            a.shape(),
            b.shape()
        );
        let mut y = pool.take(&with_rows(a, a.shape()[0] + b.shape()[0]));
        let (first, second) = kernels::slice_mut(&mut y).split_at_mut(a.len());
        kernels::copy(kernels::slice(a), first);
        kernels::copy(kernels::slice(b), second);
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (border, end) = (step.input(0).shape()[0], step.output.shape()[0]);
        step.add_rows(0, 0..border);
        step.add_rows(1, border..end);
    }
}

/// The rows of a range.
#[derive(Debug)]
struct SliceRows {
    rows: Range<usize>,
}

impl<T: Real> Operation<T> for SliceRows {
    fn formula(&self) -> String {
        format!("y = x[{:?}]", self.rows)
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (x, Range { start, end }) = (x[0], self.rows.clone());
        assert!(
            x.ndim() > 0 && start <= end && end <= x.shape()[0],
            "slice_rows: no rows {start}..{end} in {:?}",
            x.shape()
        );
        let mut y = pool.take(&with_rows(x, end - start));
        let row = x.shape()[1..].iter().product::<usize>();
        kernels::copy(&kernels::slice(x)[start * row..end * row], kernels::slice_mut(&mut y));
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x) = (step.gradient(), step.input(0));
        step.add(0, || g.pad_rows(self.rows.start, x.shape()[0]));
    }
}

/// Rows of zeros around a value, which begins at row `start` of `total`: the adjoint of taking
/// those rows out.
#[derive(Debug)]
struct PadRows {
    start: usize,
    total: usize,
}

impl<T: Real> Operation<T> for PadRows {
    fn formula(&self) -> String {
        format!("y[{} + i] = x[i], else 0; {} rows", self.start, self.total)
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let x = x[0];
        assert!(
            x.ndim() > 0 && self.start + x.shape()[0] <= self.total,
            "pad_rows: {:?} does not fit at row {} of {}",
            x.shape(),
            self.start,
            self.total
        );
        let mut y = pool.take(&with_rows(x, self.total));
        let row = x.shape()[1..].iter().product::<usize>();
        let y_elements = kernels::slice_mut(&mut y);
        y_elements[..self.start * row].fill(T::ZERO);
        kernels::copy(kernels::slice(x), &mut y_elements[self.start * row..][..x.len()]);
        y_elements[self.start * row + x.len()..].fill(T::ZERO);
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x) = (step.gradient(), step.input(0));
        step.add(0, || g.slice_rows(self.start..self.start + x.shape()[0]));
    }
}

/// The shape of `x` with another number of rows.
pub(super) fn with_rows<T>(x: &Tensor<T>, rows: usize) -> Vec<usize> {
    let mut shape = x.shape().to_vec();
    shape[0] = rows;
    shape
}

impl<'t, T: Real> Var<'t, T> {
    /// This value's rows followed by `below`'s: `[m, …]` and `[n, …]` give `[m + n, …]`.
    ///
    /// # Panics
    /// When the rows differ in shape.
    pub fn concat_rows(self, below: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(ConcatRows, &[self, below])
    }

    /// The rows of a range.
    ///
    /// # Panics
    /// When there are no such rows.
    pub fn slice_rows(self, rows: Range<usize>) -> Var<'t, T> {
        self.tape().apply(SliceRows { rows }, &[self])
    }

    /// The value as rows `start..` of `total` rows, the others zero.
    ///
    /// # Panics
    /// When it does not fit.
    pub fn pad_rows(self, start: usize, total: usize) -> Var<'t, T> {
        self.tape().apply(PadRows { start, total }, &[self])
    }
}
