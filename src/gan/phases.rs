//! Where the time of a step goes.

use crate::gemm::{Tally, tally};
use std::time::{Duration, Instant};

/// The three parts of a step, for both players together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Phases {
    /// Latent vectors, both networks' outputs, losses.
    pub forward: Cost,
    /// The walk back: gradients at the layers' outputs.
    pub backward: Cost,
    /// The gradients of weights, summed over the batch, and what the optimizer does with them; the
    /// moving average.
    pub update: Cost,
}

/// What a part costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// How long it takes.
    pub time: Duration,
    /// The matrix products in it.
    pub products: Tally,
}

/// Runs along with a step.
pub(super) struct Clock {
    time: Instant,
    products: Tally,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { time: Instant::now(), products: tally() }
    }

    /// Adds what has passed since the last lap to `part`.
    pub(super) fn lap(&mut self, part: &mut Cost) {
        let now = Self::start();
        part.time += now.time - self.time;
        part.products += now.products - self.products;
        *self = now;
    }
}
