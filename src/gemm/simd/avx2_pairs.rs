//! 16-bit operands on AVX2, which has no instruction for them: pairs are taken apart into singles as they are read, and
//! their products added one after the other. Half the bits to move, and no more products in the same time.

use super::avx2::Avx2;
use super::instructions::{Job, Simd};
use super::pack::{first_lanes, pack};
use crate::gemm::pair::{Pair, UPPER};
use crate::gemm::tile::Strip;
use std::arch::x86_64::{
    __m256, __m256i, _mm256_and_si256, _mm256_castsi256_ps, _mm256_fmadd_ps, _mm256_loadu_si256, _mm256_maskload_epi32,
    _mm256_set1_epi32, _mm256_slli_epi32,
};

/// See [`Simd`].
pub struct Avx2Pairs;

/// The first numbers of eight pairs, and the second ones.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn apart(pairs: __m256i) -> [__m256; 2] {
    // SAFETY: the processor has AVX2.
    unsafe {
        let second = _mm256_and_si256(pairs, _mm256_set1_epi32(UPPER as i32));
        [_mm256_castsi256_ps(_mm256_slli_epi32::<16>(pairs)), _mm256_castsi256_ps(second)]
    }
}

// SAFETY of every block: the contract of the trait's function.
#[allow(unsafe_code)]
impl Simd for Avx2Pairs {
    const NAME: &'static str = "avx2";
    type Operand = Pair;
    type Operands = [__m256; 2];
    type Sums = __m256;
    type Mask = __m256i;
    const LANES: usize = 8;
    /// 4 rows of 2 sums, 2 vectors of `B` and one pair of `A` taken apart, and the mask are 15 of the 16 registers.
    const ROWS: usize = 4;

    fn is_available() -> bool {
        Avx2::is_available()
    }

    #[target_feature(enable = "avx2,fma")]
    unsafe fn compiled<J: Job>(input: &J::Input<'_>) {
        unsafe { J::run(input) }
    }

    unsafe fn pack(strip: &Strip, packed: *mut Pair, pitch: usize) {
        unsafe { pack(strip, packed, pitch) }
    }

    #[inline(always)]
    unsafe fn zero() -> __m256 {
        unsafe { Avx2::zero() }
    }

    #[inline(always)]
    unsafe fn broadcast(operand: *const Pair) -> [__m256; 2] {
        unsafe { apart(_mm256_set1_epi32(*operand.cast())) }
    }

    #[inline(always)]
    unsafe fn load(operands: *const Pair) -> [__m256; 2] {
        unsafe { apart(_mm256_loadu_si256(operands.cast())) }
    }

    #[inline(always)]
    unsafe fn load_masked(operands: *const Pair, mask: __m256i) -> [__m256; 2] {
        unsafe { apart(_mm256_maskload_epi32(operands.cast(), mask)) }
    }

    #[inline(always)]
    unsafe fn first(lanes: usize) -> __m256i {
        unsafe { first_lanes(lanes) }
    }

    #[inline(always)]
    unsafe fn multiply_add(a: [__m256; 2], b: [__m256; 2], sums: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a[0], b[0], _mm256_fmadd_ps(a[1], b[1], sums)) }
    }

    #[inline(always)]
    unsafe fn store(c: *mut f32, lanes: usize, sums: __m256, add: bool) {
        unsafe { Avx2::store(c, lanes, sums, add) }
    }
}
