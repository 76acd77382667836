//! Loops over long arrays: cut into pieces for the cores, compiled for the widest vectors.
//!
//! Pieces have a fixed length, one piece a task, and no sum is ever cut, so no result depends on
//! the number of threads. The program is built for the oldest processors of its kind; what runs
//! inside [`vectorised`] is compiled a second time for AVX2, and the processor at hand decides.
//! Both compute the same bits: nothing is reordered or fused.

use rayon::prelude::*;

/// Elements a task handles: some 10 µs of work, well above what waking a thread costs.
pub const GRAIN: usize = 1 << 14;

/// Calls `work(start, piece)` for every piece of `elements`, `start` being its first index.
pub fn in_pieces<T: Send>(elements: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    if elements.len() <= GRAIN {
        vectorised(|| work(0, elements));
    } else {
        let pieces = elements.par_chunks_mut(GRAIN).enumerate();
        pieces.for_each(|(i, piece)| vectorised(|| work(i * GRAIN, piece)));
    }
}

/// Runs a loop, compiled for the widest vectors that this processor has.
#[inline]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_visited_once_at_its_index() {
        let mut elements = vec![0usize; 3 * GRAIN + 7];
        in_pieces(&mut elements, |start, piece| piece.iter_mut().enumerate().for_each(|(i, x)| *x += start + i));
        assert!(elements.iter().enumerate().all(|(i, &x)| x == i));
    }
}
