//! What is changed on the way, to be changed again whenever the way is gone again.

use super::refusal::Refusal;
use crate::gan::Config;

/// The configuration, and what was changed on the way.
#[derive(Debug)]
pub struct Edits {
    base: Config,
    /// By step: how many steps were complete when it began to hold.
    later: Vec<(u64, Config)>,
}

impl Edits {
    /// A configuration that nobody has changed.
    pub fn of(base: Config) -> Self {
        Self { base, later: Vec::new() }
    }

    /// What it was at first.
    pub fn base(&self) -> &Config {
        &self.base
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.later.is_empty()
    }

    /// What holds for the step after so many.
    pub fn at(&self, step: u64) -> &Config {
        self.later.iter().rev().find(|(since, _)| *since <= step).map_or(&self.base, |(_, config)| config)
    }

    /// From this step on another configuration; later changes are forgotten.
    pub fn set(&mut self, step: u64, config: Config) {
        self.later.retain(|(since, _)| *since < step);
        self.later.push((step, config));
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
