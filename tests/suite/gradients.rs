//! Every operation and layer against central differences: first and second derivatives, also
//! with its inputs used twice. A new operation adds one line to `cases`.

use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;
use twoplayer::autodiff::gradcheck::{Order, check};
use twoplayer::autodiff::{Activation, Places, Real, Tape, Var, Window};
use twoplayer::gan::{Objective, Pairing, Players, Regulariser, Regularisers, Rules, one_walk_back, play};
use twoplayer::nn::layers::Dropout;
use twoplayer::nn::{Compiled, Init, Input, LayerSpec, Mode, Network, Training, UnitActivation, binary_cross_entropy};
use twoplayer::parallel;

/// What can be told of a single number, for every operation of the table.
#[path = "gradients/explained.rs"]
mod explained;

type V<'t> = Var<'t, f64>;
type Function = for<'t> fn(&[V<'t>]) -> V<'t>;

/// Where an input's elements are drawn from; both stay away from 0, where ReLU has its kink.
#[derive(Clone, Copy)]
enum Domain {
    Positive,
    Any,
}
use Domain::{Any, Positive};

struct Case {
    name: &'static str,
    function: Function,
    inputs: Vec<ArrayD<f64>>,
}

fn case(name: &'static str, inputs: &[(&[usize], Domain)], function: Function) -> Case {
    let mut rng = ChaCha8Rng::seed_from_u64(name.len() as u64);
    let mut draw = |domain| {
        let magnitude = rng.random_range(0.3..1.6);
        if matches!(domain, Any) && rng.random() { -magnitude } else { magnitude }
    };
    let inputs = inputs.iter().map(|&(shape, domain)| ArrayD::from_shape_simple_fn(shape, || draw(domain))).collect();
    Case { name, function, inputs }
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    vec![
        case("add", &[(&[2, 3], Any), (&[2, 3], Any)], |x| x[0] + x[1]),
        case("add, a row to each row", &[(&[2, 3], Any), (&[3], Any)], |x| x[0] + x[1]),
        case("add, outer", &[(&[2, 1], Any), (&[1, 3], Any)], |x| x[0] + x[1]),
        case("add, scalar", &[(&[], Any), (&[2, 1, 3], Any)], |x| x[0] + x[1]),
        case("sub", &[(&[5], Any), (&[5], Any)], |x| x[0] - x[1]),
        case("sub, broadcast", &[(&[3], Any), (&[4, 3], Any)], |x| x[0] - x[1]),
        case("mul", &[(&[2, 3], Any), (&[2, 3], Any)], |x| x[0] * x[1]),
        case("mul, broadcast", &[(&[2, 3, 1], Any), (&[3, 2], Any)], |x| x[0] * x[1]),
        case("div", &[(&[2, 3], Any), (&[2, 3], Any)], |x| x[0] / x[1]),
        case("div, broadcast", &[(&[2, 3], Any), (&[], Positive)], |x| x[0] / x[1]),
        case("neg", &[(&[3, 1], Any)], |x| -x[0]),
        case("scalar forms", &[(&[4], Any)], |x| ((x[0] + 2.0) * 3.0 - 1.0) / 4.0),
        case("affine of a square", &[(&[4], Any)], |x| (x[0] * x[0]).affine(-0.7, 0.2)),
        case("matmul", &[(&[2, 3], Any), (&[3, 4], Any)], |x| x[0].matmul(x[1])),
        case("matmul_nt", &[(&[2, 3], Any), (&[4, 3], Any)], |x| x[0].matmul_nt(x[1])),
        case("matmul_tn", &[(&[3, 2], Any), (&[3, 4], Any)], |x| x[0].matmul_tn(x[1])),
        case("matmul_tt", &[(&[3, 2], Any), (&[4, 3], Any)], |x| x[0].matmul_tt(x[1])),
        case("matmul, one row", &[(&[1, 7], Any), (&[7, 1], Any)], |x| x[0].matmul(x[1])),
        case("matmul, with itself", &[(&[3, 3], Any)], |x| x[0].matmul(x[0])),
        case("sum", &[(&[2, 3, 2], Any)], |x| x[0].powi(2).sum()),
        case("mean", &[(&[7], Any)], |x| x[0].powi(3).mean()),
        case("sum_axis 0", &[(&[3, 4], Any)], |x| x[0].powi(2).sum_axis(0)),
        case("sum_axis 1", &[(&[3, 4, 2], Any)], |x| x[0].powi(2).sum_axis(1)),
        case("mean_axis", &[(&[3, 4], Any)], |x| x[0].powi(2).mean_axis(1)),
        case("sum_to", &[(&[2, 3, 4], Any)], |x| x[0].powi(2).sum_to(&[3, 1])),
        case("broadcast_to", &[(&[3, 1], Any)], |x| x[0].powi(2).broadcast_to(&[2, 3, 4])),
        case("reshape", &[(&[2, 6], Any)], |x| x[0].powi(2).reshape(&[3, 1, 4])),
        case("transpose", &[(&[2, 5], Any)], |x| x[0].powi(2).transpose()),
        case("concat_rows", &[(&[2, 3], Any), (&[1, 3], Any)], |x| x[0].powi(2).concat_rows(x[1] * x[1])),
        case("slice_rows", &[(&[5, 2], Any)], |x| x[0].powi(2).slice_rows(1..4)),
        case("pad_rows", &[(&[2, 2], Any)], |x| x[0].powi(2).pad_rows(1, 4)),
        case("exp", &[(&[2, 3], Any)], |x| x[0].exp()),
        case("log", &[(&[2, 3], Positive)], |x| x[0].log()),
        case("sqrt", &[(&[2, 3], Positive)], |x| x[0].sqrt()),
        case("powi 0", &[(&[3], Any)], |x| x[0].powi(0) * x[0]),
        case("powi 1", &[(&[3], Any)], |x| x[0].powi(1)),
        case("powi 3", &[(&[3], Any)], |x| x[0].powi(3)),
        case("powi -2", &[(&[3], Any)], |x| x[0].powi(-2)),
        case("relu", &[(&[3, 3], Any)], |x| x[0].relu() * x[0]),
        case("leaky_relu", &[(&[3, 3], Any)], |x| x[0].leaky_relu(0.2) * x[0]),
        case("sigmoid", &[(&[3, 3], Any)], |x| x[0].sigmoid()),
        case("tanh", &[(&[3, 3], Any)], |x| x[0].tanh()),
        case("softplus", &[(&[3, 3], Any)], |x| x[0].softplus()),
        case("bce_with_logits", &[(&[4, 1], Any), (&[4, 1], Positive)], |x| x[0].bce_with_logits(x[1])),
        case("bce_with_logits, one target", &[(&[4, 1], Any), (&[], Positive)], |x| x[0].bce_with_logits(x[1])),
        case("binary_cross_entropy, real", &[(&[5, 1], Any)], |x| binary_cross_entropy(x[0], 1.0)),
        case("binary_cross_entropy, smoothed", &[(&[5, 1], Any)], |x| binary_cross_entropy(x[0], 0.9)),
        case("dense", &[(&[4, 3], Any), (&[2, 3], Any), (&[2], Any)], |x| x[0].dense(x[1], x[2], Activation::Identity)),
        case("dense, relu", &[(&[4, 3], Any), (&[2, 3], Any), (&[2], Any)], |x| x[0].dense(x[1], x[2], Activation::RELU)),
        case("dense, leaky_relu", &[(&[4, 3], Any), (&[5, 3], Any), (&[5], Any)], |x| x[0].dense(x[1], x[2], Activation::LeakyRelu { slope: 0.2 })),
        case("dense, sigmoid", &[(&[1, 3], Any), (&[2, 3], Any), (&[2], Any)], |x| x[0].dense(x[1], x[2], Activation::Sigmoid)),
        case("dense, tanh", &[(&[4, 1], Any), (&[2, 1], Any), (&[2], Any)], |x| x[0].dense(x[1], x[2], Activation::Tanh)),
        case("conv", &[(&[2, 5, 4, 2], Any), (&[3, 3, 2, 3], Any)], |x| x[0].conv(x[1], Window { stride: 1, padding: 1 })),
        case("conv, stride 2", &[(&[2, 6, 5, 1], Any), (&[4, 3, 1, 2], Any)], |x| x[0].conv(x[1], Window { stride: 2, padding: 1 })),
        case("conv, stride 3, pixels left over", &[(&[1, 7, 8, 2], Any), (&[2, 2, 2, 1], Any)], |x| x[0].conv(x[1], Window { stride: 3, padding: 0 })),
        case("conv_transpose", &[(&[2, 3, 2, 2], Any), (&[4, 4, 1, 2], Any)], |x| x[0].conv_transpose(x[1], Window { stride: 2, padding: 1 }, [6, 4])),
        case("conv_weights", &[(&[2, 4, 4, 2], Any), (&[2, 2, 2, 3], Any)], |x| x[0].conv_weights(x[1], Window { stride: 2, padding: 1 }, [4, 4])),
        case("conv_layer", &[(&[2, 4, 4, 2], Any), (&[3, 3, 2, 2], Any), (&[2], Any)], |x| x[0].conv_layer(x[1], x[2], Window { stride: 2, padding: 1 }, Activation::Tanh)),
        case("conv_transpose_layer", &[(&[2, 2, 2, 2], Any), (&[3, 3, 2, 2], Any), (&[2], Any)], |x| x[0].conv_transpose_layer(x[1], x[2], Window { stride: 2, padding: 1 }, [4, 4], Activation::LeakyRelu { slope: 0.2 })),
        case("upsample_nearest", &[(&[2, 2, 3, 2], Any)], |x| x[0].powi(2).upsample_nearest(2)),
        case("upsample_nearest by 3", &[(&[1, 2, 1, 1], Any)], |x| x[0].powi(2).upsample_nearest(3)),
        case("sum_pool", &[(&[2, 4, 6, 2], Any)], |x| x[0].powi(2).sum_pool(2)),
        case("avg_pool", &[(&[1, 3, 6, 2], Any)], |x| x[0].powi(2).avg_pool(3)),
        case("concat_channels", &[(&[2, 3, 2], Any), (&[2, 3, 1], Any)], |x| x[0].powi(2).concat_channels(x[1] * x[1])),
        case("slice_channels", &[(&[2, 5], Any)], |x| x[0].powi(2).slice_channels(1..4)),
        case("pad_channels", &[(&[3, 2], Any)], |x| x[0].powi(2).pad_channels(1, 4)),
        case("max_pool", &[(&[2, 4, 4, 2], Any)], |x| x[0].powi(3).max_pool(2, 2)),
        case("max_pool, windows overlap", &[(&[1, 5, 4, 2], Any)], |x| x[0].powi(3).max_pool(3, 1)),
        case("batch_norm", &[(&[5, 3], Any)], |x| x[0].batch_norm(1e-3).value),
        case("batch_norm, images", &[(&[2, 2, 3, 2], Any)], |x| x[0].powi(2).batch_norm(0.1).value),
        case("batch_norm, its moments", &[(&[4, 2], Any)], moments_of_a_batch),
        case("batch_norm_layer", &[(&[6, 2], Any), (&[2], Any), (&[2], Any)], |x| x[0].batch_norm_layer(x[1], x[2], 1e-2, Activation::Identity).value),
        case("batch_norm_layer, tanh", &[(&[4, 3], Any), (&[3], Any), (&[3], Any)], |x| x[0].batch_norm_layer(x[1], x[2], 1e-2, Activation::Tanh).value),
        case("batch_norm_layer, leaky_relu", &[(&[4, 2], Any), (&[2], Positive), (&[2], Any)], |x| x[0].batch_norm_layer(x[1], x[2], 1e-2, Activation::LeakyRelu { slope: 0.2 }).value),
        case("normalised_by", &[(&[4, 2], Any), (&[2], Any), (&[2], Positive), (&[2], Any), (&[2], Any)], |x| x[0].normalised_by([x[1], x[2]], [x[3], x[4]], 1e-2, Activation::Tanh)),
        case("layer_norm", &[(&[3, 4], Any)], |x| x[0].layer_norm(1e-3)),
        case("layer_norm, images", &[(&[2, 2, 2, 3], Any)], |x| x[0].powi(2).layer_norm(1e-3)),
        case("group_norm", &[(&[2, 2, 2, 4], Any)], |x| x[0].powi(2).group_norm(2, 1e-3)),
        case("group_norm, one channel each", &[(&[2, 3, 1, 2], Any)], |x| x[0].group_norm(2, 1e-3)),
        case("upsample_bilinear", &[(&[2, 2, 3, 2], Any)], |x| x[0].powi(2).upsample_bilinear()),
        case("upsample_bilinear, one pixel", &[(&[1, 1, 1, 2], Any)], |x| x[0].powi(2).upsample_bilinear()),
        case("downsample_bilinear", &[(&[2, 4, 6, 2], Any)], |x| x[0].powi(2).downsample_bilinear()),
        case("gather_rows", &[(&[3, 2], Any)], |x| x[0].powi(2).gather_rows([2, 0, 2, 1])),
        case("scatter_add_rows", &[(&[4, 2], Any)], |x| x[0].powi(2).scatter_add_rows([2, 0, 2, 4], 5)),
        case("warp", &[(&[2, 3, 2, 2], Any)], |x| x[0].powi(2).warp(some_places(), -0.5)),
        case("unwarp", &[(&[2, 2, 2, 1], Any)], |x| x[0].powi(2).unwarp(some_places(), [3, 2])),
        case("softmax", &[(&[3, 4], Any)], |x| x[0].softmax()),
        case("log_sum_exp", &[(&[3, 4], Any)], |x| x[0].log_sum_exp()),
        case("log_softmax", &[(&[3, 4], Any)], |x| x[0].log_softmax()),
        case("softmax_cross_entropy", &[(&[3, 4], Any), (&[3, 4], Positive)], |x| x[0].softmax_cross_entropy(x[1])),
        case("cross_entropy_of_labels", &[(&[4, 3], Any)], |x| x[0].cross_entropy_of_labels(&[2, 0, 1, 2])),
        case("minibatch_stddev", &[(&[4, 2, 1, 2], Any)], |x| x[0].minibatch_stddev(2)),
        case("minibatch_stddev, one group", &[(&[3, 1, 2, 1], Any)], |x| x[0].powi(2).minibatch_stddev(3)),
        case("over_sigma", &[(&[2, 2, 3], Positive), (&[3], Positive), (&[4], Positive)], |x| x[0].over_sigma(x[1], x[2])),
        case("network with dropout", &[(&[3, 4], Any), (&[5, 4], Any), (&[5], Any), (&[2, 5], Any), (&[2], Any)], network_with_dropout),
        case("norm of a gradient", &[(&[3, 4], Any), (&[2, 4], Any)], norm_of_a_gradient),
    ]
}

/// The mean and the variance that come with a normalised batch have derivatives, too.
fn moments_of_a_batch<'t>(x: &[V<'t>]) -> V<'t> {
    let batch = x[0].batch_norm(1e-2);
    batch.value * batch.mean + batch.variance
}

/// For two images of 2 × 2: between pixels, on one, and outside.
fn some_places() -> Arc<Places> {
    let at = [[0.3, 0.6], [1.0, 1.0], [1.7, -0.4], [9.0, 0.0], [0.2, 0.2], [0.2, 0.2], [-0.9, 0.5], [2.4, 1.5]];
    Arc::new(Places::new([2, 2, 2], at.to_vec()))
}

fn network_with_dropout<'t>(x: &[V<'t>]) -> V<'t> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let layers = [
        LayerSpec::dense(5, UnitActivation::LeakyRelu),
        Dropout { rate: 0.4 }.into(),
        LayerSpec::dense(2, UnitActivation::Sigmoid),
    ];
    let network = Network::<f64>::new("n", 4, &layers, Init::He, &mut rng).expect("the layers form a network");
    network.forward(&x[1..], x[0], &mut Mode::Train(&mut Training::from(rng)))
}

/// A gradient penalty, as an operation like any other: its own derivatives are of third order.
fn norm_of_a_gradient<'t>(x: &[V<'t>]) -> V<'t> {
    let scores = x[0].matmul_nt(x[1]).tanh().sum();
    x[0].tape().differentiable_gradients(scores, &[x[0]])[0].powi(2).sum()
}

const TOLERANCE: f64 = 1e-6;

fn assert_all_within(order: Order) {
    let mut failures = Vec::new();
    for Case { name, function, inputs } in cases() {
        let once = check(function, &inputs, order);
        let twice = check(
            |x| function(x) + function(&x.iter().map(|x| x.affine(0.75, 0.1)).collect::<Vec<_>>()),
            &inputs,
            order,
        );
        for (use_of_inputs, report) in [("once", once), ("twice", twice)] {
            if !report.within(TOLERANCE) {
                failures.push(format!("{name}, inputs used {use_of_inputs}: {report}"));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_first_derivative_agrees_with_central_differences() {
    assert_all_within(Order::First);
}

#[test]
fn every_second_derivative_agrees_with_central_differences() {
    assert_all_within(Order::Second);
}

/// The gradient penalty `P = Σᵢ‖∇ₓD(xᵢ)‖²` has an oracle that knows nothing of tapes: for a
/// piecewise-linear critic, with `aₗ` the adjoints of the summed scores and `tₗ` the tangent of
/// `v = ∂P/∂(∇ₓD) = 2∇ₓD` pushed forward, `dWₗ = Σᵢ aₗ ⊗ tₗ₋₁`.
#[test]
fn gradient_penalty_agrees_with_its_independent_oracle() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut draw = |shape: &[usize]| ArrayD::from_shape_simple_fn(shape, || rng.random_range(-1.0..1.0));
    let (x, w1, b1, w2) = (draw(&[6, 3]), draw(&[4, 3]), draw(&[4]), draw(&[1, 4]));

    let tape = Tape::<f64>::new();
    let vars: Vec<V> = [&x, &w1, &b1, &w2].into_iter().map(|a| tape.leaf(a.clone())).collect();
    let scores = vars[0].dense(vars[1], vars[2], Activation::LeakyRelu { slope: 0.2 }).matmul_nt(vars[3]);
    let input_gradient = tape.differentiable_gradients(scores.sum(), &[vars[0]])[0];
    let by_tape = tape.gradients(input_gradient.powi(2).sum(), &[vars[1], vars[3]]);

    let (mut dw1, mut dw2) = (ArrayD::<f64>::zeros(w1.shape()), ArrayD::<f64>::zeros(w2.shape()));
    for i in 0..6 {
        let before = |j: usize| b1[[j]] + (0..3).map(|k| w1[[j, k]] * x[[i, k]]).sum::<f64>();
        let slope = |j: usize| if before(j) > 0.0 { 1.0 } else { 0.2 };
        let a1: Vec<f64> = (0..4).map(|j| w2[[0, j]] * slope(j)).collect(); //              ∂score/∂before
        let v: Vec<f64> = (0..3).map(|k| 2.0 * (0..4).map(|j| a1[j] * w1[[j, k]]).sum::<f64>()).collect();
        let t1 = |j: usize| slope(j) * (0..3).map(|k| w1[[j, k]] * v[k]).sum::<f64>(); // the tangent after layer 1
        for j in 0..4 {
            (0..3).for_each(|k| dw1[[j, k]] += a1[j] * v[k]);
            dw2[[0, j]] += t1(j);
        }
    }
    for (tape, oracle) in by_tape.iter().zip([dw1, dw2]) {
        assert!(tape.value().iter().zip(&oracle).all(|(a, b)| (a - b).abs() <= 1e-12), "{:?} {oracle:?}", tape.value());
    }
}

const fn dense(units: usize, activation: UnitActivation) -> LayerSpec {
    LayerSpec::dense(units, activation)
}

/// Every objective, alone and with pairs, once with smoothed labels.
fn all_rules() -> impl Iterator<Item = Rules> {
    let pairings = [Pairing::None, Pairing::Relativistic];
    let plain = Objective::ALL
        .into_iter()
        .flat_map(move |objective| pairings.map(|pairing| Rules { objective, pairing, real_label: 1.0 }));
    plain.chain([Rules { real_label: 0.9, ..Objective::NonSaturating.into() }])
}

/// No penalty, each penalty, two at once.
fn all_penalties() -> Vec<Vec<Regulariser>> {
    let (r1, r2) = (Regulariser::R1 { gamma: 0.7.into(), every: 1 }, Regulariser::R2 { gamma: 0.4.into(), every: 3 });
    let wgan_gp = Regulariser::WganGp { weight: 2.0.into(), every: 1 };
    let dragan = Regulariser::Dragan { weight: 2.0.into(), deviation: 0.3, every: 1 };
    vec![vec![], vec![r1], vec![r2], vec![wgan_gp], vec![dragan], vec![r1, r2]]
}

/// Two players in double precision, and what they are shown.
struct SmallGame {
    generator: Network<f64>,
    discriminator: Network<f64>,
    real: ArrayD<f64>,
    latent: ArrayD<f64>,
}

impl SmallGame {
    fn new() -> Self {
        use UnitActivation::{Identity, LeakyRelu, Tanh};
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let layers = [dense(4, LeakyRelu), dense(5, Tanh)];
        let generator = Network::new("generator", 3, &layers, Init::He, &mut rng).unwrap();
        let layers = [dense(6, LeakyRelu), Dropout { rate: 0.3 }.into(), dense(1, Identity)];
        let discriminator = Network::new("discriminator", 5, &layers, Init::He, &mut rng).unwrap();
        let mut draw = |shape: &[usize]| ArrayD::from_shape_simple_fn(shape, || rng.random_range(-1.0..1.0));
        Self { generator, discriminator, real: draw(&[4, 5]), latent: draw(&[4, 3]) }
    }

    /// The generator's loss as a function of all weights, or with penalties the discriminator's.
    fn loss<'t>(&self, weights: &[V<'t>], rules: &Rules, penalties: Option<&[Regulariser]>) -> V<'t> {
        let (g, d) = weights.split_at(self.generator.parameters.len());
        let mut training = Training::from(ChaCha8Rng::seed_from_u64(9));
        let mut mode = Mode::Train(&mut training);
        let tape = weights[0].tape();
        let generated = self.generator.forward(g, tape.leaf(self.latent.clone()), &mut mode);
        let real = tape.leaf(self.real.clone());
        let game = play(&self.discriminator.with(d), real, generated, &mut mode);
        let Some(penalties) = penalties else { return rules.generator_loss(game.fake, || game.real) };
        let loss = rules.discriminator_loss(game.real, game.fake);
        let critic = &mut |images: Input<'t, f64>| self.discriminator.forward(d, images, &mut mode);
        let penalty = Regularisers::new(penalties, 3).penalty(critic, real.into(), generated.into());
        penalty.map_or(loss, |penalty| loss + penalty)
    }
}

/// The whole step but the update.
#[test]
fn the_whole_game_agrees_with_central_differences() {
    let game = SmallGame::new();
    let parameters = game.generator.parameters.iter().chain(&game.discriminator.parameters);
    let weights: Vec<_> = parameters.map(|p| p.value.to_owned()).collect();
    for rules in all_rules() {
        let report = check(|x| game.loss(x, &rules, None), &weights, Order::First);
        assert!(report.within(TOLERANCE), "{rules:?}, generator: {report}");
        for penalties in all_penalties() {
            let report = check(|x| game.loss(x, &rules, Some(&penalties)), &weights, Order::First);
            assert!(report.within(TOLERANCE), "{rules:?}, discriminator with {penalties:?}: {report}");
        }
    }
}

/// Two small players and what they are shown, in single precision.
struct Duel {
    generator: Network<f32>,
    discriminator: Network<f32>,
    real: ArrayD<f32>,
    latent: ArrayD<f32>,
}

impl Duel {
    const GENERATOR: [LayerSpec; 2] = [dense(6, UnitActivation::LeakyRelu), dense(5, UnitActivation::Identity)];
    const DISCRIMINATOR: [LayerSpec; 3] =
        [dense(9, UnitActivation::Tanh), dense(7, UnitActivation::Tanh), dense(1, UnitActivation::Identity)];

    /// Images around 2 are the generator's, around −2 the real ones; to an odd discriminator of positive
    /// weights, their logits lie around `logit` and `−logit`.
    fn new(logit: f32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(21);
        let mut generator = Network::new("generator", 3, &Self::GENERATOR, Init::He, &mut rng).unwrap();
        let mut discriminator = Network::new("discriminator", 5, &Self::DISCRIMINATOR, Init::He, &mut rng).unwrap();
        let mut draw = |shape: &[usize]| ArrayD::from_shape_simple_fn(shape, || rng.random_range(-0.3..0.3));
        let (real, latent) = (draw(&[8, 5]) - 2.0, draw(&[8, 3]));
        generator.parameters[3].value.fill(2.0);
        for parameter in &mut discriminator.parameters {
            parameter.value.mapv_inplace(|x: f32| 0.2 * x.abs());
        }
        let mut duel = Self { generator, discriminator, real, latent };
        let mean = duel.logits().mean().unwrap();
        duel.discriminator.parameters[4].value.mapv_inplace(|x| x * logit / mean);
        duel
    }

    /// The discriminator's logits for the generated images.
    fn logits(&self) -> ArrayD<f32> {
        let tape = Tape::new();
        let z = tape.leaf(self.latent.clone());
        let images = self.generator.forward(&self.generator.leaves(&tape), z, &mut Mode::Evaluate);
        let logits = self.discriminator.forward(&self.discriminator.leaves(&tape), images, &mut Mode::Evaluate);
        logits.value().to_owned()
    }

    /// The gradients of both players in this precision.
    fn gradients<T: Compiled>(&self, rules: &Rules, one_walk: bool) -> Vec<ArrayD<f64>> {
        let widened = |x: &ArrayD<f32>| x.mapv(|x| T::from_f64(f64::from(x)));
        let tape = Tape::<T>::new();
        let (generator, discriminator) = (
            in_precision::<T>(&self.generator, &Self::GENERATOR),
            in_precision::<T>(&self.discriminator, &Self::DISCRIMINATOR),
        );
        let players = Players { generator: generator.on(&tape), discriminator: discriminator.on(&tape) };
        let generated = players.generator.forward(tape.leaf(widened(&self.latent)), &mut Mode::Evaluate);
        let game = play(&players.discriminator, tape.leaf(widened(&self.real)), generated, &mut Mode::Evaluate);
        let loss = Players {
            generator: rules.generator_loss(game.fake, || game.real),
            discriminator: rules.discriminator_loss(game.real, game.fake),
        };
        let players = players.each_ref();
        let gradients = match one_walk {
            true => one_walk_back(&game, loss, generated, players),
            false => loss.zip(players).map(|(loss, player)| tape.take_gradients(loss, &player.parameters)),
        };
        gradients.into_iter().flatten().map(|gradient| gradient.value().mapv(Real::as_f64)).collect()
    }
}

/// The same network with its numbers in another precision.
fn in_precision<T: Compiled>(network: &Network<f32>, layers: &[LayerSpec]) -> Network<T> {
    let name = network.parameters[0].name.split('.').next().unwrap();
    let rng = &mut ChaCha8Rng::seed_from_u64(0);
    let mut copy = Network::<T>::new(name, network.input_width(), layers, Init::He, rng).unwrap();
    let find = |name: &str| network.parameters.iter().find(|parameter| parameter.name == name);
    copy.load(|name| find(name).map(|p| p.value.mapv(|x| T::from_f64(f64::from(x))))).unwrap();
    copy
}

/// One walk back for two players gives what two walks give, also where the discriminator is sure:
/// there one player's gradients are e⁸⁰ times as large as the other's.
#[test]
fn one_walk_back_serves_both_players() {
    // As in training: on threads on which the smallest numbers are zero.
    parallel::on_threads(1, assert_one_walk_serves_both).unwrap();
}

fn assert_one_walk_serves_both() {
    /// The largest difference, array by array.
    fn worst(a: &[ArrayD<f64>], b: &[ArrayD<f64>]) -> Vec<f64> {
        let of_two = |(a, b): (&ArrayD<f64>, &ArrayD<f64>)| (a - b).mapv(f64::abs).into_iter().fold(0.0, f64::max);
        a.iter().zip(b).map(of_two).collect()
    }
    for logit in [-86.0, -80.0, -3.0, 0.5, 80.0, 86.0] {
        let duel = Duel::new(logit);
        assert!(duel.logits().iter().all(|x| (x / logit - 1.0).abs() < 0.3), "{logit}: {:?}", duel.logits());
        for rules in all_rules() {
            let by_the_book = duel.gradients::<f64>(&rules, false);
            let sizes: Vec<f64> = by_the_book.iter().map(|g| g.iter().fold(0.0, |size, x| x.abs().max(size))).collect();
            let double = worst(&duel.gradients::<f64>(&rules, true), &by_the_book);
            assert!(
                double.iter().zip(&sizes).all(|(error, size)| *error <= 1e-12 * size),
                "{logit} {rules:?}: {double:?} {sizes:?}"
            );
            // In single precision no worse than two walks, where real and generated images cancel, say.
            let one = worst(&duel.gradients::<f32>(&rules, true), &by_the_book);
            let two = worst(&duel.gradients::<f32>(&rules, false), &by_the_book);
            for ((one, two), size) in one.iter().zip(&two).zip(&sizes) {
                assert!(
                    *one <= 3.0 * two + 1e-6 * size,
                    "{logit} {rules:?}: {one:e}, by two walks {two:e}, of {size:e}"
                );
            }
        }
    }
}
