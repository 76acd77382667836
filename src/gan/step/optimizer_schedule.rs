//! How both players' optimizers change over a run.

use crate::autodiff::Real;
use crate::gan::{AdamConfig, Config, Players, Schedule};
use crate::nn::Adam;

/// How both players' optimizers change over the run.
#[derive(Clone, Debug)]
pub struct OptimizerSchedule {
    schedule: Schedule,
    /// The share of the learning rates that is left at the end.
    floor: f64,
    adam: Players<AdamConfig>,
}

impl From<&Config> for OptimizerSchedule {
    fn from(config: &Config) -> Self {
        Self {
            schedule: config.training.schedule,
            floor: config.training.learning_rate_floor,
            adam: Players {
                generator: config.generator.adam.clone(),
                discriminator: config.discriminator.adam.clone(),
            },
        }
    }
}

impl OptimizerSchedule {
    /// Sets both players' optimizers for this part of the run, from 0 to 1.
    pub fn set<T: Real>(&self, progress: f64, optimizers: Players<&mut Adam<T>>) {
        let factor = 1.0 - (1.0 - self.floor) * self.schedule.way(progress);
        for (adam, config) in optimizers.zip(self.adam.each_ref()) {
            adam.learning_rate = factor * config.learning_rate;
            (adam.beta1, adam.beta2) = (config.beta1.at(progress), config.beta2.at(progress));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::Ramp;

    #[test]
    fn it_sets_rates_and_betas() {
        let adam = |learning_rate, beta2| AdamConfig { learning_rate, beta1: 0.5.into(), beta2 };
        let changing = Ramp::Changing { from: 0.9, to: 0.99, schedule: Schedule::Linear };
        let pace = OptimizerSchedule {
            schedule: Schedule::Cosine,
            floor: 0.1,
            adam: Players { generator: adam(2.0, changing), discriminator: adam(4.0, 0.999.into()) },
        };
        let mut optimizers = Players::<()>::default().map(|()| Adam::<f64>::new(&[], 0.0, 0.0, 0.0));
        let mut at = |progress| {
            pace.set(progress, optimizers.each_mut());
            let Players { generator: g, discriminator: d } = &optimizers;
            [g.learning_rate, g.beta1, g.beta2, d.learning_rate, d.beta2]
        };
        let close = |a: [f64; 5], b: [f64; 5]| assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?}");
        close(at(0.0), [2.0, 0.5, 0.9, 4.0, 0.999]);
        close(at(0.5), [1.1, 0.5, 0.945, 2.2, 0.999]);
        close(at(1.0), [0.2, 0.5, 0.99, 0.4, 0.999]);
    }
}
