//! The training loop, and the one seam to everything that watches it.

use super::draw::{Classes, draw_from};
use super::{BuildError, Config, ConfigError, Health, Scores, Stream, Trainer, Warning, latent_vectors};
use crate::autodiff::Tape;
use crate::data::{Batches, DataError, Digits, PixelRange, fill};

/// Images beside each other where a run shows some.
pub const PREVIEW_COLUMNS: usize = 8;

/// How many images a run shows after every epoch, from the same latent vectors each time: a row for each class, or
/// as many rows as columns where there are no `classes`.
pub fn preview_count(classes: usize) -> usize {
    PREVIEW_COLUMNS * if classes > 0 { classes } else { PREVIEW_COLUMNS }
}

/// What a watcher may answer: an error (a full disk, say) ends the training.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// Watches a training run. The loop prints nothing and writes nothing; whoever wants to, does so
/// here.
pub trait Observer {
    /// Training is about to begin.
    fn beginning(&mut self, _run: &Beginning<'_>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// A step has been made.
    fn step_end(&mut self, _step: &StepEnd) -> Result<(), ObserverError> {
        Ok(())
    }

    /// An epoch has ended; called as epoch 0 before the first step, and after the last step also
    /// when that ended no epoch.
    fn epoch_end(&mut self, _epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Something looks wrong.
    fn warning(&mut self, _warning: &Warning) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// Nobody watches.
impl Observer for () {}

/// Several watchers, told one after another.
pub struct Observers<'o>(pub Vec<&'o mut dyn Observer>);

impl Observer for Observers<'_> {
    fn beginning(&mut self, run: &Beginning<'_>) -> Result<(), ObserverError> {
        self.0.iter_mut().try_for_each(|observer| observer.beginning(run))
    }

    fn step_end(&mut self, step: &StepEnd) -> Result<(), ObserverError> {
        self.0.iter_mut().try_for_each(|observer| observer.step_end(step))
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        self.0.iter_mut().try_for_each(|observer| observer.epoch_end(epoch))
    }

    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        self.0.iter_mut().try_for_each(|observer| observer.warning(warning))
    }
}

/// A run that is about to begin.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// What decides it.
    pub config: &'a Config,
    /// How many steps it will have.
    pub total_steps: u64,
    /// How many steps make an epoch, the last perhaps shared with the next epoch.
    pub steps_per_epoch: u64,
}

/// A step that has been made.
#[derive(Clone, Copy, Debug)]
pub struct StepEnd {
    /// Its number, from 1.
    pub step: u64,
    /// The epoch it belongs to, from 1.
    pub epoch: u64,
    /// What it cost.
    pub scores: Scores,
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

/// Why training ended early.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The configuration cannot be run.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The players do not fit the images.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The batch does not fit the data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The images have another shape than the configuration says.
    #[error(
        "the images of the data are {found:?} pixels, the configuration draws {expected:?}; set generator.image_shape and \
         the units of the generator's last layer to fit, in a file for --config"
    )]
    Images {
        /// `[height, width]` of the data.
        found: [usize; 2],
        /// `[height, width]` of the configuration.
        expected: [usize; 2],
    },
    /// The images have other colours than the configuration says.
    #[error(
        "the images of the data have {found} channels, the configuration draws {expected} (generator.channels); MNIST has \
         1, and --data stacked-mnist has 3 and fits the players to them"
    )]
    Channels {
        /// Those of the data.
        found: usize,
        /// Those of the configuration.
        expected: usize,
    },
    /// A loss is no number any more.
    #[error(
        "step {step} (epoch {epoch}): the discriminator's loss is {}, the generator's {}; training stopped, what was \
         saved before is kept. A lower --learning-rate usually prevents this",
        scores.discriminator_loss, scores.generator_loss
    )]
    Diverged {
        /// The step.
        step: u64,
        /// Its epoch.
        epoch: u64,
        /// Its losses.
        scores: Scores,
    },
    /// A watcher could not go on.
    #[error("{0}")]
    Observer(ObserverError),
}

impl From<ObserverError> for TrainError {
    fn from(error: ObserverError) -> Self {
        TrainError::Observer(error)
    }
}

/// Trains both players on these images as the configuration says, and gives them back.
///
/// # Errors
/// When the configuration cannot be run on these images, a loss is no number any more, or the
/// observer reports an error.
pub fn train(config: &Config, digits: &Digits, observer: &mut dyn Observer) -> Result<Trainer, TrainError> {
    config.validate()?;
    let range = config.pixel_range()?;
    let (image_shape, pixels) = (config.image_shape(), config.pixels());
    check_images(config, digits)?;
    let chosen = config.training.examples.map(|count| digits.first(count));
    let digits = chosen.as_ref().unwrap_or(digits);
    let mut trainer = Trainer::new(config)?;
    let mut batches = Batches::new(digits.len(), config.training.batch_size, Stream::Shuffle.of(config.seed))?;
    let (per_epoch, per_step) = (batches.per_epoch() as u64, config.training.critic_steps); // batches
    let steps_per_epoch = per_epoch.div_ceil(per_step);
    let total_steps = config.training.steps.unwrap_or((config.training.epochs * per_epoch).div_ceil(per_step));
    let (classes, preview_count) = (config.training.classes, preview_count(config.training.classes));
    let mut health = Health::new(&config.training.rules(), &some_real_images(preview_count, digits, range), pixels);
    let mut rng = Stream::Preview.of(config.seed);
    let preview = latent_vectors(&Tape::new(), preview_count, config.generator.latent_dim, &mut rng).value();
    let labels = Classes::InRows.labels(preview_count, classes);

    observer.beginning(&Beginning { config, total_steps, steps_per_epoch })?;
    let samples = draw_from(trainer.artist(), &preview, &labels);
    let start = EpochEnd {
        epoch: 0,
        step: 0,
        scores: None,
        trainer: &trainer,
        samples: &samples,
        pixel_range: range,
        image_shape,
    };
    observer.epoch_end(&start)?;

    for step in 1..=total_steps {
        let epoch = (step - 1) * per_step / per_epoch + 1; // that of its first batch
        trainer.set_progress((step - 1) as f64 / total_steps as f64);
        let mut ends_epoch = false;
        let scores = trainer.step(|images, labels| {
            let batch = batches.next_batch();
            ends_epoch |= batch.ends_epoch;
            fill(digits, batch.indices, range, images);
            labels.iter_mut().zip(batch.indices).for_each(|(label, &index)| *label = digits.label(index));
        });
        if !scores.are_finite() {
            return Err(TrainError::Diverged { step, epoch, scores });
        }
        observer.step_end(&StepEnd { step, epoch, scores })?;
        if let Some(warning) = health.after_step(step, &scores) {
            observer.warning(&warning)?;
        }

        if ends_epoch || step == total_steps {
            let samples = draw_from(trainer.artist(), &preview, &labels);
            let scores = Some(scores);
            observer.epoch_end(&EpochEnd {
                epoch,
                step,
                scores,
                trainer: &trainer,
                samples: &samples,
                pixel_range: range,
                image_shape,
            })?;
            if let Some(warning) = health.after_epoch(epoch, &samples, pixels) {
                observer.warning(&warning)?;
            }
        }
    }
    Ok(trainer)
}

/// Refuses images of another shape than the configuration's.
fn check_images(config: &Config, digits: &Digits) -> Result<(), TrainError> {
    let (found, expected) = ([digits.height(), digits.width()], config.generator.image_shape);
    if found != expected {
        return Err(TrainError::Images { found, expected });
    }
    let (found, expected) = (digits.channels(), config.generator.channels);
    if found != expected {
        return Err(TrainError::Channels { found, expected });
    }
    Ok(())
}

/// As many real images as a preview has, to compare it with.
fn some_real_images(count: usize, digits: &Digits, range: PixelRange) -> Vec<f32> {
    let indices: Vec<usize> = (0..count.min(digits.len())).collect();
    let mut images = vec![0.0; indices.len() * digits.pixels()];
    fill(digits, &indices, range, &mut images);
    images
}
