//! `twoplayer recognize`.

mod pictures;

use super::given::{labels, recognizer_or_pretrained};
use super::on_threads;
use crate::data::CLASSES;
use crate::metrics::Confusion;
use crate::recognizer::{NoDigit, PIXELS, Readings, Recognizer};
use crate::run::confusion_picture;
use anyhow::Context;
use clap::Args;
use pictures::{Shown, read};
use serde::Serialize;
use std::path::PathBuf;

/// Say which digit a picture shows.
///
/// PNG files of any size, grey or in colour, dark on light or light on dark, each with one digit; folders of
/// them; and IDX files of many digits. A picture is brought into the form of MNIST's digits first (a box of
/// 20 × 20 pixels, centred in 28 × 28 by its mass); what is 28 × 28 in an IDX file is taken to be in it.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer recognize seven.png\n  \
                        twoplayer recognize photos/ --json\n  \
                        twoplayer recognize images.idx.gz --labels labels.idx.gz --confusion confusion.png")]
pub struct Arguments {
    /// PNG files, IDX files, folders of PNG files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// What they show, an IDX file [count]: also says how many are read rightly
    #[arg(long, value_name = "FILE.idx")]
    labels: Option<PathBuf>,

    /// Draw which digits are taken for which
    #[arg(long, value_name = "FILE.png", requires = "labels")]
    confusion: Option<PathBuf>,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,

    /// The recognizer, as `twoplayer recognizer train` made it [default: the one that comes with the program]
    #[arg(long, value_name = "DIR")]
    recognizer: Option<PathBuf>,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

/// What is said of a picture.
#[derive(Serialize)]
struct Answer<'a> {
    file: &'a str,
    #[serde(flatten)]
    found: Found,
}

/// A digit, or why there is none.
#[derive(Serialize)]
#[serde(untagged)]
enum Found {
    Digit { digit: u8, probability: f32, runner_up: u8, runner_up_probability: f32 },
    Nothing { digit: Option<u8>, reason: String },
}

/// Enlargement of the confusion matrix.
const SCALE: usize = 2;

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let recognizer = recognizer_or_pretrained(arguments.recognizer.as_deref())?;
    let shown = arguments.files.iter().map(|file| read(file)).collect::<anyhow::Result<Vec<_>>>()?.concat();
    let labels = arguments.labels.as_deref().map(|path| labels(path, shown.len())).transpose()?;
    on_threads(arguments.threads, || {
        let readings = readings(&recognizer, &shown);
        for (Shown { name, .. }, found) in shown.iter().zip(found(&readings, &shown)) {
            say(&Answer { file: name, found }, arguments.json)?;
        }
        if let Some(labels) = &labels {
            compare(&readings, &shown, labels, arguments)?;
        }
        Ok(())
    })
}

/// Reads all pictures that show something, together.
fn readings(recognizer: &Recognizer, shown: &[Shown]) -> Readings {
    let forms: Vec<u8> = shown.iter().filter_map(|shown| shown.form.as_ref().ok()).flatten().copied().collect();
    recognizer.read(&forms)
}

/// What is said of each picture.
fn found(readings: &Readings, shown: &[Shown]) -> Vec<Found> {
    let mut next = 0;
    let mut digit = || {
        let [digit, runner_up] = [0, 1].map(|place| readings.ranking(next)[place]);
        let [probability, runner_up_probability] =
            [digit, runner_up].map(|digit| readings.probabilities[[next, usize::from(digit)]]);
        next += 1;
        Found::Digit { digit, probability, runner_up, runner_up_probability }
    };
    let found = |shown: &Shown| match shown.form {
        Ok(_) => digit(),
        Err(reason) => Found::Nothing { digit: None, reason: reason.to_string() },
    };
    shown.iter().map(found).collect()
}

/// Prints one line.
fn say(answer: &Answer<'_>, json: bool) -> anyhow::Result<()> {
    let file = answer.file;
    match &answer.found {
        _ if json => println!("{}", serde_json::to_string(answer)?),
        Found::Digit { digit, probability, runner_up, runner_up_probability } => {
            let [first, second] = [probability, runner_up_probability].map(|p| 100.0 * p);
            println!("{file}  {digit}  {first:.1} %   (then {runner_up}, {second:.1} %)");
        }
        Found::Nothing { reason, .. } => println!("{file}  no digit: {reason}"),
    }
    Ok(())
}

/// Says how many are read rightly, and draws which are not.
fn compare(readings: &Readings, shown: &[Shown], labels: &[u8], arguments: &Arguments) -> anyhow::Result<()> {
    let digits = readings.digits();
    let asked: Vec<u8> =
        shown.iter().zip(labels).filter(|(shown, _)| shown.form.is_ok()).map(|(_, &label)| label).collect();
    let confusion = Confusion::of(&asked, &digits, CLASSES)?;
    let right = confusion.counts().diag().sum();
    eprintln!("{right} of {} are read rightly, {:.2} %", labels.len(), 100.0 * right as f64 / labels.len() as f64);
    if let Some(path) = &arguments.confusion {
        confusion_picture(confusion.counts(), SCALE).write_png(path).context("--confusion")?;
        eprintln!("a row for each digit that is shown, a column for each that is read, in {}", path.display());
    }
    Ok(())
}

/// A picture in MNIST's form, or why it cannot be brought into it.
type Form = Result<[u8; PIXELS], NoDigit>;
