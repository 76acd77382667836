//! `twoplayer presets`.

#[cfg(test)]
mod keys;

use super::columns::{folded, hung};
use super::say::print;
use crate::gan::{Config, ConfigError};
use clap::Args;
use std::io::{self, IsTerminal};

/// The reference of all keys.
const KEYS: &str = include_str!("../../../docs/configuration.md");

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
        _ if arguments.keys => print(KEYS)?,
        Some(name) => {
            let text = format!("{}{}", head(name), Config::preset_text(name)?);
            print(if io::stdout().is_terminal() { folded(&text) } else { text })?;
        }
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
    let line = |name| Ok(hung(&format!("{name:width$}  "), &first_comment(Config::preset_text(name)?)));
    Config::presets().map(line).collect()
}

/// The comment that a preset begins with, in one line and without its `#`.
fn first_comment(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::columns::WIDTH;

    #[test]
    fn the_list_keeps_to_80_columns() {
        let list = list().unwrap();
        assert!(list.lines().all(|line| line.chars().count() <= WIDTH), "{list}");
        assert!(list.lines().any(|line| line.starts_with("dcgan ")), "{list}");
    }
}
