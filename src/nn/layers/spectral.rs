//! Spectral normalisation: weights divided by their largest singular value (Miyato et al. 2018), so that a dense
//! layer stretches no input. A convolution's is that of its kernel as a matrix, as in the paper: it stretches no single
//! window, but an image, whose pixels lie in several windows, it may.

use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::pass::Pass;

/// Adds the vector from which the power iteration goes on at the next step: `u`, as long as the last axis of weights
/// of this shape.
pub(super) fn build<T: Real>(shape: &[usize], b: &mut Builder<'_, T>) {
    b.derives(shape.iter().fold(2, |product, &extent| product.saturating_mul(extent))); // the quotient, and a step on the way
    b.random_statistic("u", &shape[shape.len() - 1..]);
}

/// `W / σ(W)`, of the shape of `W`.
pub(super) fn normalise<'t, T: Real>(weight: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
    let statistic = pass.statistic();
    let u = statistic.copied_to(weight.tape());
    let (normalised, next) = weight.spectral_norm(u);
    pass.note(statistic, next, 1.0);
    normalised
}
