//! The moving average of a network's weights.

use crate::autodiff::Real;
use crate::nn::{Network, NetworkError};
use ndarray::ArrayD;

/// A copy of a network whose weights follow it slowly: `θ̄ ← d·θ̄ + (1 − d)·θ` after every step.
///
/// The two players of a game circle around an equilibrium rather than settle in it; the average
/// sits in the middle of the circle and draws better images than any single point of it
/// (Yazıcı et al. 2019, *The Unusual Effectiveness of Averaging in GAN Training*).
#[derive(Clone, Debug)]
pub struct Average<T: Real = f32> {
    /// The averaged network.
    pub network: Network<T>,
    decay: f64,
    steps: u64,
}

impl<T: Real> Average<T> {
    /// An average that starts at the network's present weights; `decay` in (0, 1).
    pub fn new(network: &Network<T>, decay: f64) -> Self {
        Self { network: network.clone(), decay, steps: 0 }
    }

    /// Goes on from where an average stood that had followed for so many steps, and whose arrays `find` knows by the
    /// network's names.
    ///
    /// # Errors
    /// When one is missing or of another shape.
    pub fn load(&mut self, steps: u64, find: impl FnMut(&str) -> Option<ArrayD<T>>) -> Result<(), NetworkError> {
        self.steps = steps;
        self.network.load(find)
    }

    /// Moves the average towards the network's present weights.
    pub fn follow(&mut self, network: &Network<T>) {
        self.steps += 1;
        // At first the average forgets faster, or it would long remember the random start.
        let warm_up = self.steps as f64 / (self.steps as f64 + 10.0);
        let share = T::from_f64(1.0 - self.decay.min(warm_up));
        for (average, current) in self.network.parameters.iter_mut().zip(&network.parameters) {
            average.move_towards(&current.value, share);
        }
        // Statistics are averages already.
        for (copy, current) in self.network.statistics.iter_mut().zip(&network.statistics) {
            copy.move_towards(&current.value, T::ONE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::BatchNorm;
    use crate::nn::{Init, LayerSpec, UnitActivation};
    use rand::SeedableRng;

    #[test]
    fn the_average_follows_by_its_share() {
        let mut rng = rand::rngs::ChaCha8Rng::seed_from_u64(0);
        let layers = [LayerSpec::dense(1, UnitActivation::Identity)];
        let mut network = Network::<f64>::new("g", 1, &layers, Init::He, &mut rng).unwrap();
        let set = |network: &mut Network<f64>, x: f64| network.parameters[0].value.fill(x);
        set(&mut network, 0.0);
        let mut average = Average::new(&network, 0.5);
        set(&mut network, 1.0);
        average.follow(&network); // warm-up: keeps 1/11
        let value = |average: &Average<f64>| average.network.parameters[0].value[[0, 0]];
        assert!((value(&average) - 10.0 / 11.0).abs() < 1e-12);
        (0..100).for_each(|_| average.follow(&network));
        set(&mut network, 0.0);
        average.follow(&network); // by now it keeps its decay, one half
        assert!((value(&average) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn running_statistics_are_copied() {
        let activation = UnitActivation::Identity;
        let layers = [BatchNorm { momentum: 0.1, epsilon: 1e-5, conditional: false, activation }.into()];
        let mut rng = rand::rngs::ChaCha8Rng::seed_from_u64(0);
        let mut network = Network::<f64>::new("g", 3, &layers, Init::He, &mut rng).unwrap();
        let mut average = Average::new(&network, 0.999);
        network.statistics[0].value.fill(0.1);
        average.follow(&network);
        assert_eq!(average.network.statistics[0].value, network.statistics[0].value);
    }
}
