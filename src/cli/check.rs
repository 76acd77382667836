//! A call and its files, looked at without the work being done: what the fuzz targets call.

use super::{Cli, Command, sample, train};
use clap::{CommandFactory, FromArgMatches};
use std::cell::RefCell;
use std::ffi::OsString;

pub use super::evaluate::check_samples as samples;

thread_local! {
    /// Made once: that takes longer than parsing with it.
    static PARSER: RefCell<clap::Command> = RefCell::new(Cli::command());
}

/// Refuses what a command line, the program's name first, says wrong by itself; no file is read.
///
/// # Errors
/// The first mistake, or the help that was asked for.
pub fn arguments(line: impl IntoIterator<Item = OsString>) -> anyhow::Result<()> {
    let matches = PARSER.with_borrow_mut(|parser| parser.try_get_matches_from_mut(line))?;
    match Cli::from_arg_matches(&matches)?.command {
        Command::Train(arguments) => train::check(&arguments),
        Command::Sample(arguments) => Ok(sample::check(&arguments).map(drop)?),
        Command::Interpolate(arguments) => Ok(arguments.check_files()?),
        Command::Bench(arguments) => Ok(arguments.config().map(drop)?),
        _ => Ok(()),
    }
}
