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
pub(super) struct Layer {
    /// The form in which it takes samples; none where it makes no difference.
    takes: Option<Extent>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
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
        let given = builder.extent;
        let kind = match spec {
            LayerSpec::Residual { layers, skip, init_scale, last_init_scale } => {
                Kind::Residual(Residual::build(layers, *skip, [*init_scale, *last_init_scale], builder)?)
            }
            _ => Kind::build(spec, builder).map_err(|misfit| builder.refuse(misfit))?,
        };
        let takes = match kind {
            Kind::Arrange(_) | Kind::Activation(_) | Kind::Dropout(_) => None,
            Kind::Dense(_) => Some(Extent::Flat(given.width())),
            _ => Some(given),
        };
        Ok(Self { takes, kind })
    }

    /// What it makes of a batch.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        self.kind.forward(self.takes.map_or(x, |extent| extent.arrange(x)), pass)
    }

    /// See [`Network::uses_labels`](super::Network::uses_labels).
    pub fn uses_labels(&self) -> bool {
        match &self.kind {
            Kind::LabelEmbedding(_) | Kind::Projection(_) => true,
            Kind::BatchNorm(norm) => norm.is_conditional(),
            Kind::Residual(block) => block.layers().any(Layer::uses_labels),
            _ => false,
        }
    }

    /// See [`Network::mixes_samples`](super::Network::mixes_samples).
    pub fn mixes_samples(&self) -> bool {
        match &self.kind {
            Kind::BatchNorm(_) | Kind::MinibatchStddev { .. } => true,
            Kind::Residual(block) => block.layers().any(Layer::mixes_samples),
            _ => false,
        }
    }

    /// See [`Network::sums_over_samples`](super::Network::sums_over_samples).
    pub fn sums_over_samples(&self) -> bool {
        match &self.kind {
            Kind::Dense(dense) => !dense.has_spectral_norm(),
            Kind::Activation(_) | Kind::Dropout(_) => true,
            _ => false,
        }
    }
}

impl Kind {
    /// Every kind but a block of layers.
    fn build<T: Real>(spec: &LayerSpec, b: &mut Builder<'_, T>) -> Result<Self, Misfit> {
        Ok(match *spec {
            LayerSpec::Dense { units, activation, spectral_norm } => {
                Kind::Dense(Dense::build(units, activation.function(), spectral_norm, b)?)
            }
            LayerSpec::Reshape { shape } => Kind::Arrange(reshaped(shape, b)?),
            LayerSpec::Flatten {} => {
                b.extent = Extent::Flat(b.extent.width());
                Kind::Arrange(b.extent)
            }
            LayerSpec::Conv { .. } => Kind::Conv(Conv::build(spec, b)?),
            LayerSpec::ConvTranspose { .. } => Kind::ConvTranspose(ConvTranspose::build(spec, b)?),
            LayerSpec::Upsample { .. }
            | LayerSpec::Downsample {}
            | LayerSpec::AvgPool { .. }
            | LayerSpec::MaxPool { .. } => Kind::Resize(Resize::build(spec, b)?),
            LayerSpec::BatchNorm { momentum, epsilon, conditional, activation } => {
                Kind::BatchNorm(BatchNorm::build([momentum, epsilon], conditional, activation.function(), b)?)
            }
            LayerSpec::LayerNorm { epsilon, activation } => {
                Kind::GroupNorm(GroupNorm::build(1, epsilon, activation.function(), b)?)
            }
            LayerSpec::GroupNorm { groups, epsilon, activation } => {
                Kind::GroupNorm(GroupNorm::build(groups, epsilon, activation.function(), b)?)
            }
            LayerSpec::Activation { function } => Kind::Activation(function.function()),
            LayerSpec::Dropout { rate } => Kind::Dropout(Dropout::build(rate)?),
            LayerSpec::MinibatchStddev { group } => norm::minibatch_stddev(group, b)?,
            LayerSpec::GlobalSumPool {} => {
                b.extent = Extent::Flat(b.image("global-sum-pool")?[2]);
                Kind::GlobalSumPool
            }
            LayerSpec::LabelEmbedding { units } => Kind::LabelEmbedding(LabelEmbedding::build(units, b)?),
            LayerSpec::Projection { spectral_norm, classifier } => {
                Kind::Projection(Projection::build(spectral_norm, classifier, b)?)
            }
            LayerSpec::Residual { .. } => unreachable!("built of layers, in `build`"),
        })
    }

    /// What it makes of a batch in the form that it takes.
    fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        match self {
            Kind::Dense(dense) => dense.forward(x, pass),
            Kind::Arrange(extent) => extent.arrange(x),
            Kind::Conv(conv) => conv.forward(x, pass),
            Kind::ConvTranspose(conv) => conv.forward(x, pass),
            Kind::Resize(resize) => resize.forward(x),
            Kind::BatchNorm(norm) => norm.forward(x, pass),
            Kind::GroupNorm(norm) => norm.forward(x, pass),
            Kind::Activation(activation) => x.activate(*activation),
            Kind::Dropout(dropout) => dropout.forward(x, pass),
            Kind::MinibatchStddev { group } => norm::with_stddev(x, *group),
            Kind::GlobalSumPool => {
                let [n, .., channels] = *x.shape() else { unreachable!("built for images") };
                x.sum_to(&[n, 1, 1, channels]).reshape(&[n, channels])
            }
            Kind::Residual(block) => block.forward(x, pass),
            Kind::LabelEmbedding(embedding) => embedding.forward(x, pass),
            Kind::Projection(projection) => projection.forward(x, pass),
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
