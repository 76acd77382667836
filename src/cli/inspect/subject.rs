//! What is looked into.

use crate::gan::Config;
use crate::nn::Network;

/// Both players, and digits for them to look at.
pub(super) struct Subject {
    pub config: Config,
    pub generator: Network,
    pub discriminator: Network,
    /// `[n, pixels]` in the players' range, and their labels; at most `COUNT`.
    pub real: (Vec<f32>, Vec<u8>),
    pub generated: (Vec<f32>, Vec<u8>),
    /// The latent vectors of those, `[COUNT, latent_dim]`.
    pub latent: Vec<f32>,
}
