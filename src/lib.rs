//! GANs from scratch.

pub mod autodiff;
pub mod cli;
pub mod data;
pub mod gan;
pub mod gemm;
pub mod nn;
pub mod run;
