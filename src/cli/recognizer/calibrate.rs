//! `twoplayer recognizer calibrate`.

use super::progress::Progress;
use crate::cli::say::{note, say};
use crate::cli::threads::{on_threads, threads};
use crate::data::{Digits, Split, locate};
use crate::recognizer::{ACCEPTED, Calibration, LEAST_HELD_OUT};
use crate::run::RecognizerRun;
use anyhow::ensure;
use clap::Args;
use std::path::PathBuf;

/// Measure what a recognizer knows of its own limits, so that `recognize` can say "no digit".
///
/// On digits that it has not learned from: the temperature at which its probabilities mean what they say, and the
/// distance from all digits, in feature space, that 99 of 100 digits do not exceed. Those are the training digits after
/// the first ones that it learned from. Where it has learned from all, a twin is trained in the same way on five sixths
/// of them, and measured on the rest; that takes as long as its own training. The result goes beside its weights, into
/// calibration.safetensors.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer recognizer calibrate runs/recognizer\n  \
                  twoplayer recognize seven.png --recognizer runs/recognizer")]
pub struct Arguments {
    /// The recognizer's directory, as `twoplayer recognizer train` made it
    #[arg(value_name = "DIR")]
    recognizer: PathBuf,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    threads: usize,

    /// The directory with the four MNIST files [default: $TWOPLAYER_DATA, then data/mnist here, then
    /// data/mnist of the source tree]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    on_threads(arguments.threads, || calibrate(arguments))
}

fn calibrate(arguments: &Arguments) -> anyhow::Result<()> {
    let directory = RecognizerRun::open(&arguments.recognizer)?;
    let (summary, recognizer) = (directory.summary()?, directory.recognizer()?);
    let digits = Digits::load(&locate(arguments.data.as_deref())?, Split::Train)?;
    ensure!(
        summary.learned_from.unlabelled == 0,
        "{}: it has seen all training digits, most of them without labels, so none is left to measure it on; calibrate one \
         that `twoplayer recognizer train --on real` makes",
        arguments.recognizer.display()
    );
    let (config, real) = (&summary.recognizer, summary.learned_from.real);
    // A recognizer of generated digits is held to real ones too: its classes are to reach as far as theirs.
    let learned = if real == 0 { digits.first(digits.len() / 2) } else { digits.first(real) };
    let calibration = match digits.after(learned.len()).filter(|others| others.len() >= LEAST_HELD_OUT) {
        Some(held_out) => {
            note(format_args!("{} digits that it has not learned from", held_out.len()));
            Calibration::measure(config, &recognizer, &learned, &held_out)?
        }
        None => {
            ensure!(real > 0, "{} training digits are too few to hold {LEAST_HELD_OUT} out", digits.len());
            note(format_args!("it has learned from all training digits: a twin is trained, which has not"));
            let progress = Progress::new(config, &summary.learned_from.to_string());
            let measured = Calibration::measure_by_twin(config, &recognizer, &learned, &mut |report| {
                progress.show(report);
                Ok(())
            });
            progress.finish();
            measured?
        }
    };
    directory.save_calibration(&calibration)?;
    say(format_args!(
        "temperature {:.3}; {:.0} % of digits are within {:.3} standard deviations of their class; in {}",
        calibration.temperature,
        100.0 * ACCEPTED,
        calibration.limit,
        directory.calibration_file().display()
    ))?;
    Ok(())
}
