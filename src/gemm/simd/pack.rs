//! Packing: the numbers of a panel laid out in the order in which a micro-kernel reads them.
//!
//! A panel is a strip of `A` some rows high or a strip of `B` some columns wide; call that its
//! width, whichever way it lies. Element `(i, p)`, `i` across the strip and `p` along the summed
//! dimension, goes to `packed[p * pitch + i]`. The three ways to get there differ in which of the
//! two source strides is 1. Where operands are pairs of 16-bit numbers, this is also where numbers are rounded and
//! paired, and `p` counts pairs.

use crate::gemm::lane::Lane;
use crate::gemm::lay::lanes;
use crate::gemm::pair::Pair;
use crate::gemm::tile::{LINE, SLACK, Strip};
use std::arch::x86_64::{
    __m256, __m256i, _CMP_UNORD_Q, _mm_loadu_ps, _mm256_add_epi32, _mm256_and_si256, _mm256_blend_epi16,
    _mm256_blendv_epi8, _mm256_castps_si256, _mm256_castps128_ps256, _mm256_castsi256_ps, _mm256_cmp_ps,
    _mm256_insertf128_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_maskload_ps, _mm256_or_si256, _mm256_set1_epi32,
    _mm256_shuffle_ps, _mm256_srli_epi32, _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

/// Operands in the vector registers used here.
const LANES: usize = 8;
const _: () = assert!(LANES <= SLACK);

/// Operands as they are packed, eight at a time.
pub trait EightLanes: Lane<Number = f32> {
    /// Eight operands, made across rows of numbers that are `distance` apart; of each row only those numbers that the mask
    /// has, if there is one.
    ///
    /// # Safety
    /// The numbers must be valid to read; the processor must have AVX2.
    #[allow(unsafe_code)]
    unsafe fn across(row: *const f32, distance: usize, mask: Option<__m256i>) -> __m256;

    /// Four operands along each of two rows, one row's in the lower half.
    ///
    /// # Safety
    /// As above.
    #[allow(unsafe_code)]
    unsafe fn along(lower: *const f32, upper: *const f32) -> __m256;
}

// SAFETY of every block: the contract of the trait's function.
#[allow(unsafe_code)]
impl EightLanes for f32 {
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn across(row: *const f32, _: usize, mask: Option<__m256i>) -> __m256 {
        unsafe { load(row, mask) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn along(lower: *const f32, upper: *const f32) -> __m256 {
        unsafe { _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(_mm_loadu_ps(lower)), _mm_loadu_ps(upper)) }
    }
}

// SAFETY of every block: the contract of the trait's function.
#[allow(unsafe_code)]
impl EightLanes for Pair {
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn across(row: *const f32, distance: usize, mask: Option<__m256i>) -> __m256 {
        unsafe { pairs(load(row, mask), load(row.add(distance), mask)) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn along(lower: *const f32, upper: *const f32) -> __m256 {
        unsafe {
            let (low, high) = (f32::along(lower, upper), f32::along(lower.add(4), upper.add(4)));
            // Of eight neighbours in a row the even ones, and the odd ones.
            pairs(_mm256_shuffle_ps::<0b10_00_10_00>(low, high), _mm256_shuffle_ps::<0b11_01_11_01>(low, high))
        }
    }
}

#[allow(unsafe_code)]
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load(row: *const f32, mask: Option<__m256i>) -> __m256 {
    // SAFETY: the caller's numbers are valid.
    unsafe { mask.map_or_else(|| _mm256_loadu_ps(row), |mask| _mm256_maskload_ps(row, mask)) }
}

/// [`Pair::new`] of eight.
#[inline]
#[target_feature(enable = "avx2")]
fn pairs(first: __m256, second: __m256) -> __m256 {
    let first = _mm256_srli_epi32::<16>(nearest(first));
    _mm256_castsi256_ps(_mm256_blend_epi16::<0b10_10_10_10>(first, nearest(second)))
}

/// [`nearest`](crate::gemm::pair::nearest) of eight.
#[inline]
#[target_feature(enable = "avx2")]
fn nearest(x: __m256) -> __m256i {
    let bits = _mm256_castps_si256(x);
    let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
    let rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    let nan = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_UNORD_Q>(x, x));
    _mm256_blendv_epi8(rounded, _mm256_or_si256(bits, _mm256_set1_epi32(1 << 22)), nan)
}

/// See [`Simd::pack`](super::Simd::pack).
///
/// # Safety
/// As there; the processor must have AVX2.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2")]
pub unsafe fn pack<P: EightLanes>(strip: &Strip, packed: *mut P, pitch: usize) {
    let whole = strip.depth / P::NUMBERS;
    // SAFETY: the same contract as this function's.
    unsafe {
        if strip.width_stride == 1 {
            copy(strip, packed, pitch);
        } else if strip.depth_stride == 1 && whole >= STEPS {
            transpose(strip, packed, pitch);
        } else {
            return gather(strip, 0, packed, pitch);
        }
        gather(strip, whole, packed, pitch);
    }
}

/// Any strides, one operand at a time, from the `first` along the depth on. The last one may lack a number.
#[allow(unsafe_code)]
unsafe fn gather<P: EightLanes>(strip: &Strip, first: usize, packed: *mut P, pitch: usize) {
    for p in first..lanes::<P>(strip.depth) {
        for i in 0..strip.width {
            let number = |q: usize| match p * P::NUMBERS + q {
                // SAFETY: within the strip.
                row if row < strip.depth => unsafe {
                    *strip.start.add(i * strip.width_stride + row * strip.depth_stride)
                },
                _ => 0.0,
            };
            // SAFETY: within the strip's room.
            unsafe { *packed.add(p * pitch + i) = P::of(number) };
        }
    }
}

/// Neighbours across the strip are neighbours in memory: rows are copied, those whose numbers are all there. A row's last
/// vector may spill into the next row, which is written after it.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2")]
unsafe fn copy<P: EightLanes>(strip: &Strip, packed: *mut P, pitch: usize) {
    let whole = strip.width / LANES * LANES;
    let mask = first_lanes(strip.width - whole);
    for p in 0..strip.depth / P::NUMBERS {
        // SAFETY: loads stay within the strip's rows, the last one by its mask; stores within
        // the row or the SLACK after it.
        unsafe {
            let source = strip.start.add(p * P::NUMBERS * strip.depth_stride);
            let packed = packed.add(p * pitch).cast::<f32>();
            for i in (0..whole).step_by(LANES) {
                _mm256_storeu_ps(packed.add(i), P::across(source.add(i), strip.depth_stride, None));
            }
            if whole < strip.width {
                _mm256_storeu_ps(packed.add(whole), P::across(source.add(whole), strip.depth_stride, Some(mask)));
            }
        }
    }
}

/// Operands along the depth that [`transpose_8x4`] takes at once.
const STEPS: usize = 4;

/// Neighbours along the depth are neighbours in memory: blocks of 8 by 4 operands are transposed in
/// registers, a cache line of one eight of the strip after that of another. Eights are taken from
/// the last to the first, for the last may spill into the beginning of the next packed row.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2")]
unsafe fn transpose<P: EightLanes>(strip: &Strip, packed: *mut P, pitch: usize) {
    let (depth, line_length) = (strip.depth / P::NUMBERS, LINE / P::NUMBERS);
    for line in (0..depth).step_by(line_length) {
        for first in (0..strip.width).step_by(LANES).rev() {
            // Rows beyond the strip are replaced by its last one.
            let row = |i: usize| strip.start.wrapping_add((first + i).min(strip.width - 1) * strip.width_stride);
            let rows: [_; LANES] = std::array::from_fn(row);
            for step in (line..depth.min(line + line_length)).step_by(STEPS) {
                // The last steps again, rather than fewer.
                let p = step.min(depth - STEPS);
                // SAFETY: all loads lie within the strip.
                unsafe { transpose_8x4(rows, p, packed.add(p * pitch + first), pitch) };
            }
        }
    }
}

/// Four operands of each of eight rows become four rows of eight operands, `pitch` apart.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn transpose_8x4<P: EightLanes>(rows: [*const f32; LANES], p: usize, packed: *mut P, pitch: usize) {
    // SAFETY: the caller's rows have four operands each, and there is room for the result.
    unsafe {
        // Row i in the lower half, row i + 4 in the upper: each half is then a 4x4 transpose.
        let pair = |i: usize| P::along(rows[i].add(p * P::NUMBERS), rows[i + 4].add(p * P::NUMBERS));
        let (r0, r1, r2, r3) = (pair(0), pair(1), pair(2), pair(3));
        let (low01, high01) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
        let (low23, high23) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
        let packed = packed.cast::<f32>();
        _mm256_storeu_ps(packed, _mm256_shuffle_ps::<0b01_00_01_00>(low01, low23));
        _mm256_storeu_ps(packed.add(pitch), _mm256_shuffle_ps::<0b11_10_11_10>(low01, low23));
        _mm256_storeu_ps(packed.add(2 * pitch), _mm256_shuffle_ps::<0b01_00_01_00>(high01, high23));
        _mm256_storeu_ps(packed.add(3 * pitch), _mm256_shuffle_ps::<0b11_10_11_10>(high01, high23));
    }
}

/// A mask of the first `count` of eight lanes.
#[target_feature(enable = "avx2")]
pub fn first_lanes(count: usize) -> __m256i {
    const MASKS: [i32; 2 * LANES] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    let window = &MASKS[LANES - count..][..LANES];
    // SAFETY: the slice has eight numbers.
    #[allow(unsafe_code)]
    unsafe {
        _mm256_loadu_si256(window.as_ptr().cast())
    }
}
