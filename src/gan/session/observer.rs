//! The one seam between training and everything that watches it.

use super::error::ObserverError;
use super::state::Session;
use crate::data::PixelRange;
use crate::gan::{Config, Diagnosis, GradientNorms, Scores, Trainer, Warning};
use std::ops::ControlFlow;

/// Watches a training run. The loop prints nothing and writes nothing; whoever wants to, does so
/// here.
pub trait Observer {
    /// Training is about to begin, or to go on.
    fn beginning(&mut self, _run: &Beginning<'_>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// A step has been made.
    fn step_end(&mut self, _step: &StepEnd<'_>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// An epoch has ended; called as epoch 0 before the first step, and after the last step also
    /// when that ended no epoch.
    fn epoch_end(&mut self, _epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// What this watcher itself has found wrong at the end of an epoch; asked after [`epoch_end`](Observer::epoch_end).
    fn diagnosis(&mut self) -> Option<Diagnosis> {
        None
    }

    /// Something looks wrong.
    fn warning(&mut self, _warning: &Warning) -> Result<(), ObserverError> {
        Ok(())
    }

    /// All that belongs to a step is done, the end of an epoch and warnings too, or all that comes before the first one:
    /// the moment to keep the session as it
    /// stands, or to ask for an end with [`Break`](ControlFlow::Break).
    fn pause(&mut self, _session: &Session) -> Result<ControlFlow<()>, ObserverError> {
        Ok(ControlFlow::Continue(()))
    }

    /// The training is about to end, at its last step or because a watcher asked for it.
    fn ending(&mut self, _session: &Session) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// Nobody watches.
impl Observer for () {}

/// Several watchers, told one after another.
pub struct Observers<'o>(pub Vec<&'o mut (dyn Observer + Send)>);

impl Observer for Observers<'_> {
    fn beginning(&mut self, run: &Beginning<'_>) -> Result<(), ObserverError> {
        self.0.iter_mut().try_for_each(|observer| observer.beginning(run))
    }

    fn step_end(&mut self, step: &StepEnd<'_>) -> Result<(), ObserverError> {
        self.0.iter_mut().try_for_each(|observer| observer.step_end(step))
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        self.0.iter_mut().try_for_each(|observer| observer.epoch_end(epoch))
    }

    fn diagnosis(&mut self) -> Option<Diagnosis> {
        self.0.iter_mut().find_map(|observer| observer.diagnosis())
    }

    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        self.0.iter_mut().try_for_each(|observer| observer.warning(warning))
    }

    fn pause(&mut self, session: &Session) -> Result<ControlFlow<()>, ObserverError> {
        let mut flow = ControlFlow::Continue(());
        for observer in &mut self.0 {
            if observer.pause(session)?.is_break() {
                flow = ControlFlow::Break(()); // and yet all are told
            }
        }
        Ok(flow)
    }

    fn ending(&mut self, session: &Session) -> Result<(), ObserverError> {
        self.0.iter_mut().try_for_each(|observer| observer.ending(session))
    }
}

/// A run that is about to begin, or to go on.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// What decides it.
    pub config: &'a Config,
    /// How many steps have been made already; 0 for a new run.
    pub step: u64,
    /// How many steps it will have.
    pub total_steps: u64,
    /// How many steps make an epoch, the last perhaps shared with the next epoch.
    pub steps_per_epoch: u64,
}

/// A step that has been made.
#[derive(Clone, Copy, Debug)]
pub struct StepEnd<'a> {
    /// Its number, from 1.
    pub step: u64,
    /// The epoch it belongs to, from 1.
    pub epoch: u64,
    /// What it cost.
    pub scores: Scores,
    /// How hard the parameters were pulled; just at those steps that are to be written down, which
    /// [`RecordConfig::log_every`](crate::gan::RecordConfig) divides.
    pub norms: Option<&'a GradientNorms>,
}

/// An epoch that has ended.
#[derive(Clone, Copy, Debug)]
pub struct EpochEnd<'a> {
    /// Its number, from 1; 0 before the first step.
    pub epoch: u64,
    /// How many steps have been made.
    pub step: u64,
    /// The last step's scores; none before the first step.
    pub scores: Option<Scores>,
    /// The players as they are now.
    pub trainer: &'a Trainer,
    /// Images `[preview_count, height × width × channels]` from the same latent vectors every time, class by class
    /// where the generator is conditional.
    pub samples: &'a [f32],
    /// The range of their pixels.
    pub pixel_range: PixelRange,
    /// `[height, width, channels]` of an image.
    pub image_shape: [usize; 3],
}
