//! The layers: for each, in one place, how it is built and what it computes.

mod conv;
mod dense;
mod dropout;
mod label;
mod norm;
mod residual;
mod resize;
mod spectral;

use super::build::Builder;
use super::pass::Pass;
use super::{Extent, LayerSpec, Misfit, NetworkError};
use crate::autodiff::{Activation, Real, Var};
use conv::{Conv, ConvTranspose};
use dense::Dense;
use dropout::Dropout;
use label::{LabelEmbedding, Projection};
use norm::{BatchNorm, GroupNorm};
use residual::Residual;
use resize::Resize;

/// A layer that knows what it computes; its parameters are in the network's list.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    Dense(Dense),
    Arrange(Extent),
    Conv(Conv),
    ConvTranspose(ConvTranspose),
    Resize(Resize),
    BatchNorm(BatchNorm),
    GroupNorm(GroupNorm),
    Activation(Activation),
    Dropout(Dropout),
    MinibatchStddev { group: usize },
    GlobalSumPool,
    Residual(Residual),
    LabelEmbedding(LabelEmbedding),
    Projection(Projection),
}

impl Layer {
    /// The layer that `spec` describes, for what `builder` has come to.
    pub fn build<T: Real>(spec: &LayerSpec, builder: &mut Builder<'_, T>) -> Result<Self, NetworkError> {
        if let LayerSpec::Residual { layers, skip, init_scale, last_init_scale } = spec {
            let scales = [*init_scale, *last_init_scale];
            return Residual::build(layers, *skip, scales, builder).map(Layer::Residual);
        }
        Self::build_single(spec, builder).map_err(|misfit| builder.refuse(misfit))
    }

    fn build_single<T: Real>(spec: &LayerSpec, b: &mut Builder<'_, T>) -> Result<Self, Misfit> {
        Ok(match *spec {
            LayerSpec::Dense { units, activation, spectral_norm } => {
                Layer::Dense(Dense::build(units, activation.function(), spectral_norm, b)?)
            }
            LayerSpec::Reshape { shape } => Layer::Arrange(reshaped(shape, b)?),
            LayerSpec::Flatten {} => {
                b.extent = Extent::Flat(b.extent.width());
                Layer::Arrange(b.extent)
            }
            LayerSpec::Conv { .. } => Layer::Conv(Conv::build(spec, b)?),
            LayerSpec::ConvTranspose { .. } => Layer::ConvTranspose(ConvTranspose::build(spec, b)?),
            LayerSpec::Upsample { .. }
            | LayerSpec::Downsample {}
            | LayerSpec::AvgPool { .. }
            | LayerSpec::MaxPool { .. } => Layer::Resize(Resize::build(spec, b)?),
            LayerSpec::BatchNorm { momentum, epsilon, conditional, activation } => {
                Layer::BatchNorm(BatchNorm::build([momentum, epsilon], conditional, activation.function(), b)?)
            }
            LayerSpec::LayerNorm { epsilon, activation } => {
                Layer::GroupNorm(GroupNorm::build(1, epsilon, activation.function(), b)?)
            }
            LayerSpec::GroupNorm { groups, epsilon, activation } => {
                Layer::GroupNorm(GroupNorm::build(groups, epsilon, activation.function(), b)?)
            }
            LayerSpec::Activation { function } => Layer::Activation(function.function()),
            LayerSpec::Dropout { rate } => Layer::Dropout(Dropout::build(rate)?),
            LayerSpec::MinibatchStddev { group } => norm::minibatch_stddev(group, b)?,
            LayerSpec::GlobalSumPool {} => {
                b.extent = Extent::Flat(b.image("global-sum-pool")?[2]);
                Layer::GlobalSumPool
            }
            LayerSpec::LabelEmbedding { units } => Layer::LabelEmbedding(LabelEmbedding::build(units, b)?),
            LayerSpec::Projection { spectral_norm } => Layer::Projection(Projection::build(spectral_norm, b)?),
            LayerSpec::Residual { .. } => unreachable!("built of layers, in `build`"),
        })
    }

    /// What it makes of a batch.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        match self {
            Layer::Dense(dense) => dense.forward(x, pass),
            Layer::Arrange(extent) => extent.arrange(x),
            Layer::Conv(conv) => conv.forward(x, pass),
            Layer::ConvTranspose(conv) => conv.forward(x, pass),
            Layer::Resize(resize) => resize.forward(x),
            Layer::BatchNorm(norm) => norm.forward(x, pass),
            Layer::GroupNorm(norm) => norm.forward(x, pass),
            Layer::Activation(activation) => x.activate(*activation),
            Layer::Dropout(dropout) => dropout.forward(x, pass),
            Layer::MinibatchStddev { group } => norm::with_stddev(x, *group),
            Layer::GlobalSumPool => {
                let [n, .., channels] = *x.shape() else { unreachable!("built for images") };
                x.sum_to(&[n, 1, 1, channels]).reshape(&[n, channels])
            }
            Layer::Residual(block) => block.forward(x, pass),
            Layer::LabelEmbedding(embedding) => embedding.forward(x, pass),
            Layer::Projection(projection) => projection.forward(x, pass),
        }
    }

    /// See [`Network::uses_labels`](super::Network::uses_labels).
    pub fn uses_labels(&self) -> bool {
        match self {
            Layer::LabelEmbedding(_) | Layer::Projection(_) => true,
            Layer::BatchNorm(norm) => norm.is_conditional(),
            Layer::Residual(block) => block.layers().any(Layer::uses_labels),
            _ => false,
        }
    }

    /// See [`Network::mixes_samples`](super::Network::mixes_samples).
    pub fn mixes_samples(&self) -> bool {
        match self {
            Layer::BatchNorm(_) | Layer::MinibatchStddev { .. } => true,
            Layer::Residual(block) => block.layers().any(Layer::mixes_samples),
            _ => false,
        }
    }

    /// See [`Network::sums_over_samples`](super::Network::sums_over_samples).
    pub fn sums_over_samples(&self) -> bool {
        match self {
            Layer::Dense(dense) => !dense.has_spectral_norm(),
            Layer::Activation(_) | Layer::Dropout(_) => true,
            _ => false,
        }
    }
}

/// The extent that a reshape layer makes.
fn reshaped<T: Real>(shape: [usize; 3], b: &mut Builder<'_, T>) -> Result<Extent, Misfit> {
    let (from, to) = (b.extent, Extent::Image(shape));
    if from.width() != to.width() {
        return Err(Misfit::Reshape { from, shape });
    }
    b.extent = to;
    Ok(to)
}
