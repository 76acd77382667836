//! Where copies of images are laid.

use crate::gemm::tile::LINE;

/// How far apart to copy pieces of this length of which the same places are read one after the other: an odd number of
/// cache lines, so that these places are not in the same few sets of the cache.
pub fn spread(length: usize) -> usize {
    (length.div_ceil(LINE) | 1) * LINE
}
