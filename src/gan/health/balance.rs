//! Whether the discriminator follows its own loss.

use super::Diagnosis;
use crate::gan::Scores;
use serde::{Deserialize, Serialize};

/// What the mean scores of real and of generated images sum to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Balance {
    /// The sum, averaged over about the last hundred steps.
    sum: Option<f64>,
    /// For how many steps it has been too large.
    steps_above: u64,
}

/// So many steps in a row make it worth a warning.
const PATIENCE: u64 = 500;
/// How far above its balance the sum may stay. A discriminator that moves after the generator always comes late, and takes
/// a few more generated images for real: up to 0.2 in the presets' runs.
const ABOVE: f64 = 0.3;

impl Balance {
    /// Looks at a step's scores, whose [sum in balance](crate::gan::Rules::sum_of_scores) is this.
    pub fn after_step(&mut self, step: u64, scores: &Scores, balanced: f64) -> Option<Diagnosis> {
        let sum = self.sum.get_or_insert(balanced);
        *sum += 0.01 * (scores.real + scores.fake - *sum);
        self.steps_above = if *sum > balanced + ABOVE { self.steps_above + 1 } else { 0 };
        let (sum, steps) = (*sum, self.steps_above);
        (steps == PATIENCE).then_some(Diagnosis::DiscriminatorMisled { step, sum, balanced, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_stays_above_its_balance_is_named_once() {
        let warnings = |real, fake| -> Vec<u64> {
            let mut balance = Balance::default();
            let scores = Scores { discriminator_loss: 1.0, generator_loss: 1.0, real, fake, reading: None };
            (1..=2000).filter(|&step| balance.after_step(step, &scores, 1.0).is_some()).collect()
        };
        assert!(warnings(0.7, 0.5).is_empty());
        assert!(warnings(0.8, 0.1).is_empty());
        // 1.4 is within 0.1 of what the average comes to after about a hundred and forty steps, 0.4·0.99ⁿ < 0.1.
        let [step] = warnings(0.75, 0.65).try_into().unwrap();
        assert!((637..640).contains(&step), "{step}");
    }
}
