//! What is changed on the way, to be changed again whenever the way is gone again.

use super::refusal::Refusal;
use crate::data::Digits;
use crate::gan::{Config, Session, Snapshot, TrainError};
use serde::Serialize;

/// Changes that are kept of one run.
const MOST: usize = 1000;
/// Changes that a page is told of.
const TOLD: usize = 20;
/// One of so many real images gives its place to a digit of one's own.
pub const EVERY: usize = 20;

/// What holds for a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    /// What decides it.
    pub config: Config,
    /// Digits of one's own among the real ones.
    pub own: Vec<OwnDigit>,
}

/// A digit of one's own.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnDigit {
    /// A byte a pixel.
    pub pixels: Vec<u8>,
    /// What it is.
    pub label: u8,
    /// The discriminator's logit when it was added.
    pub was: f32,
}

/// A change of weights, made once.
#[derive(Clone, Debug, PartialEq)]
pub struct Touch {
    /// The array's name.
    pub array: String,
    /// Places in it, in row-major order.
    pub elements: Vec<usize>,
    /// What is done to them.
    pub how: How,
}

/// What is done to a weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum How {
    /// It becomes 0.
    Clear,
    /// It moves by so much.
    Add(f32),
}

/// A change.
#[derive(Clone, Debug)]
pub struct Edit {
    /// In a line.
    pub says: String,
    /// What holds from here on.
    pub holding: Holding,
    /// What decides the next step alone.
    pub once: Option<Config>,
    /// What is done to weights.
    pub touches: Vec<Touch>,
}

impl Edit {
    /// Something else holds from here on; no weight is changed.
    pub fn to(holding: Holding, says: String) -> Self {
        Self { says, holding, once: None, touches: Vec::new() }
    }
}

/// What a page is told of a change.
#[derive(Clone, Debug, Serialize)]
pub struct Told<'e> {
    step: u64,
    says: &'e str,
}

/// What a run began with, and all that was changed on the way.
#[derive(Clone, Debug)]
pub struct Edits {
    base: Holding,
    /// By step: how many steps were complete when it began to hold.
    later: Vec<(u64, Edit)>,
}

impl Edits {
    /// A configuration that nobody has changed.
    pub fn of(base: Config) -> Self {
        Self { base: Holding { config: base, own: Vec::new() }, later: Vec::new() }
    }

    /// What it was at first.
    pub fn base(&self) -> &Config {
        &self.base.config
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.later.is_empty()
    }

    /// What holds from after so many steps on.
    pub fn at(&self, step: u64) -> &Holding {
        self.last_until(step).map_or(&self.base, |(_, edit)| &edit.holding)
    }

    /// What decides the step after so many.
    pub fn config(&self, step: u64) -> &Config {
        let once = self.last_until(step).filter(|(since, _)| *since == step).and_then(|(_, edit)| edit.once.as_ref());
        once.unwrap_or(&self.at(step).config)
    }

    fn last_until(&self, step: u64) -> Option<&(u64, Edit)> {
        self.later.iter().rev().find(|(since, _)| *since <= step)
    }

    /// From this step on something else holds; what was changed later is forgotten.
    ///
    /// # Errors
    /// When there are too many changes.
    pub fn push(&mut self, step: u64, edit: Edit) -> Result<(), Refusal> {
        self.later.retain(|(since, _)| *since <= step);
        if self.later.len() >= MOST {
            return Err(Refusal::not_now(format!("a run can be changed {MOST} times; begin another")));
        }
        self.later.push((step, edit));
        Ok(())
    }

    /// How many are made by then: before a step, or also at its end.
    pub fn made_before(&self, step: u64) -> usize {
        self.later.iter().filter(|(since, _)| *since < step).count()
    }

    /// Whether a session that has come to this step, with so many changes made, is to be changed.
    pub fn are_due(&self, session: &Session, made: usize) -> bool {
        made < self.made_before(session.step() + 1) || session.config() != self.config(session.step())
    }

    /// A session from where one of this run stood, with so many of the changes made; all are made that are due there.
    ///
    /// # Errors
    /// When it cannot go on from there.
    pub fn session(&self, from: &Snapshot, made: usize, digits: &Digits) -> Result<Session, TrainError> {
        let due = made..self.made_before(from.step() + 1);
        let mut from = from.clone();
        for touch in self.later.get(due).into_iter().flatten().flat_map(|(_, edit)| &edit.touches) {
            touch.make(&mut from);
        }
        let mut session = from.session(self.config(from.step()), digits)?;
        let own: Vec<(Vec<u8>, u8)> =
            self.at(from.step()).own.iter().map(|own| (own.pixels.clone(), own.label)).collect();
        session.teach(&own, EVERY);
        Ok(session)
    }

    /// What was changed up to a step, the newest last.
    pub fn told(&self, until: u64) -> Vec<Told<'_>> {
        let made = self.made_before(until + 1);
        let told = self.later[made.saturating_sub(TOLD)..made].iter();
        told.map(|(step, edit)| Told { step: *step, says: &edit.says }).collect()
    }

    /// What was changed up to a step after so many changes, in lines.
    pub fn since(&self, made: usize, until: u64) -> Vec<&str> {
        self.later.iter().skip(made).filter(|(since, _)| *since <= until).map(|(_, edit)| &*edit.says).collect()
    }

    /// A run that begins where this one stands after so many steps, all its changes made.
    pub fn as_of(&self, step: u64) -> Self {
        Self { base: self.at(step).clone(), later: Vec::new() }
    }
}

impl Touch {
    fn make(&self, snapshot: &mut Snapshot) {
        snapshot.change(&self.array, |numbers| {
            for &element in &self.elements {
                match self.how {
                    How::Clear => numbers[element] = 0.0,
                    How::Add(by) => numbers[element] += by,
                }
            }
        });
    }
}

/// The configuration with another value for a key; only what a run can go on with.
pub fn changed(config: &Config, key: &str, value: serde_json::Value) -> Result<Config, Refusal> {
    let value = toml::Value::try_from(value).map_err(|error| Refusal::bad(format!("{key}: {error}")))?;
    let changed = config.with_value(key, value).map_err(|error| Refusal::bad(error.to_string()))?;
    changed.validate().map_err(|error| Refusal::bad(error.to_string()))?;
    let networks = |config: &Config| (config.generator.layers.clone(), config.discriminator.layers.clone());
    let same = networks(config) == networks(&changed)
        && config.image_shape() == changed.image_shape()
        && config.generator.latent_dim == changed.generator.latent_dim
        && config.training.classes == changed.training.classes
        && config.training.batch_size == changed.training.batch_size
        && config.training.examples == changed.training.examples
        && config.training.digits == changed.training.digits
        && config.seed == changed.seed;
    match same {
        true => Ok(changed),
        false => Err(Refusal::bad(format!("{key} cannot be changed within a run; begin another with it"))),
    }
}
