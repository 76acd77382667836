//! All that the program prints.
//!
//! `println!` panics where nothing can be written: where the disk is full, or where whoever read has gone, as in
//! `twoplayer runs | head -1`. Here the first is an error like any other and the second a quiet end, and a lint
//! (`clippy::print_stdout`) keeps `println!` away.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Standard output has not taken what was said.
#[derive(Debug, thiserror::Error)]
pub enum Unsaid {
    /// Whoever read has gone, and misses nothing.
    #[error("standard output is closed")]
    Closed,
    /// It is full, say.
    #[error("cannot write to standard output: {0}; what was to be said there is lost")]
    Failed(io::Error),
}

impl From<io::Error> for Unsaid {
    fn from(reason: io::Error) -> Self {
        if reason.kind() == ErrorKind::BrokenPipe { Unsaid::Closed } else { Unsaid::Failed(reason) }
    }
}

/// Prints a line on standard output, at once.
pub fn say(line: impl Display) -> Result<(), Unsaid> {
    print(format_args!("{line}\n"))
}

/// The same with a text of whole lines.
pub fn print(text: impl Display) -> Result<(), Unsaid> {
    let mut out = io::stdout().lock();
    Ok(write!(out, "{text}").and_then(|()| out.flush())?)
}

/// Prints a line on standard error; what that does not take is lost, for there is nobody left to tell.
pub fn note(line: impl Display) {
    let line = format!("{line}\n"); // written as one, also between those of other threads
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Lines on standard output for work that goes on without them.
#[derive(Debug, Default)]
pub struct Lines {
    unsaid: Option<Unsaid>,
}

impl Lines {
    /// Prints a line; none after the first that was not taken.
    pub fn say(&mut self, line: impl Display) {
        if !self.are_lost() {
            self.unsaid = say(line).err();
        }
    }

    /// Whether standard output takes no more.
    pub fn are_lost(&self) -> bool {
        self.unsaid.is_some()
    }

    /// To be asked in the end: whether all was taken.
    pub fn end(&mut self) -> Result<(), Unsaid> {
        self.unsaid.take().map_or(Ok(()), Err)
    }
}
