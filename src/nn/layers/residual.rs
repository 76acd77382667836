//! `x + f(x)`.

use super::default::is_default;
use crate::autodiff::{Activation, Real, Var, Window};
use crate::nn::build::Builder;
use crate::nn::handle::ParameterId;
use crate::nn::layer::{Computation, Layer, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, Parameter};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

// The list of layers names this file, so this file cannot name the list: `L` stands for it.
/// `x + f(x)`, `f` being layers (He et al. 2016).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "residual", skip = "conv", layers = [
    { kind = "conv", channels = 64, kernel = 3, activation = "relu" },
    { kind = "conv", channels = 64, kernel = 3 },
] }"#)))]
pub struct Residual<L> {
    /// `f`: it leaves height and width as they are.
    pub layers: Vec<L>,
    /// What `x` goes through on the way past `f`; nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub skip: Skip,
    /// The first weights of `f` are multiplied by this; 1. In a network of `n` blocks that has no
    /// normalisation, `n` to a negative power keeps the signal from growing block by block (Zhang et al.
    /// 2019, *Fixup*).
    #[serde(default = "whole")]
    pub init_scale: f64,
    /// Those of the last layer in `f` are multiplied by this instead; 1. With 0, every block begins as
    /// the identity.
    #[serde(default = "whole")]
    pub last_init_scale: f64,
}

/// The way past a residual block's layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// Nothing is done.
    #[default]
    None,
    /// Where the block changes the number of channels, a convolution with a 1 × 1 kernel and no bias does so
    /// too; where it does not, nothing is done.
    Conv,
}

fn whole() -> f64 {
    1.0
}

impl<L: Spec> Spec for Residual<L> {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let scales = [self.init_scale, self.last_init_scale];
        check_scales(scales)?;
        let (input, first) = (b.extent, b.parameters.len());
        let layers = Layer::in_order(&self.layers, b)?;
        scale_weights(&mut b.parameters[first..], scales);
        let block = b.extent;
        let projection = match (input, block, self.skip) {
            _ if input == block => None,
            (Extent::Image([h, w, from]), Extent::Image([height, width, to]), Skip::Conv)
                if [h, w] == [height, width] =>
            {
                let fans = [from as f64, to as f64];
                Some(b.at("skip", |b| b.weight(&[1, 1, from, to], fans, Activation::Identity)))
            }
            _ => return Err(LayerError::Residual { input, block }),
        };
        b.holds(2);
        Ok(Arc::new(ResidualLayer { layers, projection }))
    }
}

#[derive(Debug)]
struct ResidualLayer<T: Real> {
    /// `f`.
    layers: Vec<Layer<T>>,
    /// `[1, 1, in, channels]` of the convolution that `x` goes through.
    projection: Option<ParameterId>,
}

impl<T: Real> Computation<T> for ResidualLayer<T> {
    /// `x + f(x)`, of the shape of `f(x)`.
    fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let block = self.layers.iter().fold(x, |x, layer| layer.forward(x, pass));
        let window = Window { stride: 1, padding: 0 };
        let past = self.projection.map_or(x, |weight| x.conv(pass[weight], window));
        past + block
    }

    fn uses_labels(&self) -> bool {
        self.layers.iter().any(Layer::uses_labels)
    }

    fn mixes_samples(&self) -> bool {
        self.layers.iter().any(Layer::mixes_samples)
    }
}

/// Multiplies the weights among these parameters, the last of them by `last`, the others by `scale`.
fn scale_weights<T: Real>(parameters: &mut [Parameter<T>], [scale, last]: [f64; 2]) {
    let mut weights: Vec<_> = parameters.iter_mut().filter(|parameter| parameter.name.ends_with(".weight")).collect();
    let Some((final_weight, others)) = weights.split_last_mut() else { return };
    final_weight.scale(T::from_f64(last));
    others.iter_mut().for_each(|weight| weight.scale(T::from_f64(scale)));
}

fn check_scales(scales: [f64; 2]) -> Result<(), LayerError> {
    let keys = ["init_scale", "last_init_scale"].into_iter().zip(scales);
    match keys.into_iter().find(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
        Some((key, value)) => Err(LayerError::OutOfRange { key, value, allowed: "a finite number, at least 0" }),
        None => Ok(()),
    }
}
