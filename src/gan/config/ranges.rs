//! Every number of a configuration against its range.

use crate::data::CLASSES;
use crate::gan::config::check::{check, check_count};
use crate::gan::{
    AdamConfig, AuxiliaryClassifier, Config, ConfigError, Mistake, Regulariser, TrainingConfig, UpdateRule,
};

/// The most moves of the discriminator's for one of the generator's.
const MOST_CRITIC_STEPS: u64 = 10_000;

/// What a configuration may be called: it becomes part of a directory's name.
const NAME: &str = "1 to 64 letters, digits, \"-\", \"_\" or \".\", of which \".\" is not the first";

fn is_name(name: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_fine) && !name.starts_with('.')
}

impl Config {
    /// Checks every number against its range.
    ///
    /// # Errors
    /// The first that is out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let TrainingConfig { epochs, steps, batch_size, classes, critic_steps, learning_rate_floor, .. } =
            &self.training;
        check(is_name(&self.name), "name", &format!("{:?}", self.name), NAME)?;
        check(self.seed <= i64::MAX as u64, "seed", &self.seed, "at most 9223372036854775807, 2^63 - 1")?;
        check_count("training.epochs", *epochs)?;
        check_count("training.steps", steps.unwrap_or(1))?;
        check_count("training.examples", self.training.examples.map_or(1, |count| count as u64))?;
        let repeats = self.training.repeats;
        check((1..=1_000_000).contains(&repeats), "training.repeats", &repeats, "from 1 to 1000000")?;
        if let Some(digits) = &self.training.digits {
            let are_some = !digits.is_empty() && digits.iter().all(|&digit| usize::from(digit) < CLASSES);
            check(are_some, "training.digits", &format!("{digits:?}"), "one or more of the digits from 0 to 9")?;
        }
        check_count("training.batch_size", *batch_size as u64)?;
        let critic_key = "training.critic_steps";
        check(
            (1..=MOST_CRITIC_STEPS).contains(critic_steps),
            critic_key,
            critic_steps,
            "at least 1 and at most 10000",
        )?;
        let floor_key = "training.learning_rate_floor";
        check((0.0..=1.0).contains(learning_rate_floor), floor_key, learning_rate_floor, "from 0 to 1")?;
        self.training.rules().validate()?;
        self.training.auxiliary_classifier.as_ref().map_or(Ok(()), AuxiliaryClassifier::validate)?;
        self.training.augment.iter().try_for_each(|change| change.validate("training.augment"))?;
        self.training.variations.iter().try_for_each(|change| change.validate("training.variations"))?;
        self.training.check_reading()?;
        self.training.check_mistake()?;
        check([0, CLASSES].contains(classes), "training.classes", classes, "10, the digits, or left out")?;
        let channels = self.generator.channels;
        check([1, 3].contains(&channels), "generator.channels", &channels, "1 for grey or 3 for colours")?;
        let latent_dim = self.generator.latent_dim;
        check((1..=65_536).contains(&latent_dim), "generator.latent_dim", &latent_dim, "from 1 to 65536")?;
        let sides = &self.generator.image_shape;
        let shape_key = "generator.image_shape";
        check(
            sides.iter().all(|side| (1..=4096).contains(side)),
            shape_key,
            &format!("{sides:?}"),
            "sides from 1 to 4096",
        )?;
        let decays = [("generator", self.generator.average_decay), ("discriminator", self.discriminator.average_decay)];
        for (player, decay) in decays.into_iter().filter_map(|(player, decay)| Some((player, decay?))) {
            check(decay > 0.0 && decay < 1.0, &format!("{player}.average_decay"), &decay, "above 0 and below 1")?;
        }
        self.record.validate()?;
        self.discriminator.regularisers.iter().try_for_each(Regulariser::validate)?;
        self.generator.adam.validate("generator")?;
        self.discriminator.adam.validate("discriminator")?;
        self.pixel_range()?;
        self.check_readable()
    }

    /// Refuses what a run's `config.toml` could not hold, so that no command could read the run.
    fn check_readable(&self) -> Result<(), ConfigError> {
        let written = toml::to_string(self).map_err(|error| error.to_string());
        let read = written.and_then(|text| Self::complete_from_toml(&text).map_err(|error| error.to_string()));
        match read {
            Ok(read) if read == *self => Ok(()),
            Ok(_) => Err(ConfigError::Unreadable { reason: "a number of it comes back as another".into() }),
            Err(reason) => Err(ConfigError::Unreadable { reason: reason.replace('\n', " ") }),
        }
    }
}

impl TrainingConfig {
    /// Refuses reading, and features to match, in a game where they have no place.
    fn check_reading(&self) -> Result<(), ConfigError> {
        let in_turn = self.update == UpdateRule::Alternating;
        let allowed = "left out where players do not move in turn (training.update)";
        check(in_turn || !self.feature_matching, "training.feature_matching", &self.feature_matching, allowed)?;
        let Some(reading) = &self.semi_supervised else { return Ok(()) };
        reading.validate()?;
        check(in_turn, "training.semi_supervised.labels", &reading.labels, allowed)?;
        let allowed = "left out where the players are told labels (training.classes)";
        check(self.classes == 0, "training.semi_supervised.labels", &reading.labels, allowed)
    }

    /// Refuses a mistake that has no place in this training.
    fn check_mistake(&self) -> Result<(), ConfigError> {
        let Some(mistake) = self.mistake else { return Ok(()) };
        let in_turn = mistake != Mistake::ForgottenDetach || self.update == UpdateRule::Alternating;
        let is_told = mistake != Mistake::LabelsZero || self.classes > 0;
        let (key, name) = ("training.mistake", mistake.name());
        check(in_turn, key, &name, "left out where players do not move in turn (training.update)")?;
        check(is_told, key, &name, "left out where there are no labels (training.classes)")
    }
}

impl AdamConfig {
    /// Checks every number of this player's against its range.
    fn validate(&self, player: &str) -> Result<(), ConfigError> {
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
    use crate::gan::{Objective, Ramp, Schedule};

    #[test]
    fn ranges_are_checked() {
        let message = |change: fn(&mut Config)| {
            let mut config = Config::preset("mlp").unwrap();
            change(&mut config);
            config.validate().unwrap_err().to_string()
        };
        assert_eq!(
            message(|c| c.training.batch_size = 0),
            "training.batch_size is 0; it must be at least 1 and at most 1000000000"
        );
        for (key, change) in [
            ("name", (|c| c.name = "../mlp".into()) as fn(&mut Config)),
            ("seed", |c| c.seed = 1 << 63),
            ("epochs", |c| c.training.epochs = 1 << 62),
            ("steps", |c| c.training.steps = Some(u64::MAX)),
            ("examples", |c| c.training.examples = Some(usize::MAX)),
            ("critic_steps", |c| c.training.critic_steps = 1 << 63),
            ("log_every", |c| c.record.log_every = u64::MAX),
            ("checkpoint_every", |c| c.record.checkpoint_every = Some(1 << 40)),
            ("evaluate_every", |c| c.record.evaluate_every = Some(1 << 40)),
            ("learning_rate", |c| c.generator.adam.learning_rate = 1e-320),
            ("image_shape", |c| c.generator.image_shape = [1 << 40, 1 << 40]),
        ] {
            assert!(message(change).contains(key), "{key}: {}", message(change));
        }
        assert!(message(|c| c.generator.adam.learning_rate = f64::NAN).contains("is NaN; it must be a finite number"));
        assert!(message(|c| c.discriminator.adam.beta2 = 1.0.into()).contains("discriminator.adam.beta2 is 1"));
        const RISING: Ramp = Ramp::Changing { from: 0.5, to: 1.5, schedule: Schedule::Cosine };
        assert!(message(|c| c.generator.adam.beta1 = RISING).contains("generator.adam.beta1 is 1.5; it must be"));
        assert!(message(|c| c.generator.latent_dim = 0).contains("generator.latent_dim"));
        assert!(message(|c| c.training.steps = Some(0)).contains("training.steps"));
        assert!(message(|c| c.training.critic_steps = 0).contains("critic_steps is 0; it must be at least 1"));
        assert!(message(|c| c.training.learning_rate_floor = 1.1).contains("floor is 1.1; it must be from 0 to 1"));
        let without_turns = message(|c| {
            (c.training.update, c.training.mistake) = (UpdateRule::Simultaneous, Some(Mistake::ForgottenDetach));
        });
        assert!(without_turns.contains("training.mistake is forgotten-detach; it must be left out"), "{without_turns}");
        assert!(message(|c| c.training.mistake = Some(Mistake::LabelsZero)).contains("no labels (training.classes)"));
        assert!(message(|c| c.training.label_smoothing = Some(0.5)).contains("is 0.5; it must be above 0.5"));
        let smoothed_hinge = message(|c| {
            c.training.label_smoothing = Some(0.9);
            c.training.objective = Objective::Hinge;
        });
        assert!(smoothed_hinge.contains("label_smoothing is 0.9; it must be left out with"), "{smoothed_hinge}");
    }

    #[cfg(unix)]
    #[test]
    fn what_could_not_be_read_again_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        let data = Some(std::ffi::OsString::from_vec(b"d\xff".to_vec()).into());
        let config = Config { data, ..Config::preset("mlp").unwrap() };
        assert!(config.validate().unwrap_err().to_string().contains("cannot be kept in a run's config.toml"));
    }
}
