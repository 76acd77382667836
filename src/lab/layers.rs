//! What a player's layers make of an image, unit by unit.

use super::command::Player;
use super::easel::signed;
use super::faces::Faces;
use super::frame::base64;
use super::look::json;
use super::refusal::Answer;
use crate::autodiff::Tensor;
use crate::gan::{GradientNorms, LayerView, Norm, Session, activations, draw_from, layer_views};
use crate::nn::{LayerSpec, Network, Parameter};
use serde::Serialize;

/// Maps of a layer on a page; numbers of one that has no maps.
const MAPS: usize = 64;
const NUMBERS: usize = 256;

#[derive(Serialize)]
struct Layers {
    network: &'static str,
    /// The step at which gradients were measured last.
    measured: Option<u64>,
    layers: Vec<Layer>,
}

#[derive(Serialize)]
struct Layer {
    #[serde(flatten)]
    view: LayerView,
    gradient: Option<f64>,
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
pub fn layers(session: &Session, player: Player, faces: &Faces, norms: Option<&(u64, GradientNorms)>) -> Answer {
    let (trainer, config) = (session.trainer(), session.config());
    let latent = faces.latent.as_slice().expect("values of a tape are contiguous");
    let (network, specs, inputs) = match player {
        Player::Generator => (trainer.generator(), &config.generator.layers, latent.to_vec()),
        Player::Discriminator => {
            let images = draw_from(trainer.ema_generator(), &faces.latent, &faces.fake_labels);
            (trainer.discriminator(), &config.discriminator.layers, images)
        }
    };
    let measured = norms.map(|(step, _)| *step);
    let norms = norms.map(|(_, norms)| match player {
        Player::Generator => &norms.generator,
        Player::Discriminator => &norms.discriminator,
    });
    let views = layer_views(network, specs, &inputs, &faces.fake_labels);
    let outputs = activations(network, &inputs, &faces.fake_labels);
    let layer = |((view, output), spec): ((LayerView, Tensor), &LayerSpec)| Layer {
        gradient: norms.and_then(|norms| gradient(norms, player, view.place)),
        units: units(spec, network, player, view.place),
        activations: Maps::of(&output),
        filters: filters(network, player, spec, view.place, config.image_shape()),
        view,
    };
    json(&Layers {
        network: player.name(),
        measured,
        layers: views.into_iter().zip(outputs).zip(specs).map(layer).collect(),
    })
}

/// The norm of a layer's gradient.
fn gradient(norms: &[Norm], player: Player, place: usize) -> Option<f64> {
    let own = format!("{}.{place}.", player.name());
    let squares: Vec<f64> =
        norms.iter().filter(|norm| norm.parameter.starts_with(&own)).map(|norm| norm.gradient.powi(2)).collect();
    (!squares.is_empty()).then(|| squares.iter().sum::<f64>().sqrt())
}

impl Maps {
    /// What a layer gives for the first sample.
    fn of(output: &Tensor) -> Self {
        let form = &output.shape()[1..];
        let (height, width, channels) = match *form {
            [height, width, channels] => (height, width, channels),
            _ => (1, 1, form.iter().product()),
        };
        let count = channels.min(if height * width > 1 { MAPS } else { NUMBERS });
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
    let count = units.min(MAPS);
    let bytes: Vec<u8> = (0..count).flat_map(|unit| signed(&picture(unit))).collect();
    Some(Maps { height: form[0], width: form[1], count, most: 1.0, bytes: base64(&bytes) })
}

fn mean(numbers: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = numbers.len() as f32;
    numbers.sum::<f32>() / count
}

/// How many units of a layer have weights of their own.
fn units(spec: &LayerSpec, network: &Network, player: Player, place: usize) -> usize {
    let own = format!("{}.{place}.", player.name());
    let extent = |parameter: &Parameter| {
        let axis = unit_axis(spec, parameter.name.strip_prefix(&own)?, parameter.value.ndim())?;
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
        let output =
            ndarray::ArrayD::from_shape_vec(vec![1, 1, 2, 2], vec![1.0, -2.0, 0.5, 2.0]).unwrap().into_shared();
        let maps = Maps::of(&output);
        assert_eq!((maps.height, maps.width, maps.count, maps.most), (1, 2, 2, 2.0));
        assert_eq!(maps.bytes, base64(&signed(&[1.0, 0.5, -2.0, 2.0])));
    }
}
