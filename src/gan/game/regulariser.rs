//! What keeps the discriminator's slope in check: which of them, how heavy, how often.

use crate::autodiff::{Real, Var};
use crate::gan::config::check::{check, check_count};
use crate::gan::game::clipping::clip_weights;
use crate::gan::game::penalty::{ToLogits, dragan, r1, r2, wgan_gp};
use crate::gan::{ConfigError, Ramp};
use crate::nn::{Input, Parameter};
use crate::random::Stream;
use crate::random::words_drawn;
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// A regulariser of the discriminator; its formula stands above the function it calls.
///
/// A penalty with `every` above 1 is added at every so-many-th of the discriminator's turns only,
/// and then as many times as heavy: nearly the same effect for a part of the time (Karras et al.
/// 2020, appendix B).
///
/// ```toml
/// [[discriminator.regularisers]]
/// kind = "r1"
/// gamma = { from = 1.0, to = 0.1, schedule = "cosine" }
/// every = 4
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Regulariser {
    /// [`r1`]: the slope at real images should be 0.
    R1 {
        /// Its weight γ, at least 0.
        gamma: Ramp,
        /// At least 1.
        #[serde(default = "always")]
        every: u64,
    },
    /// [`r2`]: the slope at generated images should be 0.
    R2 {
        /// Its weight γ, at least 0.
        gamma: Ramp,
        /// At least 1.
        #[serde(default = "always")]
        every: u64,
    },
    /// [`wgan_gp`]: the slope between real and generated images should be 1.
    WganGp {
        /// Its weight λ, at least 0; the paper's is 10.
        weight: Ramp,
        /// At least 1.
        #[serde(default = "always")]
        every: u64,
    },
    /// [`dragan`]: the slope around real images should be 1.
    Dragan {
        /// Its weight λ, at least 0; the paper's is 10.
        weight: Ramp,
        /// How far around, at least 0, in units of a pixel's range.
        deviation: f64,
        /// At least 1.
        #[serde(default = "always")]
        every: u64,
    },
    /// [`clip_weights`]: weights should be small. No penalty.
    WeightClipping {
        /// Above 0; the paper's is 0.01.
        limit: f64,
    },
}

/// The `every` of an entry that names none.
fn always() -> u64 {
    1
}

impl Regulariser {
    /// Whether it is a penalty on the discriminator's slope.
    pub fn is_penalty(&self) -> bool {
        self.every().is_some()
    }

    /// Every how many turns it is a penalty; never, if it is none.
    fn every(&self) -> Option<u64> {
        match *self {
            Regulariser::R1 { every, .. }
            | Regulariser::R2 { every, .. }
            | Regulariser::WganGp { every, .. }
            | Regulariser::Dragan { every, .. } => Some(every),
            Regulariser::WeightClipping { .. } => None,
        }
    }

    /// The penalty, for images `[batch, pixels]`, when this part of the run, from 0 to 1, is over.
    fn penalty<'t, T: Real>(
        &self,
        to_logits: &mut ToLogits<'_, 't, T>,
        [real, generated]: [Input<'t, T>; 2],
        progress: f64,
        rng: &mut ChaCha8Rng,
    ) -> Option<Var<'t, T>> {
        let weight = |course: Ramp, every: u64| every as f64 * course.at(progress);
        match *self {
            Regulariser::R1 { gamma, every } => Some(r1(to_logits, real, weight(gamma, every))),
            Regulariser::R2 { gamma, every } => Some(r2(to_logits, generated, weight(gamma, every))),
            Regulariser::WganGp { weight: lambda, every } => {
                Some(wgan_gp(to_logits, real, generated, weight(lambda, every), rng))
            }
            Regulariser::Dragan { weight: lambda, deviation, every } => {
                Some(dragan(to_logits, real, deviation, weight(lambda, every), rng))
            }
            Regulariser::WeightClipping { .. } => None,
        }
    }

    /// Checks every number against its range.
    pub(in crate::gan) fn validate(&self) -> Result<(), ConfigError> {
        let (key, numbers) = match self {
            Regulariser::R1 { gamma, .. } => ("gamma of an r1 in discriminator.regularisers", gamma.ends()),
            Regulariser::R2 { gamma, .. } => ("gamma of an r2 in discriminator.regularisers", gamma.ends()),
            Regulariser::WganGp { weight, .. } => ("weight of a wgan-gp in discriminator.regularisers", weight.ends()),
            Regulariser::Dragan { weight, .. } => ("weight of a dragan in discriminator.regularisers", weight.ends()),
            Regulariser::WeightClipping { limit } => {
                let key = "limit of a weight-clipping in discriminator.regularisers";
                return check(limit.is_finite() && *limit > 0.0, key, limit, "a finite number above 0");
            }
        };
        for number in &numbers {
            check(number.is_finite() && *number >= 0.0, key, number, "a finite number, at least 0")?;
        }
        if let Regulariser::Dragan { deviation, .. } = self {
            let key = "deviation of a dragan in discriminator.regularisers";
            check(deviation.is_finite() && *deviation >= 0.0, key, deviation, "a finite number, at least 0")?;
        }
        check_count("every of an entry in discriminator.regularisers", self.every().unwrap_or(1))
    }
}

/// The regularisers of a run, in order, and what they remember from turn to turn.
#[derive(Debug)]
pub struct Regularisers {
    /// Which.
    list: Vec<Regulariser>,
    /// How many turns the discriminator has had.
    turns: u64,
    /// The part of the run that is over.
    progress: f64,
    rng: ChaCha8Rng,
}

impl Regularisers {
    /// These regularisers before the first turn of a run with this seed.
    pub fn new(list: &[Regulariser], seed: u64) -> Self {
        Self { list: list.to_vec(), turns: 0, progress: 0.0, rng: Stream::Penalty.of(seed) }
    }

    /// How many words have been drawn from their stream.
    pub(in crate::gan) fn words_drawn(&self) -> u64 {
        words_drawn(&self.rng)
    }

    /// Goes on as after so many turns of a run with this seed, and so many words drawn.
    pub(in crate::gan) fn resume(&mut self, turns: u64, seed: u64, words: u64) {
        (self.turns, self.rng) = (turns, Stream::Penalty.resumed(seed, words));
    }

    /// Sets how much of the run is over, from 0 to 1.
    pub fn set_progress(&mut self, progress: f64) {
        self.progress = progress;
    }

    /// The penalties that are due at this turn of the discriminator, summed, for the images
    /// `[batch, pixels]` of its batch; none if none is.
    pub fn penalty<'t, T: Real>(
        &mut self,
        to_logits: &mut ToLogits<'_, 't, T>,
        real: Input<'t, T>,
        generated: Input<'t, T>,
    ) -> Option<Var<'t, T>> {
        let Self { list, turns, progress, rng } = self;
        let due = list.iter().filter(|one| one.every().is_some_and(|every| turns.is_multiple_of(every)));
        due.filter_map(|one| one.penalty(to_logits, [real, generated], *progress, rng)).reduce(|sum, one| sum + one)
    }

    /// Ends a turn: to be called when the discriminator has moved.
    pub fn after_update<T: Real>(&mut self, parameters: &mut [Parameter<T>]) {
        self.turns += 1;
        for one in &self.list {
            if let Regulariser::WeightClipping { limit } = *one {
                clip_weights(parameters, limit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use crate::gan::{Config, Schedule};
    use ndarray::array;

    /// The penalties of `logit = 2x₁` over some turns.
    fn over_turns(list: &[Regulariser], turns: u64) -> Vec<Option<f64>> {
        let mut regularisers = Regularisers::new(list, 0);
        let one_turn = |turn| {
            let tape = Tape::<f64>::new();
            let [w, real, generated] =
                [array![[2.0, 0.0]], array![[1.0, 2.0]], array![[3.0, 4.0]]].map(|x| tape.leaf(x.into_dyn()));
            regularisers.set_progress(turn as f64 / turns as f64);
            let penalty =
                regularisers.penalty(&mut |images| images.x.matmul_nt(w), real.into(), generated.into()).map(Var::item);
            regularisers.after_update::<f64>(&mut []);
            penalty
        };
        (0..turns).map(one_turn).collect()
    }

    #[test]
    fn a_lazy_penalty_is_seldom_and_heavy_and_penalties_add_up() {
        let (r1, r2) =
            (Regulariser::R1 { gamma: 0.5.into(), every: 4 }, Regulariser::R2 { gamma: 3.0.into(), every: 2 });
        // ‖slope‖² = 4: r1 is 4 · ½·0.5 · 4, r2 is 2 · ½·3 · 4.
        assert_eq!(over_turns(&[r1], 6), [Some(4.0), None, None, None, Some(4.0), None]);
        assert_eq!(over_turns(&[r1, r2], 6), [Some(16.0), None, Some(12.0), None, Some(16.0), None]);
        assert_eq!(over_turns(&[Regulariser::WeightClipping { limit: 1.0 }], 2), [None, None]);
    }

    #[test]
    fn a_weight_may_change_over_the_run() {
        let gamma = Ramp::Changing { from: 1.0, to: 0.0, schedule: Schedule::Linear };
        assert_eq!(over_turns(&[Regulariser::R1 { gamma, every: 1 }], 4), [2.0, 1.5, 1.0, 0.5].map(Some));
    }

    #[test]
    fn weights_are_clipped_after_the_update() {
        let mut regularisers = Regularisers::new(&[Regulariser::WeightClipping { limit: 0.25 }], 0);
        let mut parameters = [Parameter::<f64>::new("w", array![-1.0, 0.125].into_dyn())];
        regularisers.after_update(&mut parameters);
        assert_eq!(*parameters[0].value, array![-0.25, 0.125].into_dyn());
    }

    #[test]
    fn regularisers_are_read_and_checked() {
        let read = |entry: &str| Config::from_toml(&format!("[[discriminator.regularisers]]\n{entry}"), Some("mlp"));
        let only = |entry: &str| read(entry).unwrap().discriminator.regularisers[0];
        assert_eq!(only("kind = \"r2\"\ngamma = 3"), Regulariser::R2 { gamma: 3.0.into(), every: 1 });
        assert_eq!(only("kind = \"weight-clipping\"\nlimit = 0.01"), Regulariser::WeightClipping { limit: 0.01 });
        let to_fall = "{ from = 1, to = 0.1, schedule = \"cosine\" }";
        let gamma = Ramp::Changing { from: 1.0, to: 0.1, schedule: Schedule::Cosine };
        let falling = read(&format!("kind = \"r1\"\nevery = 2\ngamma = {to_fall}")).unwrap();
        assert_eq!(falling.discriminator.regularisers, [Regulariser::R1 { gamma, every: 2 }]);
        assert_eq!(Config::from_toml(&falling.to_toml(), Some("article")).unwrap(), falling);
        let none = Config::from_toml("[discriminator]\nregularisers = []", Some("mlp")).unwrap();
        assert_eq!(none.discriminator.regularisers, []);

        let mistake = |entry: &str| read(entry).unwrap_err().to_string();
        assert!(mistake("kind = \"r3\"").contains("unknown variant `r3`, expected one of `r1`, `r2`, `wgan-gp`"));
        assert!(mistake("kind = \"dragan\"\nweight = 1").contains("missing field `deviation`"));
        assert!(mistake("kind = \"r1\"\ngama = 1").contains("unknown field `gama`"));
        assert!(mistake("kind = \"r1\"\ngamma = \"high\"").contains("expected a number or { from = "));
        let refusal = |entry: &str| read(entry).unwrap().validate().unwrap_err().to_string();
        assert_eq!(
            refusal("kind = \"wgan-gp\"\nweight = -1"),
            "weight of a wgan-gp in discriminator.regularisers is -1; it must be a finite number, at least 0"
        );
        assert!(refusal("kind = \"r1\"\ngamma = 1\nevery = 0").starts_with("every of an entry in discriminator"));
        assert!(refusal("kind = \"r2\"\ngamma = inf").starts_with("gamma of an r2"));
        assert!(refusal("kind = \"dragan\"\nweight = 1\ndeviation = nan").starts_with("deviation of a dragan"));
        assert!(refusal("kind = \"weight-clipping\"\nlimit = 0").starts_with("limit of a weight-clipping"));
    }
}
