//! The matrix product, floor one of the house: everything a dense network spends its time on.

mod element;
mod kernel;
#[cfg(target_arch = "x86_64")]
mod kernel_avx2;
#[cfg(target_arch = "x86_64")]
mod kernel_avx512;
mod matrix;
#[cfg(target_arch = "x86_64")]
mod nest;
#[cfg(target_arch = "x86_64")]
mod pack;
mod split;
#[cfg(target_arch = "x86_64")]
mod tile;

pub use element::Element;
pub use kernel::{KERNEL_VARIABLE, Kernel, KernelError, check_kernel_variable, kernel, kernel_name};
pub use matrix::{Beta, MatrixMut, MatrixRef};

use element::Block;
use rayon::prelude::*;
use split::Blocks;

/// `C = A·B` or `C += A·B`, with `A: [m, k]`, `B: [k, n]`, `C: [m, n]`, on rayon's current pool.
///
/// # Panics
/// When the shapes do not fit together.
pub fn gemm<T: Element>(a: MatrixRef<T>, b: MatrixRef<T>, beta: Beta, c: MatrixMut<T>) {
    gemm_with(kernel(), a, b, beta, c);
}

/// [`gemm`] with a kernel of the caller's choice, for tests and benchmarks.
///
/// # Panics
/// When the shapes do not fit together, or the processor cannot run the kernel.
pub fn gemm_with<T: Element>(kernel: Kernel, a: MatrixRef<T>, b: MatrixRef<T>, beta: Beta, c: MatrixMut<T>) {
    assert!(kernel.is_available(), "gemm: this processor cannot run the kernel {}", kernel.name());
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
        multiply_block(kernel, a, b, beta, &destination, c.row_stride, rows, columns);
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

#[allow(clippy::too_many_arguments)]
fn multiply_block<T: Element>(
    kernel: Kernel,
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
            kernel,
            &Block {
                shape: [rows.len(), a.columns, columns.len()],
                a: a.data.as_ptr().add(a_start),
                a_strides: [a.row_stride, a.column_stride],
                b: b.data.as_ptr().add(b_start),
                b_strides: [b.row_stride, b.column_stride],
                beta,
                c: c.0.add(rows.start * c_row_stride + columns.start),
                c_row_stride,
            },
        );
    }
}

#[cfg(test)]
mod tests;
