//! The directory of a recognizer.

use super::weights::{load_weights, save_weights};
use super::{RunDirectory, RunError};
use crate::data::{WriteError, file, write_atomically};
use crate::recognizer::{Recognizer, RecognizerConfig, StepReport};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What stands in a recognizer's `recognizer.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecognizerSummary {
    /// What it learned from.
    pub learned_from: LearnedFrom,
    /// How it read the test digits; once it has learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<TestResult>,
    /// Every other value that decided it.
    pub recognizer: RecognizerConfig,
}

/// The digits a recognizer learned from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedFrom {
    /// How many real ones, the first of the training set.
    pub real: usize,
    /// How many more real ones, without their labels.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unlabelled: usize,
    /// How many generated ones.
    pub generated: usize,
    /// By which run's generator: its directory, as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

impl fmt::Display for LearnedFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.real, self.generated) {
            (real, 0) => write!(f, "{real} real digits"),
            (0, generated) => write!(f, "{generated} generated digits"),
            (real, generated) => write!(f, "{real} real and {generated} generated digits"),
        }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// How a recognizer read digits that it had never seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// How many there were.
    pub digits: usize,
    /// The share that was read rightly, in [0, 1].
    pub accuracy: f64,
}

/// A recognizer's directory:
///
/// ```text
/// recognizer.toml           what it learned from, every value that decided it, how well it reads
/// metrics.csv               loss and accuracy as it went
/// recognizer.safetensors    its weights
/// calibration.safetensors   what has been measured of its limits, if somebody has
/// ```
#[derive(Debug)]
pub struct RecognizerRun {
    root: PathBuf,
}

/// The header of `metrics.csv`.
const METRICS_HEADER: &str = "step,seconds,loss,accuracy";

impl RecognizerRun {
    /// A new directory, with the summary in it.
    ///
    /// # Errors
    /// When it exists and is not empty, or cannot be made or written to.
    pub fn create(root: &Path, summary: &RecognizerSummary) -> Result<Self, RunError> {
        RunDirectory::make_empty(root)?;
        let run = Self { root: root.into() };
        run.write_summary(summary)?;
        Ok(run)
    }

    /// A place for one among the files of a run that has learned to read.
    pub fn within(run: &RunDirectory) -> Self {
        Self { root: run.root().into() }
    }

    /// The directory of a recognizer that has learned.
    ///
    /// # Errors
    /// When there is none there.
    pub fn open(root: &Path) -> Result<Self, RunError> {
        let run = Self { root: root.into() };
        if run.summary_file().is_file() { Ok(run) } else { Err(RunError::NoRecognizer { path: root.into() }) }
    }

    /// `recognizer.toml`.
    pub fn summary_file(&self) -> PathBuf {
        self.root.join("recognizer.toml")
    }

    /// `recognizer.safetensors`.
    pub fn weights_file(&self) -> PathBuf {
        self.root.join("recognizer.safetensors")
    }

    /// The files that are there.
    pub fn own_files(&self) -> Vec<PathBuf> {
        let all = [self.summary_file(), self.weights_file(), self.calibration_file(), self.root.join("metrics.csv")];
        all.into_iter().filter(|path| path.is_file()).collect()
    }

    /// What stands in `recognizer.toml`.
    ///
    /// # Errors
    /// When it cannot be read or used.
    pub fn summary(&self) -> Result<RecognizerSummary, RunError> {
        let path = self.summary_file();
        let text = file::read_text(&path, file::LONGEST_TEXT)
            .map_err(|reason| RunError::Read { path: path.clone(), reason })?;
        let unusable = |reason: String| RunError::Recognizer { path: path.clone(), reason };
        let summary: RecognizerSummary = toml::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        summary.recognizer.validate().map_err(|error| unusable(error.to_string()))?;
        Ok(summary)
    }

    /// The recognizer.
    ///
    /// # Errors
    /// When summary or weights cannot be read or used.
    pub fn recognizer(&self) -> Result<Recognizer, RunError> {
        let unusable =
            |error: &dyn ToString| RunError::Recognizer { path: self.summary_file(), reason: error.to_string() };
        let mut recognizer = Recognizer::blank(&self.summary()?.recognizer).map_err(|error| unusable(&error))?;
        let Recognizer { features, head } = &mut recognizer;
        load_weights(&mut [features, head], &self.weights_file())?;
        Ok(recognizer)
    }

    /// Writes a recognizer that has learned, and how well it reads.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, recognizer: &Recognizer, summary: &RecognizerSummary) -> Result<(), RunError> {
        save_weights(&[&recognizer.features, &recognizer.head], &self.weights_file())?;
        self.write_summary(summary)
    }

    /// Writes a row of `metrics.csv` for every step whose number `log_every` divides.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn log(&self, log_every: u64) -> Result<impl FnMut(&StepReport) -> Result<(), WriteError> + use<>, WriteError> {
        let path = self.root.join("metrics.csv");
        let failed = {
            let path = path.clone();
            move |reason| WriteError { path: path.clone(), reason }
        };
        let (mut file, start) = (File::create(&path).map_err(&failed)?, Instant::now());
        writeln!(file, "{METRICS_HEADER}").map_err(&failed)?;
        Ok(move |report: &StepReport| {
            let StepReport { step, loss, accuracy, .. } = report;
            if !step.is_multiple_of(log_every) {
                return Ok(());
            }
            let row = format!("{step},{:.3},{loss:.6},{accuracy:.4}\n", start.elapsed().as_secs_f64());
            file.write_all(row.as_bytes()).map_err(&failed)
        })
    }

    fn write_summary(&self, summary: &RecognizerSummary) -> Result<(), RunError> {
        let text = toml::to_string(summary).expect("plain tables and numbers");
        Ok(write_atomically(&self.summary_file(), |out| out.write_all(text.as_bytes()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::Flatten;
    use crate::nn::{LayerSpec, UnitActivation};
    use std::fs;

    #[test]
    fn what_was_saved_reads_alike_and_what_is_damaged_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("reader");
        let features = vec![Flatten {}.into(), LayerSpec::dense(5, UnitActivation::Relu)];
        let config = RecognizerConfig { image_shape: [2, 3], shift: 0, features, ..Default::default() };
        let learned_from = LearnedFrom { real: 7, unlabelled: 0, generated: 3, run: Some("runs/best".into()) };
        let mut summary = RecognizerSummary { learned_from, test: None, recognizer: config };
        let run = RecognizerRun::create(&root, &summary).unwrap();
        summary.test = Some(TestResult { digits: 10, accuracy: 0.9 });
        let recognizer = Recognizer::new(&summary.recognizer).unwrap();
        run.save(&recognizer, &summary).unwrap();

        let found = RecognizerRun::open(&root).unwrap();
        assert_eq!(found.summary().unwrap(), summary);
        let images = [0, 50, 100, 150, 200, 250];
        assert_eq!(found.recognizer().unwrap().read(&images), recognizer.read(&images));

        fs::write(found.weights_file(), b"short").unwrap();
        assert!(found.recognizer().unwrap_err().to_string().contains("recognizer.safetensors"));
        fs::write(found.summary_file(), "recognizer = 1").unwrap();
        assert!(found.summary().unwrap_err().to_string().contains("recognizer.toml"));
        let error = RecognizerRun::open(directory.path()).unwrap_err().to_string();
        assert!(error.contains("twoplayer recognizer train"), "{error}");
        assert!(RecognizerRun::create(&root, &summary).unwrap_err().to_string().contains("not empty"));
    }
}
