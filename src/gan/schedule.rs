//! What changes from the first step to the last.

use super::{AdamConfig, ConfigError, ranges::check};
use crate::autodiff::Real;
use crate::nn::Adam;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How something changes over a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It stays.
    Constant,
    /// In a straight line.
    Linear,
    /// Along half a cosine: slowly at both ends (Loshchilov & Hutter 2017, equation 5).
    Cosine,
}

impl Schedule {
    /// The part of the way that is behind, given the part `progress` of the run that is; both from
    /// 0 to 1.
    pub fn way(self, progress: f64) -> f64 {
        match self {
            Schedule::Constant => 0.0,
            Schedule::Linear => progress,
            Schedule::Cosine => (1.0 - (PI * progress).cos()) / 2.0,
        }
    }
}

/// A number that stays, or goes from one value to another over the run. In a file: the number, or
/// `{ from = 0.9, to = 0.99, schedule = "cosine" }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a number or { from = NUMBER, to = NUMBER, schedule = \"linear\" or \"cosine\" }"
)]
pub enum Course {
    /// It stays.
    Constant(f64),
    /// It changes.
    Changing {
        /// At the first step.
        from: f64,
        /// At the end.
        to: f64,
        /// On the way.
        schedule: Schedule,
    },
}

impl Course {
    /// The number when this part of the run, from 0 to 1, is over.
    pub fn at(self, progress: f64) -> f64 {
        match self {
            Course::Constant(value) => value,
            Course::Changing { from, to, schedule } => from + (to - from) * schedule.way(progress),
        }
    }

    /// Where it begins and where it ends; it never leaves the range between.
    pub(super) fn ends(self) -> [f64; 2] {
        match self {
            Course::Constant(value) => [value, value],
            Course::Changing { from, to, .. } => [from, to],
        }
    }
}

impl From<f64> for Course {
    fn from(value: f64) -> Self {
        Course::Constant(value)
    }
}

/// How both players' optimizers change over the run.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    pub schedule: Schedule,
    /// The share of the learning rates that is left at the end.
    pub floor: f64,
    pub generator: AdamConfig,
    pub discriminator: AdamConfig,
}

impl Pace {
    /// Sets both players' optimizers, `[generator's, discriminator's]`.
    pub fn set<T: Real>(&self, progress: f64, optimizers: [&mut Adam<T>; 2]) {
        let factor = 1.0 - (1.0 - self.floor) * self.schedule.way(progress);
        for (adam, config) in optimizers.into_iter().zip([&self.generator, &self.discriminator]) {
            adam.learning_rate = factor * config.learning_rate;
            (adam.beta1, adam.beta2) = (config.beta1.at(progress), config.beta2.at(progress));
        }
    }
}

impl AdamConfig {
    /// Checks every number of this player's against its range.
    pub(super) fn validate(&self, player: &str) -> Result<(), ConfigError> {
        let (rate, key) = (&self.learning_rate, format!("{player}.adam.learning_rate"));
        check(rate.is_finite() && *rate >= 1e-300, &key, rate, "a finite number above 0")?;
        for (name, course) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            for beta in course.ends() {
                let key = format!("{player}.adam.{name}");
                check((0.0..1.0).contains(&beta), &key, &beta, "at least 0 and below 1")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_begin_at_the_beginning_and_end_at_the_end() {
        let at = |schedule: Schedule| [0.0, 0.25, 0.5, 1.0].map(|progress| schedule.way(progress));
        assert_eq!(at(Schedule::Constant), [0.0; 4]);
        assert_eq!(at(Schedule::Linear), [0.0, 0.25, 0.5, 1.0]);
        let cosine = at(Schedule::Cosine);
        let expected = [0.0, (1.0 - 0.5f64.sqrt()) / 2.0, 0.5, 1.0];
        assert!(cosine.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-15), "{cosine:?}");
    }

    #[test]
    fn a_course_is_a_number_or_a_table() {
        #[derive(Debug, Deserialize)]
        struct File {
            beta: Course,
        }
        let read = |text: &str| toml::from_str::<File>(text).map(|file| file.beta);
        assert_eq!(read("beta = 1").unwrap(), Course::Constant(1.0));
        let course = read("beta = { from = 0.9, to = 0.5, schedule = \"linear\" }").unwrap();
        assert!((course.at(0.25) - 0.8).abs() < 1e-15 && course.ends() == [0.9, 0.5]);
        for mistake in ["beta = { from = 0.9, until = 0.5 }", "beta = \"high\""] {
            assert!(read(mistake).unwrap_err().message().starts_with("expected a number or {"), "{mistake}");
        }
    }

    #[test]
    fn a_pace_sets_rates_and_betas() {
        let adam = |learning_rate, beta2| AdamConfig { learning_rate, beta1: 0.5.into(), beta2 };
        let changing = Course::Changing { from: 0.9, to: 0.99, schedule: Schedule::Linear };
        let pace = Pace {
            schedule: Schedule::Cosine,
            floor: 0.1,
            generator: adam(2.0, changing),
            discriminator: adam(4.0, 0.999.into()),
        };
        let mut optimizers = [(); 2].map(|()| Adam::<f64>::new(&[], 0.0, 0.0, 0.0));
        let mut at = |progress| {
            let [g, d] = &mut optimizers;
            pace.set(progress, [g, d]);
            [g.learning_rate, g.beta1, g.beta2, d.learning_rate, d.beta2]
        };
        let close = |a: [f64; 5], b: [f64; 5]| assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?}");
        close(at(0.0), [2.0, 0.5, 0.9, 4.0, 0.999]);
        close(at(0.5), [1.1, 0.5, 0.945, 2.2, 0.999]);
        close(at(1.0), [0.2, 0.5, 0.99, 0.4, 0.999]);
    }
}
