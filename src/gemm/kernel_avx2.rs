//! The register tile for AVX2 with FMA: up to 6 rows of 16 columns.

use super::kernel::{MicroKernel, TileMultiply};
use super::pack::first_lanes;
use std::arch::x86_64::{
    _mm256_add_ps, _mm256_fmadd_ps, _mm256_load_ps, _mm256_loadu_ps, _mm256_maskload_ps, _mm256_maskstore_ps,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

/// Numbers in a vector register.
const LANES: usize = 8;
/// Vectors in a row of the tile.
const VECTORS: usize = 2;
const NR: usize = VECTORS * LANES;
/// 6 rows of 2 sums, 2 vectors of `B` and one number of `A` are 15 of the 16 registers.
const MR: usize = 6;

pub(super) static KERNEL: MicroKernel = MicroKernel { mr: MR, nr: NR, tiles: &TILES };

/// One function for each number of rows, so that every one keeps its sums in registers.
static TILES: [TileMultiply; MR] = [tile::<1>, tile::<2>, tile::<3>, tile::<4>, tile::<5>, tile::<6>];

/// See [`TileMultiply`].
#[allow(unsafe_code)]
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const ROWS: usize>(
    depth: usize,
    a: *const f32,
    b: *const f32,
    c: *mut f32,
    c_row_stride: usize,
    columns: usize,
    add: bool,
) {
    let mut sums = [[_mm256_setzero_ps(); VECTORS]; ROWS];
    for p in 0..depth {
        // SAFETY: the panels hold `depth` steps of NR and ROWS numbers, B's aligned to 32 bytes.
        let b: [_; VECTORS] = std::array::from_fn(|v| unsafe { _mm256_load_ps(b.add(p * NR + v * LANES)) });
        for (i, row) in sums.iter_mut().enumerate() {
            let a = _mm256_set1_ps(unsafe { *a.add(p * ROWS + i) });
            for v in 0..VECTORS {
                row[v] = _mm256_fmadd_ps(a, b[v], row[v]);
            }
        }
    }
    for (i, row) in sums.iter().enumerate() {
        for (v, &sum) in row.iter().enumerate() {
            let c = c.wrapping_add(i * c_row_stride + v * LANES);
            let lanes = columns.saturating_sub(v * LANES);
            // SAFETY: only lanes within the first `columns` columns of C are touched.
            unsafe {
                if lanes >= LANES {
                    let sum = if add { _mm256_add_ps(_mm256_loadu_ps(c), sum) } else { sum };
                    _mm256_storeu_ps(c, sum);
                } else {
                    let mask = first_lanes(lanes);
                    let sum = if add { _mm256_add_ps(_mm256_maskload_ps(c, mask), sum) } else { sum };
                    _mm256_maskstore_ps(c, mask, sum);
                }
            }
        }
    }
}
