//! What the benches share: where their work runs, and for how long it is timed.

use criterion::{Bencher, Criterion};
use std::hint::black_box;
use std::time::{Duration, Instant};
use twoplayer::gemm::peak_gflops;
use twoplayer::parallel::on_threads;

/// The numbers of threads that everything is timed on: what a bench calls it, and what
/// [`on_threads`] does. Zero means one a core.
pub const THREADS: [(&str, usize); 2] = [("1 thread", 1), ("all threads", 0)];

/// About a second and a half for each figure, and no talk of changes that are noise.
pub fn brief() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .nresamples(10_000)
        .noise_threshold(0.05)
}

/// Has criterion time `once`, which answers how long the part of it took that counts, on so many
/// threads. They stay awake throughout, as they do in training.
pub fn time_on(threads: usize, b: &mut Bencher, mut once: impl FnMut() -> Duration + Send) {
    b.iter_custom(|times| {
        let all = || {
            once(); // the threads are new: it brings them their buffers
            (0..times).map(|_| once()).sum()
        };
        on_threads(threads, all).expect("threads can be had")
    });
}

/// How long the work takes. What it makes is dropped afterwards.
pub fn timed<R>(work: impl FnOnce() -> R) -> Duration {
    let start = Instant::now();
    let made = black_box(work());
    let time = start.elapsed();
    drop(made);
    time
}

/// For benches whose elements are floating-point operations.
#[allow(dead_code, reason = "not every bench's are")]
pub fn say_the_peak() {
    let [one, all] = THREADS.map(|(_, threads)| {
        let together = || rayon::broadcast(|_| peak_gflops()).iter().sum::<f64>();
        on_threads(threads, together).expect("threads can be had")
    });
    eprintln!("Gelem/s are GFLOP/s; the processor's peak is {one:.0} on 1 thread, {all:.0} on all threads.\n");
}
