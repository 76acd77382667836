//! Numbers too small for their own good, and this crate's one deliberate deviation from the language's rules.
//!
//! Many processors handle *denormal* numbers, those below the smallest normal one (1.2e-38 in `f32`), outside the fast
//! path, at some hundred cycles each. As a discriminator wins, the gradients of its losses fade towards them, and a
//! training run slows down for the sake of numbers that change nothing: `twoplayer bench --saturated` shows such a run.
//! The processor has a switch for it, two bits of the register MXCSR. The language's reference does not allow it: code
//! in assembly must leave that register as it found it, and whatever is computed under another setting is undefined
//! behaviour.
//!
//! **Why it is done all the same.** Nothing else reaches the same speed. Denormal numbers come up inside a product, as
//! partial sums of a fused multiply-add, where no code of ours sees them. To look for them after each operation takes
//! longer than many operations do, and still lets those within a product pass. To set the bits and put them back within
//! one block of assembly would mean to write every loop of the engine in assembly.
//!
//! **Its bounds.** Two bits are set, once, as a thread of [`on_threads`](crate::parallel::on_threads) begins. These
//! threads do this crate's work and end with it; no thread of a caller's is touched, and the function is private to the
//! crate. Rounding and exceptions stay as they were. The compiler, which assumes the usual setting, may compute a
//! constant with denormal numbers, or take for equal what differs by where it was computed: then a number below 1.2e-38
//! is itself or 0. Places and lengths, which `unsafe` code relies on, are integers, and none is made of such a number.

/// From here on this thread computes with 0 in place of denormal numbers, as operands and as results. Where there is
/// no such switch, nothing happens. See above for what speaks against it.
pub(crate) fn flush_denormals() {
    #[cfg(target_arch = "x86_64")]
    {
        /// Results become zero.
        const FLUSH_TO_ZERO: u32 = 1 << 15;
        /// Operands count as zero.
        const DENORMALS_ARE_ZERO: u32 = 1 << 6;
        let mut control = 0u32;
        // SAFETY: both bits are there on every x86-64 processor, and the memory is this function's own. That the
        // register does not get its former content back is the deviation of which the page above speaks.
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
