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
        /// The key in the file, with the flag that sets it if there is one.
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
        let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        let message = error.message().replace('\n', ", ");
        Self::Toml { message: line.map_or(message.clone(), |line| format!("line {line}: {message}")) }
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
    let likeness = presets::names().map(|preset| (strsim::jaro_winkler(name, preset), preset));
    let nearest = likeness.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(likeness, _)| *likeness > 0.7);
    nearest.map_or(String::new(), |(_, preset)| format!(", did you mean \"{preset}\"?"))
}
