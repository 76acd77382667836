//! `twoplayer bench`.

use super::on_threads;
use crate::gan::{Config, Trainer};
use crate::gemm;
use clap::Args;
use serde::Serialize;
use std::time::Instant;

/// Time one training step.
///
/// Both players' forward and backward passes and updates, on images of noise: what is in them
/// does not matter to the time.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer bench\n  twoplayer bench --preset article --threads 1 --json")]
pub struct Arguments {
    /// Whose networks and rules to time
    #[arg(long, value_name = "NAME", default_value = Config::DEFAULT_PRESET)]
    preset: String,

    /// Real images, and generated ones, in a step
    #[arg(long, value_name = "N", default_value_t = 128)]
    batch_size: usize,

    /// Steps to time, after ten that are not timed
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,

    /// Threads to compute on; 0 means one a core
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,

    /// Print one JSON object instead of a sentence
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Serialize)]
struct Timing {
    preset: String,
    batch_size: usize,
    threads: usize,
    /// The matrix product's.
    kernel: &'static str,
    steps: u32,
    /// The median, in milliseconds.
    step_ms: f64,
    /// The fastest step, in milliseconds.
    fastest_ms: f64,
    /// Real images a second at the median.
    images_per_s: f64,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut config = Config::preset(&arguments.preset)?;
    config.training.batch_size = arguments.batch_size;
    config.validate()?;
    let timing = on_threads(arguments.threads, || time_steps(&config, arguments.steps))?;
    if arguments.json {
        println!("{}", serde_json::to_string(&timing)?);
    } else {
        let Timing { preset, batch_size, threads, kernel, steps, step_ms, fastest_ms, images_per_s } = timing;
        println!(
            "{preset}, batch {batch_size}, {threads} threads, {kernel}: {step_ms:.2} ms a step (median of {steps}; fastest \
             {fastest_ms:.2}), {images_per_s:.0} images/s"
        );
    }
    Ok(())
}

/// Times steps of this configuration, on the current pool.
fn time_steps(config: &Config, steps: u32) -> anyhow::Result<Timing> {
    let mut trainer = Trainer::<f32>::new(config)?;
    let noise = |real: &mut [f32]| real.iter_mut().enumerate().for_each(|(i, x)| *x = (i % 97) as f32 / 97.0);
    for _ in 0..10 {
        trainer.step(noise);
    }
    let mut times: Vec<f64> = (0..steps)
        .map(|_| {
            let start = Instant::now();
            trainer.step(noise);
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let step_ms = times[times.len() / 2];
    let batch_size = config.training.batch_size;
    Ok(Timing {
        preset: config.preset.clone(),
        batch_size,
        threads: rayon::current_num_threads(),
        kernel: gemm::kernel_name(),
        steps,
        step_ms,
        fastest_ms: times[0],
        images_per_s: batch_size as f64 / step_ms * 1e3,
    })
}
