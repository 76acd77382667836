//! Ctrl-C while a run trains.

use crate::cli::say::note;
use crate::gan::{Observer, ObserverError, Session};
use std::ops::ControlFlow;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a program that Ctrl-C ended, as shells have it: 128 and the number of the signal.
pub const EXIT_CODE: u8 = 130;

/// Whether Ctrl-C has been pressed, or the system has asked the program to end.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Asks for an end after the step at hand when Ctrl-C has been pressed. Pressed again, it ends the program at once: what
/// is on the disk then is whole, for files are replaced and not overwritten.
#[derive(Clone, Copy)]
pub struct Interrupt;

/// The run ended because somebody asked for it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Interrupted(pub String);

impl Interrupt {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen() -> Result<Self, ctrlc::Error> {
        ctrlc::set_handler(|| {
            if ASKED.swap(true, Ordering::Relaxed) {
                process::exit(i32::from(EXIT_CODE));
            }
            note("\nending after this step, with a checkpoint; Ctrl-C again ends at once, without");
        })?;
        Ok(Self)
    }
}

impl Observer for Interrupt {
    fn pause(&mut self, _: &Session<'_>) -> Result<ControlFlow<()>, ObserverError> {
        Ok(match ASKED.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    }
}
