//! `f(x ∗ W + b)`.

use super::default::{is_default, one, yes};
use super::spectral_norm::SpectralNorm;
use super::window::{shape_of, window};
use crate::autodiff::{Activation, Real, Var, Window};
use crate::nn::build::Builder;
use crate::nn::check::{at_least_one, sensible};
use crate::nn::handle::ParameterId;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, Products, UnitActivation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// `f(x ∗ W + b)`: a convolution, of images `⌊(size + 2·padding − kernel) / stride⌋ + 1` high and wide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "conv", channels = 64, kernel = 4, stride = 2, bias = false }"#)))]
pub struct Conv {
    /// The number of channels that come out.
    pub channels: usize,
    /// The kernel's height and width.
    pub kernel: usize,
    /// Pixels from one place of the kernel to the next; 1.
    #[serde(default = "one")]
    pub stride: usize,
    /// Zeros added to each side; `⌊(kernel − 1) / 2⌋`, with which an odd kernel leaves the size as it is
    /// and a kernel of 4 with stride 2 halves it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub padding: Option<usize>,
    /// `f`; the identity.
    #[serde(default, skip_serializing_if = "is_default")]
    pub activation: UnitActivation,
    /// Whether there is a `b`; yes. Before a normalisation it would be of no effect.
    #[serde(default = "yes")]
    pub bias: bool,
    /// Whether `W` is divided by its largest singular value; no.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spectral_norm: bool,
}

impl Spec for Conv {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let &Self { channels, kernel, stride, padding, .. } = self;
        at_least_one(&[("channels", channels), ("kernel", kernel), ("stride", stride)])?;
        sensible(&[("padding", padding.unwrap_or(0))])?;
        let image @ [h, w, from] = b.image("conv")?;
        let (window, activation) = (window(kernel, stride, padding)?, self.activation.function());
        let too_large = LayerError::Kernel { kernel, image, padding: window.padding };
        let [height, width] = window.output([h, w], [kernel, kernel]).ok_or(too_large)?;

        // An output is the sum over its window, an input has a part in every stride-th of the windows around it.
        let fan_in = (kernel * kernel * from) as f64;
        let fan_out = (kernel * kernel * channels) as f64 / (stride * stride) as f64;
        let shape = [kernel, kernel, from, channels];
        let weight = b.weight(&shape, [fan_in, fan_out], activation);
        let bias = self.bias.then(|| b.bias(channels));
        let spectral_norm = self.spectral_norm.then(|| SpectralNorm::build(&shape, b));

        b.multiplies(Products::Convolution(shape_of([h, w], kernel, [from, channels], window)));
        b.holds(if self.bias { 1 } else { 2 }); // without one, the activation is an operation by itself
        b.extent = Extent::Image([height, width, channels]);
        Ok(Arc::new(ConvLayer { weight, bias, spectral_norm, window, activation }))
    }

    fn activation(&self) -> Option<UnitActivation> {
        Some(self.activation)
    }

    fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        Some(&mut self.activation)
    }
}

#[derive(Debug)]
struct ConvLayer {
    /// `[kernel, kernel, in, channels]`.
    weight: ParameterId,
    /// `[channels]`.
    bias: Option<ParameterId>,
    spectral_norm: Option<SpectralNorm>,
    window: Window,
    activation: Activation,
}

impl<T: Real> Computation<T> for ConvLayer {
    /// `[n, h, w, in]` gives `[n, height, width, channels]`.
    fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let weight = SpectralNorm::apply(self.spectral_norm, pass[self.weight], pass);
        match self.bias {
            Some(bias) => x.conv_layer(weight, pass[bias], self.window, self.activation),
            None => x.conv(weight, self.window).activate(self.activation),
        }
    }
}
