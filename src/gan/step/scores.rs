//! What a step tells of itself.

use crate::autodiff::{Real, Var};
use crate::gan::{Game, Objective, ReadingScores};

/// What a step cost and how the discriminator scored its images.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// The discriminator's loss, before the step.
    pub discriminator_loss: f64,
    /// The generator's loss, before the generator moved.
    pub generator_loss: f64,
    /// The mean [score](Objective::score) `D(x)` of the real images.
    pub real: f64,
    /// The mean score `D(G(z))` of the generated images.
    pub fake: f64,
    /// How the discriminator read, where it learns to.
    pub reading: Option<ReadingScores>,
}

impl Scores {
    /// Those of a game; the generator's loss is NaN where it is not known yet.
    pub(super) fn of<T: Real>(
        game: &Game<'_, T>,
        objective: Objective,
        discriminator_loss: Var<'_, T>,
        generator_loss: Option<Var<'_, T>>,
    ) -> Self {
        let mean_score = |logits: Var<'_, T>| {
            let logits = logits.value();
            logits.iter().map(|x| objective.score(x.as_f64())).sum::<f64>() / logits.len() as f64
        };
        Self {
            discriminator_loss: discriminator_loss.item().as_f64(),
            generator_loss: generator_loss.map_or(f64::NAN, |loss| loss.item().as_f64()),
            real: mean_score(game.real),
            fake: mean_score(game.fake),
            reading: None,
        }
    }

    /// Whether both losses are numbers.
    pub fn are_finite(&self) -> bool {
        self.discriminator_loss.is_finite() && self.generator_loss.is_finite()
    }
}
