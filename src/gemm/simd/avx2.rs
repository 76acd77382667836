//! AVX2 with FMA: a register tile of up to 6 rows of 16 columns.

use super::instructions::{Job, Simd};
use super::pack::{first_lanes, pack};
use crate::gemm::tile::Strip;
use std::arch::x86_64::{
    __m256, __m256i, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_maskload_ps, _mm256_maskstore_ps,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

/// See [`Simd`].
pub struct Avx2;

// SAFETY of every block: the contract of the trait's function.
#[allow(unsafe_code)]
impl Simd for Avx2 {
    const NAME: &'static str = "avx2";
    type Operand = f32;
    type Operands = __m256;
    type Sums = __m256;
    type Mask = __m256i;
    const LANES: usize = 8;
    /// 6 rows of 2 sums, 2 vectors of `B` and one number of `A` are 15 of the 16 registers.
    const ROWS: usize = 6;

    fn is_available() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }

    #[target_feature(enable = "avx2,fma")]
    unsafe fn compiled<J: Job>(input: &J::Input<'_>) {
        unsafe { J::run(input) }
    }

    unsafe fn pack(strip: &Strip, packed: *mut f32, pitch: usize) {
        unsafe { pack(strip, packed, pitch) }
    }

    #[inline(always)]
    unsafe fn zero() -> __m256 {
        unsafe { _mm256_setzero_ps() }
    }

    #[inline(always)]
    unsafe fn broadcast(number: *const f32) -> __m256 {
        unsafe { _mm256_set1_ps(*number) }
    }

    #[inline(always)]
    unsafe fn load(numbers: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(numbers) }
    }

    #[inline(always)]
    unsafe fn load_masked(numbers: *const f32, mask: __m256i) -> __m256 {
        unsafe { _mm256_maskload_ps(numbers, mask) }
    }

    #[inline(always)]
    unsafe fn first(lanes: usize) -> __m256i {
        unsafe { first_lanes(lanes) }
    }

    #[inline(always)]
    unsafe fn multiply_add(a: __m256, b: __m256, sums: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, sums) }
    }

    /// Masks are slow on some processors, so only the last columns of a matrix take that way.
    #[inline(always)]
    unsafe fn store(c: *mut f32, lanes: usize, sums: __m256, add: bool) {
        unsafe {
            if lanes == Self::LANES {
                _mm256_storeu_ps(c, if add { _mm256_add_ps(_mm256_loadu_ps(c), sums) } else { sums });
            } else {
                let mask = first_lanes(lanes);
                let value = if add { _mm256_add_ps(_mm256_maskload_ps(c, mask), sums) } else { sums };
                _mm256_maskstore_ps(c, mask, value);
            }
        }
    }
}
