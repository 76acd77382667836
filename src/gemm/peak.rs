//! What the processor could do at most.

use std::time::Instant;

/// GFLOP/s of one thread that does nothing but fused multiply-adds on the widest vectors it has, enough
/// of them independent to hide their latency: the ceiling of any product in `f32`. Takes some
/// milliseconds. Without vectors of that kind, the same loop as the compiler makes it.
pub fn peak_gflops() -> f64 {
    const ROUNDS: usize = 30_000;
    let measure = || {
        let start = Instant::now();
        let operations = multiply_add(ROUNDS);
        1e-9 * operations as f64 / start.elapsed().as_secs_f64()
    };
    (0..3).map(|_| measure()).fold(0.0, f64::max) // the first brings the processor up to speed
}

/// Does so many rounds, and answers how many operations that was.
fn multiply_add(rounds: usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: the processor has the instructions.
        #[allow(unsafe_code)]
        if is_x86_feature_detected!("avx512f") {
            return unsafe { on_512_bits(rounds) };
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return unsafe { on_256_bits(rounds) };
        }
    }
    let mut sums = [1.0f32; 64];
    let factor = std::hint::black_box(0.5);
    for _ in 0..rounds {
        sums.iter_mut().for_each(|sum| *sum = *sum * factor + factor);
    }
    std::hint::black_box(sums);
    2 * 64 * rounds
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn on_512_bits(rounds: usize) -> usize {
    use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_set1_ps};
    let mut sums = [_mm512_set1_ps(1.0); 24];
    let factor = std::hint::black_box(_mm512_set1_ps(0.5));
    for _ in 0..rounds {
        sums.iter_mut().for_each(|sum| *sum = _mm512_fmadd_ps(*sum, factor, factor));
    }
    std::hint::black_box(sums);
    2 * 16 * 24 * rounds
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_256_bits(rounds: usize) -> usize {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps};
    let mut sums = [_mm256_set1_ps(1.0); 12];
    let factor = std::hint::black_box(_mm256_set1_ps(0.5));
    for _ in 0..rounds {
        sums.iter_mut().for_each(|sum| *sum = _mm256_fmadd_ps(*sum, factor, factor));
    }
    std::hint::black_box(sums);
    2 * 8 * 12 * rounds
}
