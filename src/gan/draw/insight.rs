//! What the players look like inside.

use crate::autodiff::{Tape, Tensor, Var};
use crate::gan::draw::in_use::input_of;
use crate::gan::{Objective, Players, Rules, euclidean};
use crate::nn::{Input, LayerSpec, Mode, Network, UnitActivation, one_hot};
use serde::Serialize;

/// A layer, and what it makes of a batch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerView {
    /// Its place in the network, which is the number in its parameters' names.
    pub place: usize,
    /// Its kind, as configurations name it.
    pub kind: String,
    /// The shape of what it gives for one sample.
    pub output: Vec<usize>,
    /// How many numbers in it training changes.
    pub parameters: usize,
    /// The root of the mean square of its weights; none where it has none.
    pub weight_rms: Option<f64>,
    /// The largest of them, in absolute value.
    pub weight_max: Option<f64>,
    /// How many units (channels) it has, and how many of them are at or below 0 for every sample, in every place: what a
    /// relu then passes on is 0, whatever the input. Of layers that end in a relu, leaky or not.
    pub silent: Option<[usize; 2]>,
}

/// The layers of a network, which were made of `layers`, and what they make of `inputs`, `[n, input_width]`, with
/// `labels`, `[n]`, where it looks at some.
///
/// # Panics
/// When these are not the network's layers, or the inputs do not fit it.
pub fn layer_views(network: &Network, layers: &[LayerSpec], inputs: &[f32], labels: &[u8]) -> Vec<LayerView> {
    views_of(network, layers, &activations(network, inputs, labels))
}

/// The layers of a network, which were made of `layers`, by what they have made of some inputs: its [`activations`].
///
/// # Panics
/// When these are not the network's layers.
pub fn views_of(network: &Network, layers: &[LayerSpec], outputs: &[Tensor]) -> Vec<LayerView> {
    assert_eq!(outputs.len(), layers.len(), "views_of: other layers than the network's");
    let view = |(place, (spec, output)): (usize, (&LayerSpec, &Tensor))| {
        let of_layer = |name: &str| name.split('.').nth(1).is_some_and(|number| number.parse() == Ok(place));
        let own = || network.parameters.iter().filter(|parameter| of_layer(&parameter.name));
        let weights =
            || own().filter(|p| p.name.ends_with("weight")).flat_map(|p| p.value.iter().map(|&x| f64::from(x)));
        let count = weights().count();
        let rectified = matches!(spec.activation(), Some(UnitActivation::Relu | UnitActivation::LeakyRelu));
        let silent = (rectified && !matches!(spec, LayerSpec::Residual(_))).then(|| {
            let units = *output.shape().last().expect("outputs have axes");
            let is_silent = |unit: usize| output.iter().skip(unit).step_by(units).all(|&x| x <= 0.0);
            [(0..units).filter(|&unit| is_silent(unit)).count(), units]
        });
        LayerView {
            place,
            kind: kind(spec),
            output: output.shape()[1..].to_vec(),
            parameters: own().map(|parameter| parameter.value.len()).sum(),
            weight_rms: (count > 0).then(|| (weights().map(|x| x * x).sum::<f64>() / count as f64).sqrt()),
            weight_max: (count > 0).then(|| weights().map(f64::abs).fold(0.0, f64::max)),
            silent,
        }
    };
    layers.iter().zip(outputs).enumerate().map(view).collect()
}

/// What each layer of a network makes of `inputs`, `[n, input_width]`, with `labels`, `[n]`, where it looks at some: the
/// form of one output comes after `n`.
///
/// # Panics
/// When the inputs do not fit it.
pub fn activations(network: &Network, inputs: &[f32], labels: &[u8]) -> Vec<Tensor> {
    let tape = Tape::new();
    let outputs = tape.without_recording(|| {
        let input = input_of(&tape, network, inputs, labels);
        network.layer_outputs(&network.leaves(&tape), input, &mut Mode::Evaluate)
    });
    outputs.into_iter().map(Var::value).collect()
}

/// How steep the generator's loss is under an objective: `∂L/∂D(G(zᵢ))` for each image, as if it were alone, `[n]`, and the
/// norm of the loss's gradient with respect to all of the generator's weights. `latent` is `[n, latent_dim]`.
///
/// # Panics
/// When the latent vectors or the labels do not fit the players.
pub fn generator_slopes(
    players: Players<&Network>,
    latent: &[f32],
    labels: &[u8],
    objective: Objective,
) -> (Vec<f32>, f64) {
    let tape = Tape::new();
    let Players { generator, discriminator } = players;
    let weights = generator.leaves(&tape);
    let images = generator.forward(&weights, input_of(&tape, generator, latent, labels), &mut Mode::Evaluate);
    let labels = one_hot(&tape, if discriminator.classes() > 0 { labels } else { &[] }, discriminator.classes());
    let images = Input { x: images, labels };
    let output = discriminator.forward(&discriminator.leaves(&tape), images, &mut Mode::Evaluate);
    let logits = output.slice_channels(0..1);
    let loss = Rules::from(objective).generator_loss(logits, || logits);
    let gradients = tape.gradients(loss, &[&weights[..], &[logits]].concat());
    let (by_logit, by_weight) = gradients.split_last().expect("one for each");
    let count = logits.len() as f32;
    let squares = by_weight.iter().map(|gradient| euclidean(gradient.value().iter()).powi(2));
    (by_logit.value().iter().map(|&slope| count * slope).collect(), squares.sum::<f64>().sqrt())
}

/// How much each pixel moves the discriminator's logit: `∂D(x)/∂x` at images `[n, pixels]`, `[n, pixels]` (Simonyan et al.
/// 2014, *Deep Inside Convolutional Networks*, section 3).
///
/// # Panics
/// When the images do not fit it, or there is not a label for each where it looks at labels.
pub fn input_gradients(discriminator: &Network, images: &[f32], labels: &[u8]) -> Vec<f32> {
    let tape = Tape::new();
    let input = input_of(&tape, discriminator, images, labels);
    let output = discriminator.forward(&discriminator.leaves(&tape), input, &mut Mode::Evaluate);
    let logits = output.slice_channels(0..1); // without those of classes
    let [gradient] = tape.gradients(logits.sum(), &[input.x])[..] else { unreachable!("one for each input") };
    gradient.value().iter().copied().collect()
}

/// The name of a layer's kind.
fn kind(spec: &LayerSpec) -> String {
    let table: toml::Table = toml::to_string(spec).expect("plain values").parse().expect("a table");
    table["kind"].as_str().expect("layers are told apart by kind").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Init;
    use crate::random::Stream;

    fn network(layers: &[LayerSpec]) -> Network {
        let mut network = Network::new("d", 3, layers, Init::He, &mut Stream::DiscriminatorWeights.of(0)).unwrap();
        for parameter in &mut network.parameters {
            let weights = parameter.name.ends_with("weight");
            parameter.value.iter_mut().enumerate().for_each(|(i, x)| {
                *x = if weights { i as f32 + 1.0 } else { 0.0 };
            });
        }
        network
    }

    #[test]
    fn a_layer_is_counted_measured_and_its_silent_units_found() {
        let layers = [LayerSpec::dense(2, UnitActivation::Relu), LayerSpec::dense(1, UnitActivation::Identity)];
        let mut network = network(&layers);
        network.parameters[1].value[[1]] = -1000.0; // its second unit never comes to 0
        let views = layer_views(&network, &layers, &[1.0, 0.0, 0.0, 0.0, 1.0, 1.0], &[]);
        assert_eq!((views[0].kind.as_str(), &views[0].output[..], views[0].parameters), ("dense", &[2][..], 8));
        assert_eq!((views[0].silent, views[1].silent), (Some([1, 2]), None));
        assert_eq!((views[0].weight_max, views[0].weight_rms), (Some(6.0), Some((91.0f64 / 6.0).sqrt())));
    }

    #[test]
    fn both_objectives_are_as_steep_as_their_formulas_say() {
        let layer = |units| [LayerSpec::dense(units, UnitActivation::Identity)];
        let generator = Network::new("g", 1, &layer(1), Init::He, &mut Stream::GeneratorWeights.of(0)).unwrap();
        let discriminator = Network::new("d", 1, &layer(1), Init::He, &mut Stream::DiscriminatorWeights.of(0)).unwrap();
        let players = Players { generator: &generator, discriminator: &discriminator };
        let latent = [0.5, -2.0];
        let images = crate::gan::draw::in_use::in_use(&generator, &latent, &[]);
        let sure = crate::gan::score(&discriminator, &images, &[]).into_iter().map(|s| 1.0 / (1.0 + (-s).exp()));
        let sure: Vec<f32> = sure.collect();
        let near = |a: &[f32], b: Vec<f32>| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        let (slopes, norm) = generator_slopes(players, &latent, &[], Objective::NonSaturating);
        assert!(near(&slopes, sure.iter().map(|p| p - 1.0).collect()), "−(1 − D): {slopes:?}");
        // G(z) = w·z + b before D(x) = v·x + c: ∂L/∂w = mean(slope·v·z), ∂L/∂b = mean(slope·v).
        let v = discriminator.parameters[0].value[[0, 0]];
        let by_w = (slopes[0] * latent[0] + slopes[1] * latent[1]) * v / 2.0;
        let by_b = (slopes[0] + slopes[1]) * v / 2.0;
        assert!((norm - f64::from(by_w.hypot(by_b))).abs() < 1e-6);
        let (slopes, _) = generator_slopes(players, &latent, &[], Objective::Minimax);
        assert!(near(&slopes, sure.iter().map(|p| -p).collect()), "−D: {slopes:?}");
    }

    #[test]
    fn the_gradient_of_a_linear_discriminator_is_its_weights() {
        let network = network(&[LayerSpec::dense(1, UnitActivation::Identity)]);
        assert_eq!(input_gradients(&network, &[0.5, 1.0, -1.0, 0.0, 0.0, 2.0], &[]), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    }
}
