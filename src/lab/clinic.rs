//! The clinic: a game with a fault is played until the program names the fault, and then with what mends it.

use super::look::json;
use super::refusal::{Answer, Refusal};
use crate::gan::{Config, Diagnosis, Fault, Remedy, Warning};
use serde::Serialize;

/// The fault that is played.
#[derive(Clone, Debug)]
pub struct Clinic {
    fault: Fault,
    mended_by: Option<Remedy>,
    found: Option<Found>,
}

#[derive(Clone, Debug, Serialize)]
struct Found {
    diagnosis: &'static str,
    step: u64,
    says: String,
    remedies: Vec<Offer>,
}

#[derive(Clone, Debug, Serialize)]
struct Offer {
    key: &'static str,
    says: String,
}

/// What a page is told of it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown<'c> {
    card: &'static str,
    title: &'static str,
    mended_by: Option<&'static str>,
    /// Whether a mend is all remedies at once.
    together: bool,
    /// What was said of the game before it was mended.
    found: Option<&'c Found>,
}

#[derive(Serialize)]
struct Card {
    key: &'static str,
    title: &'static str,
    what: &'static str,
    choices: [&'static str; Diagnosis::NAMES.len()],
    steps: Option<u64>,
}

/// All cards. What will be found is not among what is told.
pub fn cards() -> Answer {
    let card = |fault: Fault| Card {
        key: fault.key,
        title: fault.title,
        what: fault.what,
        choices: Diagnosis::NAMES,
        steps: fault.config().training.steps,
    };
    json(&serde_json::json!({ "cards": Fault::ALL.map(card) }))
}

impl Clinic {
    /// A card's game.
    ///
    /// # Errors
    /// When there is no such card.
    pub fn of(card: &str) -> Result<(Self, Config), Refusal> {
        let fault = Fault::named(card).ok_or_else(|| Refusal::bad("there is no such card"))?;
        Ok((Self { fault, mended_by: None, found: None }, fault.config()))
    }

    /// What its game is called.
    pub fn name(&self) -> &'static str {
        self.fault.key
    }

    /// The same game with a remedy; what was found stays to be seen.
    ///
    /// # Errors
    /// When there is no such remedy.
    pub fn mended(&self, remedy: &str) -> Result<(Self, Config), Refusal> {
        let remedy = Remedy::ALL.into_iter().find(|known| known.key() == remedy);
        let remedy = remedy.ok_or_else(|| Refusal::bad("there is no such remedy"))?;
        let mut config = self.fault.config();
        match self.fault.remedies.contains(&remedy) && self.fault.has_many_causes {
            true => self.fault.remedies.iter().for_each(|remedy| remedy.apply(&mut config)),
            false => remedy.apply(&mut config),
        }
        Ok((Self { mended_by: Some(remedy), ..self.clone() }, config))
    }

    /// Something is said of the game; gives whether that is what was waited for.
    pub fn hears(&mut self, step: u64, warning: &Warning) -> bool {
        let waits = self.found.is_none() && self.mended_by.is_none() && self.fault.is_told_by(&warning.diagnosis);
        if waits {
            let offer = |remedy: &Remedy| Offer { key: remedy.key(), says: remedy.to_string() };
            self.found = Some(Found {
                diagnosis: warning.diagnosis.name(),
                step,
                says: warning.to_string(),
                remedies: warning.remedies.iter().map(offer).collect(),
            });
        }
        waits
    }

    /// What a page is told.
    pub fn shown(&self) -> Shown<'_> {
        Shown {
            card: self.fault.key,
            title: self.fault.title,
            mended_by: self.mended_by.map(Remedy::key),
            together: self.fault.has_many_causes,
            found: self.found.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_do_not_tell_what_will_be_found() {
        let cards: serde_json::Value = serde_json::from_slice(&cards().unwrap()).unwrap();
        let cards = cards["cards"].as_array().unwrap();
        assert_eq!(cards.len(), Fault::ALL.len());
        for card in cards {
            assert_eq!(
                card["choices"].as_array().unwrap().len(),
                Diagnosis::NAMES.len(),
                "all of them, whatever the fault"
            );
            assert!(Diagnosis::NAMES.iter().all(|name| !card["what"].as_str().unwrap().contains(name)), "{card}");
        }
    }

    #[test]
    fn a_card_is_mended_by_its_remedies_alone() {
        let (clinic, config) = Clinic::of("one-number").unwrap();
        assert_eq!(config.generator.latent_dim, 1);
        let (mended, config) = clinic.mended("latent").unwrap();
        assert!(config.generator.latent_dim > 1 && mended.shown().mended_by == Some("latent"));
        assert_eq!(Clinic::of("nothing").unwrap_err().status, 400);
        assert_eq!(clinic.mended("nothing").unwrap_err().status, 400);
    }
}
