//! `twoplayer recognizer compare`.

use super::table::{Row, Table};
use crate::cli::given::{config_of, labelled_digits_of, name_of};
use crate::cli::say::{note, print, say};
use crate::cli::threads::{on_threads, threads};
use crate::cli::train::recognizer_of;
use crate::cli::usage_error::UsageError;
use crate::data::{Digits, Split, locate};
use crate::gan::{Config, Session};
use crate::recognizer::{Recognizer, RecognizerConfig, train_recognizer};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Do generated digits help to read real ones? Train recognizers with and without them, and compare.
///
/// For 100, 1,000, 10,000 and all real digits: how well a network reads the test digits that has learned
/// from those alone; and for each RUN, from the digits alone that its generator draws, and from both. A run
/// belongs to the row of as many real digits as it has seen itself (`train --examples N`): a generator
/// that has seen more would tell the recognizer about digits which it is not to know. All learn for the
/// same number of steps, with the same shifts.
///
/// The last column is of a network that has learned in the game, as `recognizer train --labels N` does: it has seen all
/// pictures, and as many labels as the row says. That takes longer than all the rest.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer recognizer compare\n  \
                  twoplayer train --preset best --examples 1000 --out runs/best-1000\n  \
                  twoplayer recognizer compare --run runs/best-1000 --run runs/best --seeds 3")]
pub struct Arguments {
    /// A run that was trained with labels; may be given several times [default: the trained generator that
    /// comes with the program]
    #[arg(long, value_name = "RUN")]
    run: Vec<PathBuf>,

    /// How many digits each run draws
    #[arg(long, value_name = "N", default_value_t = 60_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,

    /// How many recognizers of each kind, from seed 0 on; the table has their median
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,

    /// How many steps each learns for
    #[arg(long, value_name = "N")]
    steps: Option<u64>,

    /// Leave out the last column
    #[arg(long)]
    no_few_labels: bool,

    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,

    /// The directory with the four MNIST files [default: $TWOPLAYER_DATA, then data/mnist here, then
    /// data/mnist of the source tree]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    threads: usize,
}

/// Numbers of real digits, beside all.
const FEWER: [usize; 3] = [100, 1_000, 10_000];

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    on_threads(arguments.threads, || compare(arguments))
}

fn compare(arguments: &Arguments) -> anyhow::Result<()> {
    let directory = locate(arguments.data.as_deref())?;
    let digits = Digits::load(&directory, Split::Train)?;
    let learner = Learner { arguments, test: Digits::load(&directory, Split::Test)?, start: Instant::now() };
    let runs: Vec<Option<&Path>> = match arguments.run.is_empty() {
        true => vec![None],
        false => arguments.run.iter().map(|run| Some(run.as_path())).collect(),
    };
    let mut runs =
        runs.into_iter().map(|run| Ok((seen_by(run, digits.len())?, run))).collect::<anyhow::Result<Vec<_>>>()?;
    let mut sizes: Vec<usize> =
        FEWER.into_iter().chain([digits.len()]).chain(runs.iter().map(|(seen, _)| *seen)).collect();
    sizes.retain(|&size| size <= digits.len());
    sizes.sort_unstable();
    sizes.dedup();
    runs.sort_by_key(|(seen, _)| *seen);

    let mut rows = Vec::new();
    for size in sizes {
        let real = digits.first(size);
        let alone = learner.accuracies(&format!("{size} real digits"), &[&real])?;
        let on_few_labels = match size == digits.len() || arguments.no_few_labels {
            true => None,
            false => Some(learner.accuracies_of_discriminators(&digits, size)?),
        };
        let own: Vec<Option<&Path>> = runs.iter().filter(|(seen, _)| *seen == size).map(|(_, run)| *run).collect();
        if own.is_empty() {
            rows.push(Row { real: size, on_real: alone, on_few_labels, ..Row::default() });
            continue;
        }
        for run in own {
            let drawn = labelled_digits_of(run, arguments.count as usize, 0)?;
            let name = name_of(run);
            rows.push(Row {
                real: size,
                run: Some(name.clone()),
                on_real: alone.clone(),
                on_few_labels: on_few_labels.clone(),
                on_generated: Some(learner.accuracies(&format!("digits of {name}"), &[&drawn])?),
                on_both: Some(
                    learner.accuracies(&format!("{size} real digits and those of {name}"), &[&real, &drawn])?,
                ),
            });
        }
    }
    let table = Table { test_digits: learner.test.len(), generated: arguments.count, seeds: arguments.seeds, rows };
    match arguments.json {
        true => say(serde_json::to_string_pretty(&table)?)?,
        false => print(table)?,
    }
    Ok(())
}

/// How many real digits a run has seen, of so many.
fn seen_by(run: Option<&Path>, all: usize) -> anyhow::Result<usize> {
    let config = config_of(run)?;
    let seen = config.training.examples.map_or(all, |examples| examples.min(all));
    match config.training.classes {
        0 => Err(UsageError(format!("--run {}: trained without labels, so its digits have none", name_of(run))).into()),
        _ => Ok(seen),
    }
}

/// Trains recognizers and tests them.
struct Learner<'a> {
    arguments: &'a Arguments,
    test: Digits,
    start: Instant,
}

impl Learner<'_> {
    /// The shares of test digits that are read rightly, one for each seed, by recognizers that learned from these sets.
    fn accuracies(&self, from: &str, sets: &[&Digits]) -> anyhow::Result<Vec<f64>> {
        let learn = |seed| {
            let mut config = RecognizerConfig { seed, ..Default::default() };
            config.steps = self.arguments.steps.unwrap_or(config.steps);
            Ok(self.tested(from, seed, &train_recognizer(&config, sets, &mut |_| Ok(()))?))
        };
        (0..self.arguments.seeds).map(learn).collect()
    }

    /// The same of what has seen all these digits in a game, and the labels of so many of them.
    fn accuracies_of_discriminators(&self, digits: &Digits, labels: usize) -> anyhow::Result<Vec<f64>> {
        let learn = |seed| {
            let mut config = Config { seed, ..Config::preset("reader")? };
            config.training.semi_supervised.as_mut().expect("it reads").labels = labels;
            config.training.steps = self.arguments.steps.or(config.training.steps);
            let mut session = Session::new(&config, digits)?;
            session.run(&mut ())?;
            let (reader, _) = recognizer_of(&session, &mut |_| Ok(()))?;
            Ok(self.tested(&format!("all digits and {labels} labels"), seed, &reader))
        };
        (0..self.arguments.seeds).map(learn).collect()
    }

    /// The share of test digits that this recognizer reads rightly, which is also said.
    fn tested(&self, from: &str, seed: u64, recognizer: &Recognizer) -> f64 {
        let accuracy = recognizer.read(self.test.images()).accuracy(self.test.labels());
        let seconds = self.start.elapsed().as_secs_f64();
        note(format_args!("{seconds:5.0} s · from {from}, seed {seed}: {:.2} %", 100.0 * accuracy));
        accuracy
    }
}
