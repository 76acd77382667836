//! Images from a generator, and what they were drawn from.

use super::in_use::{CHUNK, in_use};
use crate::autodiff::{Tape, Tensor};
use crate::gan::latent_vectors;
use crate::nn::Network;
use rand::rngs::ChaCha8Rng;
use std::ops::Range;

/// Latent vectors, labels and the images drawn from them.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// `[count, latent_dim]`.
    pub latent: Tensor,
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
    let latent = requested_vectors(generator, request.count, request.truncation, rng);
    let labels = request.classes.labels(request.count, generator.classes());
    let images = draw_from(generator, &latent, &labels);
    Drawn { latent, labels, images }
}

/// The same images, some 64 MiB of them at a time: so that any number can be drawn.
///
/// # Panics
/// As [`draw_requested`], once the images are taken.
pub fn draw_in_pieces(generator: &Network, request: &Request, rng: ChaCha8Rng) -> impl ExactSizeIterator<Item = Drawn> {
    let labels = request.classes.labels(request.count, generator.classes());
    let vectors = latent_in_pieces(generator, request, rng);
    pieces(generator, request.count).into_iter().zip(vectors).map(move |(piece, latent)| {
        let labels = if labels.is_empty() { Vec::new() } else { labels[piece].to_vec() };
        let images = draw_from(generator, &latent, &labels);
        Drawn { latent, labels, images }
    })
}

/// The latent vectors of those, `[images of the piece, latent_dim]` each, without the images.
pub fn latent_in_pieces(
    generator: &Network,
    request: &Request,
    mut rng: ChaCha8Rng,
) -> impl ExactSizeIterator<Item = Tensor> {
    let truncation = request.truncation;
    let vectors = move |piece: Range<usize>| requested_vectors(generator, piece.len(), truncation, &mut rng);
    pieces(generator, request.count).into_iter().map(vectors)
}

/// Numbers in the images of a piece, or in their latent vectors.
const PIECE: usize = 16 << 20;

/// `count` images in pieces. Each but the last has as many chunks as are computed together, so that no image has other
/// neighbours than among all.
fn pieces(generator: &Network, count: usize) -> Vec<Range<usize>> {
    let numbers = generator.output_width().max(generator.input_width());
    let length = (PIECE / numbers / CHUNK).max(1) * CHUNK;
    (0..count).step_by(length).map(|start| start..(start + length).min(count)).collect()
}

/// The next `count` latent vectors, drawn in towards 0.
fn requested_vectors(generator: &Network, count: usize, truncation: f32, rng: &mut ChaCha8Rng) -> Tensor {
    let mut latent = latent_vectors(&Tape::new(), count, generator.input_width(), rng).value();
    if truncation != 1.0 {
        latent.mapv_inplace(|z| truncation * z);
    }
    latent
}

/// The images `[count, pixels]` of these latent vectors `[count, latent_dim]`, and, to a conditional generator,
/// these `labels` `[count]`.
///
/// # Panics
/// When there is not a label for each image, or one that is no class.
pub fn draw_from(generator: &Network, latent: &Tensor, labels: &[u8]) -> Vec<f32> {
    in_use(generator, latent.as_slice().expect("values of a tape are contiguous"), labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Init, LayerSpec, UnitActivation};
    use crate::random::Stream;

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
    fn pieces_are_what_is_drawn_at_once() {
        let layers = [LayerSpec::dense(40_000, UnitActivation::Tanh)];
        let generator = Network::new("generator", 3, &layers, Init::He, &mut Stream::GeneratorWeights.of(0)).unwrap();
        let request = Request { count: 700, classes: Classes::InTurn, truncation: 0.7 };
        let whole = draw_requested(&generator, &request, &mut Stream::Sample.of(1));
        let pieces: Vec<Drawn> = draw_in_pieces(&generator, &request, Stream::Sample.of(1)).collect();
        assert_eq!(pieces.iter().map(|piece| piece.latent.shape()[0]).collect::<Vec<_>>(), [256, 256, 188]);
        assert!(pieces.iter().flat_map(|piece| &piece.images).eq(&whole.images));
        let latent: Vec<_> = latent_in_pieces(&generator, &request, Stream::Sample.of(1)).collect();
        assert!(latent.iter().flat_map(|piece| piece.iter()).eq(whole.latent.iter()));
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
