//! Where a training run stands: it may stop after any step, and go on from there elsewhere.

use super::error::TrainError;
use crate::autodiff::{Tape, Tensor, Watcher};
use crate::data::{Batches, Digits, PixelRange, fill};
use crate::gan::config::check::MOST;
use crate::gan::{Classes, Config, Draws, Health, Symptoms, Trainer, draw_from, latent_vectors};
use crate::nn::Parameter;
use crate::random::Stream;
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

/// Images beside each other where a run shows some.
pub const PREVIEW_COLUMNS: usize = 8;

/// The most words that any stream of random numbers may have given when a run goes on. A thousand years of drawing are
/// fewer, and it leaves as many to be drawn.
const MOST_DRAWN: u64 = 1 << 63;

/// How many images a run shows after every epoch, from the same latent vectors each time: a row for each class, or
/// as many rows as columns where there are no `classes`.
pub fn preview_count(classes: usize) -> usize {
    PREVIEW_COLUMNS * if classes > 0 { classes } else { PREVIEW_COLUMNS }
}

/// A training run at one of its steps.
///
/// What it has [drawn](Draws) and its [arrays](Session::arrays) are all that decides how it goes on: a session that
/// [resumes](Session::resume) from them makes the same steps, to the bit, as the one that they were taken from would
/// have made.
pub struct Session {
    pub(super) config: Config,
    pub(super) digits: Digits,
    pub(super) range: PixelRange,
    pub(super) trainer: Trainer,
    pub(super) batches: Batches,
    /// Those with labels, where the discriminator is to read and knows few.
    pub(super) labelled: Option<(Digits, Batches)>,
    pub(super) health: Health,
    pub(super) preview: Preview,
    pub(super) step: u64,
    pub(super) watchers: Vec<Watcher>,
}

/// The latent vectors, and the classes, whose images are drawn again and again.
pub(super) struct Preview {
    pub(super) latent: Tensor,  // [preview_count, latent_dim]
    pub(super) labels: Vec<u8>, // [preview_count], or nothing
}

/// Where a session stands, but for its arrays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// How many steps have been made.
    pub step: u64,
    /// How far the random numbers have come.
    pub draws: Draws,
    /// What has been seen of the run's health.
    pub watch: Symptoms,
}

impl Position {
    /// Refuses numbers that no run comes to.
    fn check(&self) -> Result<(), TrainError> {
        let Draws { latent, labels, dropout, penalty, augment, variations, second_view } = self.draws;
        let most_drawn =
            [latent, labels, dropout, penalty, augment, variations, second_view].into_iter().max().unwrap_or(0);
        match self.step <= MOST && most_drawn <= MOST_DRAWN {
            true => Ok(()),
            false => Err(TrainError::Position { step: self.step, drawn: most_drawn }),
        }
    }
}

impl Session {
    /// A run before its first step.
    ///
    /// # Errors
    /// When the configuration cannot be run on these images.
    pub fn new(config: &Config, digits: &Digits) -> Result<Self, TrainError> {
        config.validate()?;
        check_images(config, digits)?;
        let (range, seed, classes) = (config.pixel_range()?, config.seed, config.training.classes);
        let repeats = config.training.repeats as usize;
        let digits = learned_from(config, digits)?;
        let count = preview_count(classes);
        let mut rng = Stream::Preview.of(seed);
        Ok(Self {
            trainer: Trainer::new(config)?,
            labelled: labelled(config, &digits)?,
            batches: Batches::repeating(digits.len(), repeats, config.training.batch_size, Stream::Shuffle.of(seed))?,
            health: Health::new(&config.training.rules(), &some_real_images(count, &digits, range), config.pixels()),
            preview: Preview {
                latent: latent_vectors(&Tape::new(), count, config.generator.latent_dim, &mut rng).value(),
                labels: Classes::InRows.labels(count, classes),
            },
            config: config.clone(),
            digits,
            range,
            step: 0,
            watchers: Vec::new(),
        })
    }

    /// A run that goes on from where another of the same configuration stood; `find` knows its arrays by name.
    ///
    /// # Errors
    /// As [`new`](Session::new), and when an array is missing or of another shape.
    pub fn resume(
        config: &Config,
        digits: &Digits,
        position: &Position,
        find: &mut dyn FnMut(&str) -> Option<ArrayD<f32>>,
    ) -> Result<Self, TrainError> {
        position.check()?;
        let mut session = Self::new(config, digits)?;
        session.step = position.step;
        session.trainer.resume(config.seed, position.step, position.draws, find)?;
        if position.step < session.total_steps() {
            let batches = position.step * config.training.critic_steps;
            session.batches.skip(batches); // none is asked for otherwise
            session.labelled.iter_mut().for_each(|(_, labelled)| labelled.skip(batches));
        }
        session.health.watch = position.watch.clone();
        Ok(session)
    }

    /// Images of the preview's latent vectors, `[preview_count, pixels]`; where digits are asked for, so much further on
    /// among the classes.
    pub(super) fn preview(&self, shift: u8) -> Vec<f32> {
        let Preview { latent, labels } = &self.preview;
        let class = |&label: &u8| ((usize::from(label) + usize::from(shift)) % self.config.training.classes) as u8;
        draw_from(self.trainer.ema_generator(), latent, &labels.iter().map(class).collect::<Vec<_>>())
    }

    /// Has these told of all that happens within its steps from now on.
    pub fn set_watchers(&mut self, watchers: &[Watcher]) {
        self.watchers = watchers.to_vec();
    }

    /// Learns from now on also from these images, each with its label: they take the place of
    /// [every so many-th](Digits::with) of its own.
    ///
    /// # Panics
    /// As [`Digits::with`].
    pub fn teach(&mut self, images: &[(Vec<u8>, u8)], every: usize) {
        self.digits = self.digits.with(images, every);
    }

    /// What decides it.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The images that it learns from.
    pub fn digits(&self) -> &Digits {
        &self.digits
    }

    /// Those whose labels it may see, where it is to read and knows few.
    pub fn labelled(&self) -> Option<&Digits> {
        self.labelled.as_ref().map(|(digits, _)| digits)
    }

    /// The players, and what moves them.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// The range of its images' pixels.
    pub fn pixel_range(&self) -> PixelRange {
        self.range
    }

    /// How many steps have been made.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// How many steps there will be.
    pub fn total_steps(&self) -> u64 {
        let Config { training, .. } = &self.config;
        let per_epoch = self.batches.per_epoch() as u64;
        training.steps.unwrap_or((training.epochs * per_epoch).div_ceil(training.critic_steps))
    }

    /// Where the run stands.
    pub fn position(&self) -> Position {
        Position { step: self.step, draws: self.trainer.draws(), watch: self.health.watch.clone() }
    }

    /// Every array that training changes, by name.
    pub fn arrays(&self) -> Vec<Parameter> {
        self.trainer.arrays()
    }

    /// The players as they are now, to keep.
    pub fn into_trainer(self) -> Trainer {
        self.trainer
    }
}

/// The images that a configuration learns from, of those that there are.
fn learned_from(config: &Config, digits: &Digits) -> Result<Digits, TrainError> {
    let chosen = match &config.training.digits {
        None => digits.clone(),
        Some(classes) => {
            let chosen = digits.of_classes(classes);
            chosen.ok_or_else(|| TrainError::NoSuchDigits { digits: classes.clone() })?
        }
    };
    Ok(match config.training.examples {
        Some(count) => chosen.first(count),
        None => chosen,
    })
}

/// The few images whose labels a discriminator that reads may know, as many of each class, chosen by the seed.
fn labelled(config: &Config, digits: &Digits) -> Result<Option<(Digits, Batches)>, TrainError> {
    let Some(reading) = &config.training.semi_supervised else { return Ok(None) };
    let chosen = digits.some_of_each_class(reading.labels, &mut Stream::Labelled.of(config.seed));
    let chosen = chosen.ok_or(TrainError::Labels { labels: reading.labels, digits: digits.len() })?;
    let batches = Batches::new(chosen.len(), reading.images_in_a_step(), Stream::LabelledShuffle.of(config.seed))?;
    Ok(Some((chosen, batches)))
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
pub(super) fn some_real_images(count: usize, digits: &Digits, range: PixelRange) -> Vec<f32> {
    let indices: Vec<usize> = (0..count.min(digits.len())).collect();
    let mut images = vec![0.0; indices.len() * digits.pixels()];
    fill(digits, &indices, range, &mut images);
    images
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    const READER: &str = r#"
        preset = "reader"
        [training]
        steps = 3
        batch_size = 16
        [training.semi_supervised]
        labels = 20
        [generator]
        image_shape = [6, 6]
        latent_dim = 3
        layers = [{ kind = "dense", units = 36, activation = "sigmoid" }]
        [discriminator]
        layers = [{ kind = "dense", units = 12, activation = "relu" }, { kind = "class-logits", classes = 10 }]
    "#;

    /// Random pictures with these labels.
    fn pictures(labels: Vec<u8>) -> Digits {
        let mut rng = rand::rngs::ChaCha8Rng::seed_from_u64(8);
        Digits::new((0..labels.len() * 36).map(|_| rng.random()).collect(), labels, 6, 6)
    }

    fn weights(mut session: Session) -> Vec<f32> {
        session.run(&mut ()).unwrap();
        session.arrays().iter().flat_map(|array| array.value.iter().copied().collect::<Vec<_>>()).collect()
    }

    #[test]
    fn of_the_labels_none_is_seen_but_the_few() {
        let config = Config::from_toml(READER, None).unwrap();
        let labels: Vec<u8> = (0..100).map(|i| i % 10).collect();
        let digits = pictures(labels.clone());
        let run = |hidden: &Digits, few: &Digits| {
            let mut session = Session::new(&config, &digits).unwrap();
            session.digits = hidden.clone();
            let (labelled, _) = session.labelled.as_mut().unwrap();
            assert_eq!((labelled.len(), labelled.label(0)), (20, 0));
            *labelled = if std::ptr::eq(few, &digits) { labelled.clone() } else { few.clone() };
            weights(session)
        };
        let as_they_are = run(&digits, &digits);
        assert!(as_they_are == run(&pictures(labels.iter().map(|label| 9 - label).collect()), &digits));
        // And those are: with other images that have labels it goes otherwise.
        assert!(as_they_are != run(&digits, &digits.first(20)));
    }

    #[test]
    fn the_seed_chooses_which_have_labels() {
        let config = |seed| Config { seed, ..Config::from_toml(READER, None).unwrap() };
        let digits = pictures((0..100).map(|i| i % 10).collect());
        let chosen = |seed| Session::new(&config(seed), &digits).unwrap().labelled.unwrap().0;
        for class in 0..10 {
            assert_eq!(chosen(1).labels().iter().filter(|&&label| label == class).count(), 2);
        }
        assert_eq!(chosen(1).images(), chosen(1).images());
        assert_ne!(chosen(1).images(), chosen(2).images());
        let mut too_many = config(1);
        too_many.training.semi_supervised.as_mut().unwrap().labels = 101;
        let error = Session::new(&too_many, &digits).map(drop).unwrap_err().to_string();
        assert!(error.starts_with("of the 100 images of the data there are not 101 with as many"), "{error}");
    }
}
