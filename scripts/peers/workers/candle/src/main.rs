//! A step of `article` in candle, as `simultaneous` in `torch_eager.py`.

#[path = "../../serve.rs"]
mod serve;

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear, ops};
use serve::Outcome;

const BATCH: usize = 128;
const GENERATOR: [usize; 6] = [100, 128, 256, 512, 1024, 784];
const DISCRIMINATOR: [usize; 6] = [784, 1024, 512, 256, 128, 1];

/// A network with ReLU between its layers, and its optimizer.
struct Player {
    layers: Vec<Linear>,
    adam: AdamW,
}

impl Player {
    fn new(widths: &[usize]) -> Result<Self> {
        let weights = VarMap::new();
        let builder = VarBuilder::from_varmap(&weights, DType::F32, &Device::Cpu);
        let pairs = widths.windows(2).enumerate();
        let layers = pairs.map(|(i, pair)| linear(pair[0], pair[1], builder.pp(i))).collect::<Result<_>>()?;
        let adam = ParamsAdamW { lr: 1e-4, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };
        Ok(Self { layers, adam: AdamW::new(weights.all_vars(), adam)? })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (last, hidden) = self.layers.split_last().expect("a network has layers");
        last.forward(&hidden.iter().try_fold(x.clone(), |x, layer| layer.forward(&x)?.relu())?)
    }
}

/// The mean of `max(±s, 0) + log(1 + exp(−|s|))`, with plus for label 0. (candle's own is not finite where a sigmoid is
/// 0 or 1.)
fn cross_entropy(logits: &Tensor, label: u8) -> Result<Tensor> {
    let wrong = if label == 0 { logits.clone() } else { logits.neg()? };
    (wrong.relu()? + (logits.abs()?.neg()?.exp()? + 1.0)?.log()?)?.mean_all()
}

/// candle computes the gradients of a loss for all there is. So the graph is cut at the images, where the
/// discriminator's loss has no need of the generator.
fn gradients(generator: &Player, discriminator: &Player, real: &Tensor) -> Result<([GradStore; 2], [f32; 2])> {
    let images = ops::sigmoid(&generator.forward(&Tensor::randn(0f32, 1.0, (BATCH, 100), &Device::Cpu)?)?)?;
    let fake = Var::from_tensor(&images.detach())?;
    let logits = discriminator.forward(&fake)?;
    let d_loss = (cross_entropy(&discriminator.forward(real)?, 1)? + cross_entropy(&logits, 0)?)?;
    let g_loss = cross_entropy(&logits, 1)?;
    let at_fake = g_loss.backward()?.remove(&fake).expect("the loss depends on the images");
    let of_generator = (images * at_fake)?.sum_all()?.backward()?;
    Ok(([of_generator, d_loss.backward()?], [d_loss.to_scalar()?, g_loss.to_scalar()?]))
}

fn set_up() -> Outcome<impl FnMut() -> Outcome<[f32; 2]>> {
    let (mut generator, mut discriminator) = (Player::new(&GENERATOR)?, Player::new(&DISCRIMINATOR)?);
    let real = Tensor::rand(0f32, 1.0, (BATCH, 784), &Device::Cpu)?;
    Ok(move || {
        let ([of_generator, of_discriminator], losses) = gradients(&generator, &discriminator, &real)?;
        generator.adam.step(&of_generator)?;
        discriminator.adam.step(&of_discriminator)?;
        Ok(losses)
    })
}

fn main() {
    serve::serve(set_up);
}
