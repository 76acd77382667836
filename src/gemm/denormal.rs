//! Numbers too small for their own good.

/// From here on this thread computes with 0 in place of *denormal* numbers, those below the
/// smallest normal one (1.2e-38 in `f32`), as operands and as results.
///
/// Many processors handle denormal numbers outside the fast path, at some hundred cycles each. As a
/// discriminator wins, the gradients of its losses fade towards them, and a training run slows
/// down for the sake of numbers that change nothing. Where there is no such switch, nothing happens.
pub fn flush_denormals() {
    #[cfg(target_arch = "x86_64")]
    {
        /// Results become zero.
        const FLUSH_TO_ZERO: u32 = 1 << 15;
        /// Operands count as zero.
        const DENORMALS_ARE_ZERO: u32 = 1 << 6;
        let mut control = 0u32;
        // SAFETY: two bits change in the register that controls vector arithmetic; both are there on
        // every x86-64 processor. The compiler assumes neither state of them: it may compute a
        // constant expression with denormal numbers, which the program has none of.
        #[allow(unsafe_code)]
        unsafe {
            std::arch::asm!("stmxcsr [{}]", in(reg) &mut control, options(nostack));
            control |= FLUSH_TO_ZERO | DENORMALS_ARE_ZERO;
            std::arch::asm!("ldmxcsr [{}]", in(reg) &control, options(nostack, readonly));
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn denormal_numbers_are_zero_on_a_thread_that_says_so() {
        let half_of_the_smallest = || black_box(f32::MIN_POSITIVE) * black_box(0.5);
        let of_a_denormal = || black_box(f32::from_bits(1)) * black_box(2f32.powi(100));
        let on_a_thread = |flush: bool| {
            let work = move || {
                if flush {
                    flush_denormals();
                }
                (half_of_the_smallest(), of_a_denormal())
            };
            std::thread::spawn(work).join().expect("it only multiplies")
        };
        assert_eq!(on_a_thread(true), (0.0, 0.0));
        let (half, multiple) = on_a_thread(false);
        assert!(half > 0.0 && multiple > 0.0);
    }
}
