//! A run as lines of JSON, for other programs.

use crate::gan::{Beginning, EpochEnd, Observer, ObserverError, StepEnd, Warning};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Prints an object a line on standard output: what begins, each step that has a row in metrics.csv, each epoch, each
/// warning.
pub struct JsonLines;

/// Prints one line, and at once.
fn say(line: &Value) -> Result<(), ObserverError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

impl Observer for JsonLines {
    fn beginning(&mut self, run: &Beginning<'_>) -> Result<(), ObserverError> {
        let Beginning { config, step, total_steps, steps_per_epoch } = *run;
        say(&json!({
            "event": "beginning", "preset": config.preset, "seed": config.seed,
            "step": step, "total_steps": total_steps, "steps_per_epoch": steps_per_epoch,
        }))
    }

    fn step_end(&mut self, StepEnd { step, epoch, scores, norms }: &StepEnd<'_>) -> Result<(), ObserverError> {
        if norms.is_none() {
            return Ok(());
        }
        say(&json!({
            "event": "step", "step": step, "epoch": epoch,
            "discriminator_loss": scores.discriminator_loss, "generator_loss": scores.generator_loss,
            "d_real": scores.real, "d_fake": scores.fake,
        }))
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        say(&json!({ "event": "epoch", "epoch": epoch.epoch, "step": epoch.step }))
    }

    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        say(&json!({ "event": "warning", "message": warning.to_string() }))
    }
}
