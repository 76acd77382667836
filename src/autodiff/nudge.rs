//! What a number on a tape is to the loss, measured: it is moved, and what follows from it is computed anew.

use super::tape::{Origin, View};
use super::{Pool, Real, Tensor};

/// What the loss becomes when a number is moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nudge<T: Real> {
    /// The loss as it is.
    pub before: T,
    /// The loss with the number moved.
    pub after: T,
}

impl<T: Real> View<'_, T> {
    /// The node that the last walk back began from, if it was a single number: what the adjoints are derivatives of.
    pub fn loss(self) -> Option<usize> {
        let root = self.tape.walk.borrow().wanted.len().checked_sub(1)?;
        (self.node(root).value().len() == 1).then_some(root)
    }

    /// Moves an element of a node's value by so much and computes anew all that follows from it, up to the
    /// [loss](View::loss); the tape stays as it is. What was not recorded is a constant here as it is to the gradient.
    /// None where there is no loss, or it was computed before the node.
    ///
    /// The difference over `by` goes to the element of the adjoint as `by` goes to 0.
    ///
    /// # Panics
    /// When there is no such node or element.
    pub fn nudged(self, node: usize, element: usize, by: T) -> Option<Nudge<T>> {
        let loss = self.loss().filter(|&loss| loss >= node)?;
        let mut moved: Vec<Option<Tensor<T>>> = vec![None; loss + 1];
        let mut value = self.node(node).value().clone();
        value.as_slice_mut().expect("values of a tape are contiguous")[element] += by;
        moved[node] = Some(value);
        let mut pool = Pool::default();
        pool.set_precision(self.tape.precision());
        for index in node + 1..=loss {
            moved[index] = self.recomputed(index, &moved, &mut pool);
        }
        let number = |value: &Tensor<T>| value.iter().next().copied().expect("a loss is a single number");
        let before = number(self.node(loss).value());
        Some(Nudge { before, after: moved[loss].as_ref().map_or(before, number) })
    }

    /// The value of a node where one of its inputs has been moved.
    fn recomputed(self, index: usize, moved: &[Option<Tensor<T>>], pool: &mut Pool<T>) -> Option<Tensor<T>> {
        let Origin::Computed { operation, inputs, recorded: true } = self.tape.node(index).origin else { return None };
        if inputs.iter().all(|&input| moved[input].is_none()) {
            return None;
        }
        let values = inputs.iter().map(|&input| moved[input].clone().unwrap_or_else(|| self.tape.node(input).value));
        let values: Vec<Tensor<T>> = values.collect();
        Some(operation.forward(&values.iter().collect::<Vec<_>>(), pool))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use ndarray::array;

    #[test]
    fn a_moved_number_moves_the_loss_as_its_adjoint_says() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(array![[0.5, -1.0], [2.0, 0.25]].into_dyn());
        let w = tape.leaf(array![[0.3], [0.7]].into_dyn());
        let constant = tape.without_recording(|| x.powi(2).sum());
        let loss = x.matmul(w).powi(3).sum() * constant;
        assert_eq!(tape.view().loss(), None, "no walk, no loss");
        let gradient = tape.gradients(loss, &[x])[0].value();
        assert_eq!(tape.view().loss(), Some(loss.index()));
        for (element, &slope) in gradient.iter().enumerate() {
            let by = 1e-6;
            let Nudge { before, after } = tape.view().nudged(x.index(), element, by).unwrap();
            assert_eq!(before, loss.item());
            assert!(((after - before) / by - slope).abs() < 1e-4 * slope.abs().max(1.0), "{element}");
        }
        assert_eq!(x.value()[[0, 0]], 0.5, "the tape is as it was");
    }

    #[test]
    fn what_the_loss_does_not_depend_on_moves_nothing() {
        let tape = Tape::<f64>::new();
        let (x, other) = (tape.scalar(3.0), tape.scalar(1.0));
        let loss = x * x;
        let later = tape.scalar(2.0);
        tape.gradients(loss, &[x]);
        assert_eq!(tape.view().nudged(other.index(), 0, 1.0), Some(Nudge { before: 9.0, after: 9.0 }));
        assert_eq!(tape.view().nudged(later.index(), 0, 1.0), None);
    }
}
