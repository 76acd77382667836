//! `twoplayer bench`.

mod limit;
mod machine;
mod products;
mod step;
mod table;

use super::memory;
use super::precision::PrecisionFlag;
use super::say::{print, say};
use super::setting::{Setting, set, setting};
use super::threads::{on_threads, threads};
use super::usage_error::UsageError;
use crate::gan::{Config, blank_discriminator};
use crate::gemm::{self, Precision};
use clap::Args;
use limit::Limit;
use machine::Machine;
use products::{LayerRates, Rates, rates};
use serde::Serialize;
use step::{StepTiming, time_steps};

/// Measure how fast this machine trains.
///
/// First the matrix products and convolutions of the networks' layers, one by one, against what the processor could
/// do at most: each layer's output, the gradient of its weights and that of its input. Then
/// whole steps of both players, and where their time goes. What an operation that multiplies does besides, bias and
/// activation, say, counts as products there. Of three steps two are timed as a whole, and of the third the parts.
/// Images are noise: what is in them does not matter to the time. All times are medians. Last the limit: all products at
/// the peak, and what Adam must move as fast as this machine reads and writes its memory.
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

    /// What the operands of products are rounded to [default: the preset's]
    #[arg(long, value_enum)]
    precision: Option<PrecisionFlag>,

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
        config.training.precision = self.precision.map_or(config.training.precision, Into::into);
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
    /// What the operands of products are rounded to.
    precision: Precision,
    /// The instructions of the products.
    kernel: &'static str,
    machine: Machine,
    /// What all threads together could do at most.
    peak_gflops: f64,
    /// What the matrix products do, one after another.
    #[serde(skip_serializing_if = "Option::is_none")]
    gemm_gflops: Option<f64>,
    /// What these and the convolutions do.
    products_gflops: f64,
    products: Vec<LayerRates>,
    #[serde(flatten)]
    step: StepTiming,
    #[serde(flatten)]
    limit: Limit,
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
    let precision = config.training.precision;
    let step = time_steps(config, arguments.steps, false)?;
    let saturated = arguments.saturated.then(|| time_steps(config, arguments.steps, true)).transpose()?;
    let peak_gflops = rayon::broadcast(|_| gemm::peak_gflops(precision)).iter().sum();
    let Rates { layers: products, matrices: gemm_gflops, all: products_gflops } = rates(config);
    let limit = Limit::of(&step, peak_gflops);
    Ok(Report {
        preset: config.name.clone(),
        batch_size: config.training.batch_size,
        threads: rayon::current_num_threads(),
        precision,
        kernel: gemm::kernel(precision).instructions(),
        machine: Machine::this(),
        peak_gflops,
        gemm_gflops,
        products_gflops,
        products,
        step,
        limit,
        saturated_step_ms: saturated.map(|timing| timing.step_ms),
    })
}
