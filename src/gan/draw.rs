//! Drawing images from a generator.

use super::latent_vectors;
use crate::autodiff::Tape;
use crate::nn::{Input, Mode, Network, one_hot};
use ndarray::ArrayD;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::sync::Arc;

/// Images drawn at a time: enough for the product's full speed, few enough to stay in the cache.
const CHUNK: usize = 256;

/// Latent vectors, labels and the images drawn from them.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// `[count, latent_dim]`.
    pub latent: Arc<ArrayD<f32>>,
    /// The class of each image, `[count]`; empty where the generator is asked for none.
    pub labels: Vec<u8>,
    /// `[count, pixels]`, in the generator's own range.
    pub images: Vec<f32>,
}

/// Draws `count` images, the latent vectors coming from `rng`; of a conditional generator, of each class in
/// turn.
pub fn draw(generator: &Network, count: usize, rng: &mut ChaCha8Rng) -> Drawn {
    let latent = latent_vectors(&Tape::new(), count, generator.input_width(), rng).value();
    let labels = labels_in_turn(count, generator.classes());
    let images = draw_from(generator, &latent, &labels);
    Drawn { latent, labels, images }
}

/// `0, 1, …, classes − 1, 0, 1, …`, `count` of them; none where there are no classes.
pub fn labels_in_turn(count: usize, classes: usize) -> Vec<u8> {
    (0..classes).cycle().take(count).map(|class| class as u8).collect()
}

/// The images `[count, pixels]` of these latent vectors `[count, latent_dim]`, and, to a conditional generator,
/// these `labels` `[count]`.
///
/// # Panics
/// When there is not a label for each image, or one that is no class.
pub fn draw_from(generator: &Network, latent: &ArrayD<f32>, labels: &[u8]) -> Vec<f32> {
    let (count, classes) = (latent.shape()[0], generator.classes());
    assert!(classes == 0 || labels.len() == count, "draw_from: {} labels for {count} images", labels.len());
    let (latent_dim, pixels) = (generator.input_width(), generator.output_width());
    let mut images = vec![0.0; count * pixels];
    let vectors = latent.as_slice().expect("values of a tape are contiguous");
    let chunks = vectors.par_chunks(CHUNK * latent_dim).zip(images.par_chunks_mut(CHUNK * pixels)).enumerate();
    chunks.for_each_init(Tape::new, |tape, (chunk, (vectors, images))| {
        tape.reset();
        tape.without_recording(|| {
            let count = vectors.len() / latent_dim;
            let labels = if classes > 0 { &labels[chunk * CHUNK..][..count] } else { &[] };
            let x = tape.fill(&[count, latent_dim], |z| z.copy_from_slice(vectors));
            let asked = Input { x, labels: one_hot(tape, labels, classes) };
            let drawn = generator.forward(&generator.leaves(tape), asked, &mut Mode::Evaluate).value();
            images.copy_from_slice(drawn.as_slice().expect("values of a tape are contiguous"));
        });
    });
    images
}
