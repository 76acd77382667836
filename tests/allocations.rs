//! In steady state a training step takes every tensor from the pool.
//!
//! The only test of this program: its allocator counts for the whole process.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use twoplayer::gan::{Config, Trainer, UpdateRule};

/// The system's allocator, counting the allocations that could hold a tensor.
struct Counting;

/// Smaller ones are the tape's bookkeeping: a node, a list of inputs.
const LARGE: usize = 4096;
/// Tensors are vectors of numbers, aligned like them. On a machine where products fall back on
/// `matrixmultiply`, its packing buffers, taken at each call, are aligned to vector registers: they
/// are not counted.
const TENSOR_ALIGNMENT: usize = 8;

static LARGE_ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

fn count(layout: Layout) {
    if layout.size() >= LARGE && layout.align() <= TENSOR_ALIGNMENT {
        LARGE_ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(Layout::from_size_align(size, layout.align()).unwrap());
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn from_step_10_on_no_tensor_is_allocated() {
    for update in [UpdateRule::Simultaneous, UpdateRule::Alternating] {
        let mut config = Config::preset("mlp").unwrap();
        config.training.update = update;
        config.training.batch_size = 32; // the smallest activation, [32, 128], is 16 KiB
        let mut trainer = Trainer::<f32>::new(&config).unwrap();
        let mut counts = Vec::new();
        for _ in 1..=20 {
            let before = LARGE_ALLOCATIONS.load(Ordering::Relaxed);
            trainer.step(|real, _| real.fill(0.5));
            counts.push(LARGE_ALLOCATIONS.load(Ordering::Relaxed) - before);
        }
        assert!(counts[0] > 20, "the first step fills the pool: {counts:?}");
        // From step 10 on, steps with and without the gradient penalty.
        assert!(counts[9..].iter().all(|&count| count == 0), "{update:?}: large allocations by step {counts:?}");
    }
}
