//! Plain loops on wide vectors.

/// Runs a loop, compiled for the widest vectors that this processor has: what is inlined into it is compiled twice, for
/// the oldest processors of this kind and for those with AVX2. Both do the same operations, so both give the same bits.
///
/// A short closure is inlined; whether a long one is, is the compiler's choice. Those are better written as a `Loop`.
#[inline]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        if has_avx2() {
            // SAFETY: the processor has the instructions: it has just been asked.
            #[allow(unsafe_code)]
            return unsafe { with_avx2(work) };
        }
    }
    work()
}

/// A long loop. An implementation's `run` has `#[inline(always)]`, so that it is inlined whatever its length.
pub trait Loop {
    /// Runs it.
    fn run(self);
}

/// [`vectorised`] for a long loop.
#[inline]
pub fn run_vectorised(long: impl Loop) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2(long: impl Loop) {
            long.run();
        }
        if has_avx2() {
            // SAFETY: the processor has the instructions: it has just been asked.
            #[allow(unsafe_code)]
            return unsafe { with_avx2(long) };
        }
    }
    long.run();
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}
