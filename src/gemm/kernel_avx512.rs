//! The register tile for AVX-512: up to 14 rows of 32 columns.

use super::tile::{MicroKernel, Tile, TileMultiply, prefetch};
use std::arch::x86_64::{
    __m512, __mmask16, _mm512_add_ps, _mm512_fmadd_ps, _mm512_load_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
    _mm512_set1_ps, _mm512_setzero_ps,
};
use std::array::from_fn;

/// Numbers in a vector register.
const LANES: usize = 16;
const NR: usize = 2 * LANES;
/// 14 rows of 2 sums, 2 vectors of `B` and one number of `A` are 31 of the 32 registers.
const MR: usize = 14;

pub(super) static KERNEL: MicroKernel = MicroKernel { mr: MR, nr: NR, tiles: [&tiles::<1>(), &tiles::<2>()] };

/// One function for each number of rows, so that every one keeps its sums in registers.
#[rustfmt::skip]
const fn tiles<const VECTORS: usize>() -> [TileMultiply; MR] {
    [
        multiply::<1, VECTORS>, multiply::<2, VECTORS>, multiply::<3, VECTORS>, multiply::<4, VECTORS>,
        multiply::<5, VECTORS>, multiply::<6, VECTORS>, multiply::<7, VECTORS>, multiply::<8, VECTORS>,
        multiply::<9, VECTORS>, multiply::<10, VECTORS>, multiply::<11, VECTORS>, multiply::<12, VECTORS>,
        multiply::<13, VECTORS>, multiply::<14, VECTORS>,
    ]
}

/// See [`TileMultiply`].
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
unsafe fn multiply<const ROWS: usize, const VECTORS: usize>(tile: &Tile) {
    let c = |i: usize, v: usize| tile.c.wrapping_add(i * tile.c_row_stride + v * LANES);
    let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
    for p in 0..tile.depth {
        prefetch(tile.ahead.at(p));
        // SAFETY: the panels hold `depth` steps of NR and of ROWS numbers, B's aligned to 64 bytes.
        let b: [_; VECTORS] = from_fn(|v| unsafe { _mm512_load_ps(tile.b.add(p * NR + v * LANES)) });
        for (i, row) in sums.iter_mut().enumerate() {
            // SAFETY: as above.
            let a = _mm512_set1_ps(unsafe { *tile.a.add(p * ROWS + i) });
            // C[i, :] += A[i, p]·B[p, :]
            (0..VECTORS).for_each(|v| row[v] = _mm512_fmadd_ps(a, b[v], row[v]));
        }
    }
    let masks: [_; VECTORS] = from_fn(|v| first_lanes(tile.columns.saturating_sub(v * LANES)));
    for (i, row) in sums.iter().enumerate() {
        // SAFETY: the masks leave the first `columns` columns of C.
        (0..VECTORS).for_each(|v| unsafe { store(c(i, v), masks[v], row[v], tile.add) });
    }
}

/// Writes those lanes of a sum that the mask has, or adds them to what is there.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
unsafe fn store(c: *mut f32, mask: __mmask16, sum: __m512, add: bool) {
    // SAFETY: the caller's masked lanes lie within C; others are not touched.
    unsafe {
        let value = if add { _mm512_add_ps(_mm512_maskz_loadu_ps(mask, c), sum) } else { sum };
        _mm512_mask_storeu_ps(c, mask, value);
    }
}

/// A mask of the first `count` lanes, or of all if there are fewer.
fn first_lanes(count: usize) -> __mmask16 {
    if count >= LANES { !0 } else { (1 << count) - 1 }
}
