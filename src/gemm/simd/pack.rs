//! Packing: the numbers of a panel laid out in the order in which a micro-kernel reads them.
//!
//! A panel is a strip of `A` some rows high or a strip of `B` some columns wide; call that its
//! width, whichever way it lies. Element `(i, p)`, `i` across the strip and `p` along the summed
//! dimension, goes to `packed[p * pitch + i]`. The three ways to get there differ in which of the
//! two source strides is 1.

use crate::gemm::tile::{LINE, SLACK, Strip};
use std::arch::x86_64::{
    __m256i, _mm_loadu_ps, _mm256_castps128_ps256, _mm256_insertf128_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_maskload_ps, _mm256_shuffle_ps, _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

/// Numbers in the vector registers used here.
const LANES: usize = 8;
const _: () = assert!(LANES <= SLACK);

/// See [`Simd::pack`](super::Simd::pack).
///
/// # Safety
/// As there; the processor must have AVX2.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2")]
pub unsafe fn pack(strip: &Strip, packed: *mut f32, pitch: usize) {
    // SAFETY: the same contract as this function's.
    unsafe {
        if strip.width_stride == 1 {
            copy(strip, packed, pitch);
        } else if strip.depth_stride == 1 && strip.depth >= STEPS {
            transpose(strip, packed, pitch);
        } else {
            gather(strip, packed, pitch);
        }
    }
}

/// Any strides, one number at a time.
#[allow(unsafe_code)]
unsafe fn gather(strip: &Strip, packed: *mut f32, pitch: usize) {
    for p in 0..strip.depth {
        for i in 0..strip.width {
            // SAFETY: within the strip, and within its room.
            unsafe {
                *packed.add(p * pitch + i) = *strip.start.add(i * strip.width_stride + p * strip.depth_stride);
            }
        }
    }
}

/// Neighbours across the strip are neighbours in memory: rows are copied. A row's last vector
/// may spill into the next row, which is written after it.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2")]
unsafe fn copy(strip: &Strip, packed: *mut f32, pitch: usize) {
    let whole = strip.width / LANES * LANES;
    let mask = first_lanes(strip.width - whole);
    for p in 0..strip.depth {
        // SAFETY: loads stay within the strip's row, the last one by its mask; stores within
        // the row or the SLACK after it.
        unsafe {
            let (source, packed) = (strip.start.add(p * strip.depth_stride), packed.add(p * pitch));
            for i in (0..whole).step_by(LANES) {
                _mm256_storeu_ps(packed.add(i), _mm256_loadu_ps(source.add(i)));
            }
            if whole < strip.width {
                _mm256_storeu_ps(packed.add(whole), _mm256_maskload_ps(source.add(whole), mask));
            }
        }
    }
}

/// Steps along the depth that [`transpose_8x4`] takes at once.
const STEPS: usize = 4;

/// Neighbours along the depth are neighbours in memory: blocks of 8 by 4 are transposed in
/// registers, a cache line of one eight of the strip after that of another. Eights are taken from
/// the last to the first, for the last may spill into the beginning of the next packed row.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2")]
unsafe fn transpose(strip: &Strip, packed: *mut f32, pitch: usize) {
    for line in (0..strip.depth).step_by(LINE) {
        for first in (0..strip.width).step_by(LANES).rev() {
            // Rows beyond the strip are replaced by its last one.
            let row = |i: usize| strip.start.wrapping_add((first + i).min(strip.width - 1) * strip.width_stride);
            let rows: [_; LANES] = std::array::from_fn(row);
            for step in (line..strip.depth.min(line + LINE)).step_by(STEPS) {
                // The last steps again, rather than fewer.
                let p = step.min(strip.depth - STEPS);
                // SAFETY: all loads lie within the strip.
                unsafe { transpose_8x4(rows, p, packed.add(p * pitch + first), pitch) };
            }
        }
    }
}

/// Four numbers of each of eight rows become four rows of eight numbers, `pitch` apart.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn transpose_8x4(rows: [*const f32; LANES], p: usize, packed: *mut f32, pitch: usize) {
    // SAFETY: the caller's rows have four numbers each, and there is room for the result.
    unsafe {
        // Row i in the lower half, row i + 4 in the upper: each half is then a 4x4 transpose.
        let pair = |i: usize| {
            _mm256_insertf128_ps::<1>(
                _mm256_castps128_ps256(_mm_loadu_ps(rows[i].add(p))),
                _mm_loadu_ps(rows[i + 4].add(p)),
            )
        };
        let (r0, r1, r2, r3) = (pair(0), pair(1), pair(2), pair(3));
        let (low01, high01) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
        let (low23, high23) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
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
