//! GANs from scratch.

pub mod autodiff;
pub mod gemm;
pub mod nn;
