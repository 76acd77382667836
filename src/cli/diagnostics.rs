//! What the program says of its own doings, to those who ask.

use super::say::note;
use clap::Args;
use log::{LevelFilter, Log, Metadata, Record};
use std::env;
use std::time::Instant;

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
            0 => LevelFilter::Warn,
            1 => LevelFilter::Info,
            _ => LevelFilter::Debug,
        };
        let asked = env::var("RUST_LOG").ok().and_then(|text| levels(&text));
        let levels = asked.unwrap_or_else(|| vec![("twoplayer".into(), level)]);
        log::set_max_level(levels.iter().map(|(_, level)| *level).max().unwrap_or(LevelFilter::Off));
        // A program that already listens goes on doing so.
        let _ = log::set_boxed_logger(Box::new(Listener { begun: Instant::now(), levels }));
    }
}

/// The levels that `RUST_LOG` asks for, `LEVEL` for all and `MODULE=LEVEL` for one; none where it cannot be read.
fn levels(text: &str) -> Option<Vec<(String, LevelFilter)>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let level = |part: &str| match part.split_once('=') {
        Some((module, level)) => Some((module.to_owned(), level.parse().ok()?)),
        None => Some((String::new(), part.parse().ok()?)),
    };
    parts.map(level).collect::<Option<Vec<_>>>().filter(|levels| !levels.is_empty())
}

/// Writes a line for each thing that is to be said: when, how important, what.
struct Listener {
    begun: Instant,
    /// Modules and what is said of them.
    levels: Vec<(String, LevelFilter)>,
}

impl Log for Listener {
    /// The longest name that the module begins with decides.
    fn enabled(&self, metadata: &Metadata) -> bool {
        let fitting = self.levels.iter().filter(|(module, _)| metadata.target().starts_with(module.as_str()));
        let decides = fitting.max_by_key(|(module, _)| module.len());
        decides.is_some_and(|(_, level)| metadata.level() <= *level)
    }

    fn log(&self, record: &Record) {
        if self.enabled(record.metadata()) {
            let seconds = self.begun.elapsed().as_secs_f64();
            note(format_args!("{seconds:8.3} s {:5} {}", record.level(), record.args()));
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use log::Level;

    #[test]
    fn the_longest_name_decides() {
        let listener = |text: &str| Listener { begun: Instant::now(), levels: levels(text).unwrap() };
        let says = |listener: &Listener, target: &str, level: Level| {
            listener.enabled(&Metadata::builder().target(target).level(level).build())
        };
        let some = listener("warn, twoplayer=info,twoplayer::run=DEBUG,twoplayer::data=off");
        assert!(says(&some, "other", Level::Warn) && !says(&some, "other", Level::Info));
        assert!(says(&some, "twoplayer::cli", Level::Info) && !says(&some, "twoplayer::cli", Level::Debug));
        assert!(says(&some, "twoplayer::run::log", Level::Debug) && !says(&some, "twoplayer::data", Level::Error));
        assert!(!says(&listener("twoplayer=info"), "other", Level::Error));
        for text in ["", ",", "loud", "twoplayer=loud", "=", "ÿ"] {
            assert_eq!(levels(text), None, "{text}");
        }
    }
}
