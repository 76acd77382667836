//! What the program says of its own doings, to those who ask.

use clap::Args;
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

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
            0 => "warn",
            1 => "twoplayer=info",
            _ => "twoplayer=debug",
        };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .log_internal_errors(false) // which would be printed where nothing can be
            .with_target(false)
            .with_ansi(io::stderr().is_terminal())
            .init();
    }
}
