//! One walk of a batch through a network's layers.

use super::mode::Update;
use super::{Mode, Parameter};
use crate::autodiff::{Real, Var};
use std::slice;

/// What layers take from on the way, in the order in which they were built.
pub(super) struct Pass<'p, 'm, 't, T: Real> {
    parameters: slice::Iter<'p, Var<'t, T>>,
    statistics: slice::Iter<'p, Parameter<T>>,
    labels: Option<Var<'t, T>>,
    /// In training or in use.
    pub mode: &'p mut Mode<'m, T>,
}

impl<'p, 'm, 't, T: Real> Pass<'p, 'm, 't, T> {
    /// At the first layer.
    pub fn new(
        parameters: &'p [Var<'t, T>],
        statistics: &'p [Parameter<T>],
        labels: Option<Var<'t, T>>,
        mode: &'p mut Mode<'m, T>,
    ) -> Self {
        Self { parameters: parameters.iter(), statistics: statistics.iter(), labels, mode }
    }

    /// The next parameter.
    pub fn parameter(&mut self) -> Var<'t, T> {
        *self.parameters.next().expect("as many parameters as the network has")
    }

    /// The next statistic.
    pub fn statistic(&mut self) -> &'p Parameter<T> {
        self.statistics.next().expect("as many statistics as the network has")
    }

    /// For each sample a 1 at its class, `[n, classes]`.
    ///
    /// # Panics
    /// When the network has been given no labels.
    pub fn labels(&self) -> Var<'t, T> {
        self.labels.expect("a network that was built for labels needs them: see Input::labels")
    }

    /// The next parameter, `[classes, width]`, being a table with a row for each class: each sample's row,
    /// `[n, width]`.
    pub fn of_class(&mut self) -> Var<'t, T> {
        self.labels().matmul(self.parameter())
    }

    /// Whether statistics move.
    pub fn is_training(&self) -> bool {
        matches!(self.mode, Mode::Train(_))
    }

    /// In training, notes that a statistic is to move by `share` of the way to `value`.
    pub fn note(&mut self, statistic: &Parameter<T>, value: Var<'_, T>, share: f64) {
        if let Mode::Train(training) = self.mode {
            training.updates.push(Update { name: statistic.name.clone(), value: value.value(), share });
        }
    }
}
