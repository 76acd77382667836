//! Drawing images from a generator.

use super::in_use::in_use;
use super::latent_vectors;
use crate::autodiff::Tape;
use crate::nn::Network;
use ndarray::ArrayD;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

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

/// What is asked of a generator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// How many images.
    pub count: usize,
    /// Of which classes, where the generator is conditional.
    pub classes: Classes,
    /// ψ in (0, 1]: latent vectors are drawn in towards their mean, 0, to `ψ·z`. That is the truncation trick:
    /// numbers from a narrower distribution than training's give images that are better and vary less. Brock et
    /// al. 2019 (section 3.1) draw numbers of large magnitude again; this is the milder form of Karras et al. 2019
    /// (appendix B), under which a seed keeps its images and each becomes more usual. 1 leaves them as they are.
    pub truncation: f32,
}

/// Of which classes images are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classes {
    /// `0, 1, …, 9, 0, 1, …`.
    InTurn,
    /// As many of each, class by class: `0, 0, …, 1, 1, …`.
    InRows,
    /// All of one.
    Only(u8),
}

impl Classes {
    /// The labels of `count` images, `[count]`; none where there are no `classes`.
    pub fn labels(self, count: usize, classes: usize) -> Vec<u8> {
        let class = |index| match self {
            Classes::InTurn => (index % classes) as u8,
            Classes::InRows => (index * classes / count) as u8,
            Classes::Only(class) => class,
        };
        let count = if classes > 0 { count } else { 0 };
        (0..count).map(class).collect()
    }
}

/// Draws `count` images, the latent vectors coming from `rng`; of a conditional generator, of each class in
/// turn.
pub fn draw(generator: &Network, count: usize, rng: &mut ChaCha8Rng) -> Drawn {
    draw_requested(generator, &Request { count, classes: Classes::InTurn, truncation: 1.0 }, rng)
}

/// Draws the images that are asked for, the latent vectors coming from `rng`.
///
/// # Panics
/// When a class is asked for that a conditional generator has not.
pub fn draw_requested(generator: &Network, request: &Request, rng: &mut ChaCha8Rng) -> Drawn {
    let Request { count, classes, truncation } = *request;
    let mut latent = latent_vectors(&Tape::new(), count, generator.input_width(), rng).value();
    if truncation != 1.0 {
        Arc::make_mut(&mut latent).mapv_inplace(|z| truncation * z);
    }
    let labels = classes.labels(count, generator.classes());
    let images = draw_from(generator, &latent, &labels);
    Drawn { latent, labels, images }
}

/// The images `[count, pixels]` of these latent vectors `[count, latent_dim]`, and, to a conditional generator,
/// these `labels` `[count]`.
///
/// # Panics
/// When there is not a label for each image, or one that is no class.
pub fn draw_from(generator: &Network, latent: &ArrayD<f32>, labels: &[u8]) -> Vec<f32> {
    in_use(generator, latent.as_slice().expect("values of a tape are contiguous"), labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::Stream;
    use crate::nn::{Init, LayerSpec, UnitActivation};

    #[test]
    fn labels_come_in_turn_in_rows_or_all_alike() {
        assert_eq!(Classes::InTurn.labels(5, 3), [0, 1, 2, 0, 1]);
        assert_eq!(Classes::InRows.labels(6, 3), [0, 0, 1, 1, 2, 2]);
        assert_eq!(Classes::InRows.labels(5, 3), [0, 0, 1, 1, 2]);
        assert_eq!(Classes::Only(7).labels(2, 10), [7, 7]);
        for classes in [Classes::InTurn, Classes::InRows, Classes::Only(7)] {
            assert!(classes.labels(4, 0).is_empty());
        }
    }

    #[test]
    fn truncation_draws_latent_vectors_in_and_changes_nothing_else() {
        let layers = [LayerSpec::dense(4, UnitActivation::Tanh)];
        let generator = Network::new("generator", 3, &layers, Init::He, &mut Stream::GeneratorWeights.of(0)).unwrap();
        let with = |truncation| {
            let request = Request { count: 5, classes: Classes::InTurn, truncation };
            draw_requested(&generator, &request, &mut Stream::Sample.of(1))
        };
        let (whole, half) = (with(1.0), with(0.5));
        assert_eq!(whole.latent, draw(&generator, 5, &mut Stream::Sample.of(1)).latent);
        assert!(whole.latent.iter().zip(&*half.latent).all(|(z, drawn_in)| *drawn_in == 0.5 * z));
        assert_eq!(half.images, draw_from(&generator, &half.latent, &[]));
    }
}
