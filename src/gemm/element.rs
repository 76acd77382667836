//! The two element types of a product and the code behind each.

use super::kernel::Kernel;
use super::routines::Routines;
use super::simd::DOUBLE as PORTABLE;
use std::cell::RefCell;
use std::ops::{Add, AddAssign, Mul};
use std::thread::LocalKey;

/// An element of a matrix: `f32` for training, `f64` for checking gradients.
pub trait Element: Copy + Send + Sync + Mul<Output = Self> + AddAssign + Add<Output = Self> + 'static {
    /// The additive identity.
    const ZERO: Self;
    /// The multiplicative identity.
    const ONE: Self;

    /// What the kernel does for this type.
    fn routines(kernel: Kernel) -> &'static Routines<Self>;

    /// Lends a buffer of this thread's, of this length and any content, which is kept from call to call. Buffers
    /// lent within each other are different ones.
    fn with_buffer<R>(length: usize, work: impl FnOnce(&mut [Self]) -> R) -> R;
}

/// The buffers of a thread that are not lent.
type Buffers<T> = RefCell<Vec<Vec<T>>>;

fn with_buffer<T: Element, R>(
    buffers: &'static LocalKey<Buffers<T>>,
    length: usize,
    work: impl FnOnce(&mut [T]) -> R,
) -> R {
    let mut buffer = buffers.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.resize(length.max(buffer.len()), T::ZERO);
    let result = work(&mut buffer[..length]);
    buffers.with_borrow_mut(|buffers| buffers.push(buffer));
    result
}

thread_local! {
    static SINGLE: Buffers<f32> = RefCell::default();
    static DOUBLE: Buffers<f64> = RefCell::default();
}

impl Element for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    fn routines(kernel: Kernel) -> &'static Routines<Self> {
        kernel.single()
    }

    fn with_buffer<R>(length: usize, work: impl FnOnce(&mut [Self]) -> R) -> R {
        with_buffer(&SINGLE, length, work)
    }
}

impl Element for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    /// Gradient checks have time: one code for all kernels.
    fn routines(_: Kernel) -> &'static Routines<Self> {
        &PORTABLE
    }

    fn with_buffer<R>(length: usize, work: impl FnOnce(&mut [Self]) -> R) -> R {
        with_buffer(&DOUBLE, length, work)
    }
}
