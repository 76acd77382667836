//! Configurations that cannot be run.

use super::presets;

/// A configuration that cannot be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// No preset of that name.
    #[error("there is no preset \"{name}\"{}; the presets are: {}", suggestion(name), names().join(", "))]
    UnknownPreset {
        /// What was asked for.
        name: String,
    },
    /// The text is not TOML, or has a key or value that is none of ours.
    #[error("{message}")]
    Toml {
        /// Where and what, in the parser's words.
        message: String,
    },
    /// A value out of its range.
    #[error("{key} is {value}; it must be {allowed}")]
    OutOfRange {
        /// The key, such as `training.batch_size`.
        key: String,
        /// What it is.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// What could be run, but not written down and read again.
    #[error("this configuration cannot be kept in a run's config.toml: {reason}")]
    Unreadable {
        /// Why not.
        reason: String,
    },
}

impl ConfigError {
    /// What the parser did not like about `text`, and in which line.
    pub(in crate::gan) fn toml(text: &str, error: &toml::de::Error) -> Self {
        let message = words(error);
        let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        Self::Toml { message: line.map_or(message.clone(), |line| format!("line {line}: {message}")) }
    }

    /// What the parser did not like about a text that nobody has seen.
    pub(in crate::gan) fn toml_without_lines(error: &toml::de::Error) -> Self {
        Self::Toml { message: words(error) }
    }

    /// The same, and what to do about a key that is missing because no preset has given it.
    pub(in crate::gan) fn without_a_preset(self) -> Self {
        match self {
            Self::Toml { message } if message.contains("missing field") => Self::Toml {
                message: format!(
                    "{message} (a file that names no preset says all of it; with preset = \"{}\" at its head, what it \
                     leaves out is that preset's)",
                    presets::DEFAULT
                ),
            },
            other => other,
        }
    }
}

fn names() -> Vec<&'static str> {
    presets::names().collect()
}

/// `, did you mean …?` where a preset's name is near.
fn suggestion(name: &str) -> String {
    nearest(name, presets::names()).map_or(String::new(), |preset| format!(", did you mean \"{preset}\"?"))
}

/// The name that is most like what was written, if one is near.
fn nearest<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let likeness = names.map(|name| (strsim::jaro_winkler(written, name), name));
    likeness.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(likeness, _)| *likeness > 0.7).map(|(_, name)| name)
}

/// The parser's words, in one line.
fn words(error: &toml::de::Error) -> String {
    suggesting(error.message().replace('\n', ", "))
}

/// The parser's words on an unknown name, which list all that it knows, with the nearest of them in front.
fn suggesting(message: String) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| message.starts_with("unknown "));
    match unknown.and_then(|unknown| nearest(unknown, quoted)) {
        Some(name) => message.replacen("`, ", &format!("`, did you mean `{name}`? "), 1),
        None => message,
    }
}
