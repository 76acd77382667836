//! Where the time of a step goes.

use crate::autodiff::{Gradient, Part, Phase, Real, View, Watch};
use std::ops::AddAssign;
use std::time::{Duration, Instant};

/// The three parts of a step, for both players together.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepTime {
    /// Latent vectors, both networks' outputs, losses.
    pub forward: Cost,
    /// The walk back: gradients at the layers' outputs.
    pub backward: Cost,
    /// The gradients of weights, summed over the batch, and what the optimizer does with them.
    pub update: Cost,
}

/// What a part costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// How long it takes.
    pub time: Duration,
    /// How long operations take that multiply matrices or convolve images, with all that they do besides.
    pub products: Duration,
    /// Multiplications in those, with as many additions.
    pub multiplications: u64,
}

/// A watcher that notes the time and the multiplications of a step.
#[derive(Debug, Default)]
pub struct Clock {
    /// What has been noted since it was made, or [taken](std::mem::take).
    pub phases: StepTime,
    /// The parts that are going on, each within the one before it, whose time stands still meanwhile.
    going_on: Vec<Phase>,
    last: Option<Instant>,
}

impl Clock {
    /// What has passed since something was told last belongs to the part that is going on; it was spent on so many
    /// multiplications.
    fn lap(&mut self, multiplications: usize) {
        let now = Instant::now();
        let passed = self.last.replace(now).map_or(Duration::ZERO, |last| now - last);
        let part = match self.going_on.last() {
            Some(Phase::Forward) => &mut self.phases.forward,
            Some(Phase::Backward) => &mut self.phases.backward,
            Some(Phase::Update) => &mut self.phases.update,
            None => return,
        };
        part.time += passed;
        if multiplications > 0 {
            part.products += passed;
            part.multiplications.add_assign(multiplications as u64);
        }
    }
}

impl<T: Real> Watch<T> for Clock {
    fn begins(&mut self, part: Part<'_>, _: View<'_, T>) {
        self.lap(0);
        self.going_on.push(part.phase);
    }

    fn ends(&mut self, _: Part<'_>, _: View<'_, T>) {
        self.lap(0);
        self.going_on.pop();
    }

    fn applied(&mut self, tape: View<'_, T>, node: usize) {
        self.lap(tape.node(node).multiplications());
    }

    fn summed(&mut self, _: &str, gradient: &Gradient<T>) {
        self.lap(gradient.multiplications());
    }

    fn moved(&mut self, _: &str) {
        self.lap(0);
    }
}
