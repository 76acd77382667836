//! `twoplayer recognizer`.

mod calibrate;
mod compare;
pub mod progress;
mod table;
mod train;

use clap::{Args, Subcommand};

/// Train networks that read digits, on real digits and on generated ones.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Arguments),
    Calibrate(calibrate::Arguments),
    Compare(compare::Arguments),
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Train(arguments) => train::run(arguments),
        Command::Calibrate(arguments) => calibrate::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
    }
}
