//! `twoplayer runs`.

use super::say::say;
use crate::run::{RunSummary, find_runs};
use clap::Args;
use indicatif::HumanBytes;
use std::path::PathBuf;

/// List the runs in a directory: preset, progress, losses, Fréchet distance, size on disk.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer runs\n  twoplayer runs experiments --json")]
pub struct Arguments {
    /// Where to look
    #[arg(default_value = "runs")]
    directory: PathBuf,

    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runs = find_runs(&arguments.directory)?;
    if arguments.json {
        return Ok(say(serde_json::to_string_pretty(&runs)?)?);
    }
    if runs.is_empty() {
        return Ok(say(format_args!("no runs in {}; `twoplayer train` makes one", arguments.directory.display()))?);
    }
    let name = |run: &RunSummary| run.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let width = runs.iter().map(|run| name(run).chars().count()).max().unwrap_or(0).max(3);
    say(format_args!(
        "{:width$}  {:9} {:>17} {:>9} {:>9} {:>8} {:>10}  state",
        "run", "preset", "step", "loss D", "loss G", "Fréchet", "size"
    ))?;
    for run in &runs {
        let number = |value: Option<f64>, digits: usize| value.map_or("".into(), |value| format!("{value:.digits$}"));
        let steps = run.total_steps.map_or(format!("{}", run.step), |total| format!("{}/{total}", run.step));
        say(format_args!(
            "{:width$}  {:9} {steps:>17} {:>9} {:>9} {:>8} {:>10}  {}",
            name(run),
            run.preset,
            number(run.discriminator_loss, 3),
            number(run.generator_loss, 3),
            number(run.frechet, 2),
            HumanBytes(run.bytes).to_string(),
            run.state
        ))?;
    }
    Ok(())
}
