//! Plain code for every machine and all operands: `matrixmultiply`'s products, and a tile for convolutions.

use crate::gemm::lane::Lane;
use crate::gemm::lane::Number;
use crate::gemm::matrix::Beta;
use crate::gemm::pair::{Pair, rounded};
use crate::gemm::routines::{Block, Routines};
use crate::gemm::tile::Tile;

/// In single precision.
pub static SINGLE: Routines<f32> = routines(multiply_single);
/// In double precision.
pub static DOUBLE: Routines<f64> = routines(multiply_double);
/// Of 16-bit operands.
pub static PAIRS: Routines<Pair> = routines(multiply_rounded);

const fn routines<P: Lane>(multiply: unsafe fn(&Block<P::Number>)) -> Routines<P> {
    Routines { name: "portable", tile: TILE, neighbours: 1, multiply, walk: walk::<P>, multiply_add }
}

/// Rows and columns of the largest tile of a walk.
const TILE: [usize; 2] = [4, 16];

/// See [`Routines::multiply`].
#[allow(unsafe_code)]
unsafe fn multiply_single(block: &Block<f32>) {
    // SAFETY: the same contract as this function's.
    unsafe { multiply(matrixmultiply::sgemm, 1.0, block) }
}

/// See [`Routines::multiply`].
#[allow(unsafe_code)]
unsafe fn multiply_double(block: &Block<f64>) {
    // SAFETY: the same contract as this function's.
    unsafe { multiply(matrixmultiply::dgemm, 1.0, block) }
}

/// See [`Routines::multiply`]. `A` and `B` are rounded first.
#[allow(unsafe_code)]
unsafe fn multiply_rounded(block: &Block<f32>) {
    let [m, k, n] = block.shape;
    let copy = |[rows, columns]: [usize; 2], from: *const f32, strides: [usize; 2], copy: &mut [f32]| {
        for (at, x) in copy.iter_mut().enumerate().take(rows * columns) {
            // SAFETY: the caller's contract: every element of the matrix is valid.
            *x = rounded(unsafe { *from.add(at / columns * strides[0] + at % columns * strides[1]) });
        }
    };
    f32::with_buffer(m * k, |a| {
        f32::with_buffer(k * n, |b| {
            copy([m, k], block.a, block.a_strides, a);
            copy([k, n], block.b, block.b_strides, b);
            let (a_strides, b_strides) = ([k, 1], [n, 1]);
            let block = Block { a: a.as_ptr(), a_strides, b: b.as_ptr(), b_strides, ..*block };
            // SAFETY: the same contract as this function's, for the copies.
            unsafe { multiply(matrixmultiply::sgemm, 1.0, &block) }
        });
    });
}

/// `matrixmultiply::sgemm` or `dgemm`: `(m, k, n, alpha, A, strides, B, strides, beta, C, strides)`.
#[rustfmt::skip]
type Gemm<T> = unsafe fn(
    usize, usize, usize, T, *const T, isize, isize, *const T, isize, isize, T, *mut T, isize, isize,
);

#[allow(unsafe_code)]
unsafe fn multiply<T: Copy + Default>(gemm: Gemm<T>, one: T, block: &Block<T>) {
    let [m, k, n] = block.shape;
    let ([rsa, csa], [rsb, csb]) = (block.a_strides.map(|s| s as isize), block.b_strides.map(|s| s as isize));
    let beta = if block.beta == Beta::One { one } else { T::default() };
    // SAFETY: the same contract as `Routines::multiply`'s.
    unsafe { gemm(m, k, n, one, block.a, rsa, csa, block.b, rsb, csb, beta, block.c, block.c_row_stride as isize, 1) }
}

/// See [`Routines::walk`].
#[allow(unsafe_code)]
unsafe fn walk<P: Lane>(tile: &Tile<P, P::Number>) {
    let (steps, [rows, columns]) = (tile.steps, [tile.steps.rows, tile.steps.columns]);
    let mut sums = [[P::Number::ZERO; TILE[1]]; TILE[0]];
    let mut add_products = |a: *const P, b: *const P| {
        let mut here = [P::of(|_| P::Number::ZERO); TILE[1]];
        // SAFETY: the caller's contract: this step's numbers are valid.
        unsafe {
            std::ptr::copy_nonoverlapping(b, here.as_mut_ptr(), columns);
            for (i, row) in sums.iter_mut().enumerate().take(rows) {
                let a = *a.add(i * steps.a_row);
                row.iter_mut().zip(&here).for_each(|(sum, &b)| *sum = a.add_products(b, *sum));
            }
        }
    };
    for outer in 0..steps.counts[0] {
        for middle in 0..steps.counts[1] {
            for inner in 0..steps.counts[2] {
                let at = |step: &[usize; 3]| outer * step[0] + middle * step[1] + inner * step[2];
                add_products(tile.a.wrapping_add(at(&steps.a)), tile.b.wrapping_add(at(&steps.b)));
            }
        }
    }
    for (i, row) in sums.iter().enumerate().take(rows) {
        for (j, &sum) in row.iter().enumerate().take(columns) {
            // SAFETY: the caller's contract: the tile of C is valid.
            unsafe {
                let c = tile.c.add(i * steps.c_row + j);
                *c = if steps.add { *c + sum } else { sum };
            }
        }
    }
}

/// Multiplies and adds in so many rounds, and answers how many operations that was.
pub fn multiply_add(rounds: usize) -> usize {
    const SUMS: usize = 64;
    let mut sums = [1.0f32; SUMS];
    let factor = std::hint::black_box(0.5);
    for _ in 0..rounds {
        sums.iter_mut().for_each(|sum| *sum = *sum * factor + factor);
    }
    std::hint::black_box(sums);
    2 * SUMS * rounds
}
