//! Convolutions and their transposes.

use super::spectral;
use crate::autodiff::{Activation, Real, Var, Window};
use crate::gemm::ConvShape;
use crate::nn::build::{Builder, at_least_one, sensible};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerSpec, Misfit};

/// `f(x ∗ W + b)`.
#[derive(Clone, Copy, Debug)]
pub(in crate::nn) struct Conv {
    window: Window,
    activation: Activation,
    bias: bool,
    spectral_norm: bool,
}

/// `f(convᵀ(x, W) + b)`.
#[derive(Clone, Copy, Debug)]
pub(in crate::nn) struct ConvTranspose {
    window: Window,
    /// `[height, width]` of what comes out.
    image: [usize; 2],
    activation: Activation,
    bias: bool,
    spectral_norm: bool,
}

impl Conv {
    pub fn build<T: Real>(spec: &LayerSpec, b: &mut Builder<'_, T>) -> Result<Self, Misfit> {
        let &LayerSpec::Conv { channels, kernel, stride, padding, activation, bias, spectral_norm } = spec else {
            unreachable!("called for convolutions")
        };
        at_least_one(&[("channels", channels), ("kernel", kernel), ("stride", stride)])?;
        sensible(&[("padding", padding.unwrap_or(0))])?;
        let image @ [h, w, from] = b.image("conv")?;
        let (padding, activation) = (padding.unwrap_or((kernel - 1) / 2), activation.function());
        check_padding(padding, kernel)?;
        let window = Window { stride, padding };
        let output = window.output([h, w], [kernel, kernel]);
        let [height, width] = output.ok_or(Misfit::Kernel { kernel, image, padding })?;

        // An output is the sum over its window, an input has a part in every stride-th of the windows around it.
        let fan_in = (kernel * kernel * from) as f64;
        let fan_out = (kernel * kernel * channels) as f64 / (stride * stride) as f64;
        b.weight(&[kernel, kernel, from, channels], [fan_in, fan_out], activation);
        b.buffers(buffers([h, w], kernel, [from, channels], window));
        b.multiplies([kernel, kernel, from, channels, height, width].into_iter().fold(1, usize::saturating_mul));
        finish(spectral_norm.then_some([kernel, kernel, from, channels]), bias, [channels, height, width], b);
        Ok(Self { window, activation, bias, spectral_norm })
    }

    /// `[n, h, w, in]` gives `[n, height, width, channels]`.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let (weight, bias) = weight_and_bias(self.bias, self.spectral_norm, pass);
        match bias {
            Some(bias) => x.conv_layer(weight, bias, self.window, self.activation),
            None => x.conv(weight, self.window).activate(self.activation),
        }
    }
}

impl ConvTranspose {
    pub fn build<T: Real>(spec: &LayerSpec, b: &mut Builder<'_, T>) -> Result<Self, Misfit> {
        let &LayerSpec::ConvTranspose {
            channels,
            kernel,
            stride,
            padding,
            output_padding,
            activation,
            bias,
            spectral_norm,
        } = spec
        else {
            unreachable!("called for transposed convolutions")
        };
        at_least_one(&[("channels", channels), ("kernel", kernel), ("stride", stride)])?;
        sensible(&[("padding", padding.unwrap_or(0)), ("output_padding", output_padding)])?;
        let image @ [h, w, from] = b.image("conv-transpose")?;
        let (padding, activation) = (padding.unwrap_or((kernel - 1) / 2), activation.function());
        check_padding(padding, kernel)?;
        let window = Window { stride, padding };
        let size = |size: usize| ((size - 1) * stride + kernel + output_padding).checked_sub(2 * padding);
        // The convolution must lead back from what comes out to what comes in.
        let output = [h, w].map(|extent| size(extent).unwrap_or(0));
        if window.output(output, [kernel, kernel]) != Some([h, w]) {
            return Err(Misfit::Transpose { image, kernel, stride, padding, output_padding });
        }
        let [height, width] = output;

        // On average so many products reach an output: kernel² · in, shared out among the outputs that an input
        // becomes, which are stride² away from the borders, and kernel² where there is one input only.
        let fan_in = (kernel * kernel * from * h * w) as f64 / (height * width) as f64;
        let fan_out = (kernel * kernel * channels) as f64;
        b.weight(&[kernel, kernel, channels, from], [fan_in, fan_out], activation);
        b.buffers(buffers(output, kernel, [channels, from], window));
        b.multiplies([kernel, kernel, from, channels, h, w].into_iter().fold(1, usize::saturating_mul));
        finish(spectral_norm.then_some([kernel, kernel, channels, from]), bias, [channels, height, width], b);
        Ok(Self { window, image: output, activation, bias, spectral_norm })
    }

    /// `[n, h, w, in]` gives `[n, height, width, channels]`.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let (weight, bias) = weight_and_bias(self.bias, self.spectral_norm, pass);
        match bias {
            Some(bias) => x.conv_transpose_layer(weight, bias, self.window, self.image, self.activation),
            None => x.conv_transpose(weight, self.window, self.image).activate(self.activation),
        }
    }
}

/// Refuses a border so wide that windows lie in it which see nothing of the image.
fn check_padding(padding: usize, kernel: usize) -> Result<(), Misfit> {
    match padding < kernel {
        true => Ok(()),
        false => Err(Misfit::OutOfRange { key: "padding", value: padding as f64, allowed: "less than the kernel" }),
    }
}

/// What a thread keeps while it computes a convolution of such an image, from so many channels to so many.
fn buffers(image: [usize; 2], kernel: usize, [inputs, outputs]: [usize; 2], window: Window) -> usize {
    let Window { stride, padding } = window;
    ConvShape { batch: 1, image, kernel: [kernel, kernel], inputs, outputs, stride, padding }.buffers()
}

/// What both kinds have besides their weights. If these are normalised, their shape is `normalised`.
fn finish<T: Real>(
    normalised: Option<[usize; 4]>,
    bias: bool,
    [channels, height, width]: [usize; 3],
    b: &mut Builder<'_, T>,
) {
    if bias {
        b.bias(channels);
    }
    if let Some(shape) = normalised {
        spectral::build(&shape, b);
    }
    b.holds(if bias { 1 } else { 2 }); // without one, the activation is an operation by itself
    b.extent = Extent::Image([height, width, channels]);
}

/// The next weights, and the bias where there is one.
fn weight_and_bias<'t, T: Real>(
    bias: bool,
    spectral_norm: bool,
    pass: &mut Pass<'_, '_, 't, T>,
) -> (Var<'t, T>, Option<Var<'t, T>>) {
    let (weight, bias) = (pass.parameter(), bias.then(|| pass.parameter()));
    (if spectral_norm { spectral::normalise(weight, pass) } else { weight }, bias)
}
