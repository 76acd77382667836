//! Whole steps of the game.

use crate::autodiff::{Tape, Watcher};
use crate::gan::{Clock, Config, Players, StepTime, Trainer, latent_vectors};
use crate::nn::{Learner, Mode};
use crate::random::Stream;
use ndarray::{Array2, ArrayD};
use serde::Serialize;
use std::mem;
use std::time::{Duration, Instant};

/// What steps take; times are medians, in milliseconds.
#[derive(Serialize)]
pub struct StepTiming {
    pub steps: u32,
    pub step_ms: f64,
    pub fastest_ms: f64,
    /// Real images a second over all steps, the longer ones with a penalty too.
    pub images_per_s: f64,
    pub forward_ms: f64,
    pub forward_products_ms: f64,
    pub backward_ms: f64,
    pub backward_products_ms: f64,
    pub update_ms: f64,
    pub update_products_ms: f64,
    /// Weights and biases of both players.
    pub parameters: usize,
    /// Multiplications in a step, with as many additions.
    pub multiplications: u64,
    /// The rate of the products within a step, where their operands come from wherever they are.
    pub in_step_gflops: f64,
}

impl StepTiming {
    pub fn products_ms(&self) -> f64 {
        self.forward_products_ms + self.backward_products_ms + self.update_products_ms
    }

    /// The share of a step that is neither products nor optimizer: tape, activations, losses, data.
    pub fn overhead(&self) -> f64 {
        (self.step_ms - self.update_ms - self.forward_products_ms - self.backward_products_ms) / self.step_ms
    }
}

/// Steps before the first that is timed.
const WARM_UP: u32 = 10;

/// Times steps of this configuration on the current pool; `saturated`, of one whose discriminator is sure.
pub fn time_steps(config: &Config, steps: u32, saturated: bool) -> anyhow::Result<StepTiming> {
    let mut trainer = Trainer::<f32>::new(config)?;
    let real = real_images(config, saturated);
    if saturated {
        make_sure(&mut trainer.players, config, &real);
        trainer.set_learning_rates(Players::default()); // and it stays so
    }
    let rows = real.as_slice().expect("rows without gaps");
    // Over again, where a step takes more than a batch of them.
    let write_real = |images: &mut [f32], _: &mut [u8]| {
        images.chunks_mut(rows.len()).for_each(|images| images.copy_from_slice(&rows[..images.len()]));
    };
    (0..WARM_UP).for_each(|_| _ = trainer.step(write_real));
    let mut timed = |watchers: &[Watcher]| {
        trainer.set_watchers(watchers);
        let start = Instant::now();
        trainer.step(write_real);
        start.elapsed()
    };
    // A clock within the step takes some time itself: steps with one are not timed as a whole. They are every third, so that
    // a penalty that is due at every fourth or eighth step, say, falls on both kinds as often as on all steps.
    let clock = Watcher::new(Clock::default());
    let (mut wholes, mut parts) = (Vec::new(), Vec::new());
    while wholes.len() < steps as usize || parts.is_empty() {
        wholes.extend([timed(&[]), timed(&[])]);
        timed(&[clock.told()]);
        parts.push(mem::take(&mut clock.lock().phases));
    }
    wholes.truncate(steps as usize);

    let in_ms = |time: Duration| 1e3 * time.as_secs_f64();
    let ms = |of: fn(&StepTime) -> Duration| median(parts.iter().map(|step| in_ms(of(step))));
    let multiplications = |StepTime { forward, backward, update }: &StepTime| {
        [forward, backward, update].iter().map(|part| part.multiplications).sum::<u64>()
    };
    let rates = parts.iter().map(|step| {
        let parts = [&step.forward, &step.backward, &step.update];
        let seconds: f64 = parts.iter().map(|part| part.products.as_secs_f64()).sum();
        2e-9 * multiplications(step) as f64 / seconds
    });
    let seconds: f64 = wholes.iter().map(Duration::as_secs_f64).sum();
    Ok(StepTiming {
        steps,
        step_ms: median(wholes.iter().copied().map(in_ms)),
        fastest_ms: in_ms(wholes.iter().copied().min().unwrap_or_default()),
        images_per_s: config.training.batch_size as f64 * f64::from(steps) / seconds,
        forward_ms: ms(|step| step.forward.time),
        forward_products_ms: ms(|step| step.forward.products),
        backward_ms: ms(|step| step.backward.time),
        backward_products_ms: ms(|step| step.backward.products),
        update_ms: ms(|step| step.update.time),
        update_products_ms: ms(|step| step.update.products),
        parameters: trainer.generator().parameter_count() + trainer.discriminator().parameter_count(),
        multiplications: median(parts.iter().map(|step| multiplications(step) as f64)) as u64,
        in_step_gflops: median(rates),
    })
}

/// Noise; or images so bright that they are easily told from a fresh generator's.
fn real_images(config: &Config, bright: bool) -> ArrayD<f32> {
    let noise = |i: usize| (i % 97) as f32 / 97.0;
    let pixel = |(row, column)| if bright { 1.0 } else { noise(row * config.pixels() + column) };
    Array2::from_shape_fn((config.training.batch_size, config.pixels()), pixel).into_dyn()
}

/// Scales and shifts the discriminator's logits so that their means are 80 for the real images and
/// −80 for generated ones.
fn make_sure(players: &mut Players<Learner>, config: &Config, real: &ArrayD<f32>) {
    let Players { generator, discriminator } = players.each_mut().map(|player| &mut player.network);
    let tape = Tape::new();
    let mut rng = Stream::Latent.of(config.seed);
    let z = latent_vectors(&tape, config.training.batch_size, generator.input_width(), &mut rng);
    let generated = generator.forward(&generator.leaves(&tape), z, &mut Mode::Evaluate);
    let d = discriminator.leaves(&tape);
    let mean = |images| discriminator.forward(&d, images, &mut Mode::Evaluate).mean().item();
    let [at_real, at_generated] = [tape.leaf(real.clone()), generated].map(mean);
    drop(tape);

    let scale = 160.0 / (at_real - at_generated);
    let [.., weight, bias] = &mut *discriminator.parameters else { unreachable!("a network has a dense layer") };
    weight.value.mapv_inplace(|w| scale * w);
    bias.value.fill(80.0 - scale * at_real);
}

/// The middle one; of an even number, the upper middle one.
pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
