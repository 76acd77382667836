//! `twoplayer presets`.

use crate::gan::Config;
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
        Some(name) => print!("{}", Config::preset_text(name)?),
        None => list()?,
    }
    Ok(())
}

/// A line for each preset: its name, and what it says of itself.
fn list() -> anyhow::Result<()> {
    let width = Config::presets().map(str::len).max().unwrap_or(0);
    for name in Config::presets() {
        println!("{name:width$}  {}", first_comment(Config::preset_text(name)?));
    }
    Ok(())
}

/// The first comment line of a preset, without its `#`.
fn first_comment(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix('#')).map_or("", str::trim)
}
