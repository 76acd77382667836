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
use std::time::Duration;

/// Elements a task handles: some 10 µs of work, well above what it costs to hand it over.
pub const GRAIN: usize = 1 << 14;

/// Does the work on a pool of this many threads made for it; 0 means one a core. The place to
/// train: whatever is parallel inside runs on these threads, which stay awake while there is work
/// and take denormal numbers for zero.
///
/// A training step is a hundred parallel loops of some ten to a thousand microseconds. A thread that
/// fell asleep after each would have to be woken for the next, which takes about as long as the
/// shorter ones do; so the threads that are not doing the work itself keep asking for more. Where the work pauses for
/// longer, they sleep, and are awake again within a millisecond.
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
    let mut in_vain = 0;
    while !done.load(Ordering::Relaxed) {
        in_vain = if rayon::yield_now() == Some(Yield::Executed) { 0 } else { in_vain + 1 };
        match Rest::after(in_vain) {
            Rest::Spin => std::hint::spin_loop(),
            Rest::Yield => std::thread::yield_now(),
            Rest::Nap(time) => std::thread::sleep(time),
        }
    }
}

/// What a thread does when it has asked for work in vain.
#[derive(Debug, PartialEq)]
enum Rest {
    /// It asks again at once.
    Spin,
    /// Other programs may have the core in between.
    Yield,
    /// It sleeps for so long.
    Nap(Duration),
}

impl Rest {
    /// After so many questions in vain: some microseconds lie between two loops of a step, some milliseconds are a pause,
    /// in which a watcher looks at the tape or a file is written. From then on a thread takes naps, so short that it is
    /// at work again within a millisecond.
    fn after(in_vain: u64) -> Self {
        match in_vain {
            0..=1_000 => Self::Spin,
            1_001..=6_000 => Self::Yield,
            _ => Self::Nap(Duration::from_micros(300)),
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

/// Calls `visit(piece, [x, y, …])` for every piece of `elements`, with the same pieces of these arrays.
///
/// # Panics
/// When an array has another length than `elements`.
pub fn in_step<T: Send + Sync, const N: usize>(
    elements: &[T],
    arrays: [&mut [T]; N],
    visit: impl Fn(&[T], [&mut [T]; N]) + Sync,
) {
    assert!(arrays.iter().all(|array| array.len() == elements.len()), "arrays of other lengths than their elements");
    halves_in_step(elements, arrays, &visit);
}

fn halves_in_step<T: Send + Sync, const N: usize>(
    elements: &[T],
    arrays: [&mut [T]; N],
    visit: &(impl Fn(&[T], [&mut [T]; N]) + Sync),
) {
    if elements.len() <= GRAIN {
        return vectorised(|| visit(elements, arrays));
    }
    // Halves, and their halves; cut at a multiple of the grain, so that all pieces but the last are whole.
    let middle = (elements.len() / 2).next_multiple_of(GRAIN);
    let (first, second) = elements.split_at(middle);
    let mut seconds = [(); N].map(|()| <&mut [T]>::default());
    let mut end = seconds.iter_mut();
    let firsts = arrays.map(|array| {
        let (before, after) = array.split_at_mut(middle);
        *end.next().expect("as many as there are arrays") = after;
        before
    });
    rayon::join(|| halves_in_step(first, firsts, visit), || halves_in_step(second, seconds, visit));
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
    fn every_element_is_visited_once_with_its_own() {
        let elements: Vec<usize> = (0..3 * GRAIN + 5).collect();
        let (mut sums, mut visits) = (vec![1; elements.len()], vec![0; elements.len()]);
        in_step(&elements, [&mut sums, &mut visits], |x, [sums, visits]| {
            sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
            visits.iter_mut().for_each(|visits| *visits += 1);
        });
        assert!(sums.iter().enumerate().all(|(i, &sum)| sum == 1 + i));
        assert!(visits.iter().all(|&visits| visits == 1));
    }

    #[test]
    fn a_thread_without_work_sleeps_at_last_and_never_for_a_millisecond() {
        assert_eq!((Rest::after(1), Rest::after(5_000)), (Rest::Spin, Rest::Yield));
        assert!(matches!(Rest::after(u64::MAX), Rest::Nap(time) if time < Duration::from_millis(1)));
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
