//! The register tile for AVX-512: up to 14 rows of 32 columns.

use super::conv::walk::Walk;
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

/// Rows and columns of the largest tile of a walk.
pub(super) const TILE: [usize; 2] = [MR, NR];

type WalkTile = unsafe fn(&mut Walk<f32>);

/// See [`Element::walk`](super::Element::walk).
#[allow(unsafe_code)]
pub(super) unsafe fn walk(walk: &mut Walk<f32>) {
    const TILES: [[WalkTile; MR]; 2] = [walks::<1>(), walks::<2>()];
    // SAFETY: the same contract as this function's.
    unsafe { TILES[usize::from(walk.columns > LANES)][walk.rows - 1](walk) }
}

#[rustfmt::skip]
const fn walks<const VECTORS: usize>() -> [WalkTile; MR] {
    [
        walk_tile::<1, VECTORS>, walk_tile::<2, VECTORS>, walk_tile::<3, VECTORS>, walk_tile::<4, VECTORS>,
        walk_tile::<5, VECTORS>, walk_tile::<6, VECTORS>, walk_tile::<7, VECTORS>, walk_tile::<8, VECTORS>,
        walk_tile::<9, VECTORS>, walk_tile::<10, VECTORS>, walk_tile::<11, VECTORS>, walk_tile::<12, VECTORS>,
        walk_tile::<13, VECTORS>, walk_tile::<14, VECTORS>,
    ]
}

#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
unsafe fn walk_tile<const ROWS: usize, const VECTORS: usize>(walk: &mut Walk<f32>) {
    let masks: [_; VECTORS] = from_fn(|v| first_lanes(walk.columns - v * LANES));
    let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
    let (mut a, mut b) = ([walk.a.as_ptr(); 3], [walk.b.as_ptr(); 3]);
    for _ in 0..walk.counts[0] {
        (a[1], b[1]) = (a[0], b[0]);
        for _ in 0..walk.counts[1] {
            (a[2], b[2]) = (a[1], b[1]);
            for _ in 0..walk.counts[2] {
                // SAFETY: the caller's contract: this step's numbers are valid, those of B under the masks.
                let here: [_; VECTORS] =
                    from_fn(|v| unsafe { _mm512_maskz_loadu_ps(masks[v], b[2].wrapping_add(v * LANES)) });
                let mut rows = a[2];
                for (i, row) in sums.iter_mut().enumerate() {
                    // Three rows from one address: the processor adds the distance, or its double, as it reads.
                    if i > 0 && i % 3 == 0 {
                        rows = rows.wrapping_add(3 * walk.a_row);
                    }
                    // SAFETY: as above.
                    let a = _mm512_set1_ps(unsafe { *rows.wrapping_add(i % 3 * walk.a_row) });
                    (0..VECTORS).for_each(|v| row[v] = _mm512_fmadd_ps(a, here[v], row[v]));
                }
                (a[2], b[2]) = (a[2].wrapping_add(walk.a_steps[2]), b[2].wrapping_add(walk.b_steps[2]));
            }
            (a[1], b[1]) = (a[1].wrapping_add(walk.a_steps[1]), b[1].wrapping_add(walk.b_steps[1]));
        }
        (a[0], b[0]) = (a[0].wrapping_add(walk.a_steps[0]), b[0].wrapping_add(walk.b_steps[0]));
    }
    for (i, row) in sums.iter().enumerate() {
        let c = walk.c.as_mut_ptr().wrapping_add(i * walk.c_row);
        // SAFETY: the masks leave the first `columns` columns of C.
        (0..VECTORS).for_each(|v| unsafe { store(c.wrapping_add(v * LANES), masks[v], row[v], walk.add) });
    }
}
