//! Spectral normalisation: weights divided by their largest singular value (Miyato et al. 2018), so that a dense
//! layer stretches no input. A convolution's is that of its kernel as a matrix, as in the paper: it stretches no single
//! window, but an image, whose pixels lie in several windows, it may.

use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::extent::count;
use crate::nn::handle::StatisticId;
use crate::nn::pass::Pass;

/// The power iteration that finds a layer's largest singular value, one step of it at each step of training.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpectralNorm {
    /// The vector from which it goes on, as long as the last axis of the weights.
    u: StatisticId,
}

impl SpectralNorm {
    /// For weights of this shape.
    pub fn build<T: Real>(shape: &[usize], b: &mut Builder<'_, T>) -> Self {
        b.derives(count(shape).saturating_mul(2)); // the quotient, and a step on the way
        Self { u: b.random_statistic("u", &shape[shape.len() - 1..]) }
    }

    /// `W / σ(W)`, of the shape of `W`; where there is no such `norm`, `W`.
    pub fn apply<'t, T: Real>(norm: Option<Self>, weight: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let Some(Self { u }) = norm else { return weight };
        let (normalised, next) = weight.spectral_norm(pass.statistic(u).copied_to(weight.tape()));
        pass.note(u, next, 1.0);
        normalised
    }
}
