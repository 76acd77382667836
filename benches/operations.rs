//! What a training step does around its matrix products, one operation at a time.
//!
//! - `element by element`: functions on a batch of images, `[128, 784]`. The sum of two arrays is
//!   what memory allows; the others show what their arithmetic adds.
//! - `layer 512-1024`: a dense layer with LeakyReLU, forward, and back to the gradients of its
//!   input, weights and bias. An element is one multiplication or addition of its products.
//! - `loss of 128 logits`: cross-entropy and its gradient; so few numbers that the tape itself
//!   is what takes time.
//! - `1 M parameters`: Adam's sweep, and the moving average's.
//! - `latent vectors`: a batch of 128 times 100 normal random numbers. They are drawn on one
//!   thread, since one seed decides them all.
//!
//! All of them, in about a minute, or one group:
//!
//!     cargo bench --bench operations
//!     cargo bench --bench operations -- parameters
//!
//! How to read it: `elem/s` makes operations of one group comparable, and `1 thread` against `all
//! threads` shows what threads bring. Compare within one run: absolute times move with the machine.

mod timing;

use ndarray::IxDyn;
use std::time::Duration;
use timing::{THREADS, bench, timed};
use twoplayer::autodiff::{Activation, Gradient, Tape, Tensor, Var};
use twoplayer::gan::{Average, latent_vectors};
use twoplayer::nn::{Adam, Init, LayerSpec, Network, Optimizer, UnitActivation, binary_cross_entropy};
use twoplayer::random::Stream;

const BATCH: usize = 128;

/// Numbers between −6 and 6.
fn numbers(shape: &[usize]) -> Tensor {
    let mut i = 0;
    let next = |_| {
        i += 1;
        (i % 13) as f32 - 6.0
    };
    Tensor::from_shape_fn(IxDyn(shape), next)
}

/// Times an operation that goes through so many elements.
fn on_each(group: &str, name: &str, elements: usize, mut once: impl FnMut() -> Duration + Send) {
    for (on, threads) in THREADS {
        bench(&format!("{group}/{name}/{on}"), threads, elements, &mut once);
    }
}

/// The operation on a tape that keeps its buffers from time to time, as a trainer's does.
fn on_tape(mut operation: impl FnMut(&Tape) -> Duration + Send) -> impl FnMut() -> Duration + Send {
    let mut tape = Tape::new();
    move || {
        let time = operation(&tape);
        tape.reset();
        time
    }
}

fn element_by_element() {
    let images = numbers(&[BATCH, 784]);
    let labels = images.mapv(|x| if x > 0.0 { 1.0 } else { 0.0 }).into_shared();
    let run = |name: &str, function: for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>| {
        let once = on_tape(|tape| {
            let (x, t) = (tape.share(&images), tape.share(&labels));
            timed(|| function(x, t))
        });
        on_each("element by element", name, images.len(), once);
    };
    run("add", |x, t| x + t);
    run("leaky relu", |x, _| x.leaky_relu(0.2));
    run("exp", |x, _| x.exp());
    run("sigmoid", |x, _| x.sigmoid());
    run("tanh", |x, _| x.tanh());
    run("softplus", |x, _| x.softplus());
    run("cross-entropy", |x, t| x.bce_with_logits(t));
}

fn layer<'t>([x, w, b]: [Var<'t>; 3]) -> Var<'t> {
    x.dense(w, b, Activation::LeakyRelu { slope: 0.2 })
}

fn dense_layer() {
    const IN: usize = 512;
    const OUT: usize = 1024;
    let arrays = [numbers(&[BATCH, IN]), numbers(&[OUT, IN]), numbers(&[OUT])];
    let gradient = numbers(&[BATCH, OUT]);
    let forward = on_tape(|tape| {
        let inputs = arrays.each_ref().map(|array| tape.share(array));
        timed(|| layer(inputs))
    });
    let backward = on_tape(|tape| {
        let inputs = arrays.each_ref().map(|array| tape.share(array));
        let (y, gradient) = (layer(inputs), tape.share(&gradient));
        // A gradient of weights is a product that waits: asking for its value carries it out.
        timed(|| tape.pull_back(y, gradient, &inputs).into_iter().for_each(|gradient| _ = gradient.value()))
    });
    on_each("layer 512-1024", "forward", 2 * BATCH * IN * OUT, forward);
    on_each("layer 512-1024", "backward", 4 * BATCH * IN * OUT, backward);
}

fn loss() {
    let logits = numbers(&[BATCH, 1]);
    let once = on_tape(|tape| {
        let logits = tape.share(&logits);
        timed(|| tape.gradients(binary_cross_entropy(logits, 1.0), &[logits]))
    });
    on_each("loss of 128 logits", "cross-entropy and gradient", BATCH, once);
}

fn parameters() {
    let layer = LayerSpec::dense(1024, UnitActivation::Identity);
    let mut rng = Stream::GeneratorWeights.of(0);
    let mut network = Network::<f32>::new("network", 1024, &[layer], Init::He, &mut rng).expect("one layer");
    let count = network.parameter_count();

    let mut average = Average::new(&network, 0.9995);
    on_each("1 M parameters", "moving average", count, || timed(|| average.follow(&network)));

    let gradient = |shape: &[usize]| Gradient::from(numbers(shape));
    let gradients: Vec<_> = network.parameters.iter().map(|parameter| gradient(parameter.value.shape())).collect();
    let mut adam = Adam::new(&network.parameters, 1e-3, 0.5, 0.999);
    let step = || timed(|| adam.step(&mut network.parameters, &gradients));
    on_each("1 M parameters", "adam", count, step);
}

fn latent() {
    let mut rng = Stream::Latent.of(0);
    let once = on_tape(|tape| timed(|| latent_vectors(tape, BATCH, 100, &mut rng)));
    on_each("latent vectors", "draw", BATCH * 100, once);
}

fn main() {
    element_by_element();
    dense_layer();
    loss();
    parameters();
    latent();
}
