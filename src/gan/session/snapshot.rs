//! Going back: sessions as they stood, kept in memory.

use super::error::TrainError;
use super::state::{Position, Session};
use crate::data::Digits;
use crate::gan::Config;
use crate::nn::Parameter;
use ndarray::ArrayD;
use std::collections::HashMap;

/// A session as it stood after one of its steps. From here it makes the same steps again, to the bit.
#[derive(Clone, Debug)]
pub struct Snapshot {
    position: Position,
    arrays: Vec<Parameter>,
}

impl Snapshot {
    /// How many steps had been made.
    pub fn step(&self) -> u64 {
        self.position.step
    }

    /// Bytes of its numbers.
    pub fn bytes(&self) -> usize {
        self.arrays.iter().map(|array| size_of::<f32>() * array.value.len()).sum()
    }

    /// An array by name, in row-major order.
    pub fn array(&self, name: &str) -> Option<&[f32]> {
        self.arrays.iter().find(|array| array.name == name)?.value.as_slice()
    }

    /// Changes an array, whose numbers are in row-major order. A session from here goes on with what they have become.
    pub fn change(&mut self, array: &str, change: impl FnOnce(&mut [f32])) {
        if let Some(array) = self.arrays.iter_mut().find(|known| known.name == array) {
            change(array.elements_mut());
        }
    }

    /// The session that goes on from here, under the configuration that it had, or under one with other rates or rules.
    ///
    /// # Errors
    /// As [`Session::resume`].
    pub fn session(&self, config: &Config, digits: &Digits) -> Result<Session, TrainError> {
        let arrays: HashMap<&str, &Parameter> = self.arrays.iter().map(|array| (&*array.name, array)).collect();
        let mut find = |name: &str| -> Option<ArrayD<f32>> { Some(arrays.get(name)?.value.to_owned()) };
        Session::resume(config, digits, &self.position, &mut find)
    }
}

impl Session {
    /// The session as it stands.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { position: self.position(), arrays: self.arrays() }
    }
}

/// Snapshots of one run, no more than fit into some memory: all of its beginning and its end, fewer in between the longer
/// ago they are.
#[derive(Debug)]
pub struct History {
    budget: usize,
    snapshots: Vec<Snapshot>, // by step, no two of one
}

impl History {
    /// Room for snapshots of so many bytes in all; two are kept whatever they take.
    pub fn new(budget: usize) -> Self {
        Self { budget, snapshots: Vec::new() }
    }

    /// Keeps a snapshot. What was kept of later steps is forgotten: the run goes on from this one.
    pub fn keep(&mut self, snapshot: Snapshot) {
        self.snapshots.retain(|kept| kept.step() < snapshot.step());
        self.snapshots.push(snapshot);
        while self.snapshots.len() > 2 && self.bytes() > self.budget {
            let least = self.least_missed();
            self.snapshots.remove(least);
        }
    }

    /// Forgets what comes after a step.
    pub fn forget_after(&mut self, step: u64) {
        self.snapshots.retain(|kept| kept.step() <= step);
    }

    /// The last one that is not after this step: the shortest way there.
    pub fn before(&self, step: u64) -> Option<&Snapshot> {
        self.snapshots.iter().rev().find(|kept| kept.step() <= step)
    }

    /// The steps that are kept.
    pub fn steps(&self) -> impl Iterator<Item = u64> {
        self.snapshots.iter().map(Snapshot::step)
    }

    fn bytes(&self) -> usize {
        self.snapshots.iter().map(Snapshot::bytes).sum()
    }

    /// Between the first and the last, the one without which the gap that is left is shortest in proportion to how long
    /// ago it is.
    fn least_missed(&self) -> usize {
        let newest = self.snapshots.last().map_or(0, Snapshot::step);
        let cost = |&i: &usize| {
            let gap = self.snapshots[i + 1].step() - self.snapshots[i - 1].step();
            gap as f64 / (newest - self.snapshots[i].step()) as f64
        };
        (1..self.snapshots.len() - 1).min_by(|a, b| cost(a).total_cmp(&cost(b))).expect("more than two are kept")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::{Ended, Observer, ObserverError};
    use std::ops::ControlFlow;

    const GAME: &str = r#"
        [training]
        epochs = 3
        batch_size = 4
        [generator]
        latent_dim = 2
        image_shape = [2, 2]
        layers = [{ kind = "dense", units = 4, activation = "relu" }, { kind = "batch-norm" }, { kind = "dense", units = 4, activation = "tanh" }]
        [discriminator]
        layers = [{ kind = "dense", units = 3, activation = "relu" }, { kind = "dropout", rate = 0.5 }, { kind = "dense", units = 1 }]
    "#;

    struct Until(u64);

    impl Observer for Until {
        fn pause(&mut self, session: &Session) -> Result<ControlFlow<()>, ObserverError> {
            Ok(if session.step() >= self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        }
    }

    fn digits() -> Digits {
        Digits::new((0..64).map(|i| i * 3).collect(), (0..16).map(|i| i % 10).collect(), 2, 2)
    }

    #[test]
    fn a_session_from_a_snapshot_makes_the_same_steps() {
        goes_on(&Config::from_toml(GAME, Some("mlp")).unwrap(), &digits());
        let reader = GAME.replace("{ kind = \"dense\", units = 1 }", "{ kind = \"class-logits\", classes = 10 }");
        let mut reader = Config::from_toml(&reader.replace("\"tanh\"", "\"sigmoid\""), Some("reader")).unwrap();
        reader.training.semi_supervised.as_mut().unwrap().labels = 10;
        goes_on(&reader, &digits());
    }

    fn goes_on(config: &Config, digits: &Digits) {
        let mut session = Session::new(config, digits).unwrap();
        session.run(&mut Until(5)).unwrap();
        let snapshot = session.snapshot();
        assert_eq!((snapshot.step(), session.run(&mut ()).unwrap()), (5, Ended::AtItsLastStep));
        let mut again = snapshot.session(config, digits).unwrap();
        again.run(&mut ()).unwrap();
        assert_eq!(again.step(), 12);
        for (a, b) in again.arrays().iter().zip(session.arrays()) {
            assert_eq!(a.name, b.name);
            assert!(a.value.iter().zip(&b.value).all(|(a, b)| a.to_bits() == b.to_bits()), "{}", a.name);
        }
        assert_eq!(again.position(), session.position());
    }

    #[test]
    fn a_history_keeps_to_its_budget_and_thins_out_what_is_long_ago() {
        let (config, digits) = (Config::from_toml(GAME, Some("mlp")).unwrap(), digits());
        let one = Session::new(&config, &digits).unwrap().snapshot();
        let at =
            |step: u64| Snapshot { position: Position { step, ..one.position.clone() }, arrays: one.arrays.clone() };
        let mut history = History::new(8 * one.bytes());
        (0..100).for_each(|step| history.keep(at(step)));
        let steps: Vec<u64> = history.steps().collect();
        assert_eq!((steps.len(), steps[0], steps[7]), (8, 0, 99));
        let gaps: Vec<u64> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps[6] <= 2 && gaps[0] >= 20, "{steps:?}");
        assert_eq!(history.before(98).unwrap().step(), steps[6].min(98));
        history.keep(at(50));
        assert_eq!(history.steps().last(), Some(50));
        history.forget_after(10);
        assert_eq!(history.before(99).unwrap().step(), 0);
    }
}
