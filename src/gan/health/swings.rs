//! Whether the players chase each other.

use super::Diagnosis;
use serde::{Deserialize, Serialize};

/// The ups and downs of the generator's loss.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Swings {
    /// The loss averaged over about the last hundred steps.
    mean: Option<f64>,
    /// Between which values that was in this stretch of steps.
    range: Option<[f64; 2]>,
    /// How many stretches in a row it has swung.
    stretches: u64,
}

/// Steps in a stretch.
const STRETCH: u64 = 500;
/// So many of them make it worth a warning.
const PATIENCE: u64 = 4;
/// How far the mean must go up and down within a stretch, over the middle of its range and at least.
const WIDE: f64 = 1.0;

impl Swings {
    /// Looks at a step's loss.
    pub fn after_step(&mut self, step: u64, loss: f64) -> Option<Diagnosis> {
        let mean = self.mean.get_or_insert(loss);
        *mean += 0.01 * (loss - *mean);
        let [low, high] = self.range.get_or_insert([*mean; 2]);
        (*low, *high) = (low.min(*mean), high.max(*mean));
        if !step.is_multiple_of(STRETCH) {
            return None;
        }
        let range @ [low, high] = self.range.take()?;
        let swings = high - low > WIDE * ((high + low) / 2.0).abs().max(1.0);
        self.stretches = if swings { self.stretches + 1 } else { 0 };
        let steps = PATIENCE * STRETCH;
        (self.stretches == PATIENCE).then_some(Diagnosis::Oscillation { step, range, steps })
    }
}
