//! Ctrl-C while a run trains.

use crate::cli::bar::above;
use crate::gan::{Observer, ObserverError, Session};
use indicatif::ProgressBar;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a program that Ctrl-C ended, as shells have it: 128 and the number of the signal.
pub const EXIT_CODE: u8 = 130;

/// Asks for an end after the step at hand when Ctrl-C has been pressed, or the system or a terminal that closes has asked
/// the program to end. The second time, it ends at once: what is on the disk then is whole, for files are replaced and
/// not overwritten.
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    /// What would hide a line that is printed beside it.
    bar: Option<ProgressBar>,
}

/// The run ended because somebody asked for it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Interrupted(pub String);

impl Interrupt {
    /// Begins to listen to every signal that the program was not started to ignore: under `nohup`, a terminal that
    /// closes ends nothing. The run is shown by this bar, if any.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen(bar: Option<&ProgressBar>) -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
        #[cfg(not(unix))]
        const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];
        let ignored = ignored_signals();
        for signal in SIGNALS.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0) {
            flag::register_conditional_shutdown(signal, i32::from(EXIT_CODE), Arc::clone(&asked))?; // the second time
            flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self { asked, bar: bar.cloned() })
    }

    /// Whether an end has been asked for: to be asked anywhere.
    #[cfg(feature = "lab")]
    pub fn asked(&self) -> impl Fn() -> bool + Send + 'static {
        let asked = Arc::clone(&self.asked);
        move || asked.load(Ordering::Relaxed)
    }
}

/// The signals that this process ignores, bit n − 1 for signal n; none where the system does not say.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

impl Observer for Interrupt {
    fn pause(&mut self, session: &Session) -> Result<ControlFlow<()>, ObserverError> {
        if !self.asked.load(Ordering::Relaxed) {
            return Ok(ControlFlow::Continue(()));
        }
        let step = session.step();
        let words = "is the last one, and is kept in a checkpoint. Ask again (Ctrl-C) to end at once, without it.";
        above(self.bar.as_ref(), &format!("Asked to end: step {step} {words}"));
        Ok(ControlFlow::Break(()))
    }
}
