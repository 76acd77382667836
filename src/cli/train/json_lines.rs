//! A run as lines of JSON, for other programs.

use crate::cli::say::{Lines, Unsaid};
use crate::gan::{Beginning, EpochEnd, Observer, ObserverError, ReadingScores, StepEnd, Warning};
use serde_json::json;

/// Prints an object a line on standard output: what begins, each step that has a row in metrics.csv, each epoch, each
/// warning. A run goes on when nobody takes them any more.
#[derive(Default)]
pub struct JsonLines(Lines);

impl JsonLines {
    /// To be asked in the end: whether all lines were taken.
    pub fn end(&mut self) -> Result<(), Unsaid> {
        self.0.end()
    }
}

impl Observer for JsonLines {
    fn beginning(&mut self, run: &Beginning<'_>) -> Result<(), ObserverError> {
        let Beginning { config, step, total_steps, steps_per_epoch } = *run;
        self.0.say(json!({
            "event": "beginning", "config": config.name, "seed": config.seed,
            "step": step, "total_steps": total_steps, "steps_per_epoch": steps_per_epoch,
        }));
        Ok(())
    }

    fn step_end(&mut self, StepEnd { step, epoch, scores, norms }: &StepEnd<'_>) -> Result<(), ObserverError> {
        if norms.is_none() {
            return Ok(());
        }
        let mut line = json!({
            "event": "step", "step": step, "epoch": epoch,
            "discriminator_loss": scores.discriminator_loss, "generator_loss": scores.generator_loss,
            "d_real": scores.real, "d_fake": scores.fake,
        });
        if let Some(ReadingScores { loss, accuracy, sure }) = scores.reading {
            line["reading"] = json!({ "loss": loss, "accuracy": accuracy, "sure": sure });
        }
        self.0.say(line);
        Ok(())
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        self.0.say(json!({ "event": "epoch", "epoch": epoch.epoch, "step": epoch.step }));
        Ok(())
    }

    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        self.0.say(json!({ "event": "warning", "message": warning.to_string() }));
        Ok(())
    }
}
