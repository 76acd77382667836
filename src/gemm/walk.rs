//! A register tile for convolutions: summed along a walk through two slices.

use super::element::Operand;
use super::kernel::Kernel;
use super::tile::{Ahead, Steps, Tile};

/// A tile of sums, `C[i, j] = Σ A(step)[i]·B(step)[j]`, where the steps are those of a walk through two arrays: three
/// loops in each other, each of which moves both places by a fixed distance.
///
/// It is what the tile of a matrix product is, but that nothing has been packed for it: where images overlap
/// themselves under a moving window, a copy would hold each pixel many times.
#[derive(Debug)]
pub struct Walk<'a, P: Operand> {
    /// The size of the tile, and the steps of the walk.
    pub steps: Steps,
    /// From where `A(step)[0]` is at first.
    pub a: &'a [P],
    /// From where `B(step)[0]` is at first.
    pub b: &'a [P],
    /// From `C[0, 0]` on.
    pub c: &'a mut [P::Number],
}

/// Counts and distances below this have products and sums that can be counted.
const COUNTABLE: usize = 1 << (usize::BITS / 2 - 1);

impl<P: Operand> Walk<'_, P> {
    /// Computes the tile.
    ///
    /// # Panics
    /// When the tile is larger than the kernel's or empty, or something of it would lie outside its slice.
    pub fn run(self, kernel: Kernel) {
        let routines = P::routines(kernel);
        let [mr, nr] = routines.tile;
        let &Steps { counts, a, a_row, b, b_is_full, rows, columns, c_row, .. } = &self.steps;
        assert!((1..=mr).contains(&rows) && (1..=nr).contains(&columns), "a tile of {rows} × {columns} elements");
        let all = counts[0] | counts[1] | counts[2] | a[0] | a[1] | a[2] | b[0] | b[1] | b[2] | a_row | c_row;
        assert!(all < COUNTABLE, "a walk of distances too large to count");
        if !counts.contains(&0) {
            let last = |steps: [usize; 3]| -> usize { (0..3).map(|i| (counts[i] - 1) * steps[i]).sum() };
            assert!(last(a) + (rows - 1) * a_row < self.a.len());
            let width = if b_is_full { nr } else { columns };
            assert!(last(b) + width <= self.b.len());
        }
        assert!((rows - 1) * c_row + columns <= self.c.len());
        let (a, b, c) = (self.a.as_ptr(), self.b.as_ptr(), self.c.as_mut_ptr());
        let tile = Tile { steps: &self.steps, a, b, c, ahead: Ahead::NOTHING };
        // SAFETY: asserted above, and the slices are borrowed until it is done.
        #[allow(unsafe_code)]
        unsafe {
            (routines.walk)(&tile);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    /// The sums of a tile of 2 × 3 along a walk that needs 34, 46 and 13 elements, where there are so many.
    fn sums(kernel: Kernel, lengths: [usize; 3], b_is_full: bool) -> Vec<f32> {
        sums_of_rows(kernel, lengths, b_is_full, 4)
    }

    /// The same with another distance from one row's number to the next.
    fn sums_of_rows(kernel: Kernel, [a, b, c]: [usize; 3], b_is_full: bool, a_row: usize) -> Vec<f32> {
        let numbers: Vec<f32> = (0..a.max(b)).map(|i| i as f32).collect();
        let mut sums = vec![1.0; c];
        let steps = Steps {
            counts: [2, 3, 2],
            a: [20, 4, 1],
            a_row,
            b: [30, 6, 1],
            b_is_full,
            places: [0, 2],
            rows: 2,
            columns: 3,
            c_row: 10,
            add: true,
        };
        Walk { steps, a: &numbers[..a], b: &numbers[..b], c: &mut sums }.run(kernel);
        sums
    }

    #[test]
    fn a_walk_stays_within_its_slices_or_panics() {
        for kernel in Kernel::available() {
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
            assert!(catch_unwind(|| sums_of_rows(kernel, needed, false, usize::MAX)).is_err(), "{kernel:?}");
            // A full vector of B needs more of it.
            assert!(catch_unwind(|| sums(kernel, needed, true)).is_err(), "{kernel:?}");
            let full = [34, 43 + f32::routines(kernel).tile[1], 13];
            assert_eq!(sums(kernel, full, true), found, "{kernel:?}");
        }
    }
}
