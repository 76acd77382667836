//! The runs in a directory, each in a line.

use super::{History, RunDirectory, RunError, lock};
use crate::gan::Diagnosis;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// What a run has come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunSummary {
    /// Its directory.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// What its configuration is called: the preset that it began as, or a name of its own.
    pub config: String,
    /// The last step that it has written down.
    pub step: u64,
    /// How many steps it will have, if it knows.
    pub total_steps: Option<u64>,
    /// Whether it trains, has come to its end, or was left before.
    pub state: State,
    /// The last that was written down.
    pub discriminator_loss: Option<f64>,
    /// The last that was written down.
    pub generator_loss: Option<f64>,
    /// The last that was measured, by `twoplayer evaluate` or as the run went.
    pub frechet: Option<f64>,
    /// Of how many digits.
    pub evaluated: Option<u64>,
    /// The lowest that was measured as the run went.
    pub best_frechet: Option<f64>,
    /// After which epoch that was.
    pub best_epoch: Option<u64>,
    /// What looked wrong, each by the name of its [diagnosis](crate::gan::Diagnosis::NAMES) and once; those of an older
    /// program have none.
    pub warnings: Vec<&'static str>,
    /// How much it takes on the disk.
    pub bytes: u64,
}

/// Whether a run is being trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A process is at it.
    Training,
    /// It has made its last step.
    Finished,
    /// It has steps left, and nobody makes them.
    Stopped,
    /// It has no checkpoint to go on from.
    Lost,
    /// Its configuration or its logs cannot be read.
    Damaged,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Training => "training",
            State::Finished => "finished",
            State::Stopped => "stopped; train --resume goes on",
            State::Lost => "without a checkpoint",
            State::Damaged => "damaged",
        })
    }
}

/// What a warning is called that an older program has written down.
const UNNAMED: &str = "warned";

/// A path as JSON has it; what is no Unicode in it is shown by a sign.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// The runs in a directory, by name.
///
/// # Errors
/// When the directory cannot be read.
pub fn find_runs(directory: &Path) -> Result<Vec<RunSummary>, RunError> {
    let failed = |reason| RunError::Read { path: directory.into(), reason };
    let entries = fs::read_dir(directory).map_err(failed)?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths.iter().filter_map(|path| RunDirectory::open(path).ok()).map(|run| summary(&run)).collect())
}

/// What a run has come to.
pub fn summary(run: &RunDirectory) -> RunSummary {
    let (config, history) = (run.config().ok(), History::read(run).ok());
    let is_whole = config.is_some() && history.is_some();
    let history = history.unwrap_or_default();
    let last = history.metrics.last();
    let evaluation = run.evaluation();
    let kept = |key: &str| evaluation.as_ref().map(|figures| &figures["generated"][key]);
    let (last_evaluated, best) = (history.last_evaluated(), history.best_evaluated());
    let names: BTreeSet<&str> =
        history.warnings.iter().map(|text| Diagnosis::name_in(text).unwrap_or(UNNAMED)).collect();
    let progress = run.checkpoints().progress();
    let total_steps = progress.map(|[_, total]| total);
    let step = history.steps(progress);
    let state = match total_steps {
        _ if !is_whole => State::Damaged,
        _ if lock::is_held(run.root()) => State::Training,
        Some(total) if step >= total => State::Finished,
        Some(_) => State::Stopped,
        None => State::Lost,
    };
    RunSummary {
        path: run.root().into(),
        config: config.map_or("".into(), |config| config.name),
        step,
        total_steps,
        state,
        discriminator_loss: last.map(|row| row.discriminator_loss),
        generator_loss: last.map(|row| row.generator_loss),
        frechet: kept("frechet").and_then(Value::as_f64).or(last_evaluated.and_then(|row| row.frechet)),
        evaluated: kept("images").and_then(Value::as_u64).or(last_evaluated.and_then(|row| row.evaluated)),
        best_frechet: best.and_then(|row| row.frechet),
        best_epoch: best.map(|row| row.epoch),
        warnings: names.into_iter().collect(),
        bytes: bytes(run.root()),
    }
}

/// How much a directory takes, with all that is in it.
fn bytes(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => bytes(&entry.path()),
        _ => entry.metadata().map_or(0, |metadata| metadata.len()),
    };
    entries.map(size).sum()
}
