//! Everything that a step changes, as arrays by name and a few numbers: what it takes to go on elsewhere.

use crate::autodiff::Real;
use crate::gan::game::semi_supervised::Lesson;
use crate::gan::{Mistake, Players, Trainer};
use crate::nn::{NetworkError, Parameter};
use crate::random::{Stream, words_drawn};
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

/// How much has been drawn from the streams of random numbers of a training run, in words of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draws {
    /// From [`Stream::Latent`].
    pub latent: u64,
    /// From [`Stream::Labels`].
    pub labels: u64,
    /// From [`Stream::Dropout`].
    pub dropout: u64,
    /// From [`Stream::Penalty`].
    pub penalty: u64,
    /// From [`Stream::Augment`].
    #[serde(default)]
    pub augment: u64,
    /// From [`Stream::Variations`].
    #[serde(default)]
    pub variations: u64,
    /// From [`Stream::SecondView`].
    #[serde(default)]
    pub second_view: u64,
}

/// What begins the names of the moving averages' arrays; after it, they are the players'.
const AVERAGE: &str = "average.";

impl<T: Real> Trainer<T> {
    /// The arrays that training changes: both players' parameters and statistics, the moving averages', and the
    /// optimizers' moments.
    pub fn arrays(&self) -> Vec<Parameter<T>> {
        let players = self.players.each_ref();
        let own = players.into_iter().flat_map(|player| player.network.arrays()).cloned();
        let averages = self.averages.each_ref().into_iter().flatten();
        let average = averages.flat_map(|average| average.network.arrays());
        let average = average.map(|p| Parameter { name: format!("{AVERAGE}{}", p.name), value: p.value.clone() });
        let moments = players.into_iter().flat_map(|player| player.optimizer.moments(&player.network.parameters));
        own.chain(average).chain(moments).collect()
    }

    /// How far the random numbers have come.
    pub fn draws(&self) -> Draws {
        Draws {
            latent: words_drawn(&self.requests.latent_rng),
            labels: words_drawn(&self.requests.label_rng),
            dropout: words_drawn(&self.training.dropout),
            penalty: self.losses.regularisers.words_drawn(),
            augment: self.losses.augment.words_drawn(),
            variations: self.losses.variations.words_drawn(),
            second_view: self.losses.lesson.as_ref().map_or(0, Lesson::words_drawn),
        }
    }

    /// Goes on from where a trainer of the same configuration, with this seed, stood after so many steps.
    ///
    /// # Errors
    /// When `find` does not know one of the [`arrays`](Trainer::arrays), or knows one of another shape; the trainer is
    /// then of no use.
    pub fn resume(
        &mut self,
        seed: u64,
        steps: u64,
        draws: Draws,
        find: &mut dyn FnMut(&str) -> Option<ArrayD<T>>,
    ) -> Result<(), NetworkError> {
        let turns = steps * self.critic_steps;
        for player in self.players.each_mut() {
            player.network.load(&mut *find)?;
        }
        for average in self.averages.each_mut().into_iter().flatten() {
            average.load(steps, |name| find(&format!("{AVERAGE}{name}")))?;
        }
        let misled = if self.losses.mistake == Some(Mistake::ForgottenDetach) { steps } else { 0 };
        let moves = Players { generator: steps, discriminator: turns + misled };
        for (player, moves) in self.players.each_mut().zip(moves) {
            player.optimizer.load(&player.network.parameters, moves, &mut *find)?;
        }
        self.losses.regularisers.resume(turns, seed, draws.penalty);
        self.losses.augment.resume(Stream::Augment.resumed(seed, draws.augment));
        self.losses.variations.resume(Stream::Variations.resumed(seed, draws.variations));
        if let Some(lesson) = &mut self.losses.lesson {
            lesson.resume(Stream::SecondView.resumed(seed, draws.second_view));
        }
        self.requests.latent_rng = Stream::Latent.resumed(seed, draws.latent);
        self.requests.label_rng = Stream::Labels.resumed(seed, draws.labels);
        self.training = Stream::Dropout.resumed(seed, draws.dropout).into();
        Ok(())
    }
}
