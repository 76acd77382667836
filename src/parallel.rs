//! Threads, and loops over long arrays: cut into pieces for the cores, compiled for the widest
//! vectors.
//!
//! Pieces have a fixed length, one piece a task, and a sum is cut, if at all, where its shape says
//! (`partial_sums` in `autodiff/kernels.rs`), so no result depends on the number of threads. The program is built for the oldest processors of its kind; what runs
//! inside [`vectorised`] is compiled a second time for AVX2, and the processor at hand decides.
//! Both compute the same bits: nothing is reordered or fused.

use crate::gemm::flush_denormals;
pub(crate) use crate::gemm::{Loop, run_vectorised};
pub use crate::gemm::{in_chunks, vectorised};
use rayon::{BroadcastContext, ThreadPoolBuildError, ThreadPoolBuilder, Yield};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Elements a task handles: some 10 µs of work, well above what it costs to hand it over.
pub const GRAIN: usize = 1 << 14;

/// Does the work on a pool of this many threads made for it; 0 means one a core. The place to
/// train: whatever is parallel inside runs on these threads, which stay awake while there is work
/// and take denormal numbers for zero.
///
/// A training step is a hundred parallel loops of some ten to a thousand microseconds. A thread that
/// fell asleep after each would have to be woken for the next, which takes about as long as the
/// shorter ones do; so the threads that are not doing the work itself keep asking for more. Where the work pauses for
/// some milliseconds, they sleep as rayon has them sleep: that takes no time of a core, and they wake with the next
/// loop. From the next [`rouse`] on they keep asking again.
///
/// # Errors
/// When the system grants no such threads.
pub fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> Result<R, ThreadPoolBuildError> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).start_handler(|_| flush_denormals()).build()?;
    Ok(pool.install(|| {
        let asleep = rayon::current_num_threads() - 1;
        let crew = Arc::new(Crew { asleep: AtomicUsize::new(asleep), done: AtomicBool::new(false) });
        let _end = OnDuty(CREW.replace(Some(Arc::clone(&crew))), crew);
        rouse();
        work()
    }))
}

/// Has the threads of [`on_threads`] that fell asleep in a pause keep asking for work again: called where the work
/// begins a step. Elsewhere, and where nobody sleeps, it does nothing.
pub fn rouse() {
    let Some(crew) = CREW.with_borrow(|crew| crew.clone().filter(|crew| crew.asleep.load(Ordering::Relaxed) > 0))
    else {
        return;
    };
    let working = rayon::current_thread_index();
    rayon::spawn_broadcast(move |thread: BroadcastContext| {
        if Some(thread.index()) != working && !AWAKE.replace(true) {
            crew.asleep.fetch_sub(1, Ordering::Relaxed);
            stay_awake(&crew.done);
            crew.asleep.fetch_add(1, Ordering::Relaxed);
            AWAKE.set(false);
        }
    });
}

/// The threads that wait for what the work hands over.
struct Crew {
    /// How many of them do not keep asking.
    asleep: AtomicUsize,
    /// The work has ended.
    done: AtomicBool,
}

thread_local! {
    /// Who waits for what this thread hands over, if it does the work of [`on_threads`].
    static CREW: RefCell<Option<Arc<Crew>>> = const { RefCell::new(None) };
    /// This thread keeps asking for work.
    static AWAKE: Cell<bool> = const { Cell::new(false) };
}

/// When dropped, also by a panic of the work, the second crew may go, and the first is this thread's again.
struct OnDuty(Option<Arc<Crew>>, Arc<Crew>);

impl Drop for OnDuty {
    fn drop(&mut self) {
        self.1.done.store(true, Ordering::Relaxed);
        CREW.replace(self.0.take());
    }
}

/// Does whatever the pool has to do, until `done` or until it has asked in vain for some milliseconds.
fn stay_awake(done: &AtomicBool) {
    let mut in_vain = 0;
    while in_vain < GIVES_UP && !done.load(Ordering::Relaxed) {
        in_vain = if rayon::yield_now() == Some(Yield::Executed) { 0 } else { in_vain + 1 };
        if in_vain <= SPINS {
            std::hint::spin_loop();
        } else {
            std::thread::yield_now(); // other programs may have the core in between
        }
    }
}

/// Questions in vain after which a thread lets others have the core: some microseconds lie between two loops of a step.
const SPINS: u32 = 1_000;
/// And after which it sleeps: it is a pause, in which somebody looks at the tape or a file is written.
const GIVES_UP: u32 = 10_000;

/// Calls `work(start, piece)` for every piece of `elements`, `start` being its first index.
pub fn in_pieces<T: Send>(elements: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    in_chunks(elements, GRAIN, &|i, piece| vectorised(|| work(i * GRAIN, piece)));
}

/// Calls `work(i, row)` for every row of `length` elements, `i` being its number.
pub fn in_rows<T: Send>(elements: &mut [T], length: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let length = length.max(1);
    let together = (GRAIN / length).max(1);
    in_chunks(elements, together * length, &|i, rows| {
        run_vectorised(Rows { first: i * together, rows, length, work: &work });
    });
}

/// Some rows of [`in_rows`].
struct Rows<'a, T, W> {
    first: usize,
    rows: &'a mut [T],
    length: usize,
    work: &'a W,
}

impl<T, W: Fn(usize, &mut [T])> Loop for Rows<'_, T, W> {
    #[inline(always)]
    fn run(self) {
        // No `for_each`: its loop would be a function of its own, compiled for the oldest processors.
        for (i, row) in (self.first..).zip(self.rows.chunks_exact_mut(self.length)) {
            (self.work)(i, row);
        }
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
    halves_in_step(elements, arrays, &|elements, arrays| vectorised(|| visit(elements, arrays)));
}

/// What [`in_step`] visits.
type Visit<'a, T, const N: usize> = dyn Fn(&[T], [&mut [T]; N]) + Sync + 'a;

fn halves_in_step<T: Send + Sync, const N: usize>(elements: &[T], arrays: [&mut [T]; N], visit: &Visit<'_, T, N>) {
    if elements.len() <= GRAIN {
        return visit(elements, arrays);
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
    fn threads_sleep_in_a_pause_and_are_roused_after_it() {
        on_threads(3, || {
            let crew = CREW.with_borrow(|crew| crew.clone()).expect("on duty");
            let asleep = || crew.asleep.load(Ordering::Relaxed);
            for _ in 0..2 {
                await_that(|| {
                    rouse();
                    asleep() == 0
                });
                await_that(|| asleep() == 2); // this is a pause
                let mut elements = vec![0u8; 64 * GRAIN];
                in_pieces(&mut elements, |_, piece| piece.fill(1));
                assert!(elements.iter().all(|&x| x == 1), "work is done by threads that slept");
            }
        })
        .expect("threads can be had");
    }

    fn await_that(holds: impl Fn() -> bool) {
        let begin = std::time::Instant::now();
        while !holds() {
            assert!(begin.elapsed().as_secs() < 60, "waited in vain");
            std::thread::yield_now();
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
