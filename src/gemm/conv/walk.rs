//! The contract between convolutions and the micro-kernels: one register tile, summed along a walk.

use crate::gemm::{Element, Kernel};

/// A tile of sums, `C[i, j] = Σ A(step)[i]·B(step)[j]`, where the steps are those of a walk through two arrays: three
/// loops in each other, each of which moves both places by a fixed distance.
///
/// It is what the tile of a matrix product is, but that nothing has been packed for it: where images overlap
/// themselves under a moving window, a copy would hold each pixel many times.
#[derive(Debug)]
pub struct Walk<'a, T> {
    /// How often each loop runs, the outermost first.
    pub counts: [usize; 3],
    /// From where `A(step)[0]` is at first.
    pub a: &'a [T],
    /// How far each loop moves it.
    pub a_steps: [usize; 3],
    /// From one row's number to the next one's.
    pub a_row: usize,
    /// From where `B(step)[0]` is at first; its columns are neighbours.
    pub b: &'a [T],
    /// How far each loop moves it.
    pub b_steps: [usize; 3],
    /// Rows of the tile, at least one and at most the kernel's.
    pub rows: usize,
    /// Columns of the tile, at least one and at most the kernel's. Nothing is written beyond them.
    pub columns: usize,
    /// Whether `B` may be read as far as the kernel's columns.
    pub b_is_full: bool,
    /// From `C[0, 0]` on; the columns are neighbours.
    pub c: &'a mut [T],
    /// From one row of `C` to the next.
    pub c_row: usize,
    /// Add to `C` rather than overwrite it.
    pub add: bool,
}

impl<T: Element> Walk<'_, T> {
    /// Computes the tile. The kernel is available.
    ///
    /// # Panics
    /// When the tile is larger than the kernel's or empty, or something of it would lie outside its slice.
    pub fn run(mut self, kernel: Kernel) {
        let [mr, nr] = T::tile(kernel);
        let Self { counts, rows, columns, .. } = self;
        assert!((1..=mr).contains(&rows) && (1..=nr).contains(&columns), "a tile of {rows} × {columns} elements");
        if !counts.contains(&0) {
            let last = |steps: [usize; 3]| -> usize { (0..3).map(|i| (counts[i] - 1) * steps[i]).sum() };
            assert!(last(self.a_steps) + (rows - 1) * self.a_row < self.a.len());
            let width = if self.b_is_full { nr } else { columns };
            assert!(last(self.b_steps) + width <= self.b.len());
        }
        assert!((rows - 1) * self.c_row + columns <= self.c.len());
        // SAFETY: asserted above; the kernel is available.
        #[allow(unsafe_code)]
        unsafe {
            T::walk(kernel, &mut self);
        }
    }
}

/// Rows and columns of the portable kernel's tile.
pub const PORTABLE: [usize; 2] = [4, 16];

/// A walk in plain code, for every machine and both precisions.
///
/// # Safety
/// Every place that the walk visits must lie within its slice, and the tile must be no larger than [`PORTABLE`].
#[allow(unsafe_code)]
pub unsafe fn portable<T: Element>(walk: &mut Walk<T>) {
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
    let (a, b) = (walk.a.as_ptr(), walk.b.as_ptr());
    for outer in 0..walk.counts[0] {
        for middle in 0..walk.counts[1] {
            for inner in 0..walk.counts[2] {
                let at = |steps: &[usize; 3]| outer * steps[0] + middle * steps[1] + inner * steps[2];
                add_products(a.wrapping_add(at(&walk.a_steps)), b.wrapping_add(at(&walk.b_steps)));
            }
        }
    }
    for (i, row) in sums.iter().enumerate().take(rows) {
        for (j, &sum) in row.iter().enumerate().take(columns) {
            // SAFETY: the caller's contract: the tile of C is valid.
            unsafe {
                let c = walk.c.as_mut_ptr().add(i * walk.c_row + j);
                *c = if walk.add { *c + sum } else { sum };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    /// The sums of a tile of 2 × 3 along a walk that needs 34, 46 and 13 elements, where there are so many.
    fn sums(kernel: Kernel, [a, b, c]: [usize; 3], b_is_full: bool) -> Vec<f32> {
        let numbers: Vec<f32> = (0..a.max(b)).map(|i| i as f32).collect();
        let mut sums = vec![1.0; c];
        let walk = Walk {
            counts: [2, 3, 2],
            a: &numbers[..a],
            a_steps: [20, 4, 1],
            a_row: 4,
            b: &numbers[..b],
            b_steps: [30, 6, 1],
            rows: 2,
            columns: 3,
            b_is_full,
            c: &mut sums,
            c_row: 10,
            add: true,
        };
        walk.run(kernel);
        sums
    }

    #[test]
    fn a_walk_stays_within_its_slices_or_panics() {
        for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_available()) {
            let needed = [34, 46, 13];
            let found = sums(kernel, needed, false);
            for (at, &sum) in found.iter().enumerate() {
                let (i, j) = (at / 10, at % 10);
                let steps = (0..12).map(|s| [s / 6, s / 2 % 3, s % 2]);
                let product = |[p, q, r]: [usize; 3]| (20 * p + 4 * q + r + 4 * i) * (30 * p + 6 * q + r + j);
                let expected = if j < 3 { 1 + steps.map(product).sum::<usize>() } else { 1 };
                assert_eq!(sum, expected as f32, "{kernel:?}: C[{i}, {j}]");
            }
            for slice in 0..3 {
                let mut short = needed;
                short[slice] -= 1;
                assert!(catch_unwind(|| sums(kernel, short, false)).is_err(), "{kernel:?}: {short:?}");
            }
            // A full vector of B needs more of it.
            assert!(catch_unwind(|| sums(kernel, needed, true)).is_err(), "{kernel:?}");
            let full = [34, 43 + f32::tile(kernel)[1], 13];
            assert_eq!(sums(kernel, full, true), found, "{kernel:?}");
        }
    }
}
