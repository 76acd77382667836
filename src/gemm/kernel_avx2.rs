//! The register tile for AVX2 with FMA: up to 6 rows of 16 columns.

use super::conv::walk::Walk;
use super::pack::first_lanes;
use super::tile::{MicroKernel, Tile, TileMultiply, prefetch};
use std::arch::x86_64::{
    __m256, _mm256_add_ps, _mm256_fmadd_ps, _mm256_load_ps, _mm256_loadu_ps, _mm256_maskload_ps, _mm256_maskstore_ps,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};
use std::array::from_fn;

/// Numbers in a vector register.
const LANES: usize = 8;
const NR: usize = 2 * LANES;
/// 6 rows of 2 sums, 2 vectors of `B` and one number of `A` are 15 of the 16 registers.
const MR: usize = 6;

pub(super) static KERNEL: MicroKernel = MicroKernel { mr: MR, nr: NR, tiles: [&tiles::<1>(), &tiles::<2>()] };

/// One function for each number of rows, so that every one keeps its sums in registers.
#[rustfmt::skip]
const fn tiles<const VECTORS: usize>() -> [TileMultiply; MR] {
    [
        multiply::<1, VECTORS>, multiply::<2, VECTORS>, multiply::<3, VECTORS>,
        multiply::<4, VECTORS>, multiply::<5, VECTORS>, multiply::<6, VECTORS>,
    ]
}

/// See [`TileMultiply`].
#[allow(unsafe_code)]
#[target_feature(enable = "avx2,fma")]
unsafe fn multiply<const ROWS: usize, const VECTORS: usize>(tile: &Tile) {
    let c = |i: usize, v: usize| tile.c.wrapping_add(i * tile.c_row_stride + v * LANES);
    let mut sums = [[_mm256_setzero_ps(); VECTORS]; ROWS];
    for p in 0..tile.depth {
        prefetch(tile.ahead.at(p));
        // SAFETY: the panels hold `depth` steps of NR and of ROWS numbers, B's aligned to 32 bytes.
        let b: [_; VECTORS] = from_fn(|v| unsafe { _mm256_load_ps(tile.b.add(p * NR + v * LANES)) });
        for (i, row) in sums.iter_mut().enumerate() {
            // SAFETY: as above.
            let a = _mm256_set1_ps(unsafe { *tile.a.add(p * ROWS + i) });
            // C[i, :] += A[i, p]·B[p, :]
            (0..VECTORS).for_each(|v| row[v] = _mm256_fmadd_ps(a, b[v], row[v]));
        }
    }
    for (i, row) in sums.iter().enumerate() {
        for (v, &sum) in row.iter().enumerate() {
            let columns = tile.columns.saturating_sub(v * LANES);
            // SAFETY: those lanes lie within the first `columns` columns of C.
            unsafe { store(c(i, v), columns.min(LANES), sum, tile.add) };
        }
    }
}

/// Writes the first `lanes` lanes of a sum, or adds them to what is there. Masks are slow on
/// some processors, so only the last columns of a matrix take that way.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2")]
unsafe fn store(c: *mut f32, lanes: usize, sum: __m256, add: bool) {
    // SAFETY: the caller's lanes lie within C; others are not touched.
    unsafe {
        if lanes == LANES {
            _mm256_storeu_ps(c, if add { _mm256_add_ps(_mm256_loadu_ps(c), sum) } else { sum });
        } else {
            let mask = first_lanes(lanes);
            let value = if add { _mm256_add_ps(_mm256_maskload_ps(c, mask), sum) } else { sum };
            _mm256_maskstore_ps(c, mask, value);
        }
    }
}

/// Rows and columns of the largest tile of a walk.
pub(super) const TILE: [usize; 2] = [MR, NR];

type WalkTile = unsafe fn(&mut Walk<f32>);

/// See [`Element::walk`](super::Element::walk).
#[allow(unsafe_code)]
pub(super) unsafe fn walk(walk: &mut Walk<f32>) {
    const TILES: [[[WalkTile; MR]; 2]; 2] =
        [[walks::<1, false>(), walks::<1, true>()], [walks::<2, false>(), walks::<2, true>()]];
    let masked = !walk.b_is_full && !walk.columns.is_multiple_of(LANES);
    let [wide, masked] = [walk.columns > LANES, masked].map(usize::from);
    // SAFETY: the same contract as this function's.
    unsafe { TILES[wide][masked][walk.rows - 1](walk) }
}

#[rustfmt::skip]
const fn walks<const VECTORS: usize, const MASKED: bool>() -> [WalkTile; MR] {
    [
        walk_tile::<1, VECTORS, MASKED>, walk_tile::<2, VECTORS, MASKED>, walk_tile::<3, VECTORS, MASKED>,
        walk_tile::<4, VECTORS, MASKED>, walk_tile::<5, VECTORS, MASKED>, walk_tile::<6, VECTORS, MASKED>,
    ]
}

/// `MASKED` tiles read of the last vector what there is: the mask takes the one register that is left.
#[allow(unsafe_code)]
#[target_feature(enable = "avx2,fma")]
unsafe fn walk_tile<const ROWS: usize, const VECTORS: usize, const MASKED: bool>(walk: &mut Walk<f32>) {
    let lanes = |v: usize| (walk.columns - v * LANES).min(LANES);
    let mask = first_lanes(lanes(VECTORS - 1));
    let mut sums = [[_mm256_setzero_ps(); VECTORS]; ROWS];
    let (mut a, mut b) = ([walk.a.as_ptr(); 3], [walk.b.as_ptr(); 3]);
    for _ in 0..walk.counts[0] {
        (a[1], b[1]) = (a[0], b[0]);
        for _ in 0..walk.counts[1] {
            (a[2], b[2]) = (a[1], b[1]);
            for _ in 0..walk.counts[2] {
                let mut here = [_mm256_setzero_ps(); VECTORS];
                for (v, here) in here.iter_mut().enumerate() {
                    let b = b[2].wrapping_add(v * LANES);
                    let last = MASKED && v + 1 == VECTORS;
                    // SAFETY: the caller's contract: this step's numbers are valid, those of B under the mask.
                    *here = unsafe { if last { _mm256_maskload_ps(b, mask) } else { _mm256_loadu_ps(b) } };
                }
                for (i, row) in sums.iter_mut().enumerate() {
                    // SAFETY: as above.
                    let a = _mm256_set1_ps(unsafe { *a[2].wrapping_add(i * walk.a_row) });
                    (0..VECTORS).for_each(|v| row[v] = _mm256_fmadd_ps(a, here[v], row[v]));
                }
                (a[2], b[2]) = (a[2].wrapping_add(walk.a_steps[2]), b[2].wrapping_add(walk.b_steps[2]));
            }
            (a[1], b[1]) = (a[1].wrapping_add(walk.a_steps[1]), b[1].wrapping_add(walk.b_steps[1]));
        }
        (a[0], b[0]) = (a[0].wrapping_add(walk.a_steps[0]), b[0].wrapping_add(walk.b_steps[0]));
    }
    for (i, row) in sums.iter().enumerate() {
        for (v, &sum) in row.iter().enumerate() {
            // SAFETY: those lanes lie within the first `columns` columns of C.
            unsafe { store(walk.c.as_mut_ptr().wrapping_add(i * walk.c_row + v * LANES), lanes(v), sum, walk.add) };
        }
    }
}
