//! What goes into a network.

use super::Extent;
use crate::autodiff::{Real, Tape, Var};

/// What a network is built for: the extent of a sample, and of how many classes its label is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputShape {
    /// A sample.
    pub extent: Extent,
    /// How many classes there are; 0 where samples come without labels.
    pub classes: usize,
}

impl InputShape {
    /// The same, with labels of so many classes; 0 for none.
    pub fn with_classes(self, classes: usize) -> Self {
        Self { classes, ..self }
    }
}

impl<E: Into<Extent>> From<E> for InputShape {
    fn from(extent: E) -> Self {
        Self { extent: extent.into(), classes: 0 }
    }
}

/// What a network is given: a batch, and its labels where there are any.
#[derive(Clone, Copy, Debug)]
pub struct Input<'t, T: Real = f32> {
    /// `[n, width]`, or `[n, height, width, channels]` for a network that takes images. Either form is
    /// understood as the other.
    pub x: Var<'t, T>,
    /// For each sample a 1 at its class and 0 elsewhere, `[n, classes]`.
    pub labels: Option<Var<'t, T>>,
}

impl<'t, T: Real> From<Var<'t, T>> for Input<'t, T> {
    /// A batch without labels.
    fn from(x: Var<'t, T>) -> Self {
        Self { x, labels: None }
    }
}

impl<'t, T: Real> Input<'t, T> {
    /// How many samples there are.
    pub fn batch(self) -> usize {
        self.x.shape()[0]
    }

    /// The same samples and labels as constants of another tape; nothing is copied.
    pub fn on(self, tape: &Tape<T>) -> Input<'_, T> {
        let constant = |x: Var<'t, T>| tape.share(&x.value());
        Input { x: constant(self.x), labels: self.labels.map(constant) }
    }

    /// The samples of this batch, then `below`'s.
    ///
    /// # Panics
    /// When samples differ in shape, or one batch has labels and the other has none.
    pub fn concat_rows(self, below: Self) -> Self {
        let labels = match (self.labels, below.labels) {
            (Some(a), Some(b)) => Some(a.concat_rows(b)),
            (None, None) => None,
            _ => panic!("Input::concat_rows: one batch has labels, the other has none"),
        };
        Self { x: self.x.concat_rows(below.x), labels }
    }
}

/// Labels below `classes` as a network wants them: for each a 1 at its class and 0 elsewhere, `[n, classes]`;
/// nothing where there are no classes.
///
/// # Panics
/// When a label is not below `classes`.
pub fn one_hot<'t, T: Real>(tape: &'t Tape<T>, labels: &[u8], classes: usize) -> Option<Var<'t, T>> {
    (classes > 0).then(|| tape.one_hot(labels, classes))
}
