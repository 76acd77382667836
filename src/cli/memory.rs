//! `--memory-limit`, and whether a run fits the memory that is free.

use super::usage_error::UsageError;
use crate::gan::{Config, MemoryEstimate, TrainError};
use indicatif::HumanBytes;
use std::fs;
use std::thread::available_parallelism;

/// Refuses a configuration whose training takes more memory than `limit`, or else than is free. Where the system does
/// not say what is free, nothing is refused.
///
/// # Errors
/// Names the layer that takes most.
pub fn check(config: &Config, threads: usize, limit: Option<u64>) -> anyhow::Result<()> {
    let threads = if threads > 0 { threads } else { available_parallelism().map_or(1, usize::from) };
    let estimate = MemoryEstimate::of_training(config, threads).map_err(TrainError::Build)?;
    let MemoryEstimate { bytes, largest: (layer, of_layer), .. } = estimate;
    let (room, whose) = match (limit, free()) {
        (Some(limit), _) => (limit, "--memory-limit is"),
        (None, Some(free)) => (free, "free are"),
        (None, None) => return Ok(()),
    };
    if bytes <= room {
        return Ok(());
    }
    Err(UsageError(format!(
        "training takes about {}, {} of it for layer {layer}, and {whose} {}; a smaller training.batch_size (--batch-size) or \
         smaller layers take less, and --memory-limit SIZE says that there is more",
        HumanBytes(bytes),
        HumanBytes(of_layer),
        HumanBytes(room)
    ))
    .into())
}

/// Bytes that this process may still take: what the system has free, or what is left to its control group, whichever
/// is less.
fn free() -> Option<u64> {
    let read = |path: &str| fs::read_to_string(path).ok();
    let of_group = || {
        let limit: u64 = read("/sys/fs/cgroup/memory.max")?.trim().parse().ok()?; // "max" where there is none
        let used: u64 = read("/sys/fs/cgroup/memory.current")?.trim().parse().ok()?;
        let stat = read("/sys/fs/cgroup/memory.stat").unwrap_or_default();
        let of_files = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.parse().ok());
        Some(limit.saturating_sub(used.saturating_sub(of_files.unwrap_or(0)))) // files make room when asked
    };
    let of_system = read("/proc/meminfo").as_deref().and_then(available);
    of_system.into_iter().chain(of_group()).min()
}

/// The available bytes that /proc/meminfo names.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// Reads a size: `500MiB`, `2GiB`, `1.5 GB`, or so many bytes.
pub fn size(text: &str) -> Result<u64, &'static str> {
    const UNITS: [(&str, f64); 7] =
        [("KiB", 1024.0), ("MiB", 1048576.0), ("GiB", 1073741824.0), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("", 1.0)];
    let named = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)));
    let (number, unit) = named.expect("every text ends with nothing");
    let size = number.trim().parse::<f64>().ok().map(|number| number * unit);
    let size = size.filter(|size| *size >= 1.0 && *size < 2f64.powi(63));
    size.map(|size| size as u64).ok_or("it must be a size such as 500MiB or 2GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("500MiB"), Ok(500 << 20));
        assert_eq!(size("1.5 GB"), Ok(1_500_000_000));
        assert_eq!(size("1234"), Ok(1234));
        for text in ["", "GiB", "-1", "0", "nan", "1e30GiB", "2 TB", "much"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_free_is_read() {
        assert_eq!(available("MemTotal:       24 kB\nMemAvailable:   3 kB\n"), Some(3072));
        assert_eq!(available("MemTotal: 24 kB\n"), None);
    }
}
