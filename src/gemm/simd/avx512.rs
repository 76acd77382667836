//! AVX-512: a register tile of up to 14 rows of 32 columns.

use super::avx2::Avx2;
use super::instructions::{Job, Simd};
use super::pack::pack;
use crate::gemm::tile::Strip;
use std::arch::x86_64::{
    __m512, __mmask16, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
    _mm512_set1_ps, _mm512_setzero_ps,
};

/// See [`Simd`].
pub struct Avx512;

// SAFETY of every block: the contract of the trait's function.
#[allow(unsafe_code)]
impl Simd for Avx512 {
    const NAME: &'static str = "avx512";
    type Operand = f32;
    type Operands = __m512;
    type Sums = __m512;
    type Mask = __mmask16;
    const LANES: usize = 16;
    /// 14 rows of 2 sums, 2 vectors of `B` and one number of `A` are 31 of the 32 registers.
    const ROWS: usize = 14;

    /// Panels are packed with AVX2.
    fn is_available() -> bool {
        Avx2::is_available() && is_x86_feature_detected!("avx512f")
    }

    #[target_feature(enable = "avx512f")]
    unsafe fn compiled<J: Job>(input: &J::Input<'_>) {
        unsafe { J::run(input) }
    }

    unsafe fn pack(strip: &Strip, packed: *mut f32, pitch: usize) {
        unsafe { pack(strip, packed, pitch) }
    }

    #[inline(always)]
    unsafe fn zero() -> __m512 {
        unsafe { _mm512_setzero_ps() }
    }

    #[inline(always)]
    unsafe fn broadcast(number: *const f32) -> __m512 {
        unsafe { _mm512_set1_ps(*number) }
    }

    #[inline(always)]
    unsafe fn load(numbers: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(numbers) }
    }

    #[inline(always)]
    unsafe fn load_masked(numbers: *const f32, mask: __mmask16) -> __m512 {
        unsafe { _mm512_maskz_loadu_ps(mask, numbers) }
    }

    #[inline(always)]
    unsafe fn first(lanes: usize) -> __mmask16 {
        if lanes >= Self::LANES { !0 } else { (1 << lanes) - 1 }
    }

    #[inline(always)]
    unsafe fn multiply_add(a: __m512, b: __m512, sums: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, sums) }
    }

    #[inline(always)]
    unsafe fn store(c: *mut f32, lanes: usize, sums: __m512, add: bool) {
        unsafe {
            let mask = Self::first(lanes);
            let value = if add { _mm512_add_ps(_mm512_maskz_loadu_ps(mask, c), sums) } else { sums };
            _mm512_mask_storeu_ps(c, mask, value);
        }
    }
}
