//! The observer that writes a run down.

use super::weights::save_weights;
use super::{RunDirectory, RunError, grid, to_bytes};
use crate::data::WriteError;
use crate::gan::{Beginning, Config, EpochEnd, Observer, ObserverError, PREVIEW_COLUMNS, StepEnd};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Writes metrics, sample grids and weights into a run's directory as training goes. The
/// directory is made when training begins, so a run that cannot begin leaves nothing behind.
pub struct Recorder {
    root: PathBuf,
    log_every: u64,
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
        Self { root: root.into(), log_every, open: None }
    }

    fn open(&mut self) -> &mut Open {
        self.open.as_mut().expect("training tells of its beginning first")
    }
}

impl Open {
    fn create(root: &Path, config: &Config) -> Result<Self, RunError> {
        let run = RunDirectory::create(root, config)?;
        let path = run.metrics_file();
        let metrics = File::create(&path).map_err(|reason| WriteError { path, reason })?;
        let mut open = Self { run, start: Instant::now(), metrics };
        open.row(METRICS_HEADER)?;
        Ok(open)
    }

    /// One line, written through to the system: a killed process loses none.
    fn row(&mut self, row: &str) -> Result<(), WriteError> {
        let written = self.metrics.write_all(format!("{row}\n").as_bytes());
        written.map_err(|reason| WriteError { path: self.run.metrics_file(), reason })
    }
}

impl Observer for Recorder {
    fn beginning(&mut self, run: &Beginning<'_>) -> Result<(), ObserverError> {
        self.open = Some(Open::create(&self.root, run.config)?);
        Ok(())
    }

    fn step_end(&mut self, StepEnd { step, epoch, scores }: &StepEnd) -> Result<(), ObserverError> {
        if !step.is_multiple_of(self.log_every) {
            return Ok(());
        }
        let open = self.open();
        let seconds = open.start.elapsed().as_secs_f64();
        let row = format!(
            "{step},{epoch},{seconds:.3},{:.6},{:.6},{:.6},{:.6}",
            scores.discriminator_loss, scores.generator_loss, scores.real, scores.fake
        );
        Ok(open.row(&row)?)
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        let run = &self.open().run;
        let tile = epoch.image_shape;
        let bytes = to_bytes(epoch.samples, epoch.pixel_range);
        let picture = grid(bytes.chunks_exact(tile.iter().product()), tile, PREVIEW_COLUMNS, SCALE);
        picture.write_png(&run.sample_file(epoch.epoch))?;
        save_weights(&[epoch.trainer.artist()], &run.weights_file("generator"))?;
        save_weights(&[&epoch.trainer.discriminator], &run.weights_file("discriminator"))?;
        Ok(())
    }
}
