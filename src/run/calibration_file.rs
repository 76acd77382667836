//! What has been measured of a recognizer, on disk beside its weights.

use super::RunError;
use super::recognizer_run::RecognizerRun;
use super::tensors::{self, Tensors, TensorsError};
use crate::nn::Parameter;
use crate::recognizer::{CalibratedRecognizer, Calibration, Classes};
use ndarray::{Array2, ArrayD, arr1};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The most numbers that are read: more than a thousand features need.
const MOST: usize = 1 << 24;

impl RecognizerRun {
    /// `calibration.safetensors`.
    pub fn calibration_file(&self) -> PathBuf {
        self.weights_file().with_file_name("calibration.safetensors")
    }

    /// What has been measured of the recognizer; none where nobody has.
    ///
    /// # Errors
    /// When it cannot be read or used.
    pub fn calibration(&self) -> Result<Option<Calibration>, RunError> {
        let path = self.calibration_file();
        if !path.exists() {
            return Ok(None);
        }
        let tensors = Tensors::read(&path, MOST).map_err(|error| match error {
            TensorsError::Read(reason) => RunError::Read { path: path.clone(), reason },
            error => unusable(&path, error.to_string()),
        })?;
        calibration(tensors).map(Some).map_err(|reason| unusable(&path, reason))
    }

    /// The recognizer, with what has been measured of it.
    ///
    /// # Errors
    /// When something cannot be read or used, or they do not belong together.
    pub fn reader(&self) -> Result<CalibratedRecognizer, RunError> {
        let (summary, recognizer, calibration) = (self.summary()?, self.recognizer()?, self.calibration()?);
        let width = recognizer.features.output_width();
        if calibration.as_ref().is_some_and(|calibration| calibration.classes.width() != width) {
            return Err(unusable(&self.calibration_file(), "it is of a recognizer with other features".into()));
        }
        let reader = CalibratedRecognizer::new(&summary.recognizer, &recognizer, calibration);
        reader.map_err(|error| RunError::Recognizer { path: self.summary_file(), reason: error.to_string() })
    }

    /// Writes what has been measured.
    ///
    /// # Errors
    /// When the file cannot be written; what was there before is then still there.
    pub fn save_calibration(&self, calibration: &Calibration) -> Result<(), RunError> {
        let Calibration { temperature, limit, classes: Classes { means, whitening } } = calibration;
        let arrays: [(&str, ArrayD<f32>); 4] = [
            ("limit", arr1(&[*limit]).into_dyn()),
            ("means", means.clone().into_dyn()),
            ("temperature", arr1(&[*temperature]).into_dyn()),
            ("whitening", whitening.clone().into_dyn()),
        ];
        let arrays = arrays.map(|(name, values)| Parameter::new(name, values));
        Ok(tensors::write(arrays.iter(), Value::Null, &self.calibration_file())?)
    }
}

fn unusable(path: &Path, reason: String) -> RunError {
    RunError::Recognizer {
        path: path.into(),
        reason: format!("{reason}; `twoplayer recognizer calibrate` makes it anew"),
    }
}

/// The same from a file's bytes.
///
/// # Errors
/// Says in words what is wrong.
pub(super) fn parse_calibration(bytes: &[u8]) -> Result<Calibration, String> {
    calibration(Tensors::parse(bytes).map_err(|error| error.to_string())?)
}

fn calibration(mut tensors: Tensors) -> Result<Calibration, String> {
    let mut take = |name: &str| tensors.take(name).ok_or_else(|| format!("{name} is missing"));
    let table = |name: &str, array: ArrayD<f32>| -> Result<Array2<f32>, String> {
        let shape = array.shape().to_vec();
        array.into_dimensionality().map_err(|_| format!("{name} is of shape {shape:?}, no table"))
    };
    let (means, whitening) = (table("means", take("means")?)?, table("whitening", take("whitening")?)?);
    let width = means.ncols();
    let expected = ([crate::data::CLASSES, width], [crate::data::CLASSES, width * (width + 1) / 2]);
    if (means.shape(), whitening.shape()) != (&expected.0[..], &expected.1[..]) || width == 0 {
        return Err(format!("means of shape {:?} and whitening of {:?} do not fit", means.shape(), whitening.shape()));
    }
    let mut above_zero = |name: &str| match take(name)?.as_slice() {
        Some(&[number]) if number > 0.0 => Ok(number),
        _ => Err(format!("{name} is no number above 0")),
    };
    let (temperature, limit) = (above_zero("temperature")?, above_zero("limit")?);
    Ok(Calibration { temperature, limit, classes: Classes { means, whitening } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::Flatten;
    use crate::nn::{LayerSpec, UnitActivation};
    use crate::recognizer::{Recognizer, RecognizerConfig};
    use crate::run::{LearnedFrom, RecognizerSummary};
    use std::fs;

    /// A directory with a recognizer of three features.
    fn recognizer(root: &Path) -> (RecognizerRun, Recognizer) {
        let features = vec![Flatten {}.into(), LayerSpec::dense(3, UnitActivation::Relu)];
        let config = RecognizerConfig { image_shape: [2, 3], shift: 0, features, ..Default::default() };
        let summary = RecognizerSummary { learned_from: LearnedFrom::default(), test: None, recognizer: config };
        let run = RecognizerRun::create(root, &summary).unwrap();
        let recognizer = Recognizer::new(&summary.recognizer).unwrap();
        run.save(&recognizer, &summary).unwrap();
        (run, recognizer)
    }

    fn calibration_of(width: usize, limit: f32) -> Calibration {
        let triangle = width * (width + 1) / 2;
        let classes = Classes {
            means: Array2::from_shape_fn((10, width), |(i, j)| (i + j) as f32),
            whitening: Array2::from_shape_fn((10, triangle), |(i, j)| 0.1 * (i + j) as f32),
        };
        Calibration { temperature: 1.25, limit, classes }
    }

    #[test]
    fn a_calibration_is_found_again_and_is_not_needed() {
        let directory = tempfile::tempdir().unwrap();
        let (run, recognizer) = recognizer(&directory.path().join("a"));
        let images = [0, 50, 100, 150, 200, 250];
        let without = run.reader().unwrap().read(&images)[0];
        assert!(run.calibration().unwrap().is_none() && without.distance.is_none() && without.is_a_digit());
        let read = recognizer.read(&images).probabilities;
        assert!(without.probabilities.iter().zip(&read).all(|(a, b)| (a - b).abs() <= 1e-6), "{read}");

        let calibration = calibration_of(3, 0.5);
        run.save_calibration(&calibration).unwrap();
        assert_eq!(run.calibration().unwrap(), Some(calibration.clone()));
        let with = run.reader().unwrap().read(&images)[0];
        assert_eq!(with.distance.unwrap().limit, 0.5);
        assert_eq!(with.ranking(), without.ranking());
        let largest = |reading: &crate::recognizer::Reading| reading.probabilities.iter().copied().fold(0.0, f32::max);
        assert!(largest(&with) < largest(&without), "a temperature above 1 makes less sure");
    }

    #[test]
    fn one_that_is_damaged_or_of_another_recognizer_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let (run, _) = recognizer(&directory.path().join("a"));
        let said = |run: &RecognizerRun| run.reader().unwrap_err().to_string();
        run.save_calibration(&calibration_of(4, 1.0)).unwrap();
        assert!(said(&run).contains("calibration.safetensors: it is of a recognizer with other features"));
        run.save_calibration(&calibration_of(3, -1.0)).unwrap();
        assert!(said(&run).contains("limit is no number above 0"), "{}", said(&run));
        fs::write(run.calibration_file(), b"short").unwrap();
        assert!(said(&run).contains("recognizer calibrate"), "{}", said(&run));
    }
}
