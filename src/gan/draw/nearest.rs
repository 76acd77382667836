//! The latent vector whose image comes nearest to a given one.

use super::draw_from;
use crate::autodiff::Tape;
use crate::gan::latent_vectors;
use crate::nn::{Adam, Input, Mode, Network, Optimizer, Parameter, one_hot};
use crate::random::Stream;
use ndarray::{ArrayD, IxDyn};

/// Latent vectors that are tried at random, and those of them that are led on.
const TRIED: usize = 512;
const LED: usize = 8;
/// Steps of descent.
const STEPS: usize = 80;
const RATE: f64 = 0.1;

/// What a generator can draw that is nearest to an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// The latent vector, `[latent_dim]`.
    pub latent: Vec<f32>,
    /// Its image, `[pixels]`.
    pub image: Vec<f32>,
    /// The root of the mean squared difference of their pixels.
    pub distance: f64,
    /// The same for the best of the random vectors.
    pub first: f64,
    /// How many images were looked at.
    pub tried: usize,
}

/// Searches for `min_z ‖G(z) − target‖²` (Creswell & Bharath 2018, *Inverting the Generator of a Generative Adversarial
/// Network*): from the best of many random vectors down the slope, with the weights as they are. `target` is `[pixels]` in
/// the generator's own range; `labels` has one label where the generator is asked for one.
///
/// # Panics
/// When they do not fit the generator.
pub fn nearest_latent(generator: &Network, target: &[f32], labels: &[u8]) -> Nearest {
    let (width, pixels) = (generator.input_width(), target.len());
    let repeated = |count: usize| labels.repeat(count);
    let latent = latent_vectors(&Tape::new(), TRIED, width, &mut Stream::Sample.of(0)).value();
    let images = draw_from(generator, &latent, &repeated(TRIED));
    let mut order: Vec<(f64, usize)> =
        images.chunks_exact(pixels).map(|image| distance(image, target)).zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let numbers = latent.as_slice().expect("values of a tape are contiguous");
    let (first, best) = order[0];
    let mut nearest = Nearest {
        latent: numbers[best * width..][..width].to_vec(),
        image: images[best * pixels..][..pixels].to_vec(),
        distance: first,
        first,
        tried: TRIED + STEPS * LED,
    };
    let chosen: Vec<f32> =
        order[..LED].iter().flat_map(|&(_, i)| numbers[i * width..][..width].iter().copied()).collect();
    let chosen = ArrayD::from_shape_vec(IxDyn(&[LED, width]), chosen).expect("it fits");
    let mut led = [Parameter::new("latent vectors", chosen)];
    let mut adam = Adam::new(&led, RATE, 0.9, 0.99);
    for _ in 0..STEPS {
        let (drawn, gradient) = descent(generator, &led[0], target, &repeated(LED));
        let z = led[0].value.as_slice().expect("parameters are contiguous");
        for (image, z) in drawn.chunks_exact(pixels).zip(z.chunks_exact(width)) {
            let distance = distance(image, target);
            if distance < nearest.distance {
                nearest = Nearest { latent: z.to_vec(), image: image.to_vec(), distance, ..nearest };
            }
        }
        adam.begin();
        adam.update(0, &mut led[0], &gradient);
    }
    nearest
}

/// The images of latent vectors, and the gradient of all their squared distances.
fn descent(generator: &Network, latent: &Parameter, target: &[f32], labels: &[u8]) -> (Vec<f32>, Vec<f32>) {
    let tape = Tape::new();
    let z = latent.on(&tape);
    let labels = one_hot(&tape, labels, generator.classes());
    let images = generator.forward(&generator.leaves(&tape), Input { x: z, labels }, &mut Mode::Evaluate);
    let all =
        tape.fill(&images.shape(), |all| all.chunks_exact_mut(target.len()).for_each(|x| x.copy_from_slice(target)));
    let gradient = tape.gradients((images - all).powi(2).sum(), &[z])[0].value();
    (images.value().iter().copied().collect(), gradient.iter().copied().collect())
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2));
    (squares.sum::<f64>() / a.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Init, LayerSpec, UnitActivation};

    #[test]
    fn an_image_that_it_has_drawn_is_found_again() {
        let layers = [LayerSpec::dense(8, UnitActivation::LeakyRelu), LayerSpec::dense(6, UnitActivation::Tanh)];
        let generator = Network::new("generator", 3, &layers, Init::He, &mut Stream::GeneratorWeights.of(1)).unwrap();
        let latent = latent_vectors(&Tape::new(), 1, 3, &mut Stream::Latent.of(5)).value();
        let target = draw_from(&generator, &latent, &[]);
        let found = nearest_latent(&generator, &target, &[]);
        assert!(found.first > 0.02 && found.distance < 0.01, "{} to {}", found.first, found.distance);
        let z = ArrayD::from_shape_vec(IxDyn(&[1, 3]), found.latent).unwrap().into_shared();
        assert_eq!(draw_from(&generator, &z, &[]), found.image);
    }
}
