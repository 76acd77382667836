//! Loops that the threads share.
//!
//! What is done with a piece is handed over as a `dyn Fn`: a piece is thousands of operations long, so the call costs
//! nothing, and what shares out the pieces is compiled once for all loops instead of once for each.

use rayon::prelude::*;

/// Calls `work(i, chunk)` for every chunk of this length, `i` being its number; the last one may be shorter.
pub fn in_chunks<T: Send>(elements: &mut [T], length: usize, work: &(dyn Fn(usize, &mut [T]) + Sync)) {
    let length = length.max(1);
    if elements.len() <= length {
        if !elements.is_empty() {
            work(0, elements);
        }
    } else {
        elements.par_chunks_mut(length).enumerate().for_each(|(i, chunk)| work(i, chunk));
    }
}

/// Calls `work(i)` for every number below `count`, each a task of its own.
pub fn in_tasks(count: usize, work: &(dyn Fn(usize) + Sync)) {
    if count == 1 {
        work(0);
    } else {
        (0..count).into_par_iter().with_max_len(1).for_each(work);
    }
}
