//! A layer as a person writes it down.

use crate::autodiff::Activation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One layer of a network in a configuration file; the extent of its input follows from the layer
/// before it. What a line leaves out has the value that its documentation names.
///
/// ```toml
/// layers = [
///   { kind = "conv", channels = 64, kernel = 4, stride = 2, activation = "leaky-relu" },
///   { kind = "dropout", rate = 0.3 },
///   { kind = "dense", units = 1 },
/// ]
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LayerSpec {
    /// `f(x·Wᵀ + b)`; of an image, all its numbers are seen in a row.
    #[schemars(extend("example" = r#"{ kind = "dense", units = 128, activation = "leaky-relu" }"#))]
    Dense {
        /// The number of outputs.
        units: usize,
        /// `f`; the identity.
        #[serde(default, skip_serializing_if = "is_default")]
        activation: UnitActivation,
        /// Whether `W` is divided by its largest singular value (Miyato et al. 2018); no.
        #[serde(default, skip_serializing_if = "is_default")]
        spectral_norm: bool,
    },
    /// Numbers in a row become an image.
    #[schemars(extend("example" = r#"{ kind = "reshape", shape = [7, 7, 128] }"#))]
    Reshape {
        /// `[height, width, channels]`.
        shape: [usize; 3],
    },
    /// An image becomes its numbers in a row, the channels of a pixel beside each other. A dense layer
    /// does this by itself.
    #[schemars(extend("example" = r#"{ kind = "flatten" }"#))]
    Flatten {},
    /// `f(x ∗ W + b)`: a convolution, of images `⌊(size + 2·padding − kernel) / stride⌋ + 1` high and wide.
    #[schemars(extend("example" = r#"{ kind = "conv", channels = 64, kernel = 4, stride = 2, bias = false }"#))]
    Conv {
        /// The number of channels that come out.
        channels: usize,
        /// The kernel's height and width.
        kernel: usize,
        /// Pixels from one place of the kernel to the next; 1.
        #[serde(default = "one")]
        stride: usize,
        /// Zeros added to each side; `⌊(kernel − 1) / 2⌋`, with which an odd kernel leaves the size as it is
        /// and a kernel of 4 with stride 2 halves it.
        #[serde(default, skip_serializing_if = "is_default")]
        padding: Option<usize>,
        /// `f`; the identity.
        #[serde(default, skip_serializing_if = "is_default")]
        activation: UnitActivation,
        /// Whether there is a `b`; yes. Before a normalisation it would be of no effect.
        #[serde(default = "yes")]
        bias: bool,
        /// Whether `W` is divided by its largest singular value; no.
        #[serde(default, skip_serializing_if = "is_default")]
        spectral_norm: bool,
    },
    /// `f(convᵀ(x, W) + b)`: the transposed convolution, which makes images larger, to
    /// `(size − 1)·stride − 2·padding + kernel + output_padding`.
    #[schemars(extend("example" = r#"{ kind = "conv-transpose", channels = 64, kernel = 4, stride = 2 }"#))]
    ConvTranspose {
        /// The number of channels that come out.
        channels: usize,
        /// The kernel's height and width.
        kernel: usize,
        /// Pixels of the result between two neighbours of the image; 1.
        #[serde(default = "one")]
        stride: usize,
        /// Pixels taken from each side of the result; `⌊(kernel − 1) / 2⌋`, with which a kernel of 4 with
        /// stride 2 doubles the size.
        #[serde(default, skip_serializing_if = "is_default")]
        padding: Option<usize>,
        /// Pixels added at the bottom and at the right, fewer than `stride`; 0.
        #[serde(default, skip_serializing_if = "is_default")]
        output_padding: usize,
        /// `f`; the identity.
        #[serde(default, skip_serializing_if = "is_default")]
        activation: UnitActivation,
        /// Whether there is a `b`; yes.
        #[serde(default = "yes")]
        bias: bool,
        /// Whether `W` is divided by its largest singular value; no.
        #[serde(default, skip_serializing_if = "is_default")]
        spectral_norm: bool,
    },
    /// Images become `factor` times as high and wide.
    #[schemars(extend("example" = r#"{ kind = "upsample", factor = 2, mode = "bilinear" }"#))]
    Upsample {
        /// 2.
        #[serde(default = "two")]
        factor: usize,
        /// How; by repeating pixels.
        #[serde(default)]
        mode: Interpolation,
    },
    /// Images become half as high and wide: blurred, so that fine details do not come back as coarse ones,
    /// then every second pixel (Zhang 2019).
    #[schemars(extend("example" = r#"{ kind = "downsample" }"#))]
    Downsample {},
    /// The mean of every square of pixels.
    #[schemars(extend("example" = r#"{ kind = "avg-pool", size = 2 }"#))]
    AvgPool {
        /// Its side; 2.
        #[serde(default = "two")]
        size: usize,
    },
    /// The largest of every square of pixels, channel by channel.
    #[schemars(extend("example" = r#"{ kind = "max-pool", size = 2 }"#))]
    MaxPool {
        /// Its side; 2.
        #[serde(default = "two")]
        size: usize,
    },
    /// Every channel brought to mean 0 and variance 1 over the batch and its pixels, then
    /// `f(gain·x + bias)` (Ioffe & Szegedy 2015). In use, mean and variance are running averages that
    /// training has left.
    #[schemars(extend("example" = r#"{ kind = "batch-norm", activation = "relu" }"#))]
    BatchNorm {
        /// How far the running averages move at each step; 0.1.
        #[serde(default = "tenth")]
        momentum: f64,
        /// Added to the variance; 10⁻⁵.
        #[serde(default = "epsilon")]
        epsilon: f64,
        /// Whether each class has a gain and a bias of its own (Dumoulin et al. 2017); no.
        #[serde(default, skip_serializing_if = "is_default")]
        conditional: bool,
        /// `f`; the identity.
        #[serde(default, skip_serializing_if = "is_default")]
        activation: UnitActivation,
    },
    /// Every sample brought to mean 0 and variance 1 over all its numbers, then `f(gain·x + bias)` channel by
    /// channel (Ba et al. 2016).
    #[schemars(extend("example" = r#"{ kind = "layer-norm", activation = "leaky-relu" }"#))]
    LayerNorm {
        /// Added to the variance; 10⁻⁵.
        #[serde(default = "epsilon")]
        epsilon: f64,
        /// `f`; the identity.
        #[serde(default, skip_serializing_if = "is_default")]
        activation: UnitActivation,
    },
    /// Every group of a sample's channels brought to mean 0 and variance 1, then `f(gain·x + bias)` channel by
    /// channel (Wu & He 2018).
    #[schemars(extend("example" = r#"{ kind = "group-norm", groups = 8, activation = "relu" }"#))]
    GroupNorm {
        /// Into how many groups the channels are divided.
        groups: usize,
        /// Added to the variance; 10⁻⁵.
        #[serde(default = "epsilon")]
        epsilon: f64,
        /// `f`; the identity.
        #[serde(default, skip_serializing_if = "is_default")]
        activation: UnitActivation,
    },
    /// `f(x)` by itself.
    #[schemars(extend("example" = r#"{ kind = "activation", function = "tanh" }"#))]
    Activation {
        /// `f`.
        function: UnitActivation,
    },
    /// In training, each value is set to 0 with probability `rate` and otherwise divided by
    /// `1 − rate`; in use, nothing is done (Srivastava et al. 2014).
    #[schemars(extend("example" = r#"{ kind = "dropout", rate = 0.3 }"#))]
    Dropout {
        /// In [0, 1).
        rate: f64,
    },
    /// One more channel that tells how much the samples of a group differ (Karras et al. 2018, section 3):
    /// a discriminator sees by it when the generator draws always the same.
    #[schemars(extend("example" = r#"{ kind = "minibatch-stddev" }"#))]
    MinibatchStddev {
        /// At most so many samples to a group, as many as divide the batch; 4.
        #[serde(default = "four")]
        group: usize,
    },
    /// The sum over all pixels, channel by channel: an image becomes as many numbers as it has channels.
    #[schemars(extend("example" = r#"{ kind = "global-sum-pool" }"#))]
    GlobalSumPool {},
    /// `x + f(x)`, `f` being layers (He et al. 2016).
    #[schemars(extend("example" = r#"{ kind = "residual", skip = "conv", layers = [
    { kind = "conv", channels = 64, kernel = 3, activation = "relu" },
    { kind = "conv", channels = 64, kernel = 3 },
] }"#))]
    Residual {
        /// `f`: it leaves height and width as they are.
        layers: Vec<LayerSpec>,
        /// What `x` goes through on the way past `f`; nothing.
        #[serde(default, skip_serializing_if = "is_default")]
        skip: Skip,
        /// The first weights of `f` are multiplied by this; 1. In a network of `n` blocks that has no
        /// normalisation, `n` to a negative power keeps the signal from growing block by block (Zhang et al.
        /// 2019, *Fixup*).
        #[serde(default = "whole")]
        init_scale: f64,
        /// Those of the last layer in `f` are multiplied by this instead; 1. With 0, every block begins as
        /// the identity.
        #[serde(default = "whole")]
        last_init_scale: f64,
    },
    /// Beside numbers in a row: `units` learned numbers for the label's class. Beside an image: `units`
    /// channels, a learned map of the image's height and width for the class in each (Mirza & Osindero 2014).
    #[schemars(extend("example" = r#"{ kind = "label-embedding", units = 16 }"#))]
    LabelEmbedding {
        /// How many numbers, or channels, are added.
        units: usize,
    },
    /// A discriminator's last layer, `w·φ + b + ⟨e_y, φ⟩` with learned `e_y` for class `y` (Miyato & Koyama
    /// 2018): how real the features `φ` look, and how well they fit the label.
    #[schemars(extend("example" = r#"{ kind = "projection" }"#))]
    Projection {
        /// Whether `w` and the table of `e` are divided by their largest singular values; no.
        #[serde(default, skip_serializing_if = "is_default")]
        spectral_norm: bool,
        /// Whether a logit for each class follows, `φ·C + c`: which class the image looks like, whatever its label
        /// says (Odena et al. 2017); no. `training.auxiliary_classifier` says what is made of them.
        #[serde(default, skip_serializing_if = "is_default")]
        classifier: bool,
    },
}

impl LayerSpec {
    /// A plain dense layer.
    pub const fn dense(units: usize, activation: UnitActivation) -> Self {
        LayerSpec::Dense { units, activation, spectral_norm: false }
    }

    /// The function that what comes out has last gone through; none for a layer that only rearranges.
    pub fn activation(&self) -> Option<UnitActivation> {
        match self {
            LayerSpec::Dense { activation, .. }
            | LayerSpec::Conv { activation, .. }
            | LayerSpec::ConvTranspose { activation, .. }
            | LayerSpec::BatchNorm { activation, .. }
            | LayerSpec::LayerNorm { activation, .. }
            | LayerSpec::GroupNorm { activation, .. }
            | LayerSpec::Activation { function: activation } => Some(*activation),
            LayerSpec::Reshape { .. } | LayerSpec::Flatten {} => None,
            _ => Some(UnitActivation::Identity),
        }
    }

    /// The same, to be changed, of a layer that a person gives one.
    pub fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        match self {
            LayerSpec::Dense { activation, .. }
            | LayerSpec::Conv { activation, .. }
            | LayerSpec::ConvTranspose { activation, .. }
            | LayerSpec::BatchNorm { activation, .. }
            | LayerSpec::LayerNorm { activation, .. }
            | LayerSpec::GroupNorm { activation, .. }
            | LayerSpec::Activation { function: activation } => Some(activation),
            _ => None,
        }
    }
}

/// How pixels between pixels are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// The nearest one.
    #[default]
    Nearest,
    /// In between in proportion, in both directions; for factor 2 only.
    Bilinear,
}

/// The way past a residual block's layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// Nothing is done.
    #[default]
    None,
    /// Where the block changes the number of channels, a convolution with a 1 × 1 kernel and no bias does so
    /// too; where it does not, nothing is done.
    Conv,
}

/// The name of an [`Activation`] in a configuration file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitActivation {
    /// None.
    #[default]
    Identity,
    /// `max(x, 0)`.
    Relu,
    /// `max(x, 0.2·x)`: the slope that GANs have used since DCGAN (Radford et al. 2016).
    LeakyRelu,
    /// In (0, 1).
    Sigmoid,
    /// In (−1, 1).
    Tanh,
}

impl UnitActivation {
    /// The function itself.
    pub fn function(self) -> Activation {
        match self {
            UnitActivation::Identity => Activation::Identity,
            UnitActivation::Relu => Activation::RELU,
            UnitActivation::LeakyRelu => Activation::LeakyRelu { slope: 0.2 },
            UnitActivation::Sigmoid => Activation::Sigmoid,
            UnitActivation::Tanh => Activation::Tanh,
        }
    }
}

fn is_default<V: Default + PartialEq>(value: &V) -> bool {
    *value == V::default()
}

fn one() -> usize {
    1
}

fn two() -> usize {
    2
}

fn four() -> usize {
    4
}

fn yes() -> bool {
    true
}

fn tenth() -> f64 {
    0.1
}

fn epsilon() -> f64 {
    1e-5
}

fn whole() -> f64 {
    1.0
}
