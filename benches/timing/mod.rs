//! What the benches share: which of them is wanted, where its work runs, for how long it is timed, and what is said of it.

use std::env;
use std::hint::black_box;
use std::time::{Duration, Instant};
use twoplayer::gemm::{Precision, peak_gflops};
use twoplayer::parallel::on_threads;

/// The numbers of threads that everything is timed on: what a bench calls it, and what
/// [`on_threads`] does. Zero means one a core.
pub const THREADS: [(&str, usize); 2] = [("1 thread", 1), ("all threads", 0)];

/// Each figure takes so long, or ten times its work if that is longer.
const LONG_ENOUGH: Duration = Duration::from_millis(1500);
const LEAST_TIMES: usize = 10;

/// Whether a bench is wanted: all are, unless the call names parts of names (`cargo bench -- NAME`).
fn is_wanted(name: &str) -> bool {
    let mut named = env::args().skip(1).filter(|word| !word.starts_with("--")).peekable();
    named.peek().is_none() || named.any(|part| name.contains(&part))
}

/// Times `once`, which goes through so many elements and answers how long the part of it took that counts, on so many
/// threads, which stay awake throughout, as they do in training. Prints the median, the tenth and the ninetieth
/// percentile, and how many elements a second that makes.
pub fn bench(name: &str, threads: usize, elements: usize, mut once: impl FnMut() -> Duration + Send) {
    if !is_wanted(name) {
        return;
    }
    let measure = || {
        once(); // the threads are new: it brings them their buffers
        let (begun, mut times) = (Instant::now(), Vec::new());
        while times.len() < LEAST_TIMES || begun.elapsed() < LONG_ENOUGH {
            times.push(once());
        }
        times
    };
    let mut times = on_threads(threads, measure).expect("threads can be had");
    times.sort();
    let [low, median, high] = [1, 5, 9].map(|tenths| times[times.len() * tenths / 10].as_secs_f64());
    let (rate, times) =
        (scaled(elements as f64 / median, &RATES), [low, median, high].map(|time| scaled(time, &TIMES)));
    println!("{name:<56} {:>9} ({} to {}) {rate:>9}elem/s", times[1], times[0], times[2]);
}

const TIMES: [(f64, &str); 4] = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")];
const RATES: [(f64, &str); 4] = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];

/// A number in the largest unit of which it has one; or in the last.
fn scaled(number: f64, units: &[(f64, &str)]) -> String {
    let (size, unit) = units.iter().find(|(size, _)| number >= *size).or(units.last()).expect("there are units");
    format!("{:.3} {unit}", number / size)
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
        let together = || rayon::broadcast(|_| peak_gflops(Precision::F32)).iter().sum::<f64>();
        on_threads(threads, together).expect("threads can be had")
    });
    eprintln!("Gelem/s are GFLOP/s; the processor's peak is {one:.0} on 1 thread, {all:.0} on all threads.\n");
}
