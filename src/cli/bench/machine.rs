//! What the figures were measured on.

use serde::Serialize;
use std::fs;
use std::thread::available_parallelism;

/// A machine, in words.
#[derive(Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
}

impl Machine {
    pub fn this() -> Self {
        let named = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        });
        let unnamed = || format!("a processor for {}", std::env::consts::ARCH);
        Self { processor: named.unwrap_or_else(unnamed), cores: available_parallelism().map_or(1, usize::from) }
    }
}
