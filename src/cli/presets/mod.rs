//! `twoplayer presets`.

mod keys;

use super::say::print;
use crate::gan::{Config, ConfigError};
use clap::Args;

/// Show the presets: each a complete description of a training run.
///
/// Without NAME, a line for each. With it, all that the preset says, as TOML, to begin a file of one's own for
/// `train --config` with. A file that names a preset (preset = "mlp") takes from it what it leaves out.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer presets\n  twoplayer presets mlp > mine.toml\n  \
                        twoplayer train --config mine.toml\n  twoplayer presets --keys | less")]
pub struct Arguments {
    /// The preset to print
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Print every key that a configuration may have and every kind of layer, with defaults and examples
    #[arg(long, conflicts_with = "name")]
    keys: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.name {
        _ if arguments.keys => print(keys::reference())?,
        Some(name) => print(format_args!("{}{}", head(name), Config::preset_text(name)?))?,
        None => print(list()?)?,
    }
    Ok(())
}

/// What a file that begins with a preset's text should know.
fn head(name: &str) -> String {
    format!(
        "# The preset {name}, to be changed and given to `twoplayer train --config`.\n\
         # All of it is here: what is taken out has the value that is named by\n\
         # `twoplayer presets --keys`, or is asked for. A file with preset = \"{name}\"\n\
         # in place of the name takes from the preset what it leaves out.\n\n"
    )
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
