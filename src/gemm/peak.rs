//! What the processor could do at most.

use super::kernel::Kernel;
use super::precision::Precision;
use std::time::Instant;

/// GFLOP/s of one thread that does nothing but fused multiply-adds on the widest vectors it has, enough
/// of them independent to hide their latency: the ceiling of any product in this precision. Takes some
/// milliseconds. Without vectors of that kind, the same loop as the compiler makes it.
pub fn peak_gflops(precision: Precision) -> f64 {
    const ROUNDS: usize = 30_000;
    let measure = || {
        let start = Instant::now();
        let operations = Kernel::fastest().with(precision).multiply_add(ROUNDS);
        1e-9 * operations as f64 / start.elapsed().as_secs_f64()
    };
    (0..3).map(|_| measure()).fold(0.0, f64::max) // the first brings the processor up to speed
}
