//! Whether tile registers may be used.

use crate::gemm::simd::avx512bf16::Avx512Bf16;
use crate::gemm::simd::instructions::Simd;
#[cfg(target_os = "linux")]
use std::arch::asm;
use std::sync::LazyLock;

/// Whether this processor has the instructions, and the system lets this process use them.
pub fn is_available() -> bool {
    static ALLOWED: LazyLock<bool> = LazyLock::new(|| {
        Avx512Bf16::is_available() && is_x86_feature_detected!("avx512bw") && has_tiles() && is_allowed()
    });
    *ALLOWED
}

/// Whether the processor has tile registers and multiplies pairs in them, and the system keeps them for each thread.
fn has_tiles() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
    /// Of leaf 7: tiles of bfloat16, and tiles at all.
    const TILES: u32 = 1 << 22 | 1 << 24;
    /// Of what the system keeps: how tile registers are set, and what they hold.
    const KEPT: u64 = 1 << 17 | 1 << 18;
    #[target_feature(enable = "xsave")]
    fn kept() -> u64 {
        // SAFETY: the processor has the instruction, and register 0.
        #[allow(unsafe_code)]
        unsafe {
            _xgetbv(0)
        }
    }
    // SAFETY: a processor with AVX-512 has XSAVE, and the system uses it.
    #[allow(unsafe_code, unused_unsafe)]
    unsafe {
        __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & TILES == TILES && kept() & KEPT == KEPT
    }
}

/// Asks Linux for the registers' contents, 8 KiB a thread, which it keeps only for who asks; once for all threads
/// (Linux, *Documentation/arch/x86/xstate.rst*).
fn is_allowed() -> bool {
    #[cfg(target_os = "linux")]
    {
        const ARCH_PRCTL: usize = 158;
        const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
        const TILE_DATA: usize = 18;
        let mut result = ARCH_PRCTL;
        // SAFETY: this system call touches no memory of the process.
        #[allow(unsafe_code)]
        unsafe {
            asm!("syscall", inlateout("rax") result, in("rdi") ARCH_REQ_XCOMP_PERM, in("rsi") TILE_DATA,
                lateout("rcx") _, lateout("r11") _, options(nostack));
        }
        result == 0
    }
    #[cfg(not(target_os = "linux"))]
    false
}
