//! What is done about a run that goes wrong.

use crate::gan::{Diagnosis, Observer, ObserverError, TrainError, Warning};
use crate::run::RunError;
use clap::ValueEnum;

/// What to do when a run goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnDivergence {
    /// Say so and go on; a loss that is no number ends the run
    #[default]
    Warn,
    /// End the run
    Stop,
    /// Go back to a checkpoint from before, and on with half the learning rates; three times at most
    Rollback,
}

/// How often a run is rolled back.
pub const ROLLBACKS: u32 = 3;

/// Ends a run when something grave is wrong with it, unless it is only to be said.
pub struct Guard(pub OnDivergence);

/// Something grave was wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}: the run ends here, as --on-divergence says; its checkpoints are kept")]
struct Grave(&'static str);

impl Observer for Guard {
    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        match self.0 {
            _ if matches!(warning.diagnosis, Diagnosis::Diverged { .. }) => Ok(()), // the run ends by itself
            OnDivergence::Stop | OnDivergence::Rollback if warning.diagnosis.is_grave() => {
                Err(Grave(warning.diagnosis.name()).into())
            }
            _ => Ok(()),
        }
    }
}

/// What ended the run, if it has not been told as a warning already.
pub fn what_went_wrong(error: &anyhow::Error) -> Option<String> {
    match error.downcast_ref() {
        Some(TrainError::Observer(reason)) if reason.is::<Grave>() => None,
        Some(TrainError::Diverged { step, .. }) => Some(format!("step {step}: a loss is no number any more")),
        _ => Some(format!("{error:#}")),
    }
}

/// Whether the run ended because it went wrong, as against a full disk, say.
pub fn is_divergence(error: &anyhow::Error) -> bool {
    match error.downcast_ref() {
        Some(TrainError::Diverged { .. }) => true,
        Some(TrainError::Observer(reason)) => {
            reason.is::<Grave>() || matches!(reason.downcast_ref(), Some(RunError::NotFinite { .. }))
        }
        _ => false,
    }
}
