//! The directory of a run and what lies in it.

use super::error::make;
use super::lock::Lock;
use super::weights::{load_weights, save_weights};
use super::{Checkpoint, Checkpoints, RunError};
use crate::data::file::{self, LONGEST_TEXT};
use crate::data::{sweep, write_atomically};
use crate::gan::{BuildError, Config, MemoryEstimate, Trainer, blank_discriminator, blank_generator};
use crate::nn::Network;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// What a run's `config.toml` begins with, and what it ends with: whole, it has both.
const FIRST_LINE: &str = "# Every value that decided this run. The file is whole if its last line is: # end";
const LAST_LINE: &str = "# end";

/// A run's directory:
///
/// ```text
/// config.toml                 every value that decided the run
/// metrics.csv                 losses and scores as it went
/// norms.csv                   at the same steps, the norms of each parameter and of its gradient
/// reading.csv                 of a run that learns to read: how well it does
/// warnings.txt                what looked wrong
/// times.csv                   when that was, in seconds of training
/// samples/epoch-0000.png …    the same latent vectors after every epoch
/// samples/evolution.png       all of them, one after another
/// report.html                 all of this in one page
/// evaluation.json             the figures of `twoplayer evaluate`
/// checkpoints/                all that it takes to go on with the run; the last two, or, in the end, one
/// generator.safetensors       the generator's weights (their average, if the run keeps one)
/// discriminator.safetensors   the discriminator's
/// recognizer.toml             of a run that has learned to read: as in a recognizer's directory
/// recognizer.safetensors      the weights of what reads (their average, if the run keeps one)
/// lock                        which process trains it, or did
/// best/                       of a run that is evaluated as it goes: another such directory, with the weights
///                             whose Fréchet distance was the lowest
/// ```
#[derive(Clone, Debug)]
pub struct RunDirectory {
    root: PathBuf,
}

impl RunDirectory {
    /// A new directory, taken. It is a run's once the configuration is in it, which is written when there is a first
    /// checkpoint: what has a configuration can go on.
    ///
    /// # Errors
    /// When it exists and is not empty, or cannot be made or written to.
    pub(super) fn create(root: &Path) -> Result<(Self, Lock), RunError> {
        Self::make_empty(root)?;
        let mut lock = Lock::take(root)?;
        lock.mark()?;
        make(&root.join("samples"))?;
        Ok((Self { root: root.into() }, lock))
    }

    /// Writes `config.toml`, between lines that tell whether all of it is there.
    pub(super) fn write_config(&self, config: &Config) -> Result<(), RunError> {
        let text = format!("{FIRST_LINE}\n\n{}\n{LAST_LINE}\n", config.to_toml());
        Ok(write_atomically(&self.config_file(), |out| out.write_all(text.as_bytes()))?)
    }

    /// Makes an empty directory.
    ///
    /// # Errors
    /// When it exists and is not empty, or cannot be made.
    pub(super) fn make_empty(root: &Path) -> Result<(), RunError> {
        let occupied = fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
        let is_run = root.join("config.toml").is_file();
        if occupied { Err(RunError::NotEmpty { path: root.into(), is_run }) } else { make(root) }
    }

    /// The directory of a run that has been made.
    ///
    /// # Errors
    /// When there is no run there.
    pub fn open(root: &Path) -> Result<Self, RunError> {
        let run = Self { root: root.into() };
        match file::check_regular(&run.config_file()) {
            Ok(()) => Ok(run),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(RunError::NoRun { path: root.into() })
            }
            Err(reason) => Err(RunError::Read { path: run.config_file(), reason }),
        }
    }

    /// Makes `runs/PRESET-DATE-TIME`, with a number behind it if that exists: no other process gets the same one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_fresh(preset: &str) -> Result<PathBuf, RunError> {
        let now = stamp(now());
        let runs = Path::new("runs");
        make(runs)?;
        for number in 1u32.. {
            let name = if number == 1 { format!("{preset}-{now}") } else { format!("{preset}-{now}-{number}") };
            let path = runs.join(name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(reason) => return Err(RunError::Create { path, reason }),
            }
        }
        unreachable!("some number is free")
    }

    /// `config.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// `metrics.csv`.
    pub fn metrics_file(&self) -> PathBuf {
        self.root.join("metrics.csv")
    }

    /// `times.csv`.
    pub fn times_file(&self) -> PathBuf {
        self.root.join("times.csv")
    }

    /// `norms.csv`.
    pub fn norms_file(&self) -> PathBuf {
        self.root.join("norms.csv")
    }

    /// `reading.csv`.
    pub fn reading_file(&self) -> PathBuf {
        self.root.join("reading.csv")
    }

    /// `warnings.txt`.
    pub fn warnings_file(&self) -> PathBuf {
        self.root.join("warnings.txt")
    }

    /// The checkpoints in it.
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::of(&self.root)
    }

    /// Its last checkpoint, or that of a step, with no more numbers than this configuration trains.
    ///
    /// # Errors
    /// When there is none that can be read.
    pub fn checkpoint(&self, config: &Config, step: Option<u64>) -> Result<Checkpoint, RunError> {
        let kept = MemoryEstimate::of_training(config, 1).map(|estimate| estimate.kept);
        let kept = kept.map_err(|error| RunError::Build { path: self.config_file(), error })?;
        let found = self.checkpoints().load(step, kept)?;
        found.ok_or_else(|| RunError::NoCheckpoints { path: self.root.clone(), config: self.config_file() })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What its directory is called.
    pub fn name(&self) -> String {
        self.root.file_name().map_or("run".into(), |name| name.to_string_lossy().into_owned())
    }

    /// Removes what a process that was killed was about to write.
    pub(super) fn sweep(&self) {
        for directory in [self.root.clone(), self.root.join("samples"), self.root.join("checkpoints"), self.best().root]
        {
            sweep(&directory);
        }
    }

    /// `samples/epoch-NNNN.png`.
    pub fn sample_file(&self, epoch: u64) -> PathBuf {
        self.root.join(format!("samples/epoch-{epoch:04}.png"))
    }

    /// The grids of the epochs, in order; of very many, every so many-th, and the last.
    pub fn sample_files(&self) -> Vec<(u64, PathBuf)> {
        const SHOWN: usize = 64;
        let files = self.all_sample_files();
        let (every, last) = (files.len().div_ceil(SHOWN).max(1), files.len().saturating_sub(1));
        let kept = files.into_iter().enumerate().filter(|(i, _)| i % every == 0 || *i == last);
        kept.map(|(_, file)| file).collect()
    }

    /// The grids of all epochs, in order.
    fn all_sample_files(&self) -> Vec<(u64, PathBuf)> {
        let epoch = |name: &str| name.strip_prefix("epoch-")?.strip_suffix(".png")?.parse().ok();
        let entries = fs::read_dir(self.root.join("samples")).into_iter().flatten().flatten();
        let named = entries.filter_map(|entry| Some((epoch(entry.file_name().to_str()?)?, entry.path())));
        let mut files: Vec<(u64, PathBuf)> = named.collect();
        files.sort();
        files
    }

    /// `samples/evolution.png`.
    pub fn evolution_file(&self) -> PathBuf {
        self.root.join("samples/evolution.png")
    }

    /// `report.html`.
    pub fn report_file(&self) -> PathBuf {
        self.root.join("report.html")
    }

    /// `evaluation.json`, where `twoplayer evaluate` leaves its figures.
    pub fn evaluation_file(&self) -> PathBuf {
        self.root.join("evaluation.json")
    }

    /// The figures in it, if it has been evaluated.
    pub fn evaluation(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&file::read(&self.evaluation_file(), LONGEST_TEXT).ok()?).ok()
    }

    /// `PLAYER.safetensors`.
    pub fn weights_file(&self, player: &str) -> PathBuf {
        self.root.join(format!("{player}.safetensors"))
    }

    /// The files that are there and are the run's own: none of them is another command's to replace.
    pub fn own_files(&self) -> Vec<PathBuf> {
        let what_it_is =
            |run: &Self| [run.config_file(), run.weights_file("generator"), run.weights_file("discriminator")];
        let logs =
            [self.metrics_file(), self.times_file(), self.norms_file(), self.reading_file(), self.warnings_file()];
        let made = [self.evolution_file(), self.report_file(), self.evaluation_file(), self.root.join("lock")];
        let recognizer = ["recognizer.toml", "recognizer.safetensors"].map(|name| self.root.join(name));
        let grids = self.all_sample_files().into_iter().map(|(_, path)| path);
        let checkpoints = self.checkpoints();
        let checkpoints = checkpoints.steps().into_iter().map(move |step| checkpoints.file(step));
        let all =
            what_it_is(self).into_iter().chain(what_it_is(&self.best())).chain(logs).chain(made).chain(recognizer);
        all.chain(grids).chain(checkpoints).filter(|path| path.is_file()).collect()
    }

    /// best/, whether it is there or not.
    fn best(&self) -> Self {
        Self { root: self.root.join("best") }
    }

    /// Keeps the players as they are now in best/, a run's directory with the same configuration.
    pub(super) fn keep_best(&self, trainer: &Trainer) -> Result<(), RunError> {
        let best = self.best();
        make(&best.root)?;
        let config = file::read(&self.config_file(), LONGEST_TEXT)
            .map_err(|reason| RunError::Read { path: self.config_file(), reason })?;
        write_atomically(&best.config_file(), |out| out.write_all(&config))?;
        best.save_players(trainer)
    }

    /// Writes the weights of both players, of the generator the average where there is one.
    pub(super) fn save_players(&self, trainer: &Trainer) -> Result<(), RunError> {
        save_weights(&[trainer.ema_generator()], &self.weights_file("generator"))?;
        save_weights(&[trainer.discriminator()], &self.weights_file("discriminator"))
    }

    /// The configuration that decided the run: all of it stands in its file, and what is missing there is not taken from
    /// a preset.
    ///
    /// # Errors
    /// When it cannot be read or used, or is not whole.
    pub fn config(&self) -> Result<Config, RunError> {
        let path = self.config_file();
        let text =
            file::read_text(&path, LONGEST_TEXT).map_err(|reason| RunError::Read { path: path.clone(), reason })?;
        if text.starts_with(FIRST_LINE) && text.lines().last() != Some(LAST_LINE) {
            return Err(RunError::ConfigCutShort { path });
        }
        let config = Config::complete_from_toml(&text).and_then(|c| c.validate().map(|()| c));
        config.map_err(|error| RunError::Config { path, error })
    }

    /// The run's generator, and the configuration that says how its pixels lie.
    ///
    /// # Errors
    /// When configuration or weights cannot be read or used.
    pub fn generator(&self) -> Result<(Network, Config), RunError> {
        let config = self.config()?;
        Ok((self.player(blank_generator(&config), "generator")?, config))
    }

    /// The run's discriminator, if its weights are there: to draw digits, nobody needs it.
    ///
    /// # Errors
    /// When configuration or weights cannot be read or used.
    pub fn discriminator(&self) -> Result<Option<Network>, RunError> {
        let config = self.config()?;
        let is_there = self.weights_file("discriminator").is_file();
        is_there.then(|| self.player(blank_discriminator(&config), "discriminator")).transpose()
    }

    /// A player that was built, if it could be, with the run's weights.
    fn player(&self, blank: Result<Network, BuildError>, name: &str) -> Result<Network, RunError> {
        let mut network = blank.map_err(|error| RunError::Build { path: self.config_file(), error })?;
        load_weights(&mut [&mut network], &self.weights_file(name))?;
        Ok(network)
    }
}

/// `YEAR-MONTH-DAY-HHMMSS`, in which names sort as times do.
fn stamp(time: OffsetDateTime) -> String {
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second) = time.to_hms();
    format!("{year:04}-{:02}-{day:02}-{hour:02}{minute:02}{second:02}", u8::from(month))
}

/// The time here; in Greenwich, where the environment names a time zone by a file that is none.
fn now() -> OffsetDateTime {
    let named = std::env::var_os("TZ").map(|name| name.to_string_lossy().trim_start_matches(':').to_owned());
    let is_no_file =
        named.filter(|name| name.starts_with('/')).is_some_and(|name| file::check_regular(Path::new(&name)).is_err());
    let here = if is_no_file { None } else { OffsetDateTime::now_local().ok() };
    here.unwrap_or_else(OffsetDateTime::now_utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_name() {
        assert_eq!(stamp(OffsetDateTime::UNIX_EPOCH), "1970-01-01-000000");
        assert_eq!(stamp(OffsetDateTime::from_unix_timestamp(1_769_860_809).unwrap()), "2026-01-31-120009");
    }

    #[test]
    fn every_grid_of_a_long_run_is_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let run = RunDirectory { root: directory.path().into() };
        make(&run.root.join("samples")).unwrap();
        (0..200).for_each(|epoch| fs::write(run.sample_file(epoch), "").unwrap());
        assert!(run.sample_files().len() < 100, "a page shows some of them");
        let own = run.own_files();
        assert!((0..200).all(|epoch| own.contains(&run.sample_file(epoch))));
    }
}
