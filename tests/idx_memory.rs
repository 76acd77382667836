//! A header that promises 2 GiB costs no memory until the bytes arrive.
//!
//! The process's peak is what is measured, so this test has a process to itself.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;

use twoplayer::data::{Idx, IdxError};

/// The most address space this process has had, in KiB; allocated but untouched memory counts.
fn peak_address_space() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmPeak:")).expect("a line VmPeak");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn memory_is_not_allocated_ahead_of_the_bytes() {
    let promises_2_gib = [0, 0, 8, 1, 0x80, 0, 0, 0];
    let before = peak_address_space();
    let result = Idx::parse(&promises_2_gib[..], Path::new("hostile.idx"));
    assert!(matches!(result, Err(IdxError::Truncated { found: 0, .. })), "{result:?}");
    let grown = peak_address_space() - before;
    assert!(grown < 256 << 10, "{grown} KiB were allocated");
}
