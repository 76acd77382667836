//! The contract between convolutions and the micro-kernels: one register tile, summed along a walk.

use crate::gemm::Element;

/// A tile of sums, `C[i, j] = Σ A(step)[i]·B(step)[j]`, where the steps are those of a walk through two arrays: three
/// loops in each other, each of which moves both places by a fixed distance.
///
/// It is what the tile of a matrix product is, but that nothing has been packed for it: where images overlap
/// themselves under a moving window, a copy would hold each pixel many times.
#[derive(Clone, Copy, Debug)]
pub struct Walk<T> {
    /// How often each loop runs, the outermost first.
    pub counts: [usize; 3],
    /// Where `A(step)[0]` is at first.
    pub a: *const T,
    /// How far each loop moves it.
    pub a_steps: [usize; 3],
    /// From one row's number to the next one's.
    pub a_row: usize,
    /// Where `B(step)[0]` is at first; its columns are neighbours.
    pub b: *const T,
    /// How far each loop moves it.
    pub b_steps: [usize; 3],
    /// Rows of the tile, at most the kernel's.
    pub rows: usize,
    /// Columns of the tile, at most the kernel's. Nothing is written beyond them.
    pub columns: usize,
    /// Whether `B` may be read as far as the kernel's columns.
    pub b_is_full: bool,
    /// `C[0, 0]`; the columns are neighbours.
    pub c: *mut T,
    /// From one row of `C` to the next.
    pub c_row: usize,
    /// Add to `C` rather than overwrite it.
    pub add: bool,
}

/// Rows and columns of the portable kernel's tile.
pub const PORTABLE: [usize; 2] = [4, 16];

/// A walk in plain code, for every machine and both precisions.
///
/// # Safety
/// Every place that the walk visits must be valid, those of `C` for writing, and the tile not larger than
/// [`PORTABLE`].
#[allow(unsafe_code)]
pub unsafe fn portable<T: Element>(walk: &Walk<T>) {
    let [rows, columns] = [walk.rows, walk.columns];
    let mut sums = [[T::ZERO; PORTABLE[1]]; PORTABLE[0]];
    let mut add_products = |a: *const T, b: *const T| {
        let mut here = [T::ZERO; PORTABLE[1]];
        // SAFETY: the caller's contract: this step's numbers are valid.
        unsafe {
            std::ptr::copy_nonoverlapping(b, here.as_mut_ptr(), columns);
            for (i, row) in sums.iter_mut().enumerate().take(rows) {
                let a = *a.add(i * walk.a_row);
                row.iter_mut().zip(&here).for_each(|(sum, &b)| *sum += a * b);
            }
        }
    };
    for outer in 0..walk.counts[0] {
        for middle in 0..walk.counts[1] {
            for inner in 0..walk.counts[2] {
                let at = |steps: &[usize; 3]| outer * steps[0] + middle * steps[1] + inner * steps[2];
                add_products(walk.a.wrapping_add(at(&walk.a_steps)), walk.b.wrapping_add(at(&walk.b_steps)));
            }
        }
    }
    for (i, row) in sums.iter().enumerate().take(rows) {
        for (j, &sum) in row.iter().enumerate().take(columns) {
            // SAFETY: the caller's contract: the tile of C is valid.
            unsafe {
                let c = walk.c.add(i * walk.c_row + j);
                *c = if walk.add { *c + sum } else { sum };
            }
        }
    }
}
