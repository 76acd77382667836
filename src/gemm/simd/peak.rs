//! Nothing but multiplying and adding.

use super::instructions::{Job, Simd};
use crate::gemm::lane::Lane;
use std::hint::black_box;
use std::marker::PhantomData;

/// Sums that do not wait for each other: enough to hide the latency of one.
const SUMS: usize = 12;

struct MultiplyAdd<S>(PhantomData<S>);

impl<S: Simd> Job for MultiplyAdd<S> {
    /// Rounds.
    type Input<'a> = usize;

    /// # Safety
    /// Only the processor must have the instructions.
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn run(&rounds: &usize) {
        // SAFETY: the processor has the instructions, and the number is there to be read.
        unsafe {
            let factor = S::broadcast(black_box(&S::Operand::of(|_| 0.5)));
            let mut sums = [S::zero(); SUMS];
            for _ in 0..rounds {
                for sum in &mut sums {
                    *sum = S::multiply_add(factor, factor, *sum);
                }
            }
            black_box(sums);
        }
    }
}

/// Multiplies and adds in so many rounds, and answers how many operations that was.
///
/// # Safety
/// The processor must have the instructions.
#[allow(unsafe_code)]
pub unsafe fn multiply_add<S: Simd>(rounds: usize) -> usize {
    // SAFETY: the same contract as this function's.
    unsafe { S::compiled::<MultiplyAdd<S>>(&rounds) };
    2 * S::Operand::NUMBERS * S::LANES * SUMS * rounds
}
