//! `twoplayer recognizer train`.

use super::progress::Progress;
use crate::cli::given::{labelled_digits_of, output};
use crate::cli::say::say;
use crate::cli::threads::{on_threads, threads};
use crate::cli::train;
use crate::cli::usage_error::UsageError;
use crate::data::{Digits, Split, locate};
use crate::recognizer::{RecognizerConfig, train_recognizer};
use crate::run::{LearnedFrom, RecognizerRun, RecognizerSummary, RunDirectory, TestResult};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Train a network that reads digits, and test it on real ones that it has never seen.
///
/// With --on, it learns from real digits, from generated ones (of a run that was trained with labels, so that each
/// comes with its own), or from both, each giving half of every batch. The run goes into a directory of
/// its own, runs/recognizer-DATE-TIME: recognizer.toml (what it learned from, and how well it reads),
/// metrics.csv, and its weights as safetensors.
///
/// With --labels, it learns in the game: the discriminator says which digit it sees, and knows that of so many real digits
/// alone; the others have no labels, and those that the generator draws are none. That is
/// `twoplayer train --preset reader`, a run as any other: --resume of `train` goes on with it.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer recognizer train --on real\n  \
                  twoplayer recognizer train --on generated --run runs/best\n  \
                  twoplayer recognizer train --on both --run runs/best --real 1000\n  \
                  twoplayer recognizer train --labels 100")]
pub struct Arguments {
    /// What it learns from
    #[arg(long, value_enum, required_unless_present = "labels")]
    on: Option<On>,

    /// How many real digits have labels, as many of each class, chosen by the seed; all others are learned from without
    #[arg(long, value_name = "N", conflicts_with_all = ["on", "run", "count", "real"], value_parser = clap::value_parser!(u32).range(10..))]
    labels: Option<u32>,

    /// The run that draws the generated digits, as `twoplayer train` made it
    #[arg(long, value_name = "RUN", required_if_eq_any = [("on", "generated"), ("on", "both")])]
    run: Option<PathBuf>,

    /// How many generated digits, as many of each class
    #[arg(long, value_name = "N", default_value_t = 60_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,

    /// How many real digits, the first of the training set [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    real: Option<u32>,

    /// How many steps there are
    #[arg(long, value_name = "N")]
    steps: Option<u64>,

    /// Decides everything that is random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    threads: usize,

    /// The directory with the four MNIST files [default: $TWOPLAYER_DATA, then data/mnist here, then
    /// data/mnist of the source tree]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// The run's directory, new or empty [default: runs/recognizer-DATE-TIME]
    #[arg(long, value_name = "DIR", value_parser = output())]
    out: Option<PathBuf>,
}

/// What a recognizer learns from.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    /// Digits that people wrote
    Real,
    /// Digits that a generator drew
    Generated,
    /// Half and half
    Both,
}

/// Steps between two rows of metrics.csv.
const LOG_EVERY: u64 = 50;

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(labels) = arguments.labels {
        let mut run = train::Arguments::reading(labels);
        (run.steps, run.seed, run.threads) = (arguments.steps, Some(arguments.seed), arguments.threads);
        (run.data, run.out) = (arguments.data.clone(), arguments.out.clone());
        return train::run(&run);
    }
    if arguments.on == Some(On::Generated) && arguments.real.is_some() {
        return Err(UsageError("--real: with --on generated there are no real digits; use --on both".into()).into());
    }
    if let (Some(On::Real), Some(run)) = (arguments.on, &arguments.run) {
        let run = run.display();
        return Err(UsageError(format!("--run {run}: with --on real nothing is generated; use --on both")).into());
    }
    on_threads(arguments.threads, || learn(arguments))
}

fn learn(arguments: &Arguments) -> anyhow::Result<()> {
    let directory = locate(arguments.data.as_deref())?;
    let test = Digits::load(&directory, Split::Test)?;
    let (sets, learned_from) = learn_from(arguments, &directory)?;
    let mut config = RecognizerConfig { seed: arguments.seed, ..Default::default() };
    config.steps = arguments.steps.unwrap_or(config.steps);
    config.validate()?;
    let mut summary = RecognizerSummary { learned_from, test: None, recognizer: config };

    let root = match &arguments.out {
        Some(root) => root.clone(),
        None => RunDirectory::make_fresh("recognizer")?,
    };
    let directory = RecognizerRun::create(&root, &summary)?;
    let (start, progress) = (Instant::now(), Progress::new(&summary.recognizer, &summary.learned_from.to_string()));
    let mut log = directory.log(LOG_EVERY)?;
    let sets: Vec<&Digits> = sets.iter().collect();
    let recognizer = train_recognizer(&summary.recognizer, &sets, &mut |report| {
        progress.show(report);
        Ok(log(report)?)
    })?;
    progress.finish();
    let accuracy = recognizer.read(test.images()).accuracy(test.labels());
    summary.test = Some(TestResult { digits: test.len(), accuracy });
    directory.save(&recognizer, &summary)?;
    say(format_args!(
        "{:.2} % of the {} test digits are read rightly, after {:.0} s; the recognizer is in {}",
        100.0 * accuracy,
        test.len(),
        start.elapsed().as_secs_f64(),
        root.display()
    ))?;
    Ok(())
}

/// The sets of digits, and what is to be said of them.
fn learn_from(arguments: &Arguments, data: &Path) -> anyhow::Result<(Vec<Digits>, LearnedFrom)> {
    let (mut sets, mut learned_from) = (Vec::new(), LearnedFrom::default());
    if arguments.on != Some(On::Generated) {
        let digits = Digits::load(data, Split::Train)?;
        let real = digits.first(arguments.real.map_or(digits.len(), |count| count as usize));
        learned_from.real = real.len();
        sets.push(real);
    }
    if let Some(run) = &arguments.run {
        let drawn = labelled_digits_of(Some(run), arguments.count as usize, arguments.seed)?;
        learned_from.generated = drawn.len();
        learned_from.run = Some(run.display().to_string());
        sets.push(drawn);
    }
    Ok((sets, learned_from))
}
