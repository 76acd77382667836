//! Networks of every kind of layer: their derivatives, their statistics, and what they say when they do not fit.

use ndarray::{ArrayD, Axis};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use std::collections::BTreeSet;
use twoplayer::autodiff::gradcheck::{Order, check};
use twoplayer::autodiff::{Tape, Var};
use twoplayer::nn::{
    Extent, Init, Input, InputShape, LayerSpec, Mode, Network, NetworkError, Parameter, Training, one_hot,
};

/// Layers as a person writes them, one a line.
fn layers(lines: &str) -> Vec<LayerSpec> {
    #[derive(Deserialize)]
    struct File {
        layers: Vec<LayerSpec>,
    }
    let lines: Vec<_> = lines.lines().map(|line| format!("{{ {line} }}")).collect();
    toml::from_str::<File>(&format!("layers = [{}]", lines.join(", "))).unwrap().layers
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(17)
}

fn build(input: impl Into<InputShape>, lines: &str) -> Result<Network<f64>, NetworkError> {
    Network::new("n", input, &layers(lines), Init::Xavier, &mut rng())
}

/// Samples for a network: its classes in turn for labels, its input from within ±1.
const BATCH: usize = 4;

fn samples(input: InputShape) -> ArrayD<f64> {
    let mut rng = rng();
    ArrayD::from_shape_simple_fn(vec![BATCH, input.extent.width()], || rng.random_range(-1.0..1.0))
}

fn labels(input: InputShape) -> Vec<u8> {
    if input.classes == 0 { vec![] } else { [0, 2, 1, 2][..BATCH].to_vec() }
}

fn forward<'t>(
    network: &Network<f64>,
    parameters: &[Var<'t, f64>],
    x: Var<'t, f64>,
    training: &mut Training<f64>,
) -> Var<'t, f64> {
    let input = Input { x, labels: one_hot(x.tape(), &labels(network.input()), network.classes()) };
    network.forward(parameters, input, &mut Mode::Train(training))
}

/// A step of training without an optimizer: only statistics move.
fn train(network: &mut Network<f64>) {
    let mut training = Training::from(rng());
    let tape = Tape::new();
    forward(network, &network.leaves(&tape), tape.leaf(samples(network.input())), &mut training);
    network.keep(&mut training);
}

/// What the network says in use of some of the samples.
fn evaluate(network: &Network<f64>, x: ArrayD<f64>, labels: &[u8]) -> ArrayD<f64> {
    let tape = Tape::new();
    let input = Input { x: tape.leaf(x), labels: one_hot(&tape, labels, network.classes()) };
    network.forward(&network.leaves(&tape), input, &mut Mode::Evaluate).value().to_owned()
}

const IMAGE: Extent = Extent::Image([4, 4, 2]);

/// Small networks: in each, one kind of layer or two that the others have not.
#[rustfmt::skip]
fn networks() -> Vec<(&'static str, InputShape, &'static str)> {
    let plain = |extent: Extent| InputShape::from(extent);
    let labelled = |extent: Extent| plain(extent).with_classes(3);
    vec![
        ("conv", plain(Extent::Image([5, 4, 2])), "kind = 'conv', channels = 3, kernel = 3, stride = 2, activation = 'tanh'\nkind = 'dense', units = 2"),
        ("conv without bias", plain(IMAGE), "kind = 'conv', channels = 2, kernel = 4, stride = 2, bias = false, activation = 'sigmoid'\nkind = 'flatten'\nkind = 'dense', units = 1"),
        ("conv-transpose", plain(Extent::Flat(3)), "kind = 'dense', units = 4, activation = 'tanh'\nkind = 'reshape', shape = [1, 2, 2]\nkind = 'conv-transpose', channels = 2, kernel = 4, stride = 2\nkind = 'activation', function = 'tanh'"),
        ("conv-transpose of one pixel, without bias", plain(Extent::Flat(2)), "kind = 'reshape', shape = [1, 1, 2]\nkind = 'conv-transpose', channels = 2, kernel = 3, stride = 2, padding = 0, output_padding = 1, bias = false, activation = 'tanh'"),
        ("resizing", plain(IMAGE), "kind = 'avg-pool'\nkind = 'upsample', mode = 'bilinear'\nkind = 'conv', channels = 1, kernel = 1, activation = 'tanh'\nkind = 'downsample'\nkind = 'upsample'"),
        ("max-pool", plain(IMAGE), "kind = 'conv', channels = 1, kernel = 3, activation = 'tanh'\nkind = 'max-pool'"),
        ("batch-norm of images", plain(IMAGE), "kind = 'conv', channels = 2, kernel = 3, bias = false\nkind = 'batch-norm', activation = 'tanh'\nkind = 'dense', units = 2"),
        ("batch-norm of numbers", plain(Extent::Flat(3)), "kind = 'dense', units = 2\nkind = 'batch-norm', epsilon = 0.01\nkind = 'activation', function = 'sigmoid'"),
        ("conditional batch-norm", labelled(IMAGE), "kind = 'batch-norm', conditional = true, activation = 'tanh'\nkind = 'avg-pool'"),
        ("conditional batch-norm of numbers", labelled(Extent::Flat(3)), "kind = 'batch-norm', conditional = true\nkind = 'dense', units = 2, activation = 'tanh'"),
        ("layer-norm", plain(IMAGE), "kind = 'layer-norm', activation = 'tanh'\nkind = 'dense', units = 1"),
        ("group-norm", plain(IMAGE), "kind = 'conv', channels = 4, kernel = 2, stride = 2\nkind = 'group-norm', groups = 2, activation = 'tanh'"),
        ("minibatch-stddev", plain(IMAGE), "kind = 'conv', channels = 1, kernel = 2, stride = 2, activation = 'tanh'\nkind = 'minibatch-stddev', group = 3\nkind = 'dense', units = 1"),
        ("global-sum-pool and dropout", plain(IMAGE), "kind = 'dropout', rate = 0.3\nkind = 'conv', channels = 3, kernel = 3, activation = 'tanh'\nkind = 'global-sum-pool'\nkind = 'dense', units = 1"),
        ("residual", plain(Extent::Flat(3)), "kind = 'residual', layers = [{ kind = 'dense', units = 3, activation = 'tanh' }, { kind = 'dense', units = 3 }], init_scale = 0.7, last_init_scale = 0.5\nkind = 'activation', function = 'tanh'"),
        ("residual with skip", plain(IMAGE), "kind = 'residual', layers = [{ kind = 'conv', channels = 1, kernel = 3, activation = 'tanh' }], skip = 'conv'\nkind = 'activation', function = 'tanh'"),
        ("label-embedding", labelled(Extent::Flat(2)), "kind = 'label-embedding', units = 2\nkind = 'dense', units = 2, activation = 'tanh'"),
        ("label-embedding of images", labelled(IMAGE), "kind = 'label-embedding', units = 1\nkind = 'conv', channels = 1, kernel = 2, stride = 2, activation = 'tanh'"),
        ("projection", labelled(Extent::Flat(3)), "kind = 'dense', units = 2, activation = 'tanh'\nkind = 'projection'"),
        ("projection with classifier", labelled(Extent::Flat(3)), "kind = 'dense', units = 2, activation = 'tanh'\nkind = 'projection', classifier = true"),
    ]
}

/// All that the network's value depends on, its samples first.
fn variables(network: &Network<f64>) -> Vec<ArrayD<f64>> {
    let parameters = network.parameters.iter().map(|parameter| parameter.value.to_owned());
    std::iter::once(samples(network.input())).chain(parameters).collect()
}

fn assert_derivatives_agree(order: Order) {
    for (name, input, lines) in networks() {
        let network = build(input, lines).unwrap();
        let function = for_check(&network);
        let report = check(function, &variables(&network), order);
        assert!(report.within(1e-6), "{name}: {report}");
    }
}

/// The network in training, as a function of what [`variables`] lists.
fn for_check(network: &Network<f64>) -> impl for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64> {
    |x| forward(network, &x[1..], x[0], &mut Training::from(rng()))
}

#[test]
fn every_networks_first_derivative_agrees_with_central_differences() {
    assert_derivatives_agree(Order::First);
}

/// As a penalty on its gradient needs them.
#[test]
fn every_networks_second_derivative_agrees_with_central_differences() {
    assert_derivatives_agree(Order::Second);
}

const SPECTRAL: &str = "kind = 'conv', channels = 2, kernel = 3, stride = 2, activation = 'tanh', spectral_norm = true
kind = 'dense', units = 3, activation = 'tanh', spectral_norm = true
kind = 'projection', spectral_norm = true";

/// The vectors of the power iteration count as constants: that is the derivative once they have settled.
#[test]
fn spectral_norm_settles_and_is_then_differentiated_rightly() {
    let mut network = build(InputShape::from(IMAGE).with_classes(3), SPECTRAL).unwrap();
    let names: Vec<_> = network.statistics.iter().map(|statistic| statistic.name.as_str()).collect();
    assert_eq!(names, ["n.0.u", "n.1.u", "n.2.weight.u", "n.2.embedding.u"]);
    (0..300).for_each(|_| train(&mut network));
    let report = check(for_check(&network), &variables(&network), Order::First);
    assert!(report.within(1e-6), "{report}");

    // A dense layer of one unit has the norm of its weights for its only singular value: what is left is 1.
    let mut network = build(3, "kind = 'dense', units = 1, spectral_norm = true").unwrap();
    train(&mut network);
    let slope: f64 = (0..3)
        .map(|i| {
            let mut x = ArrayD::zeros(vec![1, 3]);
            x[[0, i]] = 1.0;
            evaluate(&network, x, &[])[[0, 0]].powi(2)
        })
        .sum();
    assert!((slope - 1.0).abs() < 1e-12, "{slope}");
}

#[test]
fn running_moments_follow_in_training_and_decide_in_use() {
    let mut network = build(3, "kind = 'batch-norm', momentum = 0.25, epsilon = 0.5").unwrap();
    let x = samples(network.input());
    let [mean, variance] = [x.mean_axis(Axis(0)).unwrap(), x.var_axis(Axis(0), 0.0)];
    let close = |a: &ArrayD<f64>, b: &ArrayD<f64>| (a - b).iter().all(|x| x.abs() < 1e-14);
    assert!(close(&evaluate(&network, x.clone(), &[]), &(&x / 1.5f64.sqrt())), "at first the moments are 0 and 1");

    train(&mut network);
    let statistic = |name: &str| network.statistics.iter().find(|statistic| statistic.name == name).unwrap();
    let [running_mean, running_variance] =
        ["n.0.running_mean", "n.0.running_variance"].map(|name| statistic(name).value.to_owned());
    assert!(close(&running_mean, &(&mean * 0.25)));
    assert!(close(&running_variance, &(0.75 + &variance * 0.25)));
    let expected = (&x - &running_mean) / (&running_variance + 0.5).mapv(f64::sqrt);
    let in_use = evaluate(&network, x.clone(), &[]);
    assert!(close(&in_use, &expected));
    let first = evaluate(&network, x.select(Axis(0), &[0]), &[]);
    assert!(close(&first, &in_use.select(Axis(0), &[0])), "in use, a sample does not depend on the others");
}

#[test]
fn what_is_noted_for_another_network_is_left_to_it() {
    let mut network = build(2, "kind = 'batch-norm'").unwrap();
    let mut other = Network::<f64>::new("other", 2, &layers("kind = 'batch-norm'"), Init::He, &mut rng()).unwrap();
    let (mut training, tape) = (Training::from(rng()), Tape::new());
    forward(&network, &network.leaves(&tape), tape.leaf(samples(network.input())), &mut training);
    let before = other.statistics[0].value.clone();
    other.keep(&mut training);
    assert_eq!(other.statistics[0].value, before);
    network.keep(&mut training);
    assert_ne!(network.statistics[0].value, before);
    let after = network.statistics[0].value.clone();
    network.keep(&mut training);
    assert_eq!(network.statistics[0].value, after, "once is enough");
}

#[test]
fn what_is_drawn_depends_on_the_label() {
    for (name, input, lines) in networks().into_iter().filter(|(_, input, _)| input.classes > 0) {
        let mut network = build(input, lines).unwrap();
        assert!(network.uses_labels(), "{name}");
        let mut rng = rng();
        for parameter in &mut network.parameters {
            let value = ArrayD::from_shape_simple_fn(parameter.value.shape(), || rng.random_range(-1.0..1.0));
            *parameter = Parameter::new(parameter.name.clone(), value); // gains are 1 for every class
        }
        let (x, same) = (samples(input), samples(input));
        let [zeros, ones] = [(x, 0), (same, 1)].map(|(x, label)| evaluate(&network, x, &[label; BATCH]));
        assert!((&zeros - &ones).iter().any(|x| x.abs() > 1e-3), "{name}: {zeros} {ones}");
    }
}

/// A network whose arrays have these numbers: each of its parameters, and the statistics that are named.
fn with_numbers(input: InputShape, lines: &str, numbers: &[(&str, &[f64])]) -> Network<f64> {
    let mut network = build(input, lines).unwrap();
    let is_named = |name: &str| numbers.iter().any(|(named, _)| *named == name);
    assert!(network.parameters.iter().all(|parameter| is_named(&parameter.name)), "{lines}: parameters left out");
    for (name, numbers) in numbers {
        let mut arrays = network.parameters.iter_mut().chain(&mut network.statistics);
        let array = arrays.find(|array| array.name == *name).unwrap_or_else(|| panic!("{lines}: no {name}"));
        let value = ArrayD::from_shape_vec(array.value.shape(), numbers.to_vec()).unwrap();
        *array = Parameter::new(*name, value);
    }
    network
}

#[test]
fn layers_without_parameters_compute_what_their_names_say() {
    let plain = "kind = 'conv', channels = 1, kernel = 1"; // 1·x + 0
    let arrays: [(_, &[f64]); 2] = [("n.0.weight", &[1.0]), ("n.0.bias", &[0.0])];
    let of = |line: &str| {
        let network = with_numbers([2, 2, 1].into(), &format!("{plain}\n{line}"), &arrays);
        let x = ArrayD::from_shape_vec(vec![1, 4], vec![1.0, -2.0, 3.0, 6.0]).unwrap();
        evaluate(&network, x, &[]).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(of("kind = 'flatten'"), [1.0, -2.0, 3.0, 6.0]);
    assert_eq!(of("kind = 'avg-pool'"), [2.0]);
    assert_eq!(of("kind = 'max-pool'"), [6.0]);
    assert_eq!(of("kind = 'global-sum-pool'"), [8.0]);
    assert_eq!(of("kind = 'downsample'"), [9.0 / 64.0 * 8.0]);
    assert_eq!(of("kind = 'activation', function = 'leaky-relu'"), [1.0, -0.4, 3.0, 6.0]);
    assert_eq!(of("kind = 'upsample'")[..8], [1.0, 1.0, -2.0, -2.0, 1.0, 1.0, -2.0, -2.0]);
    assert_eq!(of("kind = 'upsample', mode = 'bilinear'")[..4], [1.0, 0.25, -1.25, -2.0]);
    assert_eq!(of("kind = 'minibatch-stddev'"), [1.0, 1e-4, -2.0, 1e-4, 3.0, 1e-4, 6.0, 1e-4]);
}

/// A layer, its arrays by name, a sample of class 2 of 3, and what the layer makes of it.
type Worked = (Extent, &'static str, &'static [(&'static str, &'static [f64])], &'static [f64], &'static [f64]);

/// Every kind of layer that has arrays, worked out by hand, with numbers of which no two can be exchanged.
#[rustfmt::skip]
const WORKED: &[Worked] = &[
    (Extent::Flat(2), "kind = 'dense', units = 2", &[("n.0.weight", &[2.0, -1.0, 1.0, 0.0]), ("n.0.bias", &[0.5, 4.0])],
        &[5.0, 7.0], &[10.0 - 7.0 + 0.5, 5.0 + 4.0]),
    (Extent::Flat(2), "kind = 'dense', units = 2, spectral_norm = true",
        &[("n.0.weight", &[2.0, 0.0, 0.0, 5.0]), ("n.0.bias", &[0.5, 4.0]), ("n.0.u", &[1.0, 0.0])],
        &[6.0, 7.0], &[6.0 + 0.5, 17.5 + 4.0]), // u is a singular vector, of the singular value 2
    (Extent::Image([1, 1, 2]), "kind = 'conv', channels = 2, kernel = 1, spectral_norm = true",
        &[("n.0.weight", &[2.0, 0.0, 0.0, 5.0]), ("n.0.bias", &[0.5, 4.0]), ("n.0.u", &[0.0, 1.0])],
        &[5.0, 7.0], &[2.0 + 0.5, 7.0 + 4.0]),
    (Extent::Image([1, 1, 2]), "kind = 'conv-transpose', channels = 2, kernel = 1, spectral_norm = true",
        &[("n.0.weight", &[2.0, 0.0, 0.0, 5.0]), ("n.0.bias", &[0.5, 4.0]), ("n.0.u", &[0.0, 1.0])],
        &[5.0, 7.0], &[2.0 + 0.5, 7.0 + 4.0]),
    (Extent::Flat(1), "kind = 'batch-norm', epsilon = 3",
        &[("n.0.gain", &[4.0]), ("n.0.bias", &[1.0]), ("n.0.running_mean", &[2.0]), ("n.0.running_variance", &[6.0])],
        &[8.0], &[9.0]), // 4·(8 − 2)/√(6 + 3) + 1
    (Extent::Image([1, 2, 1]), "kind = 'batch-norm', conditional = true, epsilon = 3",
        &[("n.0.gain", &[1.0, 2.0, 4.0]), ("n.0.bias", &[0.0, 0.5, 1.0])], &[6.0, -2.0], &[13.0, -3.0]),
    (Extent::Image([1, 2, 1]), "kind = 'layer-norm', epsilon = 3",
        &[("n.0.gain", &[4.0]), ("n.0.bias", &[1.0])], &[5.0, 7.0], &[-1.0, 3.0]), // ±1/√(1 + 3)
    (Extent::Image([1, 2, 2]), "kind = 'group-norm', groups = 2, epsilon = 3",
        &[("n.0.gain", &[4.0, 8.0]), ("n.0.bias", &[1.0, 2.0])], &[5.0, -3.0, 7.0, -5.0], &[-1.0, 6.0, 3.0, -2.0]),
    (Extent::Image([1, 1, 1]), "kind = 'residual', skip = 'conv', layers = [{ kind = 'conv', channels = 2, kernel = 1, bias = false, activation = 'relu' }]",
        &[("n.0.0.weight", &[-1.0, 2.0]), ("n.0.skip.weight", &[10.0, 20.0])], &[1.0], &[10.0, 22.0]),
    (Extent::Flat(1), "kind = 'label-embedding', units = 2",
        &[("n.0.embedding", &[1.0, 0.0, 0.0, 1.0, 3.0, 4.0])], &[9.0], &[9.0, 3.0, 4.0]),
    (Extent::Image([1, 2, 1]), "kind = 'label-embedding', units = 1",
        &[("n.0.embedding", &[1.0, 0.0, 0.0, 1.0, 3.0, 4.0])], &[8.0, 9.0], &[8.0, 3.0, 9.0, 4.0]),
    (Extent::Flat(2), "kind = 'projection'",
        &[("n.0.weight", &[2.0, -1.0]), ("n.0.bias", &[0.5]), ("n.0.embedding", &[1.0, 0.0, 0.0, 1.0, 3.0, 4.0])],
        &[5.0, 7.0], &[10.0 - 7.0 + 0.5 + 15.0 + 28.0]),
    (Extent::Flat(2), "kind = 'projection', classifier = true", &[
            ("n.0.weight", &[2.0, -1.0]), ("n.0.bias", &[0.5]), ("n.0.embedding", &[1.0, 0.0, 0.0, 1.0, 3.0, 4.0]),
            ("n.0.class_weight", &[1.0, 0.0, 0.0, 1.0, 2.0, -1.0]), ("n.0.class_bias", &[0.0, 0.5, 0.0]),
        ], &[5.0, 7.0], &[10.0 - 7.0 + 0.5 + 15.0 + 28.0, 5.0, 7.5, 3.0]),
    (Extent::Flat(2), "kind = 'projection', spectral_norm = true", &[
            ("n.0.weight", &[3.0, 4.0]), ("n.0.bias", &[0.5]), ("n.0.weight.u", &[1.0, 0.0]),
            ("n.0.embedding", &[0.0, 0.0, 5.0, 0.0, 0.0, 2.0]), ("n.0.embedding.u", &[0.0, 1.0]),
        ], &[5.0, 7.0], &[3.0 + 5.6 + 0.5 + 7.0]),
];

#[test]
fn layers_with_arrays_compute_what_they_say_with_each_under_its_name() {
    let wrong = WORKED.iter().filter_map(|(extent, lines, arrays, x, expected)| {
        let network = with_numbers(InputShape::from(*extent).with_classes(3), lines, arrays);
        let found = evaluate(&network, ArrayD::from_shape_vec(vec![1, x.len()], x.to_vec()).unwrap(), &[2]);
        let close = found.iter().zip(*expected).all(|(found, expected)| (found - expected).abs() < 1e-9);
        (!close || found.len() != expected.len()).then(|| format!("{lines}: {found}, not {expected:?}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), [""; 0]);
}

/// The arrays that each kind of layer has: the kind, and what the array is called in it.
fn arrays(network: &Network<f64>, lines: &str) -> BTreeSet<(String, String)> {
    let kinds: Vec<_> =
        layers(lines).iter().map(|layer| toml::Table::try_from(layer).unwrap()["kind"].to_string()).collect();
    let names = network.parameters.iter().chain(&network.statistics).map(|array| array.name.splitn(3, '.'));
    let of_layer =
        names.map(|mut name| (name.nth(1).unwrap().parse::<usize>().unwrap(), name.next().unwrap().to_owned()));
    // What is in a block belongs to the layers of the block.
    let own = of_layer.filter(|(_, array)| !array.starts_with(|first: char| first.is_ascii_digit()));
    own.map(|(index, array)| (kinds[index].clone(), array)).collect()
}

#[test]
fn no_layer_with_arrays_is_left_out_of_what_is_worked_out_by_hand() {
    let of = |input: InputShape, lines: &str| arrays(&build(input, lines).unwrap(), lines);
    let worked = WORKED.iter().flat_map(|(extent, lines, ..)| of(InputShape::from(*extent).with_classes(3), lines));
    let worked: BTreeSet<_> = worked.collect();
    for (name, input, lines) in networks() {
        let missing: Vec<_> = of(input, lines).difference(&worked).cloned().collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
    let missing: Vec<_> = of(InputShape::from(IMAGE).with_classes(3), SPECTRAL).difference(&worked).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_layer_without_bias_is_one_whose_bias_is_zero() {
    for kind in ["conv", "conv-transpose"] {
        let line = format!("kind = '{kind}', channels = 3, kernel = 3, activation = 'tanh'");
        let (with, without) = (build(IMAGE, &line).unwrap(), build(IMAGE, &format!("{line}, bias = false")).unwrap());
        let x = samples(with.input());
        let difference = evaluate(&with, x.clone(), &[]) - evaluate(&without, x, &[]);
        assert!(difference.iter().all(|x| x.abs() < 1e-14), "{kind}");
    }
}

#[test]
fn parameters_are_named_by_their_place_within_blocks_too() {
    let lines = "kind = 'conv', channels = 3, kernel = 4, stride = 2
kind = 'residual', layers = [{ kind = 'batch-norm' }, { kind = 'conv', channels = 5, kernel = 3, bias = false }], skip = 'conv'
kind = 'conv-transpose', channels = 2, kernel = 4, stride = 2";
    let network = build([8, 6, 1], lines).unwrap();
    let named: Vec<_> = network.parameters.iter().map(|p| (p.name.as_str(), p.value.shape().to_vec())).collect();
    let expected = [
        ("n.0.weight", vec![4, 4, 1, 3]),
        ("n.0.bias", vec![3]),
        ("n.1.0.gain", vec![3]),
        ("n.1.0.bias", vec![3]),
        ("n.1.1.weight", vec![3, 3, 3, 5]),
        ("n.1.skip.weight", vec![1, 1, 3, 5]),
        ("n.2.weight", vec![4, 4, 2, 5]),
        ("n.2.bias", vec![2]),
    ];
    assert_eq!(named, expected);
    let statistics: Vec<_> = network.statistics.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(statistics, ["n.1.0.running_mean", "n.1.0.running_variance"]);
    assert_eq!((network.output(), network.output_width()), (Extent::Image([8, 6, 2]), 96));
}

#[test]
fn images_may_come_in_either_form_and_go_out_in_rows() {
    let network = build([4, 4, 1], "kind = 'conv', channels = 3, kernel = 3").unwrap();
    let rows = samples(network.input());
    let images = rows.clone().into_shape_with_order(vec![BATCH, 4, 4, 1]).unwrap();
    let of_rows = evaluate(&network, rows, &[]);
    assert_eq!(of_rows.shape(), [BATCH, 48]);
    assert_eq!(of_rows, evaluate(&network, images, &[]));
}

#[test]
fn a_block_whose_last_weights_are_zero_is_the_identity() {
    let block = "kind = 'residual', layers = [{ kind = 'dense', units = 3, activation = 'leaky-relu' }, { kind = 'dense', units = 3 }], init_scale = 0.5, last_init_scale = 0";
    let (network, plain) = (build(3, block).unwrap(), build(3, &block.replace("0.5", "1")).unwrap());
    let x = samples(network.input());
    assert_eq!(evaluate(&network, x.clone(), &[]), x);
    assert_eq!(*network.parameters[0].value, &*plain.parameters[0].value * 0.5);
}

#[test]
fn the_first_images_of_a_transposed_convolution_are_as_strong_as_its_input() {
    let mut rng = rng();
    for (input, line) in [
        ([1, 1, 400], "kind = 'conv-transpose', channels = 40, kernel = 4, padding = 0"),
        ([12, 12, 100], "kind = 'conv-transpose', channels = 40, kernel = 4, stride = 2"),
        ([12, 12, 100], "kind = 'conv', channels = 40, kernel = 3"),
    ] {
        let network = Network::<f64>::new("n", input, &layers(line), Init::He, &mut rng).unwrap();
        let x = ArrayD::from_shape_simple_fn(vec![2, input.iter().product()], || rng.random_range(-1.0..1.0f64));
        let strength = |x: &ArrayD<f64>| x.mapv(|x| x * x).mean().unwrap();
        let ratio = strength(&evaluate(&network, x.clone(), &[])) / strength(&x);
        assert!((0.8..1.2).contains(&ratio), "{line}: {ratio}"); // less at the border, of zeros
    }
}

#[test]
fn it_is_known_which_networks_look_at_their_batch() {
    let of = |lines: &str| {
        let network = build(IMAGE, lines).unwrap();
        (network.sums_over_samples(), network.mixes_samples())
    };
    assert_eq!(of("kind = 'dense', units = 2\nkind = 'dropout', rate = 0.1"), (true, false));
    assert_eq!(of("kind = 'dense', units = 2, spectral_norm = true"), (false, false));
    assert_eq!(of("kind = 'conv', channels = 2, kernel = 3"), (false, false));
    assert_eq!(of("kind = 'residual', layers = [{ kind = 'batch-norm' }]"), (false, true));
    assert_eq!(of("kind = 'minibatch-stddev'\nkind = 'dense', units = 2"), (false, true));
}

#[test]
#[rustfmt::skip]
fn layers_that_do_not_fit_say_what_to_do() {
    let refusal = |input: InputShape, lines: &str| build(input, lines).unwrap_err().to_string();
    let flat = |lines: &str| refusal(6.into(), lines);
    let image = |lines: &str| refusal([4, 6, 3].into(), lines);
    assert_eq!(
        flat("kind = 'dense', units = 8\nkind = 'conv', channels = 2, kernel = 3"),
        "layer 1 of n is a conv layer, which takes images, but what comes in is 8 numbers; put { kind = \"reshape\", shape = \
         [height, width, channels] } before it"
    );
    assert_eq!(
        image("kind = 'conv', channels = 2, kernel = 9, padding = 1"),
        "layer 0 of n has a kernel of 9 × 9, larger than its image of [4, 6, 3] with padding 1; make the kernel smaller, or \
         shrink the image less before it"
    );
    assert_eq!(
        flat("kind = 'reshape', shape = [2, 2, 2]"),
        "layer 0 of n makes [2, 2, 2] of 6 numbers; that shape has 8 numbers, so give it 6 or the layer before it 8 units"
    );
    assert_eq!(
        flat("kind = 'label-embedding', units = 4"),
        "layer 0 of n uses labels, but none are given; set training.classes, or leave the label-embedding layer out"
    );
    assert_eq!(
        image("kind = 'residual', layers = [{ kind = 'batch-norm' }, { kind = 'conv', channels = 0, kernel = 3 }]"),
        "layer 0.1 of n has channels 0; it must be at least 1"
    );
    assert!(image("kind = 'residual', layers = [{ kind = 'conv', channels = 2, kernel = 3 }]").contains("set skip = \"conv\""));
    let shrinking = "kind = 'residual', skip = 'conv', layers = [{ kind = 'conv', channels = 2, kernel = 4, stride = 2 }]";
    assert!(image(shrinking).contains("adds an image of [2, 3, 2] to its input, an image of [4, 6, 3]; a block must leave"));
    assert!(image("kind = 'avg-pool', size = 4").contains("shrinks its image of [4, 6, 3] by 4, which divides not both"));
    assert!(image("kind = 'group-norm', groups = 2").contains("has 2 groups for 3 channels; groups must divide them"));
    assert!(image("kind = 'conv-transpose', channels = 1, kernel = 3, output_padding = 1").contains("must be below stride"));
    assert!(image("kind = 'upsample', factor = 3, mode = 'bilinear'").contains("has factor 3; it must be 2 with mode"));
    assert!(image("kind = 'batch-norm', momentum = 0").contains("has momentum 0; it must be above 0"));
    assert!(image("kind = 'batch-norm', conditional = true").contains("or leave conditional = true out"));
    assert!(image("kind = 'residual', layers = [], init_scale = -1").contains("has init_scale -1; it must be a finite"));
    let labelled = InputShape::from([4, 4, 1]).with_classes(3);
    assert!(refusal(labelled, "kind = 'projection'").contains("put a global-sum-pool, a flatten or a dense layer before it"));
    assert!(image("kind = 'flatten'").contains("n has no dense layer"));
}
