//! `twoplayer data`.

use super::given::output;
use super::outputs::Files;
use super::say::say;
use super::usage_error::UsageError;
use crate::data::{CLASSES, Digits, Split, Verdict, inspect, locate, set_files};
use crate::run::contact_sheet;
use clap::Args;
use std::path::PathBuf;

/// Show the training data: which files there are, what is in them, and whether they are MNIST's.
///
/// The directory holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte
/// and t10k-labels-idx1-ubyte, each plain or as .gz. Any set of these names and this form will do;
/// scripts/fetch-mnist.sh fetches MNIST.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer data\n  twoplayer data --show digits.png\n  \
                        twoplayer data --data ~/fashion-mnist --show clothes.png")]
pub struct Arguments {
    /// The directory [default: $TWOPLAYER_DATA, then data/mnist here, then data/mnist of the
    /// source tree]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Also draw a contact sheet: for each class a row with its first examples
    #[arg(long, value_name = "FILE.png", value_parser = output())]
    show: Option<PathBuf>,

    /// Examples in a row of the contact sheet
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=100))]
    per_class: u32,
}

/// How much the contact sheet is enlarged.
const SCALE: usize = 2;

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let directory = locate(arguments.data.as_deref())?;
    Files::default().reading(set_files(&directory)).writing("--show", arguments.show.as_deref()).check()?;
    let reports = inspect(&directory)?;
    let [train, test] = [Split::Train, Split::Test].map(|split| Digits::load(&directory, split));
    let (train, test) = (train?, test?);
    if let Some(path) = &arguments.show {
        let sheet = contact_sheet(&train, arguments.per_class as usize, SCALE);
        sheet.map_err(|error| UsageError(format!("--show: {error}; use a smaller --per-class")))?.write_png(path)?;
    }
    say(directory.display())?;
    for report in &reports {
        let name = report.path.file_name().unwrap_or_default().to_string_lossy();
        let shape = report.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
        let verdict = match report.verdict {
            Verdict::Mnist => "MNIST, checksum matches",
            Verdict::Other => "valid, but not MNIST's checksum",
        };
        say(format_args!("  {name:30} {shape:>16} {:>11} bytes   {verdict}", report.bytes_on_disk))?;
    }
    for (split, digits) in [("train", &train), ("test", &test)] {
        say(format_args!("  {split:5} {:>6} images; of class 0 to 9: {}", digits.len(), class_counts(digits)))?;
    }
    if let Some(path) = &arguments.show {
        say(format_args!("  contact sheet in {}", path.display()))?;
    }
    Ok(())
}

fn class_counts(digits: &Digits) -> String {
    let count = |class: usize| digits.labels().iter().filter(|&&label| usize::from(label) == class).count();
    (0..CLASSES).map(|class| count(class).to_string()).collect::<Vec<_>>().join(" ")
}
