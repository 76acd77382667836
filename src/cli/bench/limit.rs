//! What no step of this machine can be faster than.

use super::step::{StepTiming, median};
use crate::parallel::in_step;
use serde::Serialize;
use std::time::Instant;

/// The least time of a step: its products at the rate of nothing but multiplications, and what Adam must move between the
/// processor and its memory.
#[derive(Serialize)]
pub struct Limit {
    /// GB/s that all threads together read and write.
    pub memory_gb_per_s: f64,
    /// The products' part, in milliseconds.
    pub products_ms: f64,
    /// Adam's part, in milliseconds.
    pub adam_ms: f64,
    /// Both.
    pub limit_ms: f64,
    /// How many times as long a step takes.
    pub step_over_limit: f64,
}

/// Adam reads and writes a weight and its two moments; the gradient comes from the cache.
const ADAM_BYTES: f64 = 6.0 * size_of::<f32>() as f64;
/// Numbers in each of the arrays whose passage is timed: more than any cache holds.
const LENGTH: usize = 1 << 25;
/// How often; the median counts.
const REPETITIONS: usize = 5;

impl Limit {
    /// That of these steps, on the current pool.
    pub fn of(step: &StepTiming, peak_gflops: f64) -> Self {
        let memory_gb_per_s = memory_gb_per_s();
        let products_ms = 2e-6 * step.multiplications as f64 / peak_gflops;
        let adam_ms = 1e-6 * ADAM_BYTES * step.parameters as f64 / memory_gb_per_s;
        let limit_ms = products_ms + adam_ms;
        Self { memory_gb_per_s, products_ms, adam_ms, limit_ms, step_over_limit: step.step_ms / limit_ms }
    }
}

/// How fast arrays are read and written as Adam does it: one is read, three are read and written.
fn memory_gb_per_s() -> f64 {
    let [gradient, mut w, mut m, mut v] = [(); 4].map(|()| vec![0.5f32; LENGTH]);
    let bytes = ADAM_BYTES + size_of::<f32>() as f64;
    let mut pass = || {
        let start = Instant::now();
        in_step(&gradient, [&mut w, &mut m, &mut v], |gradient, [w, m, v]| {
            for (((g, w), m), v) in gradient.iter().zip(w).zip(m).zip(v) {
                (*m, *v) = (0.5 * (*m + g), 0.5 * (*v + g));
                *w -= *m * *v;
            }
        });
        1e-9 * bytes * LENGTH as f64 / start.elapsed().as_secs_f64()
    };
    pass(); // the first brings the memory in
    median((0..REPETITIONS).map(|_| pass()))
}
