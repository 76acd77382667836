//! Packing for tile registers: numbers rounded and paired by AVX-512 BF16, a row or a step of 16 pairs at a time.
//!
//! Where what is wanted as a row does not lie as one, 16 by 16 pairs are transposed in registers.

use crate::gemm::lay::lanes;
use crate::gemm::pair::Pair;
use crate::gemm::tile::Strip;
use std::arch::x86_64::{
    __m512, __m512bh, __m512i, __mmask16, _mm512_cvtne2ps_pbh, _mm512_maskz_loadu_ps, _mm512_permutexvar_epi16,
    _mm512_set_epi16, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_storeu_si512,
    _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};
use std::mem::transmute;
use std::ops::Range;

/// Pairs in a vector.
const LANES: usize = 16;

/// Packs a strip row by row: pair `p` of row `i` goes to `packed[i * pitch + p]`, where `pitch` is the next multiple of
/// 16. What is beyond the depth is zero.
///
/// # Safety
/// The strip must be valid, and `packed` must have room for all rows; the processor must have AVX-512 BF16 and BW.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub unsafe fn pack_rows(strip: &Strip, packed: *mut Pair) {
    let pitch = lanes::<Pair>(strip.depth).next_multiple_of(LANES);
    let blocks = (0..pitch).step_by(LANES);
    // SAFETY: the same contract as this function's.
    unsafe {
        if strip.depth_stride == 1 {
            for (i, p) in (0..strip.width).flat_map(|i| blocks.clone().map(move |p| (i, p))) {
                store(packed.add(i * pitch + p), along(strip, i, p));
            }
        } else {
            for (first, rows) in blocks.flat_map(|p| sixteens(strip.width).map(move |rows| (p, rows))) {
                let mut steps = [_mm512_setzero_si512(); LANES];
                for (p, step) in steps.iter_mut().enumerate() {
                    *step = across(strip, &rows, first + p);
                }
                for (i, row) in rows.zip(transpose(steps)) {
                    store(packed.add(i * pitch + first), row);
                }
            }
        }
    }
}

/// Packs a strip step by step: pair `p` of column `j` goes to `packed[p * pitch + j]`. What is beyond the depth, up to the
/// next multiple of 16, is zero.
///
/// # Safety
/// The strip must be valid, and `packed` must have room for so many steps, and in each for a multiple of 16 columns; the
/// processor must have AVX-512 BF16 and BW.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub unsafe fn pack_steps(strip: &Strip, packed: *mut Pair, pitch: usize) {
    let steps = lanes::<Pair>(strip.depth).next_multiple_of(LANES);
    let place = |p: usize, j: usize| packed.wrapping_add(p * pitch + j);
    // SAFETY: the same contract as this function's.
    unsafe {
        if strip.depth_stride == 1 && strip.width_stride != 1 {
            for (here, first) in
                sixteens(strip.width).flat_map(|j| (0..steps).step_by(LANES).map(move |p| (j.clone(), p)))
            {
                let mut columns = [_mm512_setzero_si512(); LANES];
                for (j, column) in here.clone().zip(&mut columns) {
                    *column = along(strip, j, first);
                }
                for (p, step) in transpose(columns).into_iter().enumerate() {
                    store(place(first + p, here.start), step);
                }
            }
        } else {
            for (p, here) in (0..steps).flat_map(|p| sixteens(strip.width).map(move |j| (p, j))) {
                store(place(p, here.start), across(strip, &here, p));
            }
        }
    }
}

/// `0..length` in parts of 16; the last one may be shorter.
fn sixteens(length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(LANES).map(move |start| start..length.min(start + LANES))
}

#[allow(unsafe_code)]
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store(packed: *mut Pair, pairs: __m512i) {
    // SAFETY: the caller has room for 16 pairs.
    unsafe { _mm512_storeu_si512(packed.cast(), pairs) }
}

/// 16 numbers or as many as there are, neighbours or not; the others are zero.
#[allow(unsafe_code)]
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load(numbers: *const f32, stride: usize, count: usize) -> __m512 {
    let count = count.min(LANES);
    if stride == 1 {
        // SAFETY: the mask has those that there are.
        return unsafe { _mm512_maskz_loadu_ps(((1u32 << count) - 1) as __mmask16, numbers) };
    }
    let mut found = [0.0; LANES];
    for (i, found) in found.iter_mut().enumerate().take(count) {
        // SAFETY: the caller has so many.
        *found = unsafe { *numbers.add(i * stride) };
    }
    // SAFETY: both are 16 numbers.
    unsafe { transmute::<[f32; LANES], __m512>(found) }
}

/// 16 pairs of row or column `i`, from pair `p` on.
#[allow(unsafe_code)]
#[inline]
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn along(strip: &Strip, i: usize, p: usize) -> __m512i {
    let (from, left) = (strip.start.wrapping_add(i * strip.width_stride), strip.depth.saturating_sub(2 * p));
    let half = |first: usize| {
        // SAFETY: as many numbers as the strip has there.
        unsafe { load(from.wrapping_add(2 * p + first), 1, left.saturating_sub(first)) }
    };
    rounded(half(0), half(LANES))
}

/// Pair `p` of these rows or columns.
#[allow(unsafe_code)]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn across(strip: &Strip, columns: &Range<usize>, p: usize) -> __m512i {
    let step = |number: usize| match number < strip.depth {
        // SAFETY: as many numbers as the strip has there.
        true => unsafe {
            let first = number * strip.depth_stride + columns.start * strip.width_stride;
            load(strip.start.wrapping_add(first), strip.width_stride, columns.len())
        },
        false => _mm512_setzero_ps(),
    };
    // The first step's numbers are in the lower half: each is followed by the second one's.
    #[rustfmt::skip]
    let order = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,
        23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0,
    );
    _mm512_permutexvar_epi16(order, rounded(step(2 * p), step(2 * p + 1)))
}

/// 32 numbers rounded to nearest, ties to even, those of `lower` first; denormal ones are zero.
#[allow(unsafe_code)]
#[inline]
#[target_feature(enable = "avx512f,avx512bf16")]
fn rounded(lower: __m512, upper: __m512) -> __m512i {
    // SAFETY: both are 64 bytes, and any bits will do.
    unsafe { transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(upper, lower)) }
}

/// Rows become columns.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn transpose(rows: [__m512i; LANES]) -> [__m512i; LANES] {
    // Within each quarter of a register: 4 × 4 pairs of rows 4q .. 4q + 4.
    let mut turned = [_mm512_setzero_si512(); LANES];
    for q in 0..4 {
        let [r0, r1, r2, r3] = [0, 1, 2, 3].map(|i| rows[4 * q + i]);
        let (low01, high01) = (_mm512_unpacklo_epi32(r0, r1), _mm512_unpackhi_epi32(r0, r1));
        let (low23, high23) = (_mm512_unpacklo_epi32(r2, r3), _mm512_unpackhi_epi32(r2, r3));
        turned[4 * q] = _mm512_unpacklo_epi64(low01, low23);
        turned[4 * q + 1] = _mm512_unpackhi_epi64(low01, low23);
        turned[4 * q + 2] = _mm512_unpacklo_epi64(high01, high23);
        turned[4 * q + 3] = _mm512_unpackhi_epi64(high01, high23);
    }
    // Then the quarters: column 4k + i is the k-th quarter of turned[i], turned[4 + i], ...
    let mut columns = rows;
    for i in 0..4 {
        let [t0, t1, t2, t3] = [0, 4, 8, 12].map(|q| turned[q + i]);
        let (even01, odd01) =
            (_mm512_shuffle_i32x4::<0b10_00_10_00>(t0, t1), _mm512_shuffle_i32x4::<0b11_01_11_01>(t0, t1));
        let (even23, odd23) =
            (_mm512_shuffle_i32x4::<0b10_00_10_00>(t2, t3), _mm512_shuffle_i32x4::<0b11_01_11_01>(t2, t3));
        columns[i] = _mm512_shuffle_i32x4::<0b10_00_10_00>(even01, even23);
        columns[8 + i] = _mm512_shuffle_i32x4::<0b11_01_11_01>(even01, even23);
        columns[4 + i] = _mm512_shuffle_i32x4::<0b10_00_10_00>(odd01, odd23);
        columns[12 + i] = _mm512_shuffle_i32x4::<0b11_01_11_01>(odd01, odd23);
    }
    columns
}
