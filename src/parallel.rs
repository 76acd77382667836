//! Threads, and loops over long arrays: cut into pieces for the cores, compiled for the widest
//! vectors.
//!
//! Pieces have a fixed length, one piece a task, and a sum is cut, if at all, where its shape says
//! (`partial_sums` in `autodiff/kernels.rs`), so no result depends on the number of threads. The program is built for the oldest processors of its kind; what runs
//! inside [`vectorised`] is compiled a second time for AVX2, and the processor at hand decides.
//! Both compute the same bits: nothing is reordered or fused.

use crate::gemm::flush_denormals;
pub use crate::gemm::vectorised;
use rayon::prelude::*;
use rayon::{BroadcastContext, ThreadPoolBuildError, ThreadPoolBuilder, Yield};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Elements a task handles: some 10 µs of work, well above what it costs to hand it over.
pub const GRAIN: usize = 1 << 14;

/// Does the work on a pool of this many threads made for it; 0 means one a core. The place to
/// train: whatever is parallel inside runs on these threads, which stay awake until the work is
/// done and take denormal numbers for zero.
///
/// A training step is a hundred parallel loops of some ten to a thousand microseconds. A thread that
/// fell asleep after each would have to be woken for the next, which takes about as long as the
/// shorter ones do; so the threads that are not doing the work itself keep asking for more.
///
/// # Errors
/// When the system grants no such threads.
pub fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> Result<R, ThreadPoolBuildError> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).start_handler(|_| flush_denormals()).build()?;
    Ok(pool.install(|| {
        let done = Done(Arc::default());
        let is_done = Arc::clone(&done.0);
        let working = rayon::current_thread_index();
        rayon::spawn_broadcast(move |thread: BroadcastContext| {
            if Some(thread.index()) != working {
                stay_awake(&is_done);
            }
        });
        work()
    }))
}

/// Says so when it is dropped: also when the work panics.
struct Done(Arc<AtomicBool>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does whatever the pool has to do until `done`.
fn stay_awake(done: &AtomicBool) {
    /// Questions in vain before other programs may have the core in between.
    const PATIENCE: u32 = 1000;
    let mut in_vain = 0;
    while !done.load(Ordering::Relaxed) {
        in_vain = if rayon::yield_now() == Some(Yield::Executed) { 0 } else { in_vain + 1 };
        if in_vain > PATIENCE {
            std::thread::yield_now();
        } else {
            std::hint::spin_loop();
        }
    }
}

/// Calls `work(start, piece)` for every piece of `elements`, `start` being its first index.
pub fn in_pieces<T: Send>(elements: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    if elements.len() <= GRAIN {
        vectorised(|| work(0, elements));
    } else {
        let pieces = elements.par_chunks_mut(GRAIN).enumerate();
        pieces.for_each(|(i, piece)| vectorised(|| work(i * GRAIN, piece)));
    }
}

/// Calls `work(i, row)` for every row of `length` elements, `i` being its number.
pub fn in_rows<T: Send>(elements: &mut [T], length: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let length = length.max(1);
    let together = (GRAIN / length).max(1);
    let some_rows = |(first, rows): (usize, &mut [T])| {
        let numbered = (first * together..).zip(rows.chunks_exact_mut(length));
        vectorised(|| numbered.for_each(|(i, row)| work(i, row)));
    };
    if elements.len() <= GRAIN {
        some_rows((0, elements));
    } else {
        elements.par_chunks_mut(together * length).enumerate().for_each(some_rows);
    }
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

    #[test]
    fn every_row_is_visited_once_by_its_number() {
        for (rows, length) in [(5, 3), (1000, 37), (3, GRAIN + 1), (0, 4), (7, 1)] {
            let mut elements = vec![0usize; rows * length];
            in_rows(&mut elements, length, |i, row| row.iter_mut().for_each(|x| *x += i + 1));
            assert!(elements.chunks_exact(length).enumerate().all(|(i, row)| row.iter().all(|&x| x == i + 1)));
        }
    }

    #[test]
    fn work_runs_on_as_many_threads_as_asked_and_they_end_with_it() {
        for threads in 1..=3 {
            let seen = on_threads(threads, || {
                let mut elements = vec![0u8; 64 * GRAIN];
                in_pieces(&mut elements, |_, piece| piece.fill(1));
                (rayon::current_num_threads(), elements.iter().all(|&x| x == 1))
            });
            assert_eq!(seen.expect("threads can be had"), (threads, true));
        }
    }

    #[test]
    #[should_panic(expected = "the work's own")]
    fn a_panic_in_the_work_ends_it() {
        let _ = on_threads(2, || panic!("the work's own"));
    }
}
