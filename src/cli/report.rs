//! `twoplayer report`.

use super::say::{note, say};
use crate::run::{Epochs, RunDirectory, RunError, write_evolution, write_report};
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
    let report = write(&RunDirectory::open(&arguments.run)?)?;
    Ok(say(report.display())?)
}

/// Writes what is made of a run as a whole, and answers where the page is.
pub fn write(run: &RunDirectory) -> Result<PathBuf, RunError> {
    let epochs = Epochs::of(run);
    if let Some(left_out) = epochs.left_out() {
        note(format_args!("note: {left_out}"));
    }
    write_evolution(run, &epochs)?;
    write_report(run, &epochs)
}
