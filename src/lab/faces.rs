//! The images that a page looks at again and again.

use crate::autodiff::{Tape, Tensor};
use crate::data::fill;
use crate::gan::{Session, latent_vectors};
use crate::random::Stream;

/// Images of each kind on a page.
pub const IMAGES: usize = 16;

/// Labels, where the players look at any.
pub fn labels_for<'l>(session: &Session, labels: &'l [u8]) -> &'l [u8] {
    if session.config().training.classes > 0 { labels } else { &[] }
}

/// The images that a page looks at again and again.
pub struct Faces {
    /// `[IMAGES, latent_dim]`.
    pub latent: Tensor,
    /// Classes of the generated images, where there are any.
    pub fake_labels: Vec<u8>,
    /// Real images, `[IMAGES, pixels]`.
    pub reals: Vec<f32>,
    /// Their classes.
    pub real_labels: Vec<u8>,
}

impl Faces {
    /// Those of a session: the same for the same seed.
    pub fn of(session: &Session) -> Self {
        let (config, digits) = (session.config(), session.digits());
        let tape = Tape::new();
        let mut rng = Stream::Preview.of(config.seed);
        let latent = latent_vectors(&tape, IMAGES, config.generator.latent_dim, &mut rng).value();
        let indices: Vec<usize> = (0..IMAGES).map(|i| i % digits.len()).collect();
        let mut reals = vec![0.0; IMAGES * digits.pixels()];
        fill(digits, &indices, session.pixel_range(), &mut reals);
        let classes = config.training.classes;
        Self {
            latent,
            fake_labels: if classes > 0 { (0..IMAGES).map(|i| (i % classes) as u8).collect() } else { Vec::new() },
            reals,
            real_labels: indices.iter().map(|&index| digits.label(index)).collect(),
        }
    }
}
