//! Figures of a run while it trains.

use super::to_bytes;
use crate::data::Digits;
use crate::gan::{EpochEnd, Stream, draw};
use crate::metrics::{MetricError, Quality, Reference};
use crate::recognizer::Recognizer;

/// Evaluates the digits that a run draws, every so many epochs.
pub struct Evaluator {
    recognizer: Recognizer,
    reference: Reference,
    every: u64,
    count: usize,
    lowest: Option<f64>,
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
        Ok(Self { recognizer, reference, every: every.max(1), count: real.len(), lowest: None })
    }

    /// The figures of the digits that the run now draws, which are those of `twoplayer evaluate`, and whether their
    /// Fréchet distance is the lowest so far; none where it is not their turn.
    ///
    /// # Errors
    /// When there are too few, or a feature is no number.
    pub fn evaluate(&mut self, epoch: &EpochEnd<'_>) -> Result<Option<(Quality, bool)>, MetricError> {
        if epoch.epoch == 0 || !epoch.epoch.is_multiple_of(self.every) {
            return Ok(None);
        }
        let drawn = draw(epoch.trainer.artist(), self.count, &mut Stream::Sample.of(0));
        let readings = self.recognizer.read(&to_bytes(&drawn.images, epoch.pixel_range));
        let quality = self.reference.compare(&readings, &drawn.labels)?;
        let is_lowest = self.lowest.is_none_or(|lowest| quality.frechet < lowest);
        if is_lowest {
            self.lowest = Some(quality.frechet);
        }
        Ok(Some((quality, is_lowest)))
    }
}

/// As they stand in a row of metrics.csv.
pub(super) fn columns(quality: &Quality) -> String {
    let agreement = quality.agreement.as_ref().map_or(String::new(), |agreement| format!("{:.4}", agreement.share));
    format!(",{:.4},{:.4},{:.4},{agreement}", quality.frechet, quality.precision, quality.recall)
}
