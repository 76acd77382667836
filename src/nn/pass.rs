//! One walk of a batch through a network's layers.

use super::handle::{ParameterId, StatisticId};
use super::mode::Update;
use super::{Mode, Parameter};
use crate::autodiff::{Real, Var};
use std::ops::Index;

/// What layers take from on the way: `pass[handle]` is a parameter.
pub(super) struct Pass<'p, 'm, 't, T: Real> {
    parameters: &'p [Var<'t, T>],
    statistics: &'p [Parameter<T>],
    labels: Option<Var<'t, T>>,
    /// In training or in use.
    pub mode: &'p mut Mode<'m, T>,
}

impl<'p, 'm, 't, T: Real> Pass<'p, 'm, 't, T> {
    /// With a network's parameters and statistics, each list in its order.
    pub fn new(
        parameters: &'p [Var<'t, T>],
        statistics: &'p [Parameter<T>],
        labels: Option<Var<'t, T>>,
        mode: &'p mut Mode<'m, T>,
    ) -> Self {
        Self { parameters, statistics, labels, mode }
    }

    /// A statistic as training has left it.
    pub fn statistic(&self, statistic: StatisticId) -> &'p Parameter<T> {
        &self.statistics[statistic.0]
    }

    /// For each sample a 1 at its class, `[n, classes]`.
    ///
    /// # Panics
    /// When the network has been given no labels.
    pub fn labels(&self) -> Var<'t, T> {
        self.labels.expect("a network that was built for labels needs them: see Input::labels")
    }

    /// Of a table `[classes, width]` with a row for each class: each sample's row, `[n, width]`.
    pub fn of_class(&self, table: ParameterId) -> Var<'t, T> {
        self.labels().matmul(self[table])
    }

    /// Whether statistics move.
    pub fn is_training(&self) -> bool {
        matches!(self.mode, Mode::Train(_))
    }

    /// In training, notes that a statistic is to move by `share` of the way to `value`.
    pub fn note(&mut self, statistic: StatisticId, value: Var<'_, T>, share: f64) {
        let name = &self.statistic(statistic).name;
        if let Mode::Train(training) = self.mode {
            training.updates.push(Update { name: name.clone(), value: value.value(), share });
        }
    }
}

impl<'t, T: Real> Index<ParameterId> for Pass<'_, '_, 't, T> {
    type Output = Var<'t, T>;

    /// A parameter on the tape.
    fn index(&self, parameter: ParameterId) -> &Var<'t, T> {
        &self.parameters[parameter.0]
    }
}
