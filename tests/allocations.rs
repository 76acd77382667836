//! In steady state a training step takes every tensor from the pool; and all of training takes about as much memory as
//! was estimated before.
//!
//! The only test of this program: its allocator counts for the whole process.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use twoplayer::gan::{Config, MemoryEstimate, Objective, Pairing, Regulariser, Trainer, UpdateRule};

/// The system's allocator, counting the allocations that could hold a tensor.
struct Counting;

/// Smaller ones are the tape's bookkeeping: a node, a list of inputs.
const LARGE: usize = 4096;
/// Tensors are vectors of `f32`, aligned like them. The tape's lists of nodes, as long as the network has
/// layers, are aligned to 8; on a machine where products fall back on `matrixmultiply`, its packing buffers,
/// taken at each call, to vector registers: neither is counted.
const TENSOR_ALIGNMENT: usize = 4;

static LARGE_ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
/// Bytes that are allocated now, and the most that have been.
static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn hold(bytes: usize) {
    let held = HELD.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(held, Ordering::Relaxed);
}

fn release(bytes: usize) {
    HELD.fetch_sub(bytes, Ordering::Relaxed);
}

fn count(layout: Layout) {
    if layout.size() >= LARGE && layout.align() <= TENSOR_ALIGNMENT {
        LARGE_ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout);
        hold(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout);
        hold(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(Layout::from_size_align(size, layout.align()).unwrap());
        hold(size);
        release(layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        release(layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Layers of every kind that has parameters, statistics or labels, in place of the preset's.
const IMAGES: &str = r#"
[training]
classes = 10
[generator]
layers = [
    { kind = "label-embedding", units = 28 },
    { kind = "dense", units = 784 },
    { kind = "reshape", shape = [7, 7, 16] },
    { kind = "batch-norm", conditional = true, activation = "relu" },
    { kind = "conv-transpose", channels = 16, kernel = 4, stride = 2, bias = false },
    { kind = "batch-norm", activation = "relu" },
    { kind = "upsample", mode = "bilinear" },
    { kind = "conv", channels = 1, kernel = 3, activation = "tanh" },
]
[discriminator]
layers = [
    { kind = "conv", channels = 16, kernel = 4, stride = 2, activation = "leaky-relu", spectral_norm = true },
    { kind = "residual", layers = [{ kind = "group-norm", groups = 4 }, { kind = "conv", channels = 16, kernel = 3 }] },
    { kind = "avg-pool" },
    { kind = "minibatch-stddev" },
    { kind = "dense", units = 1200, activation = "leaky-relu", spectral_norm = true },
    { kind = "projection", spectral_norm = true },
]
"#;

#[test]
fn from_step_10_on_no_tensor_is_allocated() {
    // From step 10 on, steps with and without the gradient penalty.
    let preset = Config::preset("mlp").unwrap();
    let mut paired = preset.clone();
    paired.training.pairing = Pairing::Relativistic;
    paired.training.objective = Objective::Hinge;
    paired.training.critic_steps = 2;
    let clipping = Regulariser::WeightClipping { limit: 0.1 };
    paired.discriminator.regularisers = vec![Regulariser::WganGp { weight: 1.0.into(), every: 1 }, clipping];
    let mut smoothed = preset.clone();
    smoothed.training.label_smoothing = Some(0.9);
    let dragan = Regulariser::Dragan { weight: 1.0.into(), deviation: 0.1, every: 3 };
    smoothed.discriminator.regularisers = vec![dragan, Regulariser::R2 { gamma: 0.5.into(), every: 2 }];
    let images = Config::from_toml(IMAGES, Some("mlp")).unwrap();
    for (name, config) in [("mlp", preset), ("paired", paired), ("smoothed", smoothed), ("images", images)] {
        for update in [UpdateRule::Simultaneous, UpdateRule::Alternating] {
            let mut config = config.clone();
            config.training.update = update;
            config.training.batch_size = 32; // the smallest activation, [32, 128], is 16 KiB
            let before = HELD.load(Ordering::Relaxed);
            PEAK.store(before, Ordering::Relaxed);
            let counts = allocations_by_step(&config);
            let peak = PEAK.load(Ordering::Relaxed) - before;
            let estimate = MemoryEstimate::of_training(&config, rayon::current_num_threads()).unwrap();
            let estimate = estimate.bytes as usize - PROGRAM;
            let fits = peak <= estimate && estimate <= 5 * peak;
            assert!(fits, "{name}, {update:?}: {peak} bytes were taken, {estimate} estimated");
            assert!(counts[0] > 20, "the first step fills the pool: {counts:?}");
            assert!(counts[9..].iter().all(|&count| count == 0), "{name}, {update:?}: large allocations {counts:?}");
        }
    }
}

/// What the estimate has for the program and its images, which are not here.
const PROGRAM: usize = 80 << 20;

/// The large allocations of each of 20 steps.
fn allocations_by_step(config: &Config) -> Vec<usize> {
    let mut trainer = Trainer::<f32>::new(config).unwrap();
    let mut one_step = || {
        let before = LARGE_ALLOCATIONS.load(Ordering::Relaxed);
        trainer.step(|real, _| real.fill(0.5));
        LARGE_ALLOCATIONS.load(Ordering::Relaxed) - before
    };
    (0..20).map(|_| one_step()).collect()
}
