//! The flags that set keys of a configuration: below, one speaks of keys.

use crate::gan::{ConfigError, TrainError};

/// Keys that have a flag.
const FLAGS: [(&str, &str); 14] = [
    ("seed", "--seed"),
    ("training.epochs", "--epochs"),
    ("training.steps", "--steps"),
    ("training.examples", "--examples"),
    ("training.batch_size", "--batch-size"),
    ("training.label_smoothing", "--label-smoothing"),
    ("training.critic_steps", "--critic-steps"),
    ("generator.latent_dim", "--latent-dim"),
    ("generator.adam.learning_rate", "--learning-rate"),
    ("discriminator.adam.learning_rate", "--learning-rate"),
    ("record.log_every", "--log-every"),
    ("record.checkpoint_every", "--checkpoint-every"),
    ("record.keep_checkpoints", "--keep-checkpoints"),
    ("record.evaluate_every", "--evaluate-every"),
];

/// What an error says, and where it is about a key that has a flag, which.
pub fn said(error: &anyhow::Error) -> String {
    let key = error.chain().find_map(|cause| match (cause.downcast_ref(), cause.downcast_ref()) {
        (Some(ConfigError::OutOfRange { key, .. }), _) => Some(key),
        (_, Some(TrainError::Config(ConfigError::OutOfRange { key, .. }))) => Some(key),
        _ => None,
    });
    let flag = key.and_then(|key| FLAGS.into_iter().find(|(name, _)| name == key));
    let text = format!("{error:#}");
    flag.map_or(text.clone(), |(key, flag)| text.replacen(&format!("{key} is"), &format!("{key} ({flag}) is"), 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use crate::gan::Config;
    use clap::CommandFactory;

    #[test]
    fn a_key_is_said_with_its_flag() {
        let mut config = Config::preset("mlp").unwrap();
        config.training.batch_size = 0;
        let error = config.validate().unwrap_err();
        let expected =
            "mine.toml: training.batch_size (--batch-size) is 0; it must be at least 1 and at most 1000000000";
        assert_eq!(said(&anyhow::Error::from(error.clone()).context("mine.toml")), expected);
        assert!(said(&TrainError::from(error).into()).contains("(--batch-size)"));
        assert_eq!(said(&anyhow::anyhow!("seed is lost")), "seed is lost");
    }

    #[test]
    fn flags_and_keys_are_there() {
        let program = Cli::command();
        let train = program.find_subcommand("train").unwrap();
        let config = Config::preset("mlp").unwrap();
        for (key, flag) in FLAGS {
            assert!(train.get_arguments().any(|argument| argument.get_long() == flag.strip_prefix("--")), "{flag}");
            let nonsense = config.with(format!("{key} = []").parse().unwrap()).unwrap_err().to_string();
            assert!(nonsense.contains("invalid type"), "{key}: {nonsense}");
        }
    }
}
