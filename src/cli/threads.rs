//! `--threads`: how many threads compute.

use crate::gemm::{self, Precision};
use crate::parallel;
use std::thread::available_parallelism;

/// So many threads may be had on any machine.
const ALWAYS: usize = 64;
/// So many for each core: more would only be in each other's way.
const A_CORE: usize = 4;

/// Reads `--threads`.
pub fn threads(text: &str) -> Result<usize, String> {
    let cores = available_parallelism().map_or(1, usize::from);
    let most = ALWAYS.max(A_CORE * cores);
    let threads = text.parse().ok().filter(|&threads| threads <= most);
    threads.ok_or_else(|| format!("it must be a number from 0 to {most}; this machine has {cores} cores"))
}

/// Does the work on this many threads; 0 means one a core. A matrix product that the environment
/// asks for but this machine has not is refused here, before anything is computed.
pub fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> anyhow::Result<R> + Send) -> anyhow::Result<R> {
    gemm::check_kernel_variable()?;
    log::info!(
        "computing with the kernel {} on {threads} threads (0: one a core)",
        gemm::kernel(Precision::F32).name()
    );
    parallel::on_threads(threads, work)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_threads_than_any_machine_needs_are_refused() {
        assert_eq!((threads("0"), threads("1"), threads("64")), (Ok(0), Ok(1), Ok(64)));
        for text in ["100000", "-1", "two", "18446744073709551616"] {
            assert!(threads(text).unwrap_err().contains("0 to "), "{text}");
        }
    }
}
