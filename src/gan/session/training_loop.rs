//! The training loop.

use super::error::{ObserverError, TrainError};
use super::observer::{Beginning, EpochEnd, Observer, StepEnd};
use super::state::{Session, preview_count, some_real_images};
use crate::autodiff::Watcher;
use crate::data::fill;
use crate::gan::{Clues, Diagnosis, GradientNorms, Samples, Scores, Warning};
use std::mem;
use std::ops::ControlFlow;

/// How training came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With its last step.
    AtItsLastStep,
    /// Before that, as an observer asked for.
    AsAsked,
}

/// A step that has been made.
struct Made {
    epoch: u64,
    ends_epoch: bool,
    scores: Scores,
    /// Those of a step that is to be written down.
    norms: Option<GradientNorms>,
}

impl Session {
    /// Trains until the last step, or until the observer asks for an end.
    ///
    /// # Errors
    /// When a loss is no number any more, or the observer reports an error.
    pub fn run(&mut self, observer: &mut dyn Observer) -> Result<Ended, TrainError> {
        observer.beginning(&self.beginning())?;
        let mut flow = ControlFlow::Continue(());
        if self.step == 0 {
            observer.epoch_end(&self.epoch_end(0, None, &self.preview(0)))?;
            flow = observer.pause(self)?;
        }
        while flow.is_continue() && self.step < self.total_steps() {
            let Made { epoch, ends_epoch, scores, norms } = match self.make_step() {
                Ok(made) => made,
                Err(diverged) => {
                    self.warn([diverged.diagnosis(), None], observer)?;
                    return Err(diverged);
                }
            };
            let (step, log_every) = (self.step, self.config.record.log_every);
            observer.step_end(&StepEnd { step, epoch, scores, norms: norms.as_ref() })?;
            let pulled = norms.and_then(|norms| self.health.after_measurement(step, log_every, &norms));
            let found = [self.health.after_step(step, &scores), pulled];
            self.warn(found, observer)?;
            if ends_epoch || step == self.total_steps() {
                let (images, other_digits) =
                    (self.preview(0), (self.config.training.classes > 0).then(|| self.preview(1)));
                observer.epoch_end(&self.epoch_end(epoch, Some(scores), &images))?;
                let Self { health, trainer, config, preview, digits, range, .. } = self;
                let clues = || {
                    let real = some_real_images(preview_count(config.training.classes), digits, *range);
                    let latent: Vec<f32> = preview.latent.iter().copied().collect();
                    let layers = &config.generator.layers;
                    Clues::of([&images, &real], *range, trainer.ema_generator(), layers, &latent, &preview.labels)
                };
                let samples = Samples { images: &images, other_digits: other_digits.as_deref(), clues: &clues };
                let found = [health.after_epoch(epoch, samples), observer.diagnosis()];
                self.warn(found, observer)?;
            }
            flow = observer.pause(self)?;
        }
        observer.ending(self)?;
        Ok(if self.step < self.total_steps() { Ended::AsAsked } else { Ended::AtItsLastStep })
    }

    /// Tells an observer of the run as it stands, with these scores of its steps, oldest first; none is made.
    ///
    /// # Errors
    /// When the observer reports one.
    pub fn tell(&self, scores: &[(u64, Scores)], observer: &mut dyn Observer) -> Result<(), ObserverError> {
        let beginning = self.beginning();
        let epoch_of = |step: u64| step.saturating_sub(1) / beginning.steps_per_epoch + 1;
        observer.beginning(&beginning)?;
        let norms = GradientNorms::default(); // they were not measured
        for &(step, scores) in scores {
            observer.step_end(&StepEnd { step, epoch: epoch_of(step), scores, norms: Some(&norms) })?;
        }
        let epoch = if self.step == 0 { 0 } else { epoch_of(self.step) };
        observer.epoch_end(&self.epoch_end(epoch, scores.last().map(|(_, scores)| *scores), &self.preview(0)))?;
        observer.ending(self)
    }

    /// Tells of what was found wrong.
    fn warn(&self, found: [Option<Diagnosis>; 2], observer: &mut dyn Observer) -> Result<(), ObserverError> {
        let mut warnings = found.into_iter().flatten().map(|diagnosis| Warning::new(diagnosis, &self.config));
        warnings.try_for_each(|warning| observer.warning(&warning))
    }

    /// One step of both players.
    fn make_step(&mut self) -> Result<Made, TrainError> {
        let epoch = self.step * self.config.training.critic_steps / self.batches.per_epoch() as u64 + 1; // of its first batch
        self.trainer.set_progress(self.step as f64 / self.total_steps() as f64);
        let measures = (self.step + 1).is_multiple_of(self.config.record.log_every);
        let norms = measures.then(|| Watcher::new(GradientNorms::default()));
        let Self { trainer, batches, labelled, digits, range, watchers, .. } = self;
        let measuring = norms.as_ref().map(Watcher::told);
        trainer.set_watchers(&watchers.iter().cloned().chain(measuring).collect::<Vec<_>>());
        let mut ends_epoch = false;
        let scores = trainer.step(|images, labels| {
            let batch = batches.next_batch();
            ends_epoch |= batch.ends_epoch;
            let (first, images) = images.split_at_mut(images.len() - batch.indices.len() * digits.pixels());
            fill(digits, batch.indices, *range, images);
            let (digits, indices) = match labelled {
                Some((few, batches)) => {
                    let indices = batches.next_batch().indices;
                    fill(few, indices, *range, first);
                    (&*few, indices)
                }
                None => (&*digits, batch.indices),
            };
            labels.iter_mut().zip(indices).for_each(|(label, &index)| *label = digits.label(index));
        });
        self.step += 1;
        match scores.are_finite() {
            true => Ok(Made { epoch, ends_epoch, scores, norms: norms.map(|norms| mem::take(&mut *norms.lock())) }),
            false => Err(TrainError::Diverged { step: self.step, epoch, scores }),
        }
    }

    fn beginning(&self) -> Beginning<'_> {
        let per_epoch = self.batches.per_epoch() as u64;
        Beginning {
            config: &self.config,
            step: self.step,
            total_steps: self.total_steps(),
            steps_per_epoch: per_epoch.div_ceil(self.config.training.critic_steps),
        }
    }

    fn epoch_end<'a>(&'a self, epoch: u64, scores: Option<Scores>, samples: &'a [f32]) -> EpochEnd<'a> {
        EpochEnd {
            epoch,
            step: self.step,
            scores,
            trainer: &self.trainer,
            samples,
            pixel_range: self.range,
            image_shape: self.config.image_shape(),
        }
    }
}
