//! Figures of a run while it trains.

use super::to_bytes;
use crate::data::Digits;
use crate::gan::{EpochEnd, LabelEvidence, Stream, Warning, draw};
use crate::metrics::{MetricError, Quality, Reference};
use crate::recognizer::Recognizer;

/// Evaluates the digits that a run draws, every so many epochs.
pub struct Evaluator {
    recognizer: Recognizer,
    reference: Reference,
    every: u64,
    count: usize,
}

/// What a row of metrics.csv has more where a run is evaluated.
pub(super) const COLUMNS: &str = ",frechet,precision,recall,agreement";
/// The same in a row of a step that is not evaluated.
pub(super) const NO_COLUMNS: &str = ",,,,";

impl Evaluator {
    /// Will compare as many digits with these real ones, which the run does not learn from, as there are of them; at
    /// the end of every `every`-th epoch.
    ///
    /// # Errors
    /// When there are too few real digits.
    pub fn new(recognizer: Recognizer, real: &Digits, every: u64) -> Result<Self, MetricError> {
        let reference = Reference::new(&recognizer, real)?;
        Ok(Self { recognizer, reference, every: every.max(1), count: real.len() })
    }

    /// The figures of the digits that the run now draws, which are those of `twoplayer evaluate`; none where it is not
    /// their turn.
    ///
    /// # Errors
    /// When there are too few, or a feature is no number.
    pub fn evaluate(&self, epoch: &EpochEnd<'_>) -> Result<Option<Quality>, MetricError> {
        if epoch.epoch == 0 || !epoch.epoch.is_multiple_of(self.every) {
            return Ok(None);
        }
        let drawn = draw(epoch.trainer.artist(), self.count, &mut Stream::Sample.of(0));
        let readings = self.recognizer.read(&to_bytes(&drawn.images, epoch.pixel_range));
        self.reference.compare(&readings, &drawn.labels).map(Some)
    }
}

/// As they stand in a row of metrics.csv.
pub(super) fn columns(quality: &Quality) -> String {
    let agreement = quality.agreement.as_ref().map_or(String::new(), |agreement| format!("{:.4}", agreement.share));
    format!(",{:.4},{:.4},{:.4},{agreement}", quality.frechet, quality.precision, quality.recall)
}

/// Below this share of the samples, a digit counts as missing; a tenth of what it should be.
const MISSING: f64 = 0.01;
/// Below this share of images that show the digit asked for, the label counts as ignored.
const DISAGREES: f64 = 0.5;

/// What these figures of an epoch show to be wrong.
pub(super) fn diagnosis(quality: &Quality, epoch: u64) -> Option<Warning> {
    let missing = |&digit: &usize| quality.shares[digit] < MISSING;
    let digits: Vec<usize> = (0..quality.shares.len()).filter(missing).collect();
    if let Some(agreement) = quality.agreement.as_ref().filter(|agreement| agreement.share < DISAGREES) {
        let evidence = LabelEvidence::Agreement(agreement.share);
        return Some(Warning::LabelIgnored { epoch, evidence });
    }
    (!digits.is_empty()).then(|| Warning::DigitsMissing {
        epoch,
        share: digits.iter().map(|&digit| quality.shares[digit]).sum(),
        digits: digits.iter().map(|&digit| digit as u8).collect(),
    })
}
