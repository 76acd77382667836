//! Drawing images from a generator.

use super::latent_vectors;
use crate::autodiff::Tape;
use crate::nn::{Mode, Network};
use ndarray::ArrayD;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::sync::Arc;

/// Images drawn at a time: enough for the product's full speed, few enough to stay in the cache.
const CHUNK: usize = 256;

/// Latent vectors and the images drawn from them.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// `[count, latent_dim]`.
    pub latent: Arc<ArrayD<f32>>,
    /// `[count, pixels]`, in the generator's own range.
    pub images: Vec<f32>,
}

/// Draws `count` images, the latent vectors coming from `rng`.
pub fn draw(generator: &Network, count: usize, rng: &mut ChaCha8Rng) -> Drawn {
    let latent = latent_vectors(&Tape::new(), count, generator.input_width(), rng).value();
    let images = draw_from(generator, &latent);
    Drawn { latent, images }
}

/// The images `[count, pixels]` of these latent vectors `[count, latent_dim]`.
pub(super) fn draw_from(generator: &Network, latent: &ArrayD<f32>) -> Vec<f32> {
    let (latent_dim, pixels) = (generator.input_width(), generator.output_width());
    let mut images = vec![0.0; latent.shape()[0] * pixels];
    let vectors = latent.as_slice().expect("values of a tape are contiguous");
    let chunks = vectors.par_chunks(CHUNK * latent_dim).zip(images.par_chunks_mut(CHUNK * pixels));
    chunks.for_each_init(Tape::new, |tape, (vectors, images)| {
        tape.reset();
        tape.without_recording(|| {
            let z = tape.fill(&[vectors.len() / latent_dim, latent_dim], |z| z.copy_from_slice(vectors));
            let drawn = generator.forward(&generator.leaves(tape), z, &mut Mode::Evaluate).value();
            images.copy_from_slice(drawn.as_slice().expect("values of a tape are contiguous"));
        });
    });
    images
}
