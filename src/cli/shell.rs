//! `twoplayer completions` and `twoplayer man`.

use super::man;
use super::say::print;
use super::usage_error::UsageError;
use clap::{Args, Command};
use clap_complete::Shell;

/// Print what a shell needs to complete this program's commands and flags.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  twoplayer completions bash > ~/.local/share/bash-completion/completions/twoplayer\n  \
                        twoplayer completions zsh > ~/.zfunc/_twoplayer"
)]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

/// Print the manual page, or that of a command.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer man | man -l -\n  twoplayer man train > twoplayer-train.1")]
pub struct Man {
    /// The command
    command: Option<String>,
}

/// Runs `completions`, for this program.
pub fn completions(arguments: &Completions, program: &mut Command) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, program, "twoplayer", &mut text);
    Ok(print(String::from_utf8(text)?)?)
}

/// Runs `man`, for this program.
pub fn man(arguments: &Man, mut program: Command) -> anyhow::Result<()> {
    program.build();
    let command = match &arguments.command {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name).cloned();
            found.ok_or_else(|| UsageError(format!("there is no command {name:?}; `twoplayer --help` lists them")))?
        }
    };
    Ok(print(man::page(&command))?)
}
