//! The two element types of a product and the kernel behind each.

/// An element of a matrix: `f32` for training, `f64` for checking gradients.
pub trait Element: Copy + Send + Sync + 'static {
    /// The additive identity.
    const ZERO: Self;
    /// The multiplicative identity.
    const ONE: Self;

    /// `C = A·B + beta·C` on one thread; `shape` is `[m, k, n]`, strides are `[row, column]`.
    ///
    /// # Safety
    /// Every element of the three matrices must lie within its allocation, and nobody else
    /// may touch those of `C` during the call.
    #[allow(unsafe_code, clippy::too_many_arguments)]
    unsafe fn multiply(
        shape: [usize; 3],
        a: *const Self,
        a_strides: [isize; 2],
        b: *const Self,
        b_strides: [isize; 2],
        beta: Self,
        c: *mut Self,
        c_strides: [isize; 2],
    );
}

macro_rules! element {
    ($type:ty, $kernel:path) => {
        impl Element for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            #[allow(unsafe_code)]
            unsafe fn multiply(
                [m, k, n]: [usize; 3],
                a: *const Self,
                [rsa, csa]: [isize; 2],
                b: *const Self,
                [rsb, csb]: [isize; 2],
                beta: Self,
                c: *mut Self,
                [rsc, csc]: [isize; 2],
            ) {
                // SAFETY: the same contract as this function's.
                unsafe { $kernel(m, k, n, 1.0, a, rsa, csa, b, rsb, csb, beta, c, rsc, csc) }
            }
        }
    };
}

// A macro, not a generic: the two functions differ in nothing but the type they are named for.
element!(f32, matrixmultiply::sgemm);
element!(f64, matrixmultiply::dgemm);
