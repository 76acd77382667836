//! Matrices seen through slices and strides: the operands of a product.

/// A matrix seen through a slice: element `(i, j)` is `data[i * row_stride + j * column_stride]`.
#[derive(Clone, Copy, Debug)]
pub struct MatrixRef<'a, T> {
    pub(super) data: &'a [T],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
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
    pub(super) data: &'a mut [T],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
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

/// How many elements a slice must have to hold every element of such a matrix. Too many to count are as many as can be
/// counted: no slice has so many.
pub(super) fn extent([rows, columns]: [usize; 2], [row_stride, column_stride]: [usize; 2]) -> usize {
    if rows == 0 || columns == 0 {
        return 0;
    }
    let [last_row, last_column] = [(rows - 1).saturating_mul(row_stride), (columns - 1).saturating_mul(column_stride)];
    last_row.saturating_add(last_column).saturating_add(1)
}

/// What happens to the former content of `C`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beta {
    /// `C = A·B`; the former content is not read.
    Zero,
    /// `C += A·B`.
    One,
}
