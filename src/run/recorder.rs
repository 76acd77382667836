//! The observer that writes a run down.

use super::checkpoint::{KEPT_IN_THE_END, Written};
use super::error::make;
use super::evaluator::{Evaluator, diagnosis};
use super::lock::Lock;
use super::log::{Log, Logs};
use super::rows::{FIGURES, line};
use super::{
    Checkpoint, History, MetricsRow, NormRow, Picture, ReadingRow, RunDirectory, RunError, TimeRow, grid, to_bytes,
};
use crate::gan::{
    Beginning, Config, Diagnosis, EpochEnd, Observer, ObserverError, PREVIEW_COLUMNS, ReadingScores, RecordConfig,
    Scores, Session, StepEnd, Warning,
};
use crate::metrics::Quality;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Writes metrics, sample grids, weights and checkpoints into a run's directory as training goes. A new directory is
/// made when training begins, so a run that cannot begin leaves nothing behind.
pub struct Recorder {
    /// Until training begins.
    from: Option<From>,
    evaluator: Option<Evaluator>,
    /// What the last evaluation showed to be wrong.
    diagnosis: Option<Diagnosis>,
    open: Option<Open>,
}

/// Where it begins.
enum From {
    /// In a new directory here.
    Nothing(PathBuf),
    /// With the run in this directory, when so much of it had been written down.
    Run(RunDirectory, Lock, Written),
}

/// What there is once training has begun.
struct Open {
    run: RunDirectory,
    _lock: Lock,
    record: RecordConfig,
    logs: Logs,
    /// When training began, and the seconds that it had taken before.
    start: (Instant, f64),
    lowest: Option<f64>,
    /// Whether the last evaluation showed something to be wrong.
    is_ill: bool,
    epoch_has_ended: bool,
    /// The step of the last checkpoint.
    saved: Option<u64>,
    /// The configuration, until there is a first checkpoint.
    unwritten: Option<Config>,
    /// What the images are, once that has been asked.
    images: Option<String>,
}

/// How much a grid of samples is enlarged.
const SCALE: usize = 3;
impl Recorder {
    /// Will write into a new directory here, as often as the configuration says.
    pub fn new(root: &Path) -> Self {
        Self::beginning_with(From::Nothing(root.into()))
    }

    fn beginning_with(from: From) -> Self {
        Self { from: Some(from), evaluator: None, diagnosis: None, open: None }
    }

    /// Takes this directory and will write on in it, by this configuration, from where its last checkpoint left it, or
    /// that of a step, which is given too. Until training begins, nothing in the directory changes.
    ///
    /// # Errors
    /// When another process is at it, or there is no checkpoint that can be read.
    pub fn resuming(run: &RunDirectory, config: &Config, step: Option<u64>) -> Result<(Self, Checkpoint), RunError> {
        let lock = Lock::take(run.root())?; // before anything is read that another might be writing
        let checkpoint = run.checkpoint(config, step)?;
        Ok((Self::beginning_with(From::Run(run.clone(), lock, checkpoint.written())), checkpoint))
    }

    /// The same, and evaluates the run as it goes: metrics.csv has the figures; and where that was asked for, the weights
    /// with the lowest Fréchet distance so far are kept in best/, which is a run's directory itself.
    pub fn evaluating(self, evaluator: Option<Evaluator>) -> Self {
        Self { evaluator, ..self }
    }

    fn open(&mut self) -> &mut Open {
        self.open.as_mut().expect("training tells of its beginning first")
    }
}

/// The logs of a run that goes on after a step, as they were then, and the lock, marked. All that can be wrong is found
/// before the first byte changes; and should the process be killed in between, the run can be gone on with as before.
fn continued(
    run: &RunDirectory,
    mut lock: Lock,
    written: &Written,
    config: &Config,
    step: u64,
) -> Result<(Lock, Logs), RunError> {
    let mut logs = Logs::open(run, written)?;
    History::check(run, [written.metrics, written.norms, written.times])?;
    make(&run.root().join("samples"))?;
    lock.mark()?;
    run.sweep();
    run.write_config(config)?;
    run.checkpoints().forget_after(step)?; // those need the rows that are cut off now
    logs.cut(written)?;
    Ok((lock, logs))
}

impl Open {
    fn new(from: From, config: &Config, step: u64, figures: usize) -> Result<Self, RunError> {
        let (run, lock, written, logs, unwritten) = match from {
            From::Nothing(root) => {
                let (run, lock) = RunDirectory::create(&root)?;
                let logs = Logs::create(&run, figures, config.training.semi_supervised.is_some())?;
                (run, lock, Written::default(), logs, Some(config.clone()))
            }
            From::Run(run, lock, written) => {
                let (lock, logs) = continued(&run, lock, &written, config, step)?;
                (run, lock, written, logs, None)
            }
        };
        let (start, lowest) = ((Instant::now(), written.seconds), written.lowest);
        let record = config.record;
        Ok(Self {
            run,
            _lock: lock,
            record,
            logs,
            start,
            lowest,
            is_ill: written.is_ill,
            epoch_has_ended: false,
            saved: None,
            unwritten,
            images: None,
        })
    }

    /// Seconds of training, those before the run was interrupted included.
    fn seconds(&self) -> f64 {
        self.start.0.elapsed().as_secs_f64() + self.start.1
    }

    /// A row of metrics.csv, and one of times.csv.
    fn log(&mut self, step: u64, epoch: u64, scores: &Scores, quality: Option<&Quality>) -> Result<(), RunError> {
        self.logs.metrics_row(&MetricsRow::new(step, epoch, scores, quality))?;
        if let Some((log, ReadingScores { loss, accuracy, sure })) = self.logs.reading.as_mut().zip(scores.reading) {
            log.row(&line(&ReadingRow { step, loss, accuracy, sure }, 0))?;
        }
        let seconds = self.seconds();
        Ok(self.logs.times.row(&line(&TimeRow { step, seconds }, 0))?)
    }

    /// A checkpoint of the session as it stands, unless there is one.
    fn save(&mut self, session: &Session) -> Result<(), RunError> {
        if self.saved == Some(session.step()) {
            return Ok(());
        }
        let written = Written {
            metrics: self.logs.metrics.sync()?,
            times: self.logs.times.sync()?,
            norms: self.logs.norms.sync()?,
            warnings: self.logs.warnings.sync()?,
            reading: self.logs.reading.as_mut().map_or(Ok(0), Log::sync)?,
            seconds: self.seconds(),
            lowest: self.lowest,
            is_ill: self.is_ill,
        };
        let images = self.images.get_or_insert_with(|| session.digits().sha256());
        self.run.checkpoints().save(session, images, written)?;
        if let Some(config) = self.unwritten.take() {
            self.run.write_config(&config)?;
        }
        self.saved = Some(session.step());
        Ok(())
    }
}

/// The images that a run shows after an epoch, enlarged `scale` times.
pub(super) fn preview(epoch: &EpochEnd<'_>, scale: usize) -> Picture {
    let tile = epoch.image_shape;
    let bytes = to_bytes(epoch.samples, epoch.pixel_range);
    grid(bytes.chunks_exact(tile.iter().product()), tile, PREVIEW_COLUMNS, scale)
}

impl Observer for Recorder {
    fn beginning(&mut self, run: &Beginning<'_>) -> Result<(), ObserverError> {
        let figures = if self.evaluator.is_some() { FIGURES } else { 0 };
        let from = self.from.take().expect("a run begins once");
        self.open = Some(Open::new(from, run.config, run.step, figures)?);
        Ok(())
    }

    fn step_end(&mut self, StepEnd { step, epoch, scores, norms }: &StepEnd<'_>) -> Result<(), ObserverError> {
        let Some(norms) = norms else { return Ok(()) };
        for norm in norms.each_ref().into_iter().flatten() {
            self.open().logs.norms.row(&line(&NormRow::new(*step, norm), 0))?;
        }
        Ok(self.open().log(*step, *epoch, scores, None)?)
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        let open = self.open.as_mut().expect("training tells of its beginning first");
        let evaluator = self.evaluator.as_ref().filter(|_| open.logs.figures > 0);
        let evaluated = evaluator.map(|evaluator| evaluator.evaluate(epoch)).transpose()?.flatten();
        if let Some((evaluator, quality)) = evaluator.zip(evaluated) {
            let scores = epoch.scores.expect("only epochs of steps are evaluated");
            open.log(epoch.step, epoch.epoch, &scores, Some(&quality))?;
            let found = diagnosis(&quality, epoch.epoch);
            let is_news = !std::mem::replace(&mut open.is_ill, found.is_some());
            self.diagnosis = found.filter(|_| is_news);
            if evaluator.is_asked_for() && open.lowest.is_none_or(|lowest| quality.frechet < lowest) {
                open.lowest = Some(quality.frechet);
                open.run.keep_best(epoch.trainer)?;
            }
        }
        preview(epoch, SCALE).write_png(&open.run.sample_file(epoch.epoch))?;
        open.epoch_has_ended = true;
        Ok(open.run.save_players(epoch.trainer)?)
    }

    fn diagnosis(&mut self) -> Option<Diagnosis> {
        self.diagnosis.take()
    }

    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        Ok(self.open().logs.warnings.row(&warning.to_string())?)
    }

    fn pause(&mut self, session: &Session) -> Result<ControlFlow<()>, ObserverError> {
        let open = self.open();
        // Before the first step too, so that a run has a checkpoint whatever becomes of it.
        let is_due = match open.record.checkpoint_every {
            Some(steps) => session.step().is_multiple_of(steps),
            None => open.epoch_has_ended,
        };
        open.epoch_has_ended = false;
        if is_due {
            open.save(session)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn ending(&mut self, session: &Session) -> Result<(), ObserverError> {
        let open = self.open();
        open.save(session)?;
        if session.step() == session.total_steps() {
            open.run.checkpoints().keep(open.record.keep_checkpoints.unwrap_or(KEPT_IN_THE_END))?;
        }
        Ok(())
    }
}
