//! Plain loops on wide vectors.

/// Runs a loop, compiled for the widest vectors that this processor has: what is inlined into it is compiled twice, for
/// the oldest processors of this kind and for those with AVX2. Both do the same operations, so both give the same bits.
#[inline]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has the instructions: it has just been asked.
            #[allow(unsafe_code)]
            return unsafe { with_avx2(work) };
        }
    }
    work()
}
