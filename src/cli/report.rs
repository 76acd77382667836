//! `twoplayer report`.

use crate::run::{RunDirectory, write_evolution, write_report};
use clap::Args;
use std::path::PathBuf;

/// Write a run's report.html, one page that opens from the disk: configuration, curves, grids, figures.
///
/// Every run ends with one; this command writes it anew, for a run that is still going, or has been
/// evaluated since.
#[derive(Args)]
#[command(after_help = "Example:\n  twoplayer report runs/mlp-2026-01-31-120000")]
pub struct Arguments {
    /// The run's directory, as `twoplayer train` made it
    run: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let run = RunDirectory::open(&arguments.run)?;
    write_evolution(&run)?;
    println!("{}", write_report(&run)?.display());
    Ok(())
}
