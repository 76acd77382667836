//! Measuring what a recognizer knows of its own limits.

use super::calibrated::CalibratedRecognizer;
use super::calibration::{ACCEPTED, Calibration, Classes, quantile, temperature};
use super::{ObserverError, Recognizer, RecognizerConfig, RecognizerError, StepReport, train_recognizer};
use crate::data::Digits;
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;

/// The fewest digits that a hundredth is told from.
pub const LEAST_HELD_OUT: usize = 1000;
/// Of the digits that a recognizer has learned from, one in so many is held out from its twin.
const TWIN_LEAVES_OUT: usize = 6;

/// Why a recognizer cannot be calibrated.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// Some class is hardly there.
    #[error("the {0} digits that it learned from are too few: two of each class are needed")]
    Classes(usize),
    /// A hundredth of so few is nothing.
    #[error("{0} digits that it has not learned from are too few: {LEAST_HELD_OUT} are needed")]
    HeldOut(usize),
    /// The recognizer itself.
    #[error(transparent)]
    Recognizer(#[from] RecognizerError),
}

impl Calibration {
    /// Measures a recognizer: how far its classes reach, on digits that it has `learned` from; the temperature, and the
    /// distance that 99 of 100 digits keep, on others that were `held_out`.
    ///
    /// # Errors
    /// When there are too few digits of either, or the recognizer does not read such images.
    pub fn measure(
        config: &RecognizerConfig,
        recognizer: &Recognizer,
        learned: &Digits,
        held_out: &Digits,
    ) -> Result<Self, CalibrationError> {
        check_held_out(held_out)?;
        let (reader, classes, _) = reach(config, recognizer, learned)?;
        recognizer.check_shape(held_out)?;
        Ok(Self::on(held_out, &reader, classes))
    }

    /// What a reader's classes, and its logits, make of digits that it has not learned from.
    fn on(held_out: &Digits, reader: &CalibratedRecognizer, classes: Classes) -> Self {
        let [features, logits] = reader.look(held_out.images());
        let limit = quantile(distances(&classes, &features), ACCEPTED);
        Self { temperature: temperature(logits.view(), held_out.labels()), limit, classes }
    }

    /// Measures a recognizer that has learned from all digits there are, so that none could be held out.
    ///
    /// Digits that a network has learned from look nearer to it and surer than others. So a twin is trained in the same
    /// way, on five sixths of the digits, and measured on the rest. Its temperature is taken over. Its limit lies beyond
    /// some share of the digits that the twin has learned from; the recognizer's own limit is put beyond the same share
    /// of those that it has learned from.
    ///
    /// # Errors
    /// As [`Calibration::measure`], and when the twin cannot be trained.
    pub fn measure_by_twin(
        config: &RecognizerConfig,
        recognizer: &Recognizer,
        learned: &Digits,
        observer: &mut dyn FnMut(&StepReport) -> Result<(), ObserverError>,
    ) -> Result<Self, CalibrationError> {
        let kept = learned.len() - learned.len() / TWIN_LEAVES_OUT;
        let (seen, held_out) = (learned.first(kept), learned.after(kept).ok_or(CalibrationError::HeldOut(0))?);
        check_held_out(&held_out)?;
        let twin = train_recognizer(config, &[&seen], observer)?;
        let (reader, classes, of_twin) = reach(config, &twin, &seen)?;
        let measured = Self::on(&held_out, &reader, classes);
        let within = of_twin.iter().filter(|&&distance| distance <= measured.limit).count() as f64 / seen.len() as f64;
        let (_, classes, own) = reach(config, recognizer, learned)?;
        Ok(Self { temperature: measured.temperature, limit: quantile(own, within), classes })
    }
}

/// Refuses so few digits that a hundredth of them is none.
fn check_held_out(held_out: &Digits) -> Result<(), CalibrationError> {
    if held_out.len() < LEAST_HELD_OUT { Err(CalibrationError::HeldOut(held_out.len())) } else { Ok(()) }
}

/// A reader of the recognizer, how far its classes reach, and how far the digits that it learned from are from them.
fn reach(
    config: &RecognizerConfig,
    recognizer: &Recognizer,
    learned: &Digits,
) -> Result<(CalibratedRecognizer, Classes, Vec<f32>), CalibrationError> {
    recognizer.check_shape(learned)?;
    let reader = CalibratedRecognizer::new(config, recognizer, None)?;
    let [features, _] = reader.look(learned.images());
    let classes = Classes::of(features.view(), learned.labels()).ok_or(CalibrationError::Classes(learned.len()))?;
    let distances = distances(&classes, &features);
    Ok((reader, classes, distances))
}

fn distances(classes: &Classes, features: &Array2<f32>) -> Vec<f32> {
    let rows = features.as_slice().expect("in C order").par_chunks_exact(classes.width());
    rows.map(|row| classes.distance(ArrayView1::from(row))).collect()
}
