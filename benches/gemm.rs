//! The matrix products of one training step, in GFLOP/s: `cargo bench --bench gemm`.
//!
//! For each large dense layer `[in, out]` of the MNIST generator and discriminator there are
//! three products: forward, weight gradient, input gradient. Columns: this crate's kernel and
//! `matrixmultiply` under the same parallel split, on one thread and on several. The fastest
//! of many interleaved repetitions counts, for other programs may use the cores too.
//! `scripts/peers/products.py` prints the same table for PyTorch.
//!
//! Options: `--threads 2`, `--batch 128,256`, `--repetitions 60`, `--no-pin` (threads go where the
//! system puts them).
#![allow(unsafe_code)]

use rayon::ThreadPool;
use std::time::{Duration, Instant};
use twoplayer::gemm::{Beta, Kernel, MatrixMut, MatrixRef, gemm_with, kernel};

const GENERATOR: [usize; 6] = [100, 128, 256, 512, 1024, 784];
/// Without its last layer, 128 to 1, which is no matrix product.
const DISCRIMINATOR: [usize; 5] = [784, 1024, 512, 256, 128];

fn main() {
    let threads = option("--threads").map_or(2, |t| t[0]);
    let repetitions = option("--repetitions").map_or(60, |r| r[0]);
    let pin = if std::env::args().any(|argument| argument == "--no-pin") { |_| () } else { pin };
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).start_handler(pin).build().unwrap();
    let pools = [1, threads].map(pool);
    for batch in option("--batch").unwrap_or(vec![128, 256]) {
        table(batch, &pools, repetitions);
    }
}

/// The numbers after `name` on the command line, separated by commas.
fn option(name: &str) -> Option<Vec<usize>> {
    let value = std::env::args().skip_while(|argument| argument != name).nth(1)?;
    Some(value.split(',').map(|number| number.parse().expect("a number")).collect())
}

/// One product: `C[m, n] = A[m, k]·B[k, n]`, or `C += A·B` for the forward one, whose `C` holds
/// the bias.
struct Product {
    name: String,
    shape: [usize; 3], // m, k, n
    a_transposed: bool,
    b_transposed: bool,
    beta: Beta,
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
}

impl Product {
    fn new(name: String, [m, k, n]: [usize; 3], [a_transposed, b_transposed]: [bool; 2], beta: Beta) -> Self {
        let numbers = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect();
        let (a, b) = (numbers(m * k, 0.37), numbers(k * n, 0.73));
        Self { name, shape: [m, k, n], a_transposed, b_transposed, beta, a, b, c: vec![0.0; m * n] }
    }

    fn run(&mut self, kernel: Kernel) {
        let [m, k, n] = self.shape;
        let matrix = |data, rows, columns, transposed| match transposed {
            true => MatrixRef::new(data, columns, rows).transposed(),
            false => MatrixRef::new(data, rows, columns),
        };
        let (a, b) = (matrix(&self.a, m, k, self.a_transposed), matrix(&self.b, k, n, self.b_transposed));
        gemm_with(kernel, a, b, self.beta, MatrixMut::new(&mut self.c, m, n));
    }

    fn flops(&self) -> f64 {
        2.0 * self.shape.iter().map(|&length| length as f64).product::<f64>()
    }
}

fn products(batch: usize) -> Vec<Product> {
    let layers = GENERATOR.windows(2).chain(DISCRIMINATOR.windows(2));
    let of_layer = |layer: &[usize]| {
        let &[fan_in, fan_out] = layer else { unreachable!("windows of two") };
        let product = |kind: &str, shape, transposed, beta| {
            Product::new(format!("{fan_in}-{fan_out} {kind}"), shape, transposed, beta)
        };
        [
            product("forward", [batch, fan_in, fan_out], [false, true], Beta::One), // X·Wᵀ + b
            product("weight gradient", [fan_out, batch, fan_in], [true, false], Beta::Zero), // Gᵀ·X
            product("input gradient", [batch, fan_out, fan_in], [false, false], Beta::Zero), // G·W
        ]
    };
    layers.flat_map(of_layer).collect()
}

fn table(batch: usize, pools: &[ThreadPool; 2], repetitions: usize) {
    let (ours, threads) = (kernel(), pools[1].current_num_threads());
    let contenders = [(0, ours), (0, Kernel::Portable), (1, ours), (1, Kernel::Portable)];
    let mut products = products(batch);
    let mut fastest = vec![[Duration::MAX; 4]; products.len()];
    let mut peak = 0.0;
    for _ in 0..repetitions {
        peak = f64::max(peak, fma_rate(ours));
        for (column, &(pool, kernel)) in contenders.iter().enumerate() {
            pools[pool].install(|| {
                for (product, fastest) in products.iter_mut().zip(&mut fastest) {
                    product.run(kernel); // the operands are in the cache, as just after a layer wrote them
                    let start = Instant::now();
                    product.run(kernel);
                    fastest[column] = fastest[column].min(start.elapsed());
                }
            });
        }
    }
    println!("batch {batch}, GFLOP/s; peak of {} on one thread: {peak:.1}", ours.name());
    println!("{:49} {:>17} {:>17}", "", "1 thread", format!("{threads} threads"));
    let (our_name, other) = (ours.name(), "mm");
    println!("{:28} {:>20} {our_name:>8} {other:>8} {our_name:>8} {other:>8}", "", "m     k     n");
    for (product, times) in products.iter().zip(&fastest) {
        let [m, k, n] = product.shape;
        print!("{:28}  {m:5} x{k:5} x{n:5}", product.name);
        times.iter().for_each(|time| print!(" {:8.1}", 1e-9 * product.flops() / time.as_secs_f64()));
        println!();
    }
    let work: f64 = products.iter().map(Product::flops).sum();
    let totals = [0, 1, 2, 3].map(|column| fastest.iter().map(|times| times[column].as_secs_f64()).sum::<f64>());
    print!("{:49}", "total, ms");
    totals.iter().for_each(|total| print!(" {:8.2}", 1e3 * total));
    print!("\n{:49}", "total, GFLOP/s");
    totals.iter().for_each(|total| print!(" {:8.1}", 1e-9 * work / total));
    let share = 1e-9 * work / totals[0] / peak;
    println!("\n{} reaches {:.0} % of the peak on one thread\n", ours.name(), 100.0 * share);
}

/// Binds a pool's thread to a core of its own. On a machine that runs other programs the system
/// may otherwise keep all of the pool's threads, which wake for microseconds, on one core.
#[cfg(target_os = "linux")]
fn pin(core: usize) {
    unsafe extern "C" {
        fn sched_setaffinity(thread: i32, size: usize, mask: *const u64) -> i32;
    }
    let mask = 1u64 << (core % 64);
    // SAFETY: thread 0 is the calling one, and the mask is as long as its size says. A core
    // that does not exist is an error, and the thread stays where it is.
    unsafe { sched_setaffinity(0, size_of::<u64>(), &mask) };
}

#[cfg(not(target_os = "linux"))]
fn pin(_core: usize) {}

/// GFLOP/s of nothing but fused multiply-adds, enough of them independent to hide their latency.
fn fma_rate(kernel: Kernel) -> f64 {
    const ROUNDS: usize = 20_000;
    let start = Instant::now();
    // SAFETY: `kernel` is available, so its instructions are.
    let flops = match kernel {
        Kernel::Avx512 => unsafe { fma_512(ROUNDS) },
        Kernel::Avx2 => unsafe { fma_256(ROUNDS) },
        Kernel::Portable => return f64::NAN,
    };
    1e-9 * flops as f64 / start.elapsed().as_secs_f64()
}

#[target_feature(enable = "avx512f")]
fn fma_512(rounds: usize) -> usize {
    use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_set1_ps};
    let mut sums = [_mm512_set1_ps(1.0); 24];
    let factor = std::hint::black_box(_mm512_set1_ps(0.5));
    for _ in 0..rounds {
        sums.iter_mut().for_each(|sum| *sum = _mm512_fmadd_ps(*sum, factor, factor));
    }
    std::hint::black_box(sums);
    2 * 16 * 24 * rounds
}

#[target_feature(enable = "avx2,fma")]
fn fma_256(rounds: usize) -> usize {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps};
    let mut sums = [_mm256_set1_ps(1.0); 12];
    let factor = std::hint::black_box(_mm256_set1_ps(0.5));
    for _ in 0..rounds {
        sums.iter_mut().for_each(|sum| *sum = _mm256_fmadd_ps(*sum, factor, factor));
    }
    std::hint::black_box(sums);
    2 * 8 * 12 * rounds
}
