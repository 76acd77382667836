//! `--digit`: the class that a conditional generator is asked for.

use super::usage_error::UsageError;
use crate::data::CLASSES;
use crate::gan::{Classes, Config};
use crate::nn::Network;
use std::str::FromStr;

/// The value of `--digit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digit {
    /// This one.
    One(u8),
    /// All ten, a row for each.
    Each,
}

impl FromStr for Digit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "each" {
            return Ok(Digit::Each);
        }
        let digit = text.parse().ok().filter(|&digit| usize::from(digit) < CLASSES);
        digit.map(Digit::One).ok_or("it must be a digit from 0 to 9, or each")
    }
}

impl Digit {
    /// What to ask the generator for.
    pub fn classes(self) -> Classes {
        match self {
            Digit::One(digit) => Classes::Only(digit),
            Digit::Each => Classes::InRows,
        }
    }

    /// How many digits it is.
    pub fn rows(self) -> usize {
        match self {
            Digit::One(_) => 1,
            Digit::Each => CLASSES,
        }
    }
}

/// Refuses a flag that is about labels where the generator knows none.
pub fn check_conditional(flag: &str, generator: &Network) -> Result<(), UsageError> {
    if generator.classes() > 0 {
        return Ok(());
    }
    Err(UsageError(format!(
        "{flag}: this run was trained without labels, so its generator draws what digit it likes; train {}",
        conditional_runs()
    )))
}

/// Which runs know labels.
fn conditional_runs() -> String {
    let is_conditional = |name: &&str| Config::preset(name).is_ok_and(|config| config.training.classes > 0);
    let names: Vec<_> = Config::presets().filter(is_conditional).map(|name| format!("--preset {name}")).collect();
    match names.is_empty() {
        true => "one with training.classes = 10 in its --config".into(),
        false => format!("one with {}", names.join(" or ")),
    }
}

/// Reads `--truncation`.
pub fn truncation(text: &str) -> Result<f32, &'static str> {
    let psi = text.parse().ok().filter(|psi| *psi > 0.0 && *psi <= 1.0);
    psi.ok_or("it must be a number above 0 and at most 1")
}
