//! The observer that writes a run down.

use super::evaluator::{COLUMNS, Evaluator, NO_COLUMNS, columns};
use super::{RunDirectory, RunError, grid, to_bytes};
use crate::data::WriteError;
use crate::gan::{Beginning, Config, EpochEnd, Observer, ObserverError, PREVIEW_COLUMNS, Scores, StepEnd};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Writes metrics, sample grids and weights into a run's directory as training goes. The
/// directory is made when training begins, so a run that cannot begin leaves nothing behind.
pub struct Recorder {
    root: PathBuf,
    log_every: u64,
    evaluator: Option<Evaluator>,
    open: Option<Open>,
}

/// What there is once training has begun.
struct Open {
    run: RunDirectory,
    start: Instant,
    metrics: File,
}

/// How much a grid of samples is enlarged.
const SCALE: usize = 3;
/// The header of `metrics.csv`.
const METRICS_HEADER: &str = "step,epoch,seconds,discriminator_loss,generator_loss,d_real,d_fake";

impl Recorder {
    /// Will write into a new directory here, a row of metrics every `log_every` steps.
    pub fn new(root: &Path, log_every: u64) -> Self {
        Self { root: root.into(), log_every, evaluator: None, open: None }
    }

    /// The same, and evaluates the run as it goes: metrics.csv has the figures, and the weights with the lowest Fréchet
    /// distance so far are kept in best/, which is a run's directory itself.
    pub fn evaluating(self, evaluator: Option<Evaluator>) -> Self {
        Self { evaluator, ..self }
    }

    fn open(&mut self) -> &mut Open {
        self.open.as_mut().expect("training tells of its beginning first")
    }
}

impl Open {
    fn create(root: &Path, config: &Config, more_columns: &str) -> Result<Self, RunError> {
        let run = RunDirectory::create(root, config)?;
        let path = run.metrics_file();
        let metrics = File::create(&path).map_err(|reason| WriteError { path, reason })?;
        let mut open = Self { run, start: Instant::now(), metrics };
        open.row(&format!("{METRICS_HEADER}{more_columns}"))?;
        Ok(open)
    }

    /// A row of metrics.csv.
    fn log(&mut self, step: u64, epoch: u64, scores: &Scores, more_columns: &str) -> Result<(), WriteError> {
        let seconds = self.start.elapsed().as_secs_f64();
        let Scores { discriminator_loss, generator_loss, real, fake } = scores;
        self.row(&format!(
            "{step},{epoch},{seconds:.3},{discriminator_loss:.6},{generator_loss:.6},{real:.6},{fake:.6}{more_columns}"
        ))
    }

    /// One line, written through to the system: a killed process loses none.
    fn row(&mut self, row: &str) -> Result<(), WriteError> {
        let written = self.metrics.write_all(format!("{row}\n").as_bytes());
        written.map_err(|reason| WriteError { path: self.run.metrics_file(), reason })
    }
}

impl Observer for Recorder {
    fn beginning(&mut self, run: &Beginning<'_>) -> Result<(), ObserverError> {
        let more_columns = if self.evaluator.is_some() { COLUMNS } else { "" };
        self.open = Some(Open::create(&self.root, run.config, more_columns)?);
        Ok(())
    }

    fn step_end(&mut self, StepEnd { step, epoch, scores }: &StepEnd) -> Result<(), ObserverError> {
        if !step.is_multiple_of(self.log_every) {
            return Ok(());
        }
        let more_columns = if self.evaluator.is_some() { NO_COLUMNS } else { "" };
        Ok(self.open().log(*step, *epoch, scores, more_columns)?)
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        let evaluated = self.evaluator.as_mut().map(|evaluator| evaluator.evaluate(epoch)).transpose()?.flatten();
        if let Some((quality, is_lowest)) = evaluated {
            let scores = epoch.scores.expect("only epochs of steps are evaluated");
            self.open().log(epoch.step, epoch.epoch, &scores, &columns(&quality))?;
            if is_lowest {
                self.open().run.keep_best(epoch.trainer)?;
            }
        }
        let run = &self.open().run;
        let tile = epoch.image_shape;
        let bytes = to_bytes(epoch.samples, epoch.pixel_range);
        let picture = grid(bytes.chunks_exact(tile.iter().product()), tile, PREVIEW_COLUMNS, SCALE);
        picture.write_png(&run.sample_file(epoch.epoch))?;
        Ok(run.save_players(epoch.trainer)?)
    }
}
