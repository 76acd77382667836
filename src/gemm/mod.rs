//! The matrix product, floor one of the house: everything a dense network spends its time on.
//!
//! One entry, [`gemm`], computes `C = A·B` or `C += A·B` over slices and strides, so that a
//! transposed operand is a swap of two numbers and never a copy.
//!
//! # Why three loops are slow, and what makes them fast
//!
//! The definition, `C[i, j] = Σₚ A[i, p]·B[p, j]`, is three loops. A core can do 32 or 64
//! floating-point operations in a cycle, but the plain loops fetch two numbers for every two
//! operations, and a fetch that misses the caches takes hundreds of cycles. Everything below
//! serves one aim: to use a number many times once it has been fetched.
//!
//! **Register tiles.** A core has 16 or 32 vector registers. Let a tile of `MR` by `NR` elements of
//! `C` live in them while `p` runs. Each step takes `MR` numbers of `A` (a piece of a column)
//! and `NR` of `B` (a piece of a row) and adds their outer product to the tile: `MR·NR`
//! multiplications for `MR + NR` numbers. With 14 by 32, that is 448 for 46, and the units that
//! multiply never wait for those that load. That loop is the *micro-kernel*; everything else is
//! there to feed it.
//!
//! ```text
//!                 NR                    for depth in parts of k, KC at most       nest.rs
//!               ┌────┐                    for rows in parts of m, MC at most
//!            B  │ p →│ one row              pack rows × depth of A            → second-level cache
//!               └────┘                      for columns in 0..n by NR
//!        A  ┌─┐ ┌────┐                        pack depth × columns of B       → first-level cache
//!        MR │p│ │ C  │ in registers           for strip in rows by MR
//!           └─┘ └────┘                          for p in depth                    simd/inner_loop.rs
//!      one column                                 tile += A[strip, p] ⊗ B[p, columns]
//! ```
//!
//! **Blocks for the caches.** A panel of `B`, `KC` by `NR`, is used by every tile of a column of
//! tiles and stays near the core meanwhile; the block of `A`, `MC` by `KC`, is used by every panel
//! and stays in the second-level cache. Their sizes are where those caches end (`nest.rs`).
//!
//! **Packing.** A matrix row of 1024 numbers is 4096 bytes: going down a column touches a new page
//! of memory at each step, and the lines fetched throw each other out of the cache, for their
//! addresses agree in the bits that choose the place. So each panel is first copied to where its
//! numbers lie in the order in which the micro-kernel wants them (`pack.rs`). That costs one pass
//! and is earned back by every tile. It also makes a transposed operand as fast as any other.
//!
//! The structure is that of Goto and van de Geijn, *Anatomy of high-performance matrix
//! multiplication* (ACM TOMS 34, 2008), in the form of Van Zee and van de Geijn, *BLIS: a framework
//! for rapidly instantiating BLAS functionality* (ACM TOMS 41, 2015). Those pack a block of `B` as
//! wide as the third-level cache allows; here a panel is packed just before its use, because in
//! training one operand is a batch, and seldom has more rows than one block of `A`.
//!
//! # Half the bits
//!
//! Training seldom needs 24 significant bits in what it multiplies; it needs the sums, in which small
//! gradients would drown. So operands may be rounded to *bfloat16* ([`Precision`]), a single's
//! exponent with 8 significant bits, while `C` and every sum stay single. What that brings:
//!
//! ```text
//!   single   s eeeeeeee mmmmmmmmmmmmmmmmmmmmmmm     one number a lane
//!   pair     s eeeeeeee mmmmmmm s eeeeeeee mmmmmmm  steps p + 1 and p of one row or column
//!            └──── step p + 1 ─┘└──── step p ─────┘
//!
//!   lane j of the tile's row i:   C[i, j] += A[i, p+1]·B[p+1, j],  then  C[i, j] += A[i, p]·B[p, j]
//! ```
//!
//! The product of two numbers of 8 significant bits has 16, so it fits a single exactly: nothing is
//! lost but what rounding the operands loses. A register's lane is 32 bits wide, so it holds two of them,
//! and some processors (AVX-512 BF16) multiply a lane's pair by another pair and add both products
//! to the lane's one sum in a single instruction: twice the arithmetic from the same registers.
//! What is paired must be neighbours along the *summed* dimension, for only they belong to the same
//! sum. A [`Lane`] is that unit, a number or a pair (`lane.rs`, `pair.rs`), and the loops above count lanes: the
//! tile, the walk and the nest are the same code for both, with half as many steps. Numbers become
//! pairs where they are copied anyway, in packing (`simd/pack.rs`), and for convolutions as an
//! image is laid out (`lay.rs`): channels of one pixel there, and where weights are summed over pixels,
//! neighbouring pixels. Where the processor has no such instruction, pairs are taken apart
//! again as they are loaded (`simd/avx2_pairs.rs`): half the memory, no more arithmetic.
//!
//! # Tiles in hardware
//!
//! Some processors (AMX) have registers of two dimensions, and multiply a tile of pairs by another one at once:
//!
//! ```text
//!                                 B    16 steps × 16 columns of pairs
//!   A   16 rows × 16 steps        C    16 × 16 sums        C += A·B: 8192 multiplications, one instruction
//! ```
//!
//! That is the micro-kernel's loop, as an instruction. Such a core multiplies sixteen times as fast as with vectors, and memory
//! is no faster than before, so the balance is another one: what limits the product is no longer the multiplying but to
//! bring operands along, to round them and to lay them out. Two things differ for such a kernel (`simd/amx.rs`). Its rows of
//! `A` hold neighbouring steps, where a vector kernel wants neighbouring rows: a panel of `A` is packed the other way round
//! (`simd/amx_pack.rs`), and for gradients of a convolution's kernel channels are laid out in rows once, for all
//! taps (`conv/weights/paired.rs`). And it takes sixteen pairs of steps at a time: what lacks some is filled up with zeros.
//!
//! # Which code runs
//!
//! `f32` has a micro-kernel for AVX-512 and one for AVX2, pairs have one for AMX, one for AVX-512 BF16 and one for AVX2; which,
//! is chosen when the program runs ([`kernel`]). Those of vectors share all their code but a few instructions: a file for each
//! instruction set says how it loads, multiplies and stores (`simd/`), and the inner loop is compiled with each. A [`Kernel`] is
//! proof that this processor has the instructions: only looking at the processor makes one.
//! Convolutions use the same tiles, along a walk through operands that nobody packed (`walk.rs`).
//! `f64`, which checks gradients, and other processors use [`matrixmultiply`].
//!
//! # Threads
//!
//! `C` is cut into one block a thread (`split.rs`), and each thread runs the whole nest on its own.
//! The summed dimension is never cut by threads, only by `KC`, and whole tiles and ragged ones do the
//! same operations: each element of `C` is summed in one order, so it is the same to the last bit
//! for any number of threads, and, of operands that are not rounded, for both vector widths.

mod chunks;
mod conv;
mod denormal;
mod element;
mod kernel;
mod lane;
mod lay;
mod matrix;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "no kernel but the portable one"))]
mod nest;
mod pair;
mod peak;
mod precision;
mod routines;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "no kernel but the portable one"))]
mod simd;
mod split;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "no kernel but the portable one"))]
mod tile;
mod vectorised;
mod walk;

pub use chunks::in_chunks;
pub use conv::{ConvShape, Finish, conv_output, convolve, convolve_transposed, convolve_weights};
pub(crate) use denormal::flush_denormals;
pub use element::{Element, Operand};
pub use kernel::{KERNEL_VARIABLE, Kernel, KernelError, check_kernel_variable, kernel};
pub use lane::{Lane, Number};
pub use matrix::{Beta, MatrixMut, MatrixRef};
pub use peak::peak_gflops;
pub use precision::Precision;
pub use vectorised::vectorised;
pub(crate) use vectorised::{Loop, run_vectorised};

use chunks::in_tasks;
use routines::Block;
use split::Blocks;
use std::ops::Range;

/// `C = A·B` or `C += A·B`, with `A: [m, k]`, `B: [k, n]`, `C: [m, n]`, on rayon's current pool. Nothing is rounded
/// beforehand.
///
/// # Panics
/// When the shapes do not fit together.
pub fn gemm<T: Element>(a: MatrixRef<T>, b: MatrixRef<T>, beta: Beta, c: MatrixMut<T>) {
    gemm_with(kernel(Precision::F32), a, b, beta, c);
}

/// [`gemm`] with a kernel of the caller's choice, in that one's precision.
///
/// # Panics
/// When the shapes do not fit together.
pub fn gemm_with<T: Element>(kernel: Kernel, a: MatrixRef<T>, b: MatrixRef<T>, beta: Beta, c: MatrixMut<T>) {
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
    let blocks = Blocks::of(c.rows, c.columns, a.columns, rayon::current_num_threads());
    let product = Product { kernel, a, b, beta, c: c.data.as_mut_ptr(), c_row_stride: c.row_stride };
    in_tasks(blocks.count(), &|index| {
        let (rows, columns) = blocks.get(index);
        product.multiply_block(rows, columns);
    });
}

/// A product whose shapes fit, shared among the threads that write disjoint blocks of `C`.
struct Product<'a, T> {
    kernel: Kernel,
    a: MatrixRef<'a, T>,
    b: MatrixRef<'a, T>,
    beta: Beta,
    c: *mut T,
    c_row_stride: usize,
}

// SAFETY: `c` is only used by `multiply_block`, each call on a block of its own.
#[allow(unsafe_code)]
unsafe impl<T: Send + Sync> Sync for Product<'_, T> {}

impl<T: Element> Product<'_, T> {
    fn multiply_block(&self, rows: Range<usize>, columns: Range<usize>) {
        if rows.is_empty() || columns.is_empty() {
            return;
        }
        let block = Block {
            shape: [rows.len(), self.a.columns, columns.len()],
            // With k = 0 the operands may be empty: then these addresses mean nothing, and nothing reads them.
            a: self.a.data.as_ptr().wrapping_add(rows.start * self.a.row_stride),
            a_strides: [self.a.row_stride, self.a.column_stride],
            b: self.b.data.as_ptr().wrapping_add(columns.start * self.b.column_stride),
            b_strides: [self.b.row_stride, self.b.column_stride],
            beta: self.beta,
            c: self.c.wrapping_add(rows.start * self.c_row_stride + columns.start),
            c_row_stride: self.c_row_stride,
        };
        // SAFETY: `rows` and `columns` are a non-empty part of C, whose shape was asserted against
        // A's and B's; the constructors asserted that every element lies within its slice, and no
        // other call writes this block. The processor can run the kernel, or there would be none.
        #[allow(unsafe_code)]
        unsafe {
            match self.kernel.precision() {
                Precision::F32 => (T::routines(self.kernel).multiply)(&block),
                Precision::Bf16 => (T::Bf16::routines(self.kernel).multiply)(&block),
            }
        }
    }
}

#[cfg(test)]
mod tests;
