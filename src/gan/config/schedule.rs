//! What changes from the first step to the last.

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How something changes over a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a number or { from = NUMBER, to = NUMBER, schedule = \"linear\" or \"cosine\" }"
)]
pub enum Ramp {
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

impl Ramp {
    /// The number when this part of the run, from 0 to 1, is over.
    pub fn at(self, progress: f64) -> f64 {
        match self {
            Ramp::Constant(value) => value,
            Ramp::Changing { from, to, schedule } => from + (to - from) * schedule.way(progress),
        }
    }

    /// Where it begins and where it ends; it never leaves the range between.
    pub(in crate::gan) fn ends(self) -> [f64; 2] {
        match self {
            Ramp::Constant(value) => [value, value],
            Ramp::Changing { from, to, .. } => [from, to],
        }
    }
}

impl From<f64> for Ramp {
    fn from(value: f64) -> Self {
        Ramp::Constant(value)
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
            beta: Ramp,
        }
        let read = |text: &str| toml::from_str::<File>(text).map(|file| file.beta);
        assert_eq!(read("beta = 1").unwrap(), Ramp::Constant(1.0));
        let course = read("beta = { from = 0.9, to = 0.5, schedule = \"linear\" }").unwrap();
        assert!((course.at(0.25) - 0.8).abs() < 1e-15 && course.ends() == [0.9, 0.5]);
        for mistake in ["beta = { from = 0.9, until = 0.5 }", "beta = \"high\""] {
            assert!(read(mistake).unwrap_err().message().starts_with("expected a number or {"), "{mistake}");
        }
    }
}
