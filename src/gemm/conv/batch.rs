//! How a batch is taken apart.

use crate::gemm::tile::LINE;
use rayon::prelude::*;

/// How far apart to copy pieces of this length of which the same places are read one after the other: an odd number of
/// cache lines, so that these places are not in the same few sets of the cache.
pub fn spread(length: usize) -> usize {
    (length.div_ceil(LINE) | 1) * LINE
}

/// Calls `work(n, image)` for every image of a batch, in parallel.
pub fn for_each_image<T: Send>(batch: &mut [T], length: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    batch.par_chunks_exact_mut(length.max(1)).enumerate().for_each(|(n, image)| work(n, image));
}
