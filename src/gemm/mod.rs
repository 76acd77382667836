//! The matrix product, floor one of the house: everything a dense network spends its time on.
//!
//! One entry, [`gemm`], computes `C = A·B` or `C += A·B` over slices and strides, so that a
//! transposed operand is a swap of two numbers and never a copy. The work inside a block is
//! [`matrixmultiply`]'s; this module cuts `C` into blocks and hands them to the cores.
//!
//! The summed dimension is never cut: each element of `C` is summed by one thread in one
//! order, so the result is the same to the last bit for any number of threads.

mod element;

pub use element::Element;
use rayon::prelude::*;

/// A matrix seen through a slice: element `(i, j)` is `data[i * row_stride + j * column_stride]`.
#[derive(Clone, Copy, Debug)]
pub struct MatrixRef<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> MatrixRef<'a, T> {
    /// A `[rows, columns]` matrix stored row after row without gaps.
    ///
    /// # Panics
    /// When `data` is shorter than `rows * columns`.
    pub fn new(data: &'a [T], rows: usize, columns: usize) -> Self {
        Self::with_strides(data, [rows, columns], [columns, 1])
    }

    /// A matrix of any layout: `shape` is `[rows, columns]`, `strides` are in elements.
    ///
    /// # Panics
    /// When an element of the matrix would lie beyond the end of `data`.
    pub fn with_strides(data: &'a [T], shape: [usize; 2], strides: [usize; 2]) -> Self {
        let needed = extent(shape, strides);
        assert!(
            needed <= data.len(),
            "gemm: a matrix of shape {shape:?} with strides {strides:?} needs {needed} elements, the slice has {}",
            data.len()
        );
        let [rows, columns] = shape;
        let [row_stride, column_stride] = strides;
        Self { data, rows, columns, row_stride, column_stride }
    }

    /// The transpose of the same elements: nothing is copied.
    pub fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    /// `[rows, columns]`.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }
}

/// A matrix to be written: rows of contiguous elements, `row_stride` apart.
#[derive(Debug)]
pub struct MatrixMut<'a, T> {
    data: &'a mut [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
}

impl<'a, T> MatrixMut<'a, T> {
    /// A `[rows, columns]` matrix stored row after row without gaps.
    ///
    /// # Panics
    /// When `data` is shorter than `rows * columns`.
    pub fn new(data: &'a mut [T], rows: usize, columns: usize) -> Self {
        Self::with_row_stride(data, rows, columns, columns)
    }

    /// A `[rows, columns]` matrix whose rows start `row_stride` elements apart.
    ///
    /// # Panics
    /// When rows would overlap, or the last one would end beyond `data`.
    pub fn with_row_stride(data: &'a mut [T], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(rows < 2 || row_stride >= columns, "gemm: rows of {columns} elements, {row_stride} apart, overlap");
        let needed = extent([rows, columns], [row_stride, 1]);
        assert!(
            needed <= data.len(),
            "gemm: a matrix of shape {:?} with row stride {row_stride} needs {needed} elements, the slice has {}",
            [rows, columns],
            data.len()
        );
        Self { data, rows, columns, row_stride }
    }
}

/// How many elements a slice must have to hold every element of such a matrix.
fn extent([rows, columns]: [usize; 2], [row_stride, column_stride]: [usize; 2]) -> usize {
    if rows == 0 || columns == 0 { 0 } else { (rows - 1) * row_stride + (columns - 1) * column_stride + 1 }
}

/// What happens to the former content of `C`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beta {
    /// `C = A·B`; the former content is not read.
    Zero,
    /// `C += A·B`.
    One,
}

/// `C = A·B` or `C += A·B`, with `A: [m, k]`, `B: [k, n]`, `C: [m, n]`, on rayon's current pool.
///
/// # Panics
/// When the shapes do not fit together.
pub fn gemm<T: Element>(a: MatrixRef<T>, b: MatrixRef<T>, beta: Beta, c: MatrixMut<T>) {
    assert!(
        a.columns == b.rows && a.rows == c.rows && b.columns == c.columns,
        "gemm: {:?} times {:?} does not give {:?}",
        a.shape(),
        b.shape(),
        [c.rows, c.columns]
    );
    if c.rows == 0 || c.columns == 0 {
        return;
    }
    let destination = Destination(c.data.as_mut_ptr());
    let blocks = Blocks::of(c.rows, c.columns, a.columns, rayon::current_num_threads());
    let multiply = |index: usize| {
        let (rows, columns) = blocks.get(index);
        multiply_block(a, b, beta, &destination, c.row_stride, rows, columns);
    };
    if blocks.count() == 1 {
        multiply(0);
    } else {
        (0..blocks.count()).into_par_iter().with_max_len(1).for_each(multiply);
    }
}

/// The start of `C`, shared among threads that write disjoint blocks of it.
struct Destination<T>(*mut T);

// SAFETY: the pointer is only used by `multiply_block`, each call on a block of its own.
#[allow(unsafe_code)]
unsafe impl<T: Send> Sync for Destination<T> {}

type Range = std::ops::Range<usize>;

fn multiply_block<T: Element>(
    a: MatrixRef<T>,
    b: MatrixRef<T>,
    beta: Beta,
    c: &Destination<T>,
    c_row_stride: usize,
    rows: Range,
    columns: Range,
) {
    if rows.is_empty() || columns.is_empty() {
        return;
    }
    // With k = 0 the operands may be empty slices, on which an offset would be out of bounds.
    let (a_start, b_start) =
        if a.columns == 0 { (0, 0) } else { (rows.start * a.row_stride, columns.start * b.column_stride) };
    // SAFETY: `rows` and `columns` are a non-empty part of C, whose shape was asserted against
    // A's and B's; the constructors asserted that every element lies within its slice, and no
    // other call writes this block.
    #[allow(unsafe_code)]
    unsafe {
        T::multiply(
            [rows.len(), a.columns, columns.len()],
            a.data.as_ptr().add(a_start),
            [a.row_stride as isize, a.column_stride as isize],
            b.data.as_ptr().add(b_start),
            [b.row_stride as isize, b.column_stride as isize],
            if beta == Beta::One { T::ONE } else { T::ZERO },
            c.0.add(rows.start * c_row_stride + columns.start),
            [c_row_stride as isize, 1],
        );
    }
}

/// Multiplications below which a second thread costs more than it brings.
const PARALLEL_WORK: usize = 1 << 19;
/// Blocks begin at multiples of this many rows or columns, so that only the last has ragged tiles.
const BLOCK_ALIGNMENT: usize = 16;

/// `C` cut into `across_rows` by `across_columns` blocks.
struct Blocks {
    rows: usize,
    columns: usize,
    across_rows: usize,
    across_columns: usize,
}

impl Blocks {
    /// One block a thread, as square as the number of threads allows: each thread packs its
    /// share of `A` and of `B`, and squares have the least of both for their area.
    fn of(rows: usize, columns: usize, depth: usize, threads: usize) -> Self {
        let work = rows * columns * depth;
        let threads = threads.min(work / PARALLEL_WORK).max(1);
        let (mut across_rows, mut across_columns) = (1, 1);
        let packed = |r: usize, c: usize| rows.div_ceil(r) + columns.div_ceil(c);
        for r in (1..=threads).filter(|r| threads.is_multiple_of(*r)) {
            let c = threads / r;
            if across_rows * across_columns < threads || packed(r, c) < packed(across_rows, across_columns) {
                (across_rows, across_columns) = (r, c);
            }
        }
        Self { rows, columns, across_rows, across_columns }
    }

    fn count(&self) -> usize {
        self.across_rows * self.across_columns
    }

    fn get(&self, index: usize) -> (Range, Range) {
        let (row, column) = (index / self.across_columns, index % self.across_columns);
        (part(self.rows, row, self.across_rows), part(self.columns, column, self.across_columns))
    }
}

/// The `index`-th of `count` nearly equal parts of `0..length`.
fn part(length: usize, index: usize, count: usize) -> Range {
    let border =
        |i: usize| if i == count { length } else { (length * i / count).next_multiple_of(BLOCK_ALIGNMENT).min(length) };
    border(index)..border(index + 1)
}

#[cfg(test)]
mod tests;
