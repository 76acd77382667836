//! Any key of a configuration as a flag: `--set KEY=VALUE`.

use crate::gan::Config;
use anyhow::Context;
use toml::Value;

/// The tables in which a key may be that is given without one.
const TABLES: [&str; 4] = ["training", "generator", "discriminator", "record"];
/// No key of ours is deeper.
const DEEPEST: usize = 8;

/// A key and its new value.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// `training.objective`, say.
    key: String,
    value: Value,
}

/// Reads `KEY=VALUE`, the value as a file has it; a word may stand without quotes.
pub fn setting(text: &str) -> Result<Setting, String> {
    let is_key = |key: &str| key.split('.').all(|part| !part.is_empty()) && key.split('.').count() <= DEEPEST;
    let parts = text.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
    let parts = parts.filter(|(key, value)| is_key(key) && !value.is_empty());
    let (key, value) = parts.ok_or("it must be KEY=VALUE, such as training.objective=hinge")?;
    let value = match value.parse() {
        Ok(value) => value,
        Err(_) if !value.contains(['"', '\'', '[', ']', '{', '}', ',', '#', '\n']) => Value::String(value.into()),
        Err(error) => return Err(error.to_string().lines().last().unwrap_or("it is no TOML").to_owned()),
    };
    Ok(Setting { key: key.into(), value })
}

/// The configuration with these values, the last of a key's.
///
/// # Errors
/// When a key is none of a configuration's, or its value is none that it may have.
pub fn set(config: Config, settings: &[Setting]) -> anyhow::Result<Config> {
    settings.iter().try_fold(config, |config, setting| {
        let hint = || {
            let mut fuller = TABLES.iter().map(|table| format!("{table}.{}", setting.key));
            fuller.find(|key| config.with_value(key, setting.value.clone()).is_ok())
        };
        let said = || match hint() {
            Some(key) => format!("--set {}, did you mean {key}?", setting.key),
            None => format!("--set {}", setting.key),
        };
        config.with_value(&setting.key, setting.value.clone()).with_context(said)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_as_in_a_file_and_words_need_no_quotes() {
        for (text, value) in [
            ("a.b=hinge", Value::String("hinge".into())),
            ("a.b = \"hinge\"", Value::String("hinge".into())),
            ("a.b=/a dir/b=c", Value::String("/a dir/b=c".into())),
            ("a.b=3", Value::Integer(3)),
            ("a.b=1e-4", Value::Float(1e-4)),
            ("a.b=true", Value::Boolean(true)),
            ("a.b=[7, 7]", Value::Array(vec![Value::Integer(7); 2])),
        ] {
            assert_eq!(setting(text), Ok(Setting { key: "a.b".into(), value }), "{text}");
        }
        for text in ["", "a", "=3", "a=", "a..b=3", ".a=3", "a.=3", "a=[3", "a=\"x", "a=1\nb=2", "a=[1] # b"] {
            assert!(setting(text).is_err(), "{text}");
        }
        assert!(setting(&format!("{}a=1", "a.".repeat(60_000))).is_err());
    }

    #[test]
    fn settings_change_a_configuration_in_turn() {
        let mlp = || Config::preset("mlp").unwrap();
        let with = |texts: &[&str]| set(mlp(), &texts.iter().map(|text| setting(text).unwrap()).collect::<Vec<_>>());
        let changed = with(&["seed=3", "generator.adam.beta1=0.25", "training.steps=9", "seed=4"]).unwrap();
        let mut expected = mlp();
        (expected.seed, expected.training.steps) = (4, Some(9));
        expected.generator.adam.beta1 = 0.25.into();
        assert_eq!(changed, expected);
        assert_eq!(with(&["generator.average_decay=off"]).unwrap().generator.average_decay, None);
        for (text, parts) in [
            ("training.objectve=hinge", ["--set training.objectve", "did you mean `objective`?"]),
            ("training.objective=hing", ["--set training.objective", "did you mean `hinge`?"]),
            ("objective=hinge", ["--set objective", "did you mean training.objective?"]),
            ("training.epochs=many", ["--set training.epochs", "invalid type: string"]),
        ] {
            let message = format!("{:#}", with(&[text]).unwrap_err());
            assert!(parts.iter().all(|part| message.contains(part)), "{text}: {message}");
        }
    }
}
