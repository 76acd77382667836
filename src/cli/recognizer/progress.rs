//! What a person sees while a recognizer learns.

use crate::cli::bar::bar;
use crate::cli::say::note;
use crate::recognizer::{RecognizerConfig, StepReport};
use indicatif::ProgressBar;

/// A bar on a terminal, else ten lines.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Says what is about to begin.
    pub fn new(config: &RecognizerConfig, from: &str) -> Self {
        note(format_args!("{} steps of {} images, from {from}", config.steps, config.batch_size));
        let bar = bar("[{bar:20}] step {pos}/{len} · {msg} · {eta} left");
        bar.iter().for_each(|bar| bar.set_length(config.steps));
        Self { bar }
    }

    /// Shows a step.
    pub fn show(&self, report: &StepReport) {
        let StepReport { step, steps, loss, accuracy } = *report;
        let scores = format!("loss {loss:.3} · {:.1} % of the batch read rightly", 100.0 * accuracy);
        match &self.bar {
            Some(bar) => {
                bar.set_message(scores);
                bar.set_position(step);
            }
            None if step.is_multiple_of(steps.div_ceil(10)) || step == steps => {
                note(format_args!("step {step}/{steps} · {scores}"));
            }
            None => {}
        }
    }

    /// Leaves the bar as it stands.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}
