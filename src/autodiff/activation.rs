//! Which functions there are between a network's layers; what they compute is in `ops/activation.rs`.

/// A function applied to each output of a layer. Each one's derivative can be told from its
/// value alone, which is why a layer need not keep what went into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `x`.
    Identity,
    /// `max(x, slope·x)` with `0 ≤ slope < 1`; slope 0 is ReLU (Maas et al. 2013).
    LeakyRelu {
        /// The slope for negative `x`.
        slope: f64,
    },
    /// `1 / (1 + e⁻ˣ)`, in (0, 1).
    Sigmoid,
    /// In (−1, 1).
    Tanh,
}

impl Activation {
    /// `max(x, 0)`.
    pub const RELU: Activation = Activation::LeakyRelu { slope: 0.0 };
}
