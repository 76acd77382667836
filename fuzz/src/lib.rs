//! What each target does with some bytes: a panic is a find. `tests/suite/hostile.rs` calls the same.

pub mod arguments;
pub mod commands;
pub mod config;
pub mod idx;
pub mod picture;
pub mod run;
pub mod samples;
mod seal;
pub mod weights;
