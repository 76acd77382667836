//! A step of `article` in burn, on its back-end for processors, as `simultaneous` in `torch_eager.py`.

#[path = "../../serve.rs"]
mod serve;

use burn_core as burn; // as the macros call it
use burn_core::module::Module;
use burn_core::tensor::activation::{log_sigmoid, relu, sigmoid};
use burn_core::tensor::{Device, Distribution, Tensor};
use burn_nn::{Linear, LinearConfig};
use burn_optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use serve::Outcome;

const BATCH: usize = 128;
const GENERATOR: [usize; 6] = [100, 128, 256, 512, 1024, 784];
const DISCRIMINATOR: [usize; 6] = [784, 1024, 512, 256, 128, 1];
const LEARNING_RATE: f64 = 1e-4;

/// A network with ReLU between its layers.
#[derive(Module, Debug)]
struct Network {
    layers: Vec<Linear>,
}

impl Network {
    fn new(widths: &[usize], device: &Device) -> Self {
        let layers = widths.windows(2).map(|pair| LinearConfig::new(pair[0], pair[1]).init(device));
        Self { layers: layers.collect() }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let (last, hidden) = self.layers.split_last().expect("a network has layers");
        last.forward(hidden.iter().fold(x, |x, layer| relu(layer.forward(x))))
    }
}

fn cross_entropy(logits: Tensor<2>, label: u8) -> Tensor<1> {
    let right = if label == 1 { logits } else { logits.neg() };
    log_sigmoid(right).neg().mean()
}

struct Player {
    network: Network,
    adam: ModuleOptimizer,
}

impl Player {
    fn new(widths: &[usize], device: &Device) -> Self {
        let adam = AdamConfig::new().with_beta_1(0.9).with_beta_2(0.999).with_epsilon(1e-8);
        Self { network: Network::new(widths, device), adam: adam.init() }
    }

    fn learn(self, loss: &Tensor<1>) -> Self {
        let Self { network, mut adam } = self;
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        Self { network: adam.step(LEARNING_RATE, network, gradients), adam }
    }
}

/// burn computes what a loss depends on once for each loss. So each has a graph of its own: the discriminator's ends at
/// the images, and the generator's takes the discriminator's weights for constants.
fn set_up() -> Outcome<impl FnMut() -> Outcome<[f32; 2]>> {
    let device = Device::flex().autodiff();
    let mut players = Some([&GENERATOR, &DISCRIMINATOR].map(|widths| Player::new(widths, &device)));
    let real = Tensor::<2>::random([BATCH, 784], Distribution::Uniform(0.0, 1.0), &device);
    Ok(move || {
        let [generator, discriminator] = players.take().expect("they are put back below");
        let z = Tensor::random([BATCH, 100], Distribution::Normal(0.0, 1.0), &device);
        let fake = sigmoid(generator.network.forward(z));
        let judge = |images: &Tensor<2>| discriminator.network.forward(images.clone());
        let d_loss = cross_entropy(judge(&real), 1) + cross_entropy(judge(&fake.clone().detach()), 0);
        let g_loss = cross_entropy(discriminator.network.clone().no_grad().forward(fake), 1);
        players = Some([generator.learn(&g_loss), discriminator.learn(&d_loss)]);
        Ok([d_loss.into_scalar(), g_loss.into_scalar()])
    })
}

fn main() {
    serve::serve(set_up);
}
