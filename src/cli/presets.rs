//! `twoplayer presets`.

use super::say::print;
use crate::gan::{Config, ConfigError};
use clap::Args;

/// Show the presets: each a complete description of a training run.
///
/// Without NAME, a line for each. With it, all that the preset says, as TOML: a file of one's own for
/// `train --config` may begin with that, or name only what it changes.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer presets\n  twoplayer presets mlp > mine.toml\n  \
                        twoplayer train --config mine.toml")]
pub struct Arguments {
    /// The preset to print
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.name {
        Some(name) => print(Config::preset_text(name)?)?,
        None => print(list()?)?,
    }
    Ok(())
}

/// A line for each preset: its name, and what it says of itself.
fn list() -> Result<String, ConfigError> {
    let width = Config::presets().map(str::len).max().unwrap_or(0);
    let line = |name| Ok(format!("{name:width$}  {}\n", first_comment(Config::preset_text(name)?)));
    Config::presets().map(line).collect()
}

/// The first comment line of a preset, without its `#`.
fn first_comment(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix('#')).map_or("", str::trim)
}
