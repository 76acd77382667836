//! The clinic: a game with a fault is played until the program names the fault, and then with what mends it.

use super::look::json;
use super::refusal::{Answer, Refusal};
use crate::gan::{Config, Diagnosis, Fault, Remedy, Warning};
use serde::Serialize;

/// The fault that is played.
#[derive(Clone, Debug)]
pub struct Clinic {
    fault: Fault,
    /// Which blind case it is, if it is one.
    case: Option<Case>,
    named: Option<Named>,
    mended_by: Option<Remedy>,
    found: Option<Found>,
}

/// A fault that is not told: one sees what comes of it, and names it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Case {
    key: &'static str,
    title: &'static str,
    fault: &'static str,
}

/// The blind cases.
const CASES: [Case; 3] = [
    Case { key: "case-1", title: "Case 1", fault: "generator-stands" },
    Case { key: "case-2", title: "Case 2", fault: "digits-left-out" },
    Case { key: "case-3", title: "Case 3", fault: "forgotten-detach" },
];

/// What a blind case was taken for.
#[derive(Clone, Debug, Serialize)]
struct Named {
    card: Option<&'static str>,
    title: Option<&'static str>,
    right: bool,
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
    card: Option<&'static str>,
    title: &'static str,
    case: Option<&'static str>,
    named: Option<&'c Named>,
    mended_by: Option<&'static str>,
    /// Whether a mend is all remedies at once.
    together: bool,
    /// What was said of the game before it was mended.
    found: Option<Evidence<'c>>,
}

/// What was found, or of a case that has not been named only that something was.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Evidence<'c> {
    Whole(&'c Found),
    Step { step: u64 },
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
    let case = |case: Case| {
        let steps = Fault::named(case.fault).and_then(|fault| fault.config().training.steps);
        serde_json::json!({ "key": case.key, "title": case.title, "steps": steps })
    };
    json(&serde_json::json!({ "cards": Fault::ALL.map(card), "cases": CASES.map(case) }))
}

impl Clinic {
    /// A card's game, or a blind case's.
    ///
    /// # Errors
    /// When there is no such card.
    pub fn of(card: &str) -> Result<(Self, Config), Refusal> {
        let case = CASES.into_iter().find(|case| case.key == card);
        let fault = Fault::named(case.map_or(card, |case| case.fault));
        let fault = fault.ok_or_else(|| Refusal::bad("there is no such card"))?;
        Ok((Self { fault, case, named: None, mended_by: None, found: None }, fault.config()))
    }

    /// What its game is called.
    pub fn name(&self) -> &'static str {
        self.case.map_or(self.fault.key, |case| case.key)
    }

    /// The game with the fault.
    pub fn config(&self) -> Config {
        self.fault.config()
    }

    /// Whether it is a blind case that nobody has named.
    pub fn hides(&self) -> bool {
        self.case.is_some() && self.named.is_none()
    }

    /// The case is taken for a fault, or given up; from now on all is told.
    ///
    /// # Errors
    /// When there is no such fault, or nothing to be named.
    pub fn named(&self, card: Option<&str>) -> Result<Self, Refusal> {
        if !self.hides() {
            return Err(Refusal::not_now("only a blind case is to be named, and once"));
        }
        let taken = card.map(|card| Fault::named(card).ok_or_else(|| Refusal::bad("there is no such card")));
        let taken = taken.transpose()?;
        let named = Named {
            card: taken.map(|fault| fault.key),
            title: taken.map(|fault| fault.title),
            right: taken.is_some_and(|fault| fault.key == self.fault.key),
        };
        Ok(Self { named: Some(named), ..self.clone() })
    }

    /// The same game with a remedy; what was found stays to be seen.
    ///
    /// # Errors
    /// When there is no such remedy, or the case has not been named.
    pub fn mended(&self, remedy: &str) -> Result<(Self, Config), Refusal> {
        if self.hides() {
            return Err(Refusal::not_now("say first what you take it for"));
        }
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
        let hides = self.hides();
        Shown {
            card: (!hides).then_some(self.fault.key),
            title: if hides { self.case.map_or("", |case| case.title) } else { self.fault.title },
            case: self.case.map(|case| case.key),
            named: self.named.as_ref(),
            mended_by: self.mended_by.map(Remedy::key),
            together: !hides && self.fault.has_many_causes,
            found: self.found.as_ref().map(|found| match hides {
                true => Evidence::Step { step: found.step },
                false => Evidence::Whole(found),
            }),
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

    #[test]
    fn a_blind_case_tells_nothing_until_it_is_named() {
        for case in CASES {
            let (mut clinic, config) = Clinic::of(case.key).unwrap();
            assert_eq!(config, Fault::named(case.fault).unwrap().config());
            let fault = clinic.fault;
            clinic.found = Some(Found { diagnosis: "it", step: 7, says: "words".into(), remedies: Vec::new() });
            let told = serde_json::to_string(&clinic.shown()).unwrap();
            assert!(clinic.hides() && told.contains("\"step\":7"), "{told}");
            for secret in [fault.key, fault.title, "words"] {
                assert!(!told.contains(secret), "{told}");
            }
            assert_eq!(clinic.mended(fault.remedies[0].key()).unwrap_err().status, 409);
            assert_eq!(clinic.named(Some("nothing")).unwrap_err().status, 400);
            let right = clinic.named(Some(fault.key)).unwrap();
            assert!(right.named.as_ref().unwrap().right && !right.hides());
            assert!(serde_json::to_string(&right.shown()).unwrap().contains("words"));
            assert!(right.named(None).is_err() && right.mended(fault.remedies[0].key()).is_ok());
            assert!(!clinic.named(Some("article")).unwrap().named.unwrap().right);
            assert!(!clinic.named(None).unwrap().named.unwrap().right, "given up");
        }
    }
}
