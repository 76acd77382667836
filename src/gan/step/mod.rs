//! One step of the game.
//!
//! Read `alternating.rs` first, which is the step as Goodfellow et al. (2014) tell it; then `simultaneous.rs`. What each
//! player minimises is in `losses.rs`, the ritual around a move in [`Learner`].

pub(in crate::gan) mod average;
pub(in crate::gan) mod draws;

pub use average::Average;
pub use draws::Draws;

mod alternating;
mod clock;
mod images;
mod losses;
mod norms;
mod optimizer_schedule;
mod scores;
mod simultaneous;

pub use clock::{Clock, Cost, StepTime};
pub use images::latent_vectors;
pub use norms::{GradientNorms, Norm, euclidean};
pub use optimizer_schedule::OptimizerSchedule;
pub use scores::Scores;
pub use simultaneous::one_walk_back;

use super::game::semi_supervised::Lesson;
use super::{Augment, BuildError, Config, Players, Regularisers, UpdateRule, build_discriminator, build_generator};
use crate::autodiff::{Real, Watcher};
use crate::nn::{Adam, Compiled, Learner, Network, Training};
use crate::random::Stream;
use images::Requests;
use losses::Losses;

/// The two players and everything that a step changes.
#[derive(Debug)]
pub struct Trainer<T: Real = f32> {
    /// The generator, from latent vectors `[n, latent_dim]` to images `[n, pixels]`; and the discriminator, from images
    /// `[n, pixels]` to logits `[n, 1]`: `σ(logit)` is the probability it gives to the image being real.
    pub players: Players<Learner<T>>,
    /// Their moving averages, as far as the configuration asks for them.
    pub averages: Players<Option<Average<T>>>,
    pub(super) requests: Requests,
    pub(super) losses: Losses,
    pub(super) training: Training<T>,
    pub(super) critic_steps: u64,
    update: UpdateRule,
    pace: OptimizerSchedule,
}

impl<T: Compiled> Trainer<T> {
    /// Two players with fresh weights.
    ///
    /// # Errors
    /// When the configuration's layers do not form networks or do not fit an image.
    pub fn new(config: &Config) -> Result<Self, BuildError> {
        let (g, d, seed) = (&config.generator, &config.discriminator, config.seed);
        let learner = |network: Network<T>, c: &super::AdamConfig| {
            let adam = Adam::new(&network.parameters, c.learning_rate, c.beta1.at(0.0), c.beta2.at(0.0));
            Learner::new(network, adam)
        };
        let (generator, discriminator) = (build_generator(config)?, build_discriminator(config)?);
        let (shape, black) = (config.image_shape(), config.black());
        Ok(Self {
            averages: Players {
                generator: g.average_decay.map(|decay| Average::new(&generator, decay)),
                discriminator: d.average_decay.map(|decay| Average::new(&discriminator, decay)),
            },
            players: Players { generator: learner(generator, &g.adam), discriminator: learner(discriminator, &d.adam) },
            requests: Requests {
                batch_size: config.training.batch_size,
                latent_rng: Stream::Latent.of(seed),
                label_rng: Stream::Labels.of(seed),
                mistake: config.training.mistake,
            },
            losses: Losses {
                rules: config.training.rules(),
                classifier: config.training.auxiliary_classifier.unwrap_or_default(),
                feature_matching: config.training.feature_matching,
                variations: Augment::new(&config.training.variations, shape, black, Stream::Variations.of(seed)),
                augment: Augment::new(&config.training.augment, shape, black, Stream::Augment.of(seed)),
                lesson: (config.training.semi_supervised.as_ref())
                    .map(|reading| Lesson::new(reading, shape, black, Stream::SecondView.of(seed))),
                regularisers: Regularisers::new(&d.regularisers, seed),
                mistake: config.training.mistake,
            },
            training: Stream::Dropout.of(seed).into(),
            critic_steps: config.training.critic_steps,
            update: config.training.update,
            pace: config.into(),
        })
    }
}

impl<T: Real> Trainer<T> {
    /// Says which part of the run is over, from 0 to 1: learning rates, Adam's betas and the weights
    /// of penalties may depend on it. A new trainer is at the beginning, and stays there until told.
    pub fn set_progress(&mut self, progress: f64) {
        self.pace.set(progress, self.players.each_mut().map(|player| &mut player.optimizer));
        self.losses.regularisers.set_progress(progress);
        self.losses.lesson.iter_mut().for_each(|lesson| lesson.set_progress(progress));
    }

    /// Sets both players' learning rates.
    pub fn set_learning_rates(&mut self, rates: Players<f64>) {
        self.players.each_mut().zip(rates).into_iter().for_each(|(player, rate)| player.optimizer.learning_rate = rate);
    }

    /// Has these told of all that happens within the next steps.
    pub fn set_watchers(&mut self, watchers: &[Watcher<T>]) {
        self.players.each_mut().into_iter().for_each(|player| player.set_watchers(watchers));
    }

    /// The generator.
    pub fn generator(&self) -> &Network<T> {
        &self.players.generator.network
    }

    /// The discriminator.
    pub fn discriminator(&self) -> &Network<T> {
        &self.players.discriminator.network
    }

    /// The generator that draws images: the average where there is one.
    pub fn ema_generator(&self) -> &Network<T> {
        self.averages.generator.as_ref().map_or(self.generator(), |average| &average.network)
    }

    /// The discriminator that reads images, where it has learned to: the average where there is one.
    pub fn ema_discriminator(&self) -> &Network<T> {
        self.averages.discriminator.as_ref().map_or(self.discriminator(), |average| &average.network)
    }

    /// One step of both players. `write_real` writes a batch of real images, `[batch, pixels]`, and
    /// their labels, `[batch]`, or `[]` if the players look at none, into the buffers it is given; it
    /// is called once for each move of the discriminator's. Where the discriminator reads and knows few labels, the
    /// buffers are for those images first, then for the others: there are more images than labels.
    pub fn step(&mut self, mut write_real: impl FnMut(&mut [T], &mut [u8])) -> Scores {
        let mistake = self.losses.mistake;
        let mut write_real = |images: &mut [T], labels: &mut [u8]| {
            write_real(images, labels);
            mistake.iter().for_each(|mistake| mistake.in_labels(labels));
        };
        for _ in 1..self.critic_steps {
            self.extra_turn(&mut write_real);
        }
        let scores = match self.update {
            UpdateRule::Simultaneous => self.simultaneous(write_real),
            UpdateRule::Alternating => self.alternating(write_real),
        };
        for (average, player) in self.averages.each_mut().zip(self.players.each_ref()) {
            average.iter_mut().for_each(|average| average.follow(&player.network));
        }
        scores
    }
}
