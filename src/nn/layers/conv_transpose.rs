//! `f(convᵀ(x, W) + b)`.

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

/// `f(convᵀ(x, W) + b)`: the transposed convolution, which makes images larger, to
/// `(size − 1)·stride − 2·padding + kernel + output_padding`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "conv-transpose", channels = 64, kernel = 4, stride = 2 }"#)))]
pub struct ConvTranspose {
    /// The number of channels that come out.
    pub channels: usize,
    /// The kernel's height and width.
    pub kernel: usize,
    /// Pixels of the result between two neighbours of the image; 1.
    #[serde(default = "one")]
    pub stride: usize,
    /// Pixels taken from each side of the result; `⌊(kernel − 1) / 2⌋`, with which a kernel of 4 with
    /// stride 2 doubles the size.
    #[serde(default, skip_serializing_if = "is_default")]
    pub padding: Option<usize>,
    /// Pixels added at the bottom and at the right, fewer than `stride`; 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output_padding: usize,
    /// `f`; the identity.
    #[serde(default, skip_serializing_if = "is_default")]
    pub activation: UnitActivation,
    /// Whether there is a `b`; yes.
    #[serde(default = "yes")]
    pub bias: bool,
    /// Whether `W` is divided by its largest singular value; no.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spectral_norm: bool,
}

impl Spec for ConvTranspose {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let &Self { channels, kernel, stride, padding, output_padding, .. } = self;
        at_least_one(&[("channels", channels), ("kernel", kernel), ("stride", stride)])?;
        sensible(&[("padding", padding.unwrap_or(0)), ("output_padding", output_padding)])?;
        let image @ [h, w, from] = b.image("conv-transpose")?;
        let (window, activation) = (window(kernel, stride, padding)?, self.activation.function());
        let output @ [height, width] = self.output(image, window)?;

        // On average so many products reach an output: kernel² · in, shared out among the outputs that an input
        // becomes, which are stride² away from the borders, and kernel² where there is one input only.
        let fan_in = (kernel * kernel * from * h * w) as f64 / (height * width) as f64;
        let fan_out = (kernel * kernel * channels) as f64;
        let shape = [kernel, kernel, channels, from];
        let weight = b.weight(&shape, [fan_in, fan_out], activation);
        let bias = self.bias.then(|| b.bias(channels));
        let spectral_norm = self.spectral_norm.then(|| SpectralNorm::build(&shape, b));

        b.multiplies(Products::Transposed(shape_of(output, kernel, [channels, from], window)));
        b.holds(if self.bias { 1 } else { 2 }); // without one, the activation is an operation by itself
        b.extent = Extent::Image([height, width, channels]);
        Ok(Arc::new(ConvTransposeLayer { weight, bias, spectral_norm, window, output, activation }))
    }

    fn activation(&self) -> Option<UnitActivation> {
        Some(self.activation)
    }

    fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        Some(&mut self.activation)
    }
}

impl ConvTranspose {
    /// `[height, width]` of what comes out: the images from which the convolution leads back to what comes in.
    fn output(&self, image: [usize; 3], window: Window) -> Result<[usize; 2], LayerError> {
        let &Self { kernel, stride, output_padding, .. } = self;
        let (padding, [h, w, _]) = (window.padding, image);
        let size = |size: usize| ((size - 1) * stride + kernel + output_padding).checked_sub(2 * padding);
        let output = [h, w].map(|extent| size(extent).unwrap_or(0));
        match window.output(output, [kernel, kernel]) == Some([h, w]) {
            true => Ok(output),
            false => Err(LayerError::Transpose { image, kernel, stride, padding, output_padding }),
        }
    }
}

#[derive(Debug)]
struct ConvTransposeLayer {
    /// `[kernel, kernel, channels, in]`.
    weight: ParameterId,
    /// `[channels]`.
    bias: Option<ParameterId>,
    spectral_norm: Option<SpectralNorm>,
    window: Window,
    /// `[height, width]` of what comes out.
    output: [usize; 2],
    activation: Activation,
}

impl<T: Real> Computation<T> for ConvTransposeLayer {
    /// `[n, h, w, in]` gives `[n, height, width, channels]`.
    fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let weight = SpectralNorm::apply(self.spectral_norm, pass[self.weight], pass);
        match self.bias {
            Some(bias) => x.conv_transpose_layer(weight, pass[bias], self.window, self.output, self.activation),
            None => x.conv_transpose(weight, self.window, self.output).activate(self.activation),
        }
    }
}
