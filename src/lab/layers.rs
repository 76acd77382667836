//! What a player's layers make of an image, unit by unit.

use super::command::Player;
use super::easel::signed;
use super::faces::Faces;
use super::frame::base64;
use super::look::json;
use super::refusal::Answer;
use crate::autodiff::{Tape, Tensor};
use crate::gan::{Config, LayerView, Session, activations, draw_from, euclidean, play, views_of};
use crate::nn::{Input, LayerSpec, Mode, Network, Parameter, one_hot};
use serde::Serialize;

/// Maps of a layer on a page; numbers of one that has no maps.
const MAPS: usize = 64;
const NUMBERS: usize = 256;
/// Pixels of all maps of a layer together.
const PIXELS: usize = 1 << 16;

#[derive(Serialize)]
struct Layers {
    network: &'static str,
    layers: Vec<Layer>,
}

#[derive(Serialize)]
struct Layer {
    #[serde(flatten)]
    view: LayerView,
    /// The norm of the gradient of its player's loss on the images that a page looks at, penalties left out.
    gradient: f64,
    units: usize,
    activations: Maps,
    filters: Option<Maps>,
}

/// Small pictures, one after the other, a signed byte a pixel: 128 is nothing.
#[derive(Serialize)]
struct Maps {
    height: usize,
    width: usize,
    count: usize,
    /// What the largest byte stands for.
    most: f32,
    bytes: String,
}

/// The layers of a player, and what they make of the first image that a page looks at.
pub fn layers(session: &Session, player: Player, faces: &Faces) -> Answer {
    let (trainer, config) = (session.trainer(), session.config());
    let (network, inputs) = match player {
        Player::Generator => (trainer.generator(), faces.latent.iter().copied().collect()),
        Player::Discriminator => {
            (trainer.discriminator(), draw_from(trainer.generator(), &faces.latent, &faces.fake_labels))
        }
    };
    let specs = layers_of(config, player);
    let slopes = slopes(session, player, faces);
    let outputs = activations(network, &inputs, &faces.fake_labels);
    let views = views_of(network, specs, &outputs);
    let layer = |((view, output), spec): ((LayerView, Tensor), &LayerSpec)| {
        let own = format!("{}.{}.", player.name(), view.place);
        let squares = network.parameters.iter().zip(&slopes).filter(|(parameter, _)| parameter.name.starts_with(&own));
        Layer {
            gradient: squares.map(|(_, slope)| slope.powi(2)).sum::<f64>().sqrt(),
            units: units(spec, network, &own),
            activations: Maps::of(&output),
            filters: filters(network, player, spec, view.place, config.image_shape()),
            view,
        }
    };
    json(&Layers { network: player.name(), layers: views.into_iter().zip(outputs).zip(specs).map(layer).collect() })
}

/// What a player's network is made of.
pub fn layers_of(config: &Config, player: Player) -> &[LayerSpec] {
    match player {
        Player::Generator => &config.generator.layers,
        Player::Discriminator => &config.discriminator.layers,
    }
}

/// The norm of the gradient of a player's loss with respect to each of its parameters.
fn slopes(session: &Session, player: Player, faces: &Faces) -> Vec<f64> {
    let (trainer, classes) = (session.trainer(), session.config().training.classes);
    let tape = Tape::new();
    let [generator, discriminator] = [trainer.generator(), trainer.discriminator()].map(|network| network.on(&tape));
    let labels = |labels: &[u8]| one_hot(&tape, if classes > 0 { labels } else { &[] }, classes);
    let asked = labels(&faces.fake_labels);
    let latent = Input { x: tape.share(&faces.latent), labels: asked };
    let fake = Input { x: generator.forward(latent, &mut Mode::Evaluate), labels: asked };
    let pixels = session.config().pixels();
    let reals = tape.fill(&[faces.reals.len() / pixels, pixels], |x| x.copy_from_slice(&faces.reals));
    let game = play(&discriminator, Input { x: reals, labels: labels(&faces.real_labels) }, fake, &mut Mode::Evaluate);
    let rules = session.config().training.rules();
    let gradients = match player {
        Player::Generator => tape.gradients(rules.generator_loss(game.fake, || game.real), &generator.parameters),
        Player::Discriminator => {
            tape.gradients(rules.discriminator_loss(game.real, game.fake), &discriminator.parameters)
        }
    };
    gradients.iter().map(|gradient| euclidean(gradient.value().iter())).collect()
}

impl Maps {
    /// What a layer gives for the first sample.
    fn of(output: &Tensor) -> Self {
        let form = &output.shape()[1..];
        let (height, width, channels) = match *form {
            [height, width, channels] => (height, width, channels),
            _ => (1, 1, form.iter().product()),
        };
        let count = channels.min(if height * width > 1 { at_most(height, width) } else { NUMBERS });
        let numbers = output.as_slice().expect("values of a tape are contiguous");
        let maps: Vec<f32> = (0..count)
            .flat_map(|channel| (0..height * width).map(move |at| numbers[at * channels + channel]))
            .collect();
        Self::together(height, width, count, &maps)
    }

    fn together(height: usize, width: usize, count: usize, maps: &[f32]) -> Self {
        let most = maps.iter().fold(0f32, |most, x| most.max(x.abs()));
        Self { height, width, count, most, bytes: base64(&signed(maps)) }
    }
}

/// What the first layer of the discriminator looks for, a picture for each of its units, each as strong as it can be.
fn filters(network: &Network, player: Player, spec: &LayerSpec, place: usize, image: [usize; 3]) -> Option<Maps> {
    if player != Player::Discriminator || place > 0 {
        return None;
    }
    let name = format!("{}.0.weight", player.name());
    let weight = &network.parameters.iter().find(|parameter| parameter.name == name)?.value;
    let numbers = weight.as_slice().expect("parameters are contiguous");
    let (form, channels) = match (spec, weight.shape()) {
        (LayerSpec::Dense(_), _) => ([image[0], image[1]], image[2]),
        (LayerSpec::Conv(_), &[height, width, from, _]) => ([height, width], from),
        _ => return None,
    };
    let shape = weight.shape();
    let picture = |unit: usize| {
        let own = elements_of_unit(spec, "weight", shape, unit).expect("a unit of this layer");
        own.chunks(channels).map(|pixel| mean(pixel.iter().map(|&element| numbers[element]))).collect::<Vec<f32>>()
    };
    let units = shape[unit_axis(spec, "weight", shape.len())?];
    let count = units.min(at_most(form[0], form[1]));
    let bytes: Vec<u8> = (0..count).flat_map(|unit| signed(&picture(unit))).collect();
    Some(Maps { height: form[0], width: form[1], count, most: 1.0, bytes: base64(&bytes) })
}

/// How many maps of this size are shown: none, if one is too large for a page.
fn at_most(height: usize, width: usize) -> usize {
    MAPS.min(PIXELS / (height * width))
}

fn mean(numbers: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = numbers.len() as f32;
    numbers.sum::<f32>() / count
}

/// How many units of a layer have weights of their own; `own` begins the names of its parameters.
fn units(spec: &LayerSpec, network: &Network, own: &str) -> usize {
    let extent = |parameter: &Parameter| {
        let axis = unit_axis(spec, parameter.name.strip_prefix(own)?, parameter.value.ndim())?;
        Some(parameter.value.shape()[axis])
    };
    network.parameters.iter().find_map(extent).unwrap_or(0)
}

/// The axis of a parameter along which a layer's units stand.
fn unit_axis(spec: &LayerSpec, parameter: &str, rank: usize) -> Option<usize> {
    match (spec, parameter) {
        (LayerSpec::Dense(_), "weight") | (_, "bias") if rank > 0 => Some(0),
        (LayerSpec::Conv(_), "weight") if rank == 4 => Some(3),
        (LayerSpec::ConvTranspose(_), "weight") if rank == 4 => Some(2),
        _ => None,
    }
}

/// Where a unit's numbers stand in a parameter of this shape, in row-major order; none where it has none there.
pub fn elements_of_unit(spec: &LayerSpec, parameter: &str, shape: &[usize], unit: usize) -> Option<Vec<usize>> {
    let axis = unit_axis(spec, parameter, shape.len())?;
    let after: usize = shape[axis + 1..].iter().product();
    let is_its_own = |element: &usize| element / after % shape[axis] == unit;
    (unit < shape[axis]).then(|| (0..shape.iter().product()).filter(is_its_own).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::UnitActivation;

    #[test]
    fn a_unit_is_a_row_of_a_dense_layer() {
        let dense = LayerSpec::dense(3, UnitActivation::Relu);
        assert_eq!(elements_of_unit(&dense, "weight", &[3, 2], 1), Some(vec![2, 3]));
        assert_eq!(elements_of_unit(&dense, "bias", &[3], 2), Some(vec![2]));
        assert_eq!(elements_of_unit(&dense, "weight", &[3, 2], 3), None);
        assert_eq!(elements_of_unit(&dense, "gain", &[3], 0), None);
    }

    #[test]
    fn a_unit_is_a_channel_of_a_convolution() {
        let layer = |kind: &str| -> LayerSpec {
            toml::from_str(&format!("kind = \"{kind}\"\nchannels = 2\nkernel = 1\nstride = 1")).unwrap()
        };
        assert_eq!(elements_of_unit(&layer("conv"), "weight", &[1, 1, 3, 2], 1), Some(vec![1, 3, 5]));
        assert_eq!(elements_of_unit(&layer("conv-transpose"), "weight", &[1, 1, 2, 3], 1), Some(vec![3, 4, 5]));
    }

    #[test]
    fn maps_are_taken_apart_channel_by_channel() {
        assert_eq!([at_most(7, 7), at_most(64, 64), at_most(4096, 4096)], [64, 16, 0]);
        let output =
            ndarray::ArrayD::from_shape_vec(vec![1, 1, 2, 2], vec![1.0, -2.0, 0.5, 2.0]).unwrap().into_shared();
        let maps = Maps::of(&output);
        assert_eq!((maps.height, maps.width, maps.count, maps.most), (1, 2, 2, 2.0));
        assert_eq!(maps.bytes, base64(&signed(&[1.0, 0.5, -2.0, 2.0])));
    }
}
