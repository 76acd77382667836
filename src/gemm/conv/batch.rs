//! The images of a batch: where copies of them are laid, and what is done with those that are made.

use crate::gemm::tile::LINE;

/// How far apart to copy pieces of this length of which the same places are read one after the other: an odd number of
/// cache lines, so that these places are not in the same few sets of the cache.
pub fn spread(length: usize) -> usize {
    (length.div_ceil(LINE) | 1) * LINE
}

/// What is done with each image of a result as soon as it is there.
pub type Finish<'f, T> = dyn Fn(&mut [T]) + Sync + 'f;
