//! Everything it takes to go on with a run, in one file.

use super::RunError;
use super::directory::make;
use super::tensors::{self, Tensors};
use crate::data::{Digits, WriteError};
use crate::gan::{Config, Position, Session, TrainError};
use crate::nn::Parameter;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A run as it stood after a step, in `checkpoints/step-NNNNNNNN.safetensors`: what the trainer's arrays were (players,
/// moving average, moments of the optimizers), how far the streams of random numbers had come, how much had been
/// written down.
pub struct Checkpoint {
    path: PathBuf,
    note: Note,
    tensors: Tensors,
}

/// What stands beside the arrays.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    /// [`VERSION`] of the program that wrote it.
    version: u64,
    position: Position,
    /// How many steps the run will have.
    total_steps: u64,
    written: Written,
}

/// How much of the run had been written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// Bytes of metrics.csv.
    pub metrics: u64,
    /// Bytes of times.csv.
    pub times: u64,
    /// Bytes of norms.csv.
    pub norms: u64,
    /// Bytes of warnings.txt.
    pub warnings: u64,
    /// Seconds that training had taken.
    pub seconds: f64,
    /// The lowest Fréchet distance so far, where the run is evaluated.
    pub lowest: Option<f64>,
    /// Whether the last evaluation showed something to be wrong.
    pub is_ill: bool,
}

/// The form of checkpoints that this program writes, and the only one that it reads.
const VERSION: u64 = 1;
/// How many are kept: should the last be lost to a broken disk, there is one before.
const KEPT: usize = 2;

/// Where a run's checkpoints are.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    directory: PathBuf,
}

impl Checkpoints {
    /// Those of the run in this directory.
    pub fn of(root: &Path) -> Self {
        Self { directory: root.join("checkpoints") }
    }

    fn file(&self, step: u64) -> PathBuf {
        self.directory.join(format!("step-{step:08}.safetensors"))
    }

    /// The steps of those that there are, the last one last.
    pub fn steps(&self) -> Vec<u64> {
        let step = |name: &str| name.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok();
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut steps: Vec<u64> = entries.filter_map(|entry| step(entry.file_name().to_str()?)).collect();
        steps.sort_unstable();
        steps
    }

    /// The step of the last one, and how many the run was to have then; none where there is none that says so.
    pub fn progress(&self) -> Option<[u64; 2]> {
        let step = *self.steps().last()?;
        Some([step, tensors::read_note(&self.file(step))?["total_steps"].as_u64()?])
    }

    /// Keeps the session as it stands; of the older checkpoints the last one stays.
    pub(super) fn save(&self, session: &Session<'_>, written: Written) -> Result<(), RunError> {
        make(&self.directory)?;
        let (step, arrays) = (session.step(), session.arrays());
        if let Some(Parameter { name, .. }) = arrays.iter().find(|array| array.value.iter().any(|x| !x.is_finite())) {
            return Err(RunError::NotFinite { step, parameter: name.clone() });
        }
        let note = Note { version: VERSION, position: session.position(), total_steps: session.total_steps(), written };
        let note = serde_json::to_value(note).expect("plain values");
        let (path, start) = (self.file(step), Instant::now());
        tensors::write(arrays.iter(), note, &path)?;
        tracing::debug!(path = %path.display(), seconds = start.elapsed().as_secs_f64(), "checkpoint");
        let steps = self.steps();
        steps[..steps.len().saturating_sub(KEPT)].iter().try_for_each(|&old| self.remove(old))
    }

    /// Removes those of later steps.
    pub(super) fn forget_after(&self, step: u64) -> Result<(), RunError> {
        self.steps().into_iter().filter(|&later| later > step).try_for_each(|later| self.remove(later))
    }

    fn remove(&self, step: u64) -> Result<(), RunError> {
        let path = self.file(step);
        Ok(fs::remove_file(&path).map_err(|reason| WriteError { path, reason })?)
    }

    /// The last one, or that of a step; none where the run has none yet.
    ///
    /// # Errors
    /// When there is none of that step, or it is damaged, or of a newer program: the error names another that is whole,
    /// if there is one.
    pub fn load(&self, step: Option<u64>) -> Result<Option<Checkpoint>, RunError> {
        let steps = self.steps();
        let Some(wanted) = step.or(steps.last().copied()) else {
            return Ok(None);
        };
        if !steps.contains(&wanted) {
            return Err(RunError::NoCheckpoint { path: self.directory.clone(), step: wanted, found: steps });
        }
        Checkpoint::read(&self.file(wanted)).map(Some).map_err(|reason| RunError::Checkpoint {
            path: self.file(wanted),
            reason,
            whole: steps
                .into_iter()
                .rev()
                .find(|&other| other != wanted && Checkpoint::read(&self.file(other)).is_ok()),
        })
    }
}

impl Checkpoint {
    fn read(path: &Path) -> Result<Self, String> {
        let mut tensors = Tensors::read(path).map_err(|error| error.to_string())?;
        let version = tensors.note.get("version").and_then(serde_json::Value::as_u64);
        match version {
            Some(VERSION) => {}
            Some(newer) if newer > VERSION => {
                return Err(format!(
                    "of format {newer}; this program knows up to {VERSION}: a newer twoplayer wrote it"
                ));
            }
            _ => return Err("not a checkpoint: it says nothing of a run's position".into()),
        }
        let note = serde_json::from_value(tensors.note.take()).map_err(|error| error.to_string())?;
        Ok(Self { path: path.into(), note, tensors })
    }

    /// How many steps had been made.
    pub fn step(&self) -> u64 {
        self.note.position.step
    }

    pub(super) fn written(&self) -> Written {
        self.note.written
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The session as it stood.
    ///
    /// # Errors
    /// When the configuration cannot be run on these images, or the checkpoint is of other networks.
    pub fn session<'d>(&mut self, config: &Config, digits: &'d Digits) -> Result<Session<'d>, TrainError> {
        Session::resume(config, digits, &self.note.position, &mut |name| self.tensors.take(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_newer_program_wrote_and_what_is_no_checkpoint_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("step-00000001.safetensors");
        let refused = |note| {
            tensors::write([].iter(), note, &path).unwrap();
            Checkpoint::read(&path).err().unwrap()
        };
        assert!(refused(json!({ "version": 9 })).contains("a newer twoplayer wrote it"));
        assert!(refused(json!(null)).contains("not a checkpoint"));
        assert!(refused(json!({ "version": VERSION })).contains("missing field `position`"));
    }

    #[test]
    fn the_last_two_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let digits = Digits::new(vec![0; 40], vec![0; 10], 2, 2);
        let config = r#"
            [training]
            epochs = 1
            batch_size = 2
            [generator]
            image_shape = [2, 2]
            layers = [{ kind = "dense", units = 4, activation = "tanh" }]
            [discriminator]
            layers = [{ kind = "dense", units = 1 }]
            [record]
            checkpoint_every = 2
        "#;
        let config = Config::from_toml(config, Config::DEFAULT_PRESET).unwrap();
        let root = directory.path().join("run");
        crate::gan::train(&config, &digits, &mut crate::run::Recorder::new(&root)).unwrap();
        let checkpoints = Checkpoints::of(&root);
        assert_eq!(checkpoints.steps(), [4, 5]); // the last step has one whatever it is
        assert_eq!(checkpoints.load(Some(4)).unwrap().unwrap().step(), 4);
        checkpoints.forget_after(4).unwrap();
        assert_eq!(checkpoints.load(None).unwrap().unwrap().step(), 4);
    }
}
