//! Figures of a run while it trains.

use super::to_bytes;
use crate::data::{CLASSES, Digits};
use crate::gan::{Diagnosis, EpochEnd, LabelEvidence, StepCost, draw};
use crate::metrics::{Histogram, MetricError, Quality, Reference};
use crate::random::Stream;
use crate::recognizer::{Readings, Recognizer};
use std::cell::OnceCell;
use std::time::Instant;

/// Evaluates the digits that a run draws.
pub struct Evaluator {
    recognizer: Recognizer,
    real: Digits,
    /// Made of the real digits when it is first needed: a short run never does.
    reference: OnceCell<Reference>,
    when: When,
}

/// After which epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// After every so many-th, as the run was asked to.
    Every(u64),
    /// After those in which the number of steps has passed a multiple of `steps`, an epoch being `epoch` steps.
    Sparingly { steps: u64, epoch: u64 },
}

impl When {
    fn is_due(self, epoch: u64, step: u64) -> bool {
        match self {
            When::Every(every) => epoch.is_multiple_of(every),
            When::Sparingly { steps, epoch: length } => step / steps > (epoch - 1).saturating_mul(length) / steps,
        }
    }
}

/// How many digits are compared with as many real ones where nobody has asked for it.
const FEW: usize = 1000;
/// The largest share of a run's products that then goes into it; what is no product in it takes as long again.
const SHARE: f64 = 0.01;

impl Evaluator {
    /// Will compare as many digits with these real ones, which the run does not learn from, as there are of them; at
    /// the end of every `every`-th epoch.
    ///
    /// # Errors
    /// When there are too few real digits.
    pub fn new(recognizer: Recognizer, real: &Digits, every: u64) -> Result<Self, MetricError> {
        let when = When::Every(every.max(1));
        let evaluator = Self { recognizer, real: real.clone(), reference: OnceCell::new(), when };
        evaluator.reference()?;
        Ok(evaluator)
    }

    /// Will do the same with a thousand digits, so seldom that it takes no more than a hundredth part of what training by
    /// this configuration computes; an epoch is so many steps.
    ///
    /// # Errors
    /// When there are too few real digits.
    pub fn sparing(
        recognizer: Recognizer,
        real: &Digits,
        cost: StepCost,
        steps_per_epoch: u64,
    ) -> Result<Self, MetricError> {
        let real = real.first(FEW);
        let evaluation = (cost.image as f64 + recognizer.features.multiplications() as f64) * real.len() as f64;
        let steps = (evaluation / (SHARE * cost.step as f64)).ceil().max(1.0) as u64;
        log::debug!("{steps} steps between two evaluations");
        let when = When::Sparingly { steps, epoch: steps_per_epoch };
        let evaluator = Self { recognizer, real, reference: OnceCell::new(), when };
        if evaluator.real.len() < FEW {
            evaluator.reference()?; // they may be too few
        }
        Ok(evaluator)
    }

    fn reference(&self) -> Result<&Reference, MetricError> {
        if let Some(reference) = self.reference.get() {
            return Ok(reference);
        }
        let reference = Reference::new(&self.recognizer, &self.real)?;
        Ok(self.reference.get_or_init(|| reference))
    }

    /// Whether the run was asked to be evaluated, so that its best weights are kept.
    pub(super) fn is_asked_for(&self) -> bool {
        matches!(self.when, When::Every(_))
    }

    /// The figures of the digits that the run now draws, which are those of `twoplayer evaluate`; none where it is not
    /// their turn.
    ///
    /// # Errors
    /// When there are too few, or a feature is no number.
    pub fn evaluate(&self, epoch: &EpochEnd<'_>) -> Result<Option<Quality>, MetricError> {
        if epoch.epoch == 0 || !self.when.is_due(epoch.epoch, epoch.step) {
            return Ok(None);
        }
        let start = Instant::now();
        let (readings, labels) = read_drawn(&self.recognizer, epoch, self.real.len());
        let quality = self.reference()?.compare(&readings, &labels)?;
        log::debug!("evaluation with {} digits: {:.3} s", self.real.len(), start.elapsed().as_secs_f64());
        Ok(Some(quality))
    }
}

/// So many digits that the run now draws, as the recognizer reads them, and the labels that were asked for.
fn read_drawn(recognizer: &Recognizer, epoch: &EpochEnd<'_>, count: usize) -> (Readings, Vec<u8>) {
    let drawn = draw(epoch.trainer.ema_generator(), count, &mut Stream::Sample.of(0));
    (recognizer.read(&to_bytes(&drawn.images, epoch.pixel_range)), drawn.labels)
}

/// Below this share of the samples, a digit counts as missing; a tenth of what it should be.
const MISSING: f64 = 0.01;
/// Until then, some are drawn less often than others.
const FIRST_EPOCH: u64 = 3;
/// Below this share of images that show the digit asked for, the label counts as ignored.
const DISAGREES: f64 = 0.5;

/// What these figures of an epoch show to be wrong.
pub(super) fn diagnosis(quality: &Quality, epoch: u64) -> Option<Diagnosis> {
    if let Some(agreement) = quality.agreement.as_ref().filter(|agreement| agreement.share < DISAGREES) {
        let evidence = LabelEvidence::Agreement(agreement.share);
        return Some(Diagnosis::LabelIgnored { epoch, evidence });
    }
    missing(&quality.shares, epoch)
}

/// The digits, 0 to 9, of which there is next to none among so many that a run draws at the end of an epoch; none is
/// missing in its first epochs.
///
/// # Panics
/// When `count` is 0, or the recognizer reads images of another shape.
pub fn digits_missing(recognizer: &Recognizer, epoch: &EpochEnd<'_>, count: usize) -> Option<Diagnosis> {
    let (readings, _) = read_drawn(recognizer, epoch, count);
    let histogram = Histogram::of(&readings.digits(), CLASSES).expect("digits have been drawn");
    missing(&histogram.shares(), epoch.epoch)
}

/// The digits whose shares of the samples, `[10]`, are next to nothing.
fn missing(shares: &[f64], epoch: u64) -> Option<Diagnosis> {
    let digits: Vec<usize> = (0..shares.len()).filter(|&digit| shares[digit] < MISSING).collect();
    (!digits.is_empty() && epoch >= FIRST_EPOCH).then(|| Diagnosis::DigitsMissing {
        epoch,
        share: digits.iter().map(|&digit| shares[digit]).sum(),
        digits: digits.iter().map(|&digit| digit as u8).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparing_evaluations_are_as_far_apart_as_they_cost() {
        let due = |steps, epoch: u64, count: u64| {
            let when = When::Sparingly { steps, epoch };
            (1..=count).filter(|&number| when.is_due(number, number * epoch)).collect::<Vec<_>>()
        };
        assert_eq!(due(400, 469, 3), [1, 2, 3]);
        assert_eq!(due(1000, 469, 7), [3, 5, 7]);
        let short = When::Sparingly { steps: 400, epoch: 469 };
        assert!(!short.is_due(1, 100) && short.is_due(1, 400), "a run that ends before");
    }
}
