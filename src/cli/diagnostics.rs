//! What the program says of its own doings, to those who ask.

use clap::Args;
use std::env;
use std::io::{self, IsTerminal};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

/// Flags of every command.
#[derive(Args)]
pub struct Diagnostics {
    /// Say on standard error what the program does: -v the important, -vv more; RUST_LOG, where it is set, decides instead
    #[arg(short, long, global = true, display_order = 900, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Diagnostics {
    /// Begins to say so.
    pub fn listen(&self) {
        let level = match self.verbose {
            0 => Level::WARN,
            1 => Level::INFO,
            _ => Level::DEBUG,
        };
        let asked = env::var("RUST_LOG").ok().and_then(|asked| asked.parse().ok());
        let shown = asked.unwrap_or_else(|| Targets::new().with_target("twoplayer", level));
        let lines = fmt::layer()
            .with_writer(io::stderr)
            .log_internal_errors(false) // which would be printed where nothing can be
            .with_target(false)
            .with_ansi(io::stderr().is_terminal());
        tracing_subscriber::registry().with(lines).with(shown).init();
    }
}
