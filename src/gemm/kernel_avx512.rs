//! The register tile for AVX-512: up to 14 rows of 32 columns.

use super::kernel::{MicroKernel, TileMultiply};
use std::arch::x86_64::{
    __mmask16, _mm512_add_ps, _mm512_fmadd_ps, _mm512_load_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
    _mm512_set1_ps, _mm512_setzero_ps,
};

/// Numbers in a vector register.
const LANES: usize = 16;
/// Vectors in a row of the tile.
const VECTORS: usize = 2;
const NR: usize = VECTORS * LANES;
/// 14 rows of 2 sums, 2 vectors of `B` and one number of `A` are 31 of the 32 registers.
const MR: usize = 14;

pub(super) static KERNEL: MicroKernel = MicroKernel { mr: MR, nr: NR, tiles: &TILES };

/// One function for each number of rows, so that every one keeps its sums in registers.
static TILES: [TileMultiply; MR] = [
    tile::<1>,
    tile::<2>,
    tile::<3>,
    tile::<4>,
    tile::<5>,
    tile::<6>,
    tile::<7>,
    tile::<8>,
    tile::<9>,
    tile::<10>,
    tile::<11>,
    tile::<12>,
    tile::<13>,
    tile::<14>,
];

/// See [`TileMultiply`].
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
unsafe fn tile<const ROWS: usize>(
    depth: usize,
    a: *const f32,
    b: *const f32,
    c: *mut f32,
    c_row_stride: usize,
    columns: usize,
    add: bool,
) {
    let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
    for p in 0..depth {
        // SAFETY: the panels hold `depth` steps of NR and ROWS numbers, B's aligned to 64 bytes.
        let b: [_; VECTORS] = std::array::from_fn(|v| unsafe { _mm512_load_ps(b.add(p * NR + v * LANES)) });
        for (i, row) in sums.iter_mut().enumerate() {
            let a = _mm512_set1_ps(unsafe { *a.add(p * ROWS + i) });
            for v in 0..VECTORS {
                row[v] = _mm512_fmadd_ps(a, b[v], row[v]);
            }
        }
    }
    for (i, row) in sums.iter().enumerate() {
        for (v, &sum) in row.iter().enumerate() {
            let mask = first_lanes(columns.saturating_sub(v * LANES));
            // SAFETY: only lanes within the first `columns` columns of C are touched.
            unsafe {
                let c = c.wrapping_add(i * c_row_stride + v * LANES);
                let sum = if add { _mm512_add_ps(_mm512_maskz_loadu_ps(mask, c), sum) } else { sum };
                _mm512_mask_storeu_ps(c, mask, sum);
            }
        }
    }
}

/// A mask of the first `count` lanes, or all if there are fewer.
fn first_lanes(count: usize) -> __mmask16 {
    if count >= LANES { !0 } else { (1 << count) - 1 }
}
