//! `twoplayer bench`.

mod machine;
mod products;
mod step;

use super::memory;
use super::say::{print, say};
use super::setting::{Setting, set, setting};
use super::threads::{on_threads, threads};
use super::usage_error::UsageError;
use crate::gan::{Config, blank_discriminator};
use crate::gemm;
use clap::Args;
use machine::Machine;
use products::{LayerRates, rates};
use serde::Serialize;
use std::fmt::{self, Display, Formatter};
use step::{StepTiming, time_steps};

/// Measure how fast this machine trains.
///
/// First the matrix products of the networks' dense layers, one by one, against what the processor could
/// do at most: each layer's output X·Wᵀ, the gradient of its weights Gᵀ·X and of its input G·W. Then
/// whole steps of both players, and where their time goes. Convolutions count as products there, and so does what an
/// operation does besides, bias and activation, say. Steps whose parts are timed alternate with steps that are timed as a
/// whole. Images are noise: what is in them does not matter to the time. All times are medians.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer bench\n  twoplayer bench --preset article --threads 1 --json\n  \
                        twoplayer bench --preset article --saturated")]
pub struct Arguments {
    /// Whose networks and rules to time
    #[arg(long, value_name = "NAME", default_value = Config::DEFAULT_PRESET)]
    preset: String,

    /// Give any key of its configuration another value, such as training.critic_steps=2; as often as there are keys
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<Setting>,

    /// Real images, and generated ones, in a step [default: the preset's]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,

    /// Steps to time, after ten that are not timed
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    steps: u32,

    /// Threads to compute on; 0 means one a core
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    threads: usize,

    /// The most memory that it may take, such as 2GiB; what would take more is refused [default: what is free]
    #[arg(long, value_name = "SIZE", value_parser = memory::size)]
    memory_limit: Option<u64>,

    /// Also time a game that the discriminator has won: its logits are about 80 and -80, and
    /// gradients fade into the smallest numbers there are, which many programs compute with slowly
    #[arg(long)]
    saturated: bool,

    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// The preset, changed by the flags.
    pub fn config(&self) -> anyhow::Result<Config> {
        let mut config = set(Config::preset(&self.preset)?, &self.set)?;
        config.training.batch_size = self.batch_size.unwrap_or(config.training.batch_size);
        config.validate()?;
        Ok(config)
    }
}

/// What was measured.
#[derive(Serialize)]
struct Report {
    preset: String,
    batch_size: usize,
    threads: usize,
    /// The matrix product's.
    kernel: &'static str,
    machine: Machine,
    /// What all threads together could do at most.
    peak_gflops: f64,
    /// What the products do, one after another.
    gemm_gflops: f64,
    products: Vec<LayerRates>,
    #[serde(flatten)]
    step: StepTiming,
    /// The median when the discriminator is sure.
    #[serde(skip_serializing_if = "Option::is_none")]
    saturated_step_ms: Option<f64>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = arguments.config()?;
    memory::check(&config, arguments.threads, arguments.memory_limit)?;
    let is_dense = blank_discriminator::<f32>(&config)?.sums_over_samples();
    if arguments.saturated && !is_dense {
        let problem = "only for presets of dense networks, such as mlp and article";
        return Err(UsageError(format!("--saturated with the preset {}: {problem}", config.name)).into());
    }
    let report = on_threads(arguments.threads, || measure(&config, arguments))?;
    match arguments.json {
        true => say(serde_json::to_string(&report)?)?,
        false => print(report)?,
    }
    Ok(())
}

fn measure(config: &Config, arguments: &Arguments) -> anyhow::Result<Report> {
    let step = time_steps(config, arguments.steps, false)?;
    let saturated = arguments.saturated.then(|| time_steps(config, arguments.steps, true)).transpose()?;
    let peak_gflops = rayon::broadcast(|_| gemm::peak_gflops()).iter().sum();
    let (products, gemm_gflops) = rates(config);
    Ok(Report {
        preset: config.name.clone(),
        batch_size: config.training.batch_size,
        threads: rayon::current_num_threads(),
        kernel: gemm::kernel_name(),
        machine: Machine::this(),
        peak_gflops,
        gemm_gflops,
        products,
        step,
        saturated_step_ms: saturated.map(|timing| timing.step_ms),
    })
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Report {
            preset, batch_size, threads, kernel, machine, peak_gflops: peak, gemm_gflops, products, step, ..
        } = self;
        let plural = if *threads == 1 { "" } else { "s" };
        writeln!(
            f,
            "{}, {} cores; {threads} thread{plural}, kernel {kernel}, at most {peak:.0} GFLOP/s",
            machine.processor, machine.cores
        )?;
        writeln!(f, "preset {preset}, batch {batch_size}\n")?;

        writeln!(f, "{:24} {:>9} {:>9} {:>9}", "products, GFLOP/s", "output", "weights", "input")?;
        for LayerRates { layer, output, weights, input } in products {
            writeln!(f, "{layer:24} {output:9.1} {weights:9.1} {input:9.1}")?;
        }
        writeln!(f, "{:24} {gemm_gflops:9.1}   {:.0} % of the peak\n", "all", 100.0 * gemm_gflops / peak)?;

        writeln!(f, "{:24} {:>9} {:>9} {:>9}", "one step, ms", "all", "products", "the rest")?;
        let mut row = |name: &str, all: f64, products: f64| {
            writeln!(f, "{name:24} {all:9.2} {products:9.2} {:9.2}", all - products)
        };
        row("forward", step.forward_ms, step.forward_products_ms)?;
        row("backward", step.backward_ms, step.backward_products_ms)?;
        row("update", step.update_ms, step.update_products_ms)?;
        row("together", step.step_ms, step.products_ms())?;
        writeln!(
            f,
            "\n{:.0} images/s. Products take {:.0} % of a step, at {:.1} GFLOP/s, the update's rest (Adam) {:.0} %, \
         everything else {:.1} %.",
            step.images_per_s,
            100.0 * step.products_ms() / step.step_ms,
            step.in_step_gflops,
            100.0 * (step.update_ms - step.update_products_ms) / step.step_ms,
            100.0 * step.overhead(),
        )?;
        if let Some(saturated) = self.saturated_step_ms {
            writeln!(
                f,
                "A game that the discriminator has won: {saturated:.2} ms a step, {:.2} times as long.",
                saturated / step.step_ms
            )?;
        }
        Ok(())
    }
}
