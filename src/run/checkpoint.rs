//! Everything it takes to go on with a run, in one file.

use super::RunError;
use super::error::make;
use super::tensors::{self, Tensors};
use crate::data::{Digits, WriteError};
use crate::gan::{Config, Difference, Position, Session, TrainError};
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
    /// The configuration, as TOML; checkpoints of version 1 have none.
    #[serde(default)]
    config: Option<String>,
    /// [SHA-256](Digits::sha256) of the images that are learned from; again none in version 1.
    #[serde(default)]
    images: Option<String>,
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
    /// Bytes of reading.csv; 0 where there is none.
    #[serde(default)]
    pub reading: u64,
    /// Seconds that training had taken.
    pub seconds: f64,
    /// The lowest Fréchet distance so far, where the run is evaluated.
    pub lowest: Option<f64>,
    /// Whether the last evaluation showed something to be wrong.
    pub is_ill: bool,
}

/// The form of checkpoints that this program writes; it reads this and those before.
const VERSION: u64 = 2;
/// What of a configuration may be another when a run goes on. Images are told by what they are, not where.
const MAY_CHANGE: [&str; 7] = [
    "name",
    "data",
    "training.epochs",
    "training.steps",
    "generator.adam.learning_rate",
    "discriminator.adam.learning_rate",
    "record.",
];
/// How many are kept while a run trains, if it does not say: should the last be lost to a broken disk, there is one before.
const KEPT: u64 = 2;
/// The same when it has come to its end, and nothing more can go wrong.
pub(super) const KEPT_IN_THE_END: u64 = 1;

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

    /// Where that of a step is, or would be.
    pub fn file(&self, step: u64) -> PathBuf {
        self.directory.join(format!("step-{step:08}.safetensors"))
    }

    /// The steps of those that there are, the last one last.
    pub fn steps(&self) -> Vec<u64> {
        let step = |name: &str| name.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok();
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let named = entries.filter_map(|entry| Some((step(entry.file_name().to_str()?)?, entry.path())));
        let mut steps: Vec<u64> =
            named.filter(|(step, path)| *path == self.file(*step)).map(|(step, _)| step).collect();
        steps.sort_unstable();
        steps
    }

    /// The step of the last one, and how many the run was to have then; none where there is none that says so.
    pub fn progress(&self) -> Option<[u64; 2]> {
        let step = *self.steps().last()?;
        Some([step, tensors::read_note(&self.file(step))?["total_steps"].as_u64()?])
    }

    /// Keeps the session as it stands, and what its [images](Digits::sha256) are; of the older checkpoints as many stay as
    /// the run keeps, the last ones.
    pub(super) fn save(&self, session: &Session, images: &str, written: Written) -> Result<(), RunError> {
        make(&self.directory)?;
        let (step, arrays) = (session.step(), session.arrays());
        if let Some(Parameter { name, .. }) = arrays.iter().find(|array| array.value.iter().any(|x| !x.is_finite())) {
            return Err(RunError::NotFinite { step, parameter: name.clone() });
        }
        let note = Note {
            version: VERSION,
            position: session.position(),
            total_steps: session.total_steps(),
            written,
            config: Some(session.config().to_toml()),
            images: Some(images.into()),
        };
        let note = serde_json::to_value(note).expect("plain values");
        let (path, start) = (self.file(step), Instant::now());
        tensors::write(arrays.iter(), note, &path)?;
        log::debug!("checkpoint {}: {:.3} s", path.display(), start.elapsed().as_secs_f64());
        self.keep(session.config().record.keep_checkpoints.unwrap_or(KEPT))
    }

    /// Removes all but so many, the last.
    pub(super) fn keep(&self, count: u64) -> Result<(), RunError> {
        let steps = self.steps();
        let old = steps.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
        steps[..old].iter().try_for_each(|&old| self.remove(old))
    }

    /// Removes those of later steps.
    pub(super) fn forget_after(&self, step: u64) -> Result<(), RunError> {
        self.steps().into_iter().filter(|&later| later > step).try_for_each(|later| self.remove(later))
    }

    /// Removes that of a step; what is no file under its name is somebody else's, and stays.
    fn remove(&self, step: u64) -> Result<(), RunError> {
        let path = self.file(step);
        match path.is_file() {
            true => Ok(fs::remove_file(&path).map_err(|reason| WriteError { path, reason })?),
            false => Ok(()),
        }
    }

    /// The last one, or that of a step, with at most so many numbers; none where there are none.
    ///
    /// # Errors
    /// When there is none of that step, or it is damaged, or of a newer program: the error names another that is whole,
    /// if there is one.
    pub fn load(&self, step: Option<u64>, most: usize) -> Result<Option<Checkpoint>, RunError> {
        let steps = self.steps();
        let Some(last) = steps.last().copied() else {
            return Ok(None);
        };
        let wanted = step.unwrap_or(last);
        let read = |step: u64| Checkpoint::read(&self.file(step), step, most);
        if !steps.contains(&wanted) {
            return Err(RunError::NoCheckpoint { path: self.directory.clone(), step: wanted, found: steps });
        }
        read(wanted).map(Some).map_err(|reason| RunError::Checkpoint {
            path: self.file(wanted),
            reason,
            whole: steps.into_iter().rev().find(|&other| other != wanted && read(other).is_ok()),
        })
    }
}

impl Checkpoint {
    /// The file of a step, with at most so many numbers.
    fn read(path: &Path, step: u64, most: usize) -> Result<Self, String> {
        let mut tensors = Tensors::read(path, most).map_err(|error| error.to_string())?;
        let version = tensors.note.get("version").and_then(serde_json::Value::as_u64);
        match version {
            Some(1..=VERSION) => {}
            Some(newer) if newer > VERSION => {
                return Err(format!(
                    "of format {newer}; this program knows up to {VERSION}: a newer twoplayer wrote it"
                ));
            }
            _ => return Err("not a checkpoint: it says nothing of a run's position".into()),
        }
        let note: Note = serde_json::from_value(tensors.note.take()).map_err(|error| error.to_string())?;
        match note.position.step {
            found if found == step => Ok(Self { path: path.into(), note, tensors }),
            found => Err(format!("of step {found}, which its name does not say")),
        }
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

    /// Refuses a configuration, from the run's file of it, that differs from the checkpoint's in more than a run may change
    /// on its way: its length, its learning rates, where its images are, what is written down.
    ///
    /// # Errors
    /// Names the first key that differs.
    pub fn check_config(&self, config: &Config, file: &Path) -> Result<(), RunError> {
        let kept = self.note.config.as_deref().and_then(|text| Config::complete_from_toml(text).ok());
        let differences = kept.map_or(Vec::new(), |kept| config.differences(&kept));
        let told = differences.into_iter().find(|difference| !may_change(&difference.key));
        told.map_or(Ok(()), |Difference { key, values }| {
            let [found, kept] = values.map(|value| value.unwrap_or_else(|| "left out".into()));
            Err(RunError::OtherConfig { path: file.into(), key, found, kept })
        })
    }

    /// Refuses images that are not those which the run has learned from; `data` is what they are called.
    ///
    /// # Errors
    /// When they differ.
    pub fn check_images(&self, digits: &Digits, data: &str) -> Result<(), RunError> {
        match &self.note.images {
            Some(kept) if *kept != digits.sha256() => {
                Err(RunError::OtherData { path: self.path.clone(), data: data.into() })
            }
            _ => Ok(()),
        }
    }

    /// The session as it stood.
    ///
    /// # Errors
    /// When the configuration cannot be run on these images, or the checkpoint is of other networks.
    pub fn session(&mut self, config: &Config, digits: &Digits) -> Result<Session, TrainError> {
        Session::resume(config, digits, &self.note.position, &mut |name| self.tensors.take(name))
    }
}

/// Whether a key of the configuration may have another value when a run goes on.
fn may_change(key: &str) -> bool {
    MAY_CHANGE.iter().any(|may| key == *may || may.ends_with('.') && key.starts_with(may))
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
            Checkpoint::read(&path, 1, 100).err().unwrap()
        };
        assert!(refused(json!({ "version": 9 })).contains("a newer twoplayer wrote it"));
        assert!(refused(json!(null)).contains("not a checkpoint"));
        assert!(refused(json!({ "version": VERSION })).contains("missing field `position`"));
    }

    #[test]
    fn the_last_ones_are_kept_and_in_the_end_one() {
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
            keep_checkpoints = 2
        "#;
        let mut config = Config::from_toml(config, Some("mlp")).unwrap();
        let root = directory.path().join("run");
        crate::gan::train(&config, &digits, &mut crate::run::Recorder::new(&root)).unwrap();
        let checkpoints = Checkpoints::of(&root);
        assert_eq!(checkpoints.steps(), [4, 5]); // the last step has one whatever it is
        let load = |step| checkpoints.load(step, 100_000).map(|found| found.unwrap().step());
        assert_eq!(load(Some(4)).unwrap(), 4);
        fs::copy(checkpoints.file(4), checkpoints.file(5)).unwrap();
        assert!(load(None).unwrap_err().to_string().contains("of step 4, which its name does not say"));
        checkpoints.forget_after(4).unwrap();
        assert_eq!(load(None).unwrap(), 4);

        config.record.keep_checkpoints = None;
        let root = directory.path().join("usual");
        crate::gan::train(&config, &digits, &mut crate::run::Recorder::new(&root)).unwrap();
        assert_eq!(Checkpoints::of(&root).steps(), [5]);
    }
}
