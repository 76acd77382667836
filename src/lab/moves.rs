//! How Adam is about to move one weight.

use crate::gan::{Config, OptimizerSchedule, Players, Snapshot};
use crate::nn::{Adam, Optimizer, Parameter};
use ndarray::{ArrayD, IxDyn};
use serde::Serialize;

/// What Adam remembers of a weight, and what it makes of its gradient.
#[derive(Clone, Debug, Serialize)]
pub struct Moves {
    /// The mean of gradients and of their squares, before.
    before: [f32; 2],
    /// The same, with this gradient.
    after: [f32; 2],
    learning_rate: f64,
    beta: [f64; 2],
    /// By how much the weight moves.
    by: f32,
}

/// When a step is made, of how many.
pub struct When {
    /// Steps that are complete.
    pub step: u64,
    /// All steps of the run.
    pub of: u64,
    /// How many turns of this player's are complete in this step.
    pub turns: u64,
}

/// What becomes of an element of a parameter that has this gradient in the step after a snapshot. None for what is no
/// parameter, and where its player has moved since.
pub fn moves(
    before: &Snapshot,
    config: &Config,
    when: &When,
    parameter: &str,
    element: usize,
    gradient: f32,
) -> Option<Moves> {
    let number = |name: &str| before.array(name)?.get(element).copied();
    let one = |x: f32| ArrayD::from_elem(IxDyn(&[1]), x);
    let mut weight = [Parameter::new(parameter, one(number(parameter)?))];
    let mut optimizers = Players::<()>::default().map(|()| Adam::new(&weight, 0.0, 0.0, 0.0));
    OptimizerSchedule::from(config).set(when.step as f64 / when.of as f64, optimizers.each_mut());
    let (mut adam, turns) = match parameter.starts_with("generator.") {
        true => (optimizers.generator, 1),
        false => (optimizers.discriminator, config.training.critic_steps),
    };
    if when.turns > 0 {
        return None;
    }
    adam.load(&weight, when.step * turns, |name| number(name).map(one)).ok()?;
    let moments = |adam: &Adam, weight: &[Parameter]| {
        let mut all = adam.moments(weight).map(|moment| moment.value[[0]]);
        [(); 2].map(|()| all.next().expect("two of one weight"))
    };
    let (was, remembered) = (weight[0].value[[0]], moments(&adam, &weight));
    adam.begin();
    adam.update(0, &mut weight[0], &[gradient]);
    Some(Moves {
        before: remembered,
        after: moments(&adam, &weight),
        learning_rate: adam.learning_rate,
        beta: [adam.beta1, adam.beta2],
        by: weight[0].value[[0]] - was,
    })
}
