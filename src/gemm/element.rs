//! The two element types of a product and the code behind each.

use super::conv::walk::{self, Walk};
use super::kernel::Kernel;
use super::matrix::Beta;
#[cfg(target_arch = "x86_64")]
use super::{kernel_avx2, kernel_avx512, nest};
use std::cell::RefCell;
use std::ops::{Add, AddAssign, Mul};
use std::thread::LocalKey;

/// A block of `C` and the rows of `A` and columns of `B` it is the product of, by address.
#[derive(Clone, Copy, Debug)]
pub struct Block<T> {
    /// `[m, k, n]`: `A` is `[m, k]`, `B` is `[k, n]`, `C` is `[m, n]`.
    pub shape: [usize; 3],
    /// The first element of `A`.
    pub a: *const T,
    /// `[row, column]`, in elements; so are the strides below.
    pub a_strides: [usize; 2],
    /// The first element of `B`.
    pub b: *const T,
    /// See `a_strides`.
    pub b_strides: [usize; 2],
    /// What happens to the former content of `C`.
    pub beta: Beta,
    /// The first element of `C`, whose column stride is 1.
    pub c: *mut T,
    /// How far apart the rows of `C` are.
    pub c_row_stride: usize,
}

/// An element of a matrix: `f32` for training, `f64` for checking gradients.
pub trait Element: Copy + Send + Sync + Mul<Output = Self> + AddAssign + Add<Output = Self> + 'static {
    /// The additive identity.
    const ZERO: Self;
    /// The multiplicative identity.
    const ONE: Self;

    /// `C = A·B + beta·C` on one thread.
    ///
    /// # Safety
    /// Every element of the three matrices must lie within its allocation, nobody else may
    /// touch those of `C` during the call, and the kernel must be available.
    #[allow(unsafe_code)]
    unsafe fn multiply(kernel: Kernel, block: &Block<Self>);

    /// Rows and columns of the largest tile that [`walk`](Element::walk) takes.
    fn tile(kernel: Kernel) -> [usize; 2];

    /// The sums of a tile along a walk; `Walk::run` is the safe way to it.
    ///
    /// # Safety
    /// Every place that the walk visits must lie within its slice, the tile must be no larger than
    /// [`tile`](Element::tile) and not empty, and the kernel must be available.
    #[allow(unsafe_code)]
    unsafe fn walk(kernel: Kernel, walk: &mut Walk<Self>);

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

    #[allow(unsafe_code)]
    unsafe fn multiply(kernel: Kernel, block: &Block<Self>) {
        // SAFETY: the same contract as this function's.
        unsafe {
            match kernel {
                #[cfg(target_arch = "x86_64")]
                Kernel::Avx512 => nest::multiply(&kernel_avx512::KERNEL, block),
                #[cfg(target_arch = "x86_64")]
                Kernel::Avx2 => nest::multiply(&kernel_avx2::KERNEL, block),
                _ => portable(matrixmultiply::sgemm, block),
            }
        }
    }

    fn tile(kernel: Kernel) -> [usize; 2] {
        match kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512 => kernel_avx512::TILE,
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => kernel_avx2::TILE,
            _ => walk::PORTABLE,
        }
    }

    #[allow(unsafe_code)]
    unsafe fn walk(kernel: Kernel, walk: &mut Walk<Self>) {
        // SAFETY: the same contract as this function's.
        unsafe {
            match kernel {
                #[cfg(target_arch = "x86_64")]
                Kernel::Avx512 => kernel_avx512::walk(walk),
                #[cfg(target_arch = "x86_64")]
                Kernel::Avx2 => kernel_avx2::walk(walk),
                _ => walk::portable(walk),
            }
        }
    }

    fn with_buffer<R>(length: usize, work: impl FnOnce(&mut [Self]) -> R) -> R {
        with_buffer(&SINGLE, length, work)
    }
}

impl Element for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    #[allow(unsafe_code)]
    unsafe fn multiply(_: Kernel, block: &Block<Self>) {
        // SAFETY: the same contract as this function's.
        unsafe { portable(matrixmultiply::dgemm, block) }
    }

    fn tile(_: Kernel) -> [usize; 2] {
        walk::PORTABLE
    }

    #[allow(unsafe_code)]
    unsafe fn walk(_: Kernel, walk: &mut Walk<Self>) {
        // SAFETY: the same contract as this function's.
        unsafe { walk::portable(walk) }
    }

    fn with_buffer<R>(length: usize, work: impl FnOnce(&mut [Self]) -> R) -> R {
        with_buffer(&DOUBLE, length, work)
    }
}

/// `matrixmultiply::sgemm` or `dgemm`: `(m, k, n, alpha, A, strides, B, strides, beta, C, strides)`.
#[rustfmt::skip]
type Gemm<T> = unsafe fn(
    usize, usize, usize, T, *const T, isize, isize, *const T, isize, isize, T, *mut T, isize, isize,
);

#[allow(unsafe_code)]
unsafe fn portable<T: Element>(gemm: Gemm<T>, block: &Block<T>) {
    let [m, k, n] = block.shape;
    let ([rsa, csa], [rsb, csb]) = (block.a_strides.map(|s| s as isize), block.b_strides.map(|s| s as isize));
    let beta = if block.beta == Beta::One { T::ONE } else { T::ZERO };
    // SAFETY: the same contract as `Element::multiply`'s.
    unsafe {
        gemm(m, k, n, T::ONE, block.a, rsa, csa, block.b, rsb, csb, beta, block.c, block.c_row_stride as isize, 1)
    }
}
