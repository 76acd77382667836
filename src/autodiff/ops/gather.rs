//! Rows looked up by number, and added where they were taken: each is the adjoint of the other. A "row" is one
//! entry of the first axis.

use super::notation::listed;
use super::rows::with_rows;
use crate::autodiff::{Backward, Operation, Pool, Real, Tape, Tensor, Var, kernels};
use crate::parallel::{in_rows, vectorised};
use std::sync::Arc;

/// Row `i` of the result is row `indices[i]` of `x`.
#[derive(Debug)]
struct GatherRows {
    indices: Arc<[u32]>,
}

/// Row `k` of the result, of `rows` rows, is the sum of those rows `i` of `x` for which `indices[i] = k`.
#[derive(Debug)]
struct ScatterAddRows {
    indices: Arc<[u32]>,
    rows: usize,
}

impl<T: Real> Operation<T> for GatherRows {
    fn formula(&self) -> String {
        format!("y[i] = x[k[i]], k = {}", listed(&self.indices))
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (x, [rows, length]) = (kernels::slice(inputs[0]), rows_and_length("gather_rows", inputs[0]));
        assert_below("gather_rows", &self.indices, rows);
        let mut y = pool.take(&with_rows(inputs[0], self.indices.len()));
        in_rows(kernels::slice_mut(&mut y), length, |i, row| {
            row.copy_from_slice(&x[self.indices[i] as usize * length..][..length]);
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, rows) = (step.gradient(), step.input(0).shape()[0]);
        step.add(0, || g.scatter_add_rows(Arc::clone(&self.indices), rows));
    }
}

impl<T: Real> Operation<T> for ScatterAddRows {
    fn formula(&self) -> String {
        format!("y[r] = Σ x[i] where k[i] = r, k = {}, r < {}", listed(&self.indices), self.rows)
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (x, [count, length]) = (kernels::slice(inputs[0]), rows_and_length("scatter_add_rows", inputs[0]));
        let numbers = self.indices.len();
        assert!(numbers == count, "scatter_add_rows: {numbers} numbers for the rows of {:?}", inputs[0].shape());
        assert_below("scatter_add_rows", &self.indices, self.rows);
        let mut y = pool.take(&with_rows(inputs[0], self.rows));
        let sums = kernels::slice_mut(&mut y);
        // One after the other: two rows may go to the same place.
        vectorised(|| {
            sums.fill(T::ZERO);
            for (row, &index) in x.chunks_exact(length.max(1)).zip(&*self.indices) {
                let sum = &mut sums[index as usize * length..][..length];
                sum.iter_mut().zip(row).for_each(|(sum, &x)| *sum += x);
            }
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let g = step.gradient();
        step.add(0, || g.gather_rows(Arc::clone(&self.indices)));
    }
}

/// How many rows there are, and how many elements each has.
fn rows_and_length<T>(name: &str, x: &Tensor<T>) -> [usize; 2] {
    assert!(x.ndim() > 0, "{name}: a single number has no rows");
    [x.shape()[0], x.shape()[1..].iter().product()]
}

fn assert_below(name: &str, indices: &[u32], rows: usize) {
    if let Some(index) = indices.iter().find(|&&index| index as usize >= rows) {
        panic!("{name}: there is no row {index} of {rows}");
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The rows with these numbers, in this order, each as often as it is named: `[rows, …]` gives
    /// `[indices, …]`. Of a table `[classes, dim]` and the labels of a batch this is the batch's embedding,
    /// `[batch, dim]`.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn gather_rows(self, indices: impl Into<Arc<[u32]>>) -> Var<'t, T> {
        self.tape().apply(GatherRows { indices: indices.into() }, &[self])
    }

    /// Every row added to the row with its number in a result of `rows` rows, elsewhere zero: `[indices, …]` gives
    /// `[rows, …]`. The adjoint of [`gather_rows`](Var::gather_rows).
    ///
    /// # Panics
    /// When there are not as many numbers as rows, or one of them is not below `rows`.
    pub fn scatter_add_rows(self, indices: impl Into<Arc<[u32]>>, rows: usize) -> Var<'t, T> {
        self.tape().apply(ScatterAddRows { indices: indices.into(), rows }, &[self])
    }
}

impl<T: Real> Tape<T> {
    /// The constant `[labels, classes]` that has a 1 in each row, at that row's label, and else zeros.
    ///
    /// # Panics
    /// When a label is not below `classes`.
    pub fn one_hot<L: Copy + Into<u32>>(&self, labels: &[L], classes: usize) -> Var<'_, T> {
        self.fill(&[labels.len(), classes], |y| {
            y.fill(T::ZERO);
            for (i, &label) in labels.iter().enumerate() {
                let label = label.into();
                assert_below("one_hot", &[label], classes);
                y[i * classes + label as usize] = T::ONE;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_row_that_is_named_twice_comes_twice_and_collects_twice() {
        let tape = Tape::<f64>::new();
        let table = tape.leaf(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].into_dyn());
        let rows = table.gather_rows([2, 0, 2]);
        assert_eq!(*rows.value(), array![[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]].into_dyn());
        let weights = tape.leaf(array![[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]].into_dyn());
        let gradient = tape.gradients((rows * weights).sum(), &[table])[0].value();
        assert_eq!(*gradient, array![[2.0, 20.0], [0.0, 0.0], [5.0, 50.0]].into_dyn());
    }

    #[test]
    fn gathering_is_multiplying_with_one_hot_rows() {
        let tape = Tape::<f64>::new();
        let table = tape.leaf(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].into_dyn());
        let labels = [1, 1, 0, 2];
        assert_eq!(table.gather_rows(labels).value(), tape.one_hot(&labels, 3).matmul(table).value());
    }

    #[test]
    #[should_panic(expected = "gather_rows: there is no row 3 of 3")]
    fn a_row_that_is_not_there_is_refused() {
        Tape::<f64>::new().leaf(array![[1.0], [3.0], [5.0]].into_dyn()).gather_rows([0, 3]);
    }
}
