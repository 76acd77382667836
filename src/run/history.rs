//! What a run has written down of itself, read back.

use super::{MetricsRow, NormRow, ReadingRow, RunDirectory, RunError, TimeRow};
use crate::data::file;
use serde::de::DeserializeOwned;
use std::io::Read;
use std::path::Path;

/// The most bytes of a log that are read: a row at each of a million steps is less.
const LONGEST_LOG: u64 = 256 << 20;
/// The same of warnings.txt, which has a line for what is news.
const LONGEST_WARNINGS: u64 = 1 << 24;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Losses, scores, figures.
    pub metrics: Vec<MetricsRow>,
    /// Norms, parameter by parameter.
    pub norms: Vec<NormRow>,
    /// How long it took.
    pub times: Vec<TimeRow>,
    /// How well it reads, where it learns to.
    pub reading: Vec<ReadingRow>,
    /// What looked wrong.
    pub warnings: Vec<String>,
}

impl History {
    /// What there is of it; a file that the run has not written yet counts as empty, and so does the row that it is
    /// just writing.
    ///
    /// # Errors
    /// When a file cannot be read, or has rows that no run writes.
    pub fn read(run: &RunDirectory) -> Result<Self, RunError> {
        let warnings = match file::read_text(&run.warnings_file(), LONGEST_WARNINGS) {
            Ok(text) => text.lines().skip(1).map(str::to_owned).collect(),
            Err(_) => Vec::new(),
        };
        Ok(Self {
            metrics: rows(&run.metrics_file())?,
            norms: rows(&run.norms_file())?,
            times: rows(&run.times_file())?,
            reading: rows(&run.reading_file())?,
            warnings,
        })
    }

    /// Refuses the logs of a run that are damaged in what was written before a checkpoint: so many bytes of metrics.csv,
    /// norms.csv and times.csv.
    pub(super) fn check(run: &RunDirectory, [metrics, norms, times]: [u64; 3]) -> Result<(), RunError> {
        check_rows::<MetricsRow>(&run.metrics_file(), metrics)?;
        check_rows::<NormRow>(&run.norms_file(), norms)?;
        check_rows::<TimeRow>(&run.times_file(), times)
    }

    /// How many steps the run has made, by the [progress](super::Checkpoints::progress) of its last checkpoint or by its last
    /// row, whichever is later.
    pub fn steps(&self, progress: Option<[u64; 2]>) -> u64 {
        progress.map(|[step, _]| step).max(self.metrics.last().map(|row| row.step)).unwrap_or(0)
    }

    /// The evaluation with the lowest Fréchet distance.
    pub fn best_evaluated(&self) -> Option<&MetricsRow> {
        let evaluated = self.metrics.iter().filter(|row| row.frechet.is_some_and(f64::is_finite));
        evaluated.min_by(|a, b| a.frechet.unwrap_or(f64::NAN).total_cmp(&b.frechet.unwrap_or(f64::NAN)))
    }

    /// The figures of the last evaluation.
    pub fn last_evaluated(&self) -> Option<&MetricsRow> {
        self.metrics.iter().rev().find(|row| row.frechet.is_some())
    }
}

/// The rows of a CSV file by their columns' names.
fn rows<R: DeserializeOwned>(path: &Path) -> Result<Vec<R>, RunError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = file::read_text(path, LONGEST_LOG).map_err(|reason| RunError::Read { path: path.into(), reason })?;
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    parsed(whole.as_bytes(), path).collect()
}

/// Refuses a log of a run whose first `length` bytes have rows that no run writes.
fn check_rows<R: DeserializeOwned>(path: &Path, length: u64) -> Result<(), RunError> {
    let file = file::open(path).map_err(|reason| RunError::Read { path: path.into(), reason })?;
    parsed::<R>(file.take(length), path).try_for_each(|row| row.map(drop))
}

/// Each row of a CSV file, or what is wrong with it; `path` is what errors call the file.
fn parsed<R: DeserializeOwned>(file: impl Read, path: &Path) -> impl Iterator<Item = Result<R, RunError>> {
    let failed = |error: csv::Error| RunError::Log { path: path.into(), reason: error.to_string() };
    csv::Reader::from_reader(file).into_deserialize().map(move |row| row.map_err(failed))
}
