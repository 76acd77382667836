//! A game that goes wrong on purpose.

use super::{Diagnosis, Remedy};
use crate::gan::Config;

/// A fault of a game, what is said of it and what mends it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name, as in an address.
    pub key: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// What is done to the game, in a sentence.
    pub what: &'static str,
    /// The networks that it takes, as changes of the healthy game in TOML; none where those of that game do.
    pub(super) networks: &'static str,
    /// The fault itself, as changes of that.
    pub(super) changes: &'static str,
    /// How it is told.
    pub(super) is_told: fn(&Diagnosis) -> bool,
    /// What mends it: each by itself, or where the fault has several causes, all of it.
    pub remedies: &'static [Remedy],
    /// Whether it has several causes, so that its remedies mend it together, none by itself.
    pub has_many_causes: bool,
}

impl Fault {
    /// The small game without a fault.
    pub fn healthy() -> Config {
        Config::from_toml(include_str!("faults/healthy.toml"), None).expect("a test reads it")
    }

    /// The game with this fault.
    pub fn config(&self) -> Config {
        changed(&changed(&Self::healthy(), self.networks), self.changes)
    }

    /// Whether a diagnosis is this fault's.
    pub fn is_told_by(&self, diagnosis: &Diagnosis) -> bool {
        (self.is_told)(diagnosis)
    }
}

fn changed(game: &Config, changes: &str) -> Config {
    game.with(changes.parse().expect("TOML")).expect("a test reads it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_run_and_has_its_remedies_before_it() {
        for fault in Fault::ALL {
            let config = fault.config();
            config.validate().unwrap();
            assert_ne!(config, Fault::healthy(), "{}", fault.key);
            for remedy in fault.remedies {
                assert!(!remedy.is_in_force(&config), "{}: {remedy} is in force already", fault.key);
            }
        }
        assert_eq!(Fault::named("nothing").map(|fault| fault.key), None);
    }
}
