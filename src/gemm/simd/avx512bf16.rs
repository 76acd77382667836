//! AVX-512 with bfloat16: an instruction that multiplies pairs of 16-bit numbers, two products for each lane's sum. The
//! register tile is that of AVX-512, up to 14 rows of 32 columns, and takes two steps of the summed dimension at once.
//!
//! `VDPBF16PS` adds the second numbers' product to a lane's sum and then the first ones', each time rounding to nearest,
//! whatever the thread's rounding mode; denormal numbers count as zero, as operands and as sums (Intel, *Architecture
//! Instruction Set Extensions Programming Reference*, 319433, `VDPBF16PS`).

use super::avx512::Avx512;
use super::instructions::{Job, Simd};
use super::pack::pack;
use crate::gemm::pair::Pair;
use crate::gemm::tile::Strip;
use std::arch::x86_64::{
    __m512, __m512bh, __m512i, __mmask16, _mm512_dpbf16_ps, _mm512_loadu_si512, _mm512_maskz_loadu_epi32,
    _mm512_set1_epi32,
};
use std::mem::transmute;

/// See [`Simd`].
pub struct Avx512Bf16;

/// The same bits as 32 numbers.
#[inline(always)]
#[allow(unsafe_code)]
fn as_numbers(pairs: __m512i) -> __m512bh {
    // SAFETY: both are 64 bytes, and any bits will do for either.
    unsafe { transmute(pairs) }
}

// SAFETY of every block: the contract of the trait's function.
#[allow(unsafe_code)]
impl Simd for Avx512Bf16 {
    const NAME: &'static str = "avx512bf16";
    type Operand = Pair;
    type Operands = __m512bh;
    type Sums = __m512;
    type Mask = __mmask16;
    const LANES: usize = 16;
    /// As for `f32`: 14 rows of 2 sums, 2 vectors of `B` and one pair of `A` are 31 of the 32 registers.
    const ROWS: usize = 14;

    fn is_available() -> bool {
        Avx512::is_available() && is_x86_feature_detected!("avx512bf16")
    }

    #[target_feature(enable = "avx512f,avx512bf16")]
    unsafe fn compiled<J: Job>(input: &J::Input<'_>) {
        unsafe { J::run(input) }
    }

    unsafe fn pack(strip: &Strip, packed: *mut Pair, pitch: usize) {
        unsafe { pack(strip, packed, pitch) }
    }

    #[inline(always)]
    unsafe fn zero() -> __m512 {
        unsafe { Avx512::zero() }
    }

    #[inline(always)]
    unsafe fn broadcast(operand: *const Pair) -> __m512bh {
        unsafe { as_numbers(_mm512_set1_epi32(*operand.cast())) }
    }

    #[inline(always)]
    unsafe fn load(operands: *const Pair) -> __m512bh {
        unsafe { as_numbers(_mm512_loadu_si512(operands.cast())) }
    }

    #[inline(always)]
    unsafe fn load_masked(operands: *const Pair, mask: __mmask16) -> __m512bh {
        unsafe { as_numbers(_mm512_maskz_loadu_epi32(mask, operands.cast())) }
    }

    #[inline(always)]
    unsafe fn first(lanes: usize) -> __mmask16 {
        unsafe { Avx512::first(lanes) }
    }

    #[inline(always)]
    unsafe fn multiply_add(a: __m512bh, b: __m512bh, sums: __m512) -> __m512 {
        unsafe { _mm512_dpbf16_ps(sums, a, b) }
    }

    #[inline(always)]
    unsafe fn store(c: *mut f32, lanes: usize, sums: __m512, add: bool) {
        unsafe { Avx512::store(c, lanes, sums, add) }
    }
}
