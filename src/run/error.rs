//! What can be wrong with what a run leaves on disk.

use crate::data::WriteError;
use crate::gan::{BuildError, ConfigError};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Something about a run's directory is not as it must be.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It would mix with what is there.
    #[error("{path}: not empty; choose another --out or remove it first{hint}", path = path.display(), hint = match is_run {
        true => ", or go on with the run in it: train --resume",
        false => "",
    })]
    NotEmpty {
        /// The directory.
        path: PathBuf,
        /// Whether there is a run in it.
        is_run: bool,
    },
    /// Another process is at it.
    #[error("{path}: in use by {}; wait for it, or end it", process.map_or("another process".into(), |id| format!("process {id}")), path = path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The other process, if it has said who it is.
        process: Option<u32>,
    },
    /// There is no checkpoint of that step.
    #[error("{path}: no checkpoint of step {step}; there are those of {found:?}", path = path.display())]
    NoCheckpoint {
        /// Where the checkpoints are.
        path: PathBuf,
        /// The step that was asked for.
        step: u64,
        /// Those that there are.
        found: Vec<u64>,
    },
    /// A checkpoint cannot be used.
    #[error("{path}: {reason}{}", match whole {
        Some(step) => format!("; the checkpoint of step {step} is whole: go on from it with --from-step {step}"),
        None => "; no other checkpoint of this run is whole".into(),
    }, path = path.display())]
    Checkpoint {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// The step of another that is whole.
        whole: Option<u64>,
    },
    /// There is nothing to go on from.
    #[error(
        "{path}: no checkpoint is left in it to go on from; begin a new run, with --config {config} --out DIR",
        path = path.display(),
        config = config.display()
    )]
    NoCheckpoints {
        /// The run's directory.
        path: PathBuf,
        /// Its configuration.
        config: PathBuf,
    },
    /// The configuration is not the one that the checkpoint was made with.
    #[error(
        "{path}: {key} is {found}, but {kept} when the checkpoint was made; put it back, or go on all the same with --force",
        path = path.display()
    )]
    OtherConfig {
        /// The configuration's file.
        path: PathBuf,
        /// The first key that differs.
        key: String,
        /// Its value.
        found: String,
        /// Its value in the checkpoint.
        kept: String,
    },
    /// The images are not those that the run has learned from.
    #[error(
        "the images of {data} are not those that this run has learned from until {path}; put them back, or go on with these \
         with --force",
        path = path.display()
    )]
    OtherData {
        /// The checkpoint's file.
        path: PathBuf,
        /// What the configuration calls the images.
        data: String,
    },
    /// A log has rows that no run writes.
    #[error("{path}: {reason}; the file was changed, or another program wrote it", path = path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        reason: String,
    },
    /// What was to be kept is no run that can go on.
    #[error(
        "step {step}: {parameter} has elements that are no finite numbers; no checkpoint of this step is kept, those before \
         are. A lower --learning-rate usually prevents this"
    )]
    NotFinite {
        /// The step.
        step: u64,
        /// The array.
        parameter: String,
    },
    /// A file is not what it was when a checkpoint was made.
    #[error("{path}: it {}, but had {expected} bytes when the checkpoint was made; put the file back, or begin a new run",
        found.map_or("is not there".into(), |bytes| format!("has {bytes} bytes")), path = path.display())]
    Shortened {
        /// The file.
        path: PathBuf,
        /// Its length, if it is there.
        found: Option<u64>,
        /// Its length when the checkpoint was made.
        expected: u64,
    },
    /// It cannot be made.
    #[error("{path}: cannot create this directory: {reason}", path = path.display())]
    Create {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A file cannot be read.
    #[error("{path}: cannot read: {reason}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A picture is none.
    #[error("{path}: not a PNG picture of this program ({reason})", path = path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no run there.
    #[error("{path}: not a run's directory (it has no config.toml); `twoplayer train` makes one", path = path.display())]
    NoRun {
        /// The directory.
        path: PathBuf,
    },
    /// There is no recognizer there.
    #[error(
        "{path}: not a recognizer's directory (it has no recognizer.toml); `twoplayer recognizer train` makes one",
        path = path.display()
    )]
    NoRecognizer {
        /// The directory.
        path: PathBuf,
    },
    /// The recognizer in it cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    Recognizer {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The configuration in it cannot be used.
    #[error("{path}: {error}", path = path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: ConfigError,
    },
    /// The end of the configuration is missing.
    #[error("{path}: cut short: its last line is not the one that a run's configuration ends with; put the file back", path = path.display())]
    ConfigCutShort {
        /// The file.
        path: PathBuf,
    },
    /// The configuration describes no network.
    #[error("{path}: {error}", path = path.display())]
    Build {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: BuildError,
    },
    /// The weights in it cannot be used.
    #[error("{path}: {reason}; the file is damaged or of another run", path = path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Makes a directory, and those above it that are not there.
pub(super) fn make(directory: &Path) -> Result<(), RunError> {
    fs::create_dir_all(directory).map_err(|reason| RunError::Create { path: directory.into(), reason })
}
