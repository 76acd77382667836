//! The tape: an arena of nodes in the order in which they were computed.

use super::deferred::Deferred;
use super::{Gradient, Operation, Pool, Real, Shape};
use ndarray::ArrayD;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

/// Writes a computation down so that it can be differentiated.
///
/// Nodes are appended as they are computed, so their order is already topological: the walk
/// back needs no sorting. [`reset`](Tape::reset) forgets the nodes and keeps their buffers for
/// the next step; it borrows the tape mutably, so the compiler sees to it that no [`Var`] of
/// an earlier step is used afterwards.
///
/// Values are shared ([`Arc`]): a network lends its weights to a tape without copying them, and
/// has them for itself again, to be updated in place, once the tape is reset.
pub struct Tape<T: Real = f32> {
    nodes: RefCell<Vec<Node<T>>>,
    pool: RefCell<Pool<T>>,
    recording: Cell<bool>,
}

struct Node<T: Real> {
    value: Value<T>,
    /// Absent for leaves and for what was computed without recording.
    origin: Option<Arc<Origin<T>>>,
}

/// What a node is worth, or how to find out.
#[derive(Clone, Debug)]
pub(super) enum Value<T: Real> {
    Known(Arc<ArrayD<T>>),
    /// Only of what was computed without recording.
    Deferred(Deferred<T>),
}

impl<T: Real> Value<T> {
    pub(super) fn shape(&self) -> Shape {
        match self {
            Self::Known(array) => array.shape().into(),
            Self::Deferred(deferred) => deferred.shape(),
        }
    }

    fn known(&self) -> &Arc<ArrayD<T>> {
        let Self::Known(array) = self else { unreachable!("looked at before it was computed") };
        array
    }

    /// Every array it holds on to.
    pub(super) fn into_arrays(self) -> impl Iterator<Item = Arc<ArrayD<T>>> {
        let (known, deferred) = match self {
            Self::Known(array) => (Some(array), None),
            Self::Deferred(deferred) => (None, Some(deferred.into_matrices())),
        };
        known.into_iter().chain(deferred.into_iter().flatten())
    }
}

/// How a node came to be.
pub(super) struct Origin<T: Real> {
    pub operation: Box<dyn Operation<T>>,
    pub inputs: Vec<usize>,
}

/// A handle to a node of a [`Tape`]: copy it freely.
#[derive(Clone, Copy)]
pub struct Var<'t, T: Real = f32> {
    pub(super) tape: &'t Tape<T>,
    pub(super) index: usize,
}

impl<T: Real> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Real> Tape<T> {
    /// An empty tape.
    pub fn new() -> Self {
        Self { nodes: RefCell::default(), pool: RefCell::new(Pool::default()), recording: Cell::new(true) }
    }

    /// A leaf with this value.
    pub fn leaf(&self, value: ArrayD<T>) -> Var<'_, T> {
        let value = if value.is_standard_layout() { value } else { value.as_standard_layout().into_owned() };
        self.push(Value::Known(Arc::new(value)), None)
    }

    /// A leaf that shares its value with whoever else holds it: nothing is copied.
    ///
    /// # Panics
    /// When the array is not in row-major order.
    pub fn share(&self, value: &Arc<ArrayD<T>>) -> Var<'_, T> {
        assert!(value.is_standard_layout(), "Tape::share: the array is not in row-major order");
        self.push(Value::Known(Arc::clone(value)), None)
    }

    /// A leaf of this shape, its elements written by `fill` into a buffer of the pool.
    /// The buffer's former content is unspecified: `fill` writes every element.
    pub fn fill(&self, shape: &[usize], fill: impl FnOnce(&mut [T])) -> Var<'_, T> {
        let mut value = self.pool.borrow_mut().take(shape);
        fill(value.as_slice_mut().expect("arrays of the pool are contiguous"));
        self.push(Value::Known(Arc::new(value)), None)
    }

    /// A leaf of shape `[]`.
    pub fn scalar(&self, value: T) -> Var<'_, T> {
        self.fill(&[], |slot| slot[0] = value)
    }

    /// Applies an operation, and writes it down if the tape records.
    pub fn apply<'t>(&'t self, operation: impl Operation<T>, inputs: &[Var<'t, T>]) -> Var<'t, T> {
        assert!(inputs.iter().all(|x| std::ptr::eq(x.tape, self)), "{operation:?}: a Var of another tape");
        inputs.iter().for_each(|x| self.find_out(x.index));
        let value = {
            let nodes = self.nodes.borrow();
            let values: Vec<&ArrayD<T>> = inputs.iter().map(|x| &**nodes[x.index].value.known()).collect();
            operation.forward(&values, &mut self.pool.borrow_mut())
        };
        let origin = self.recording.get().then(|| {
            Arc::new(Origin { operation: Box::new(operation), inputs: inputs.iter().map(|x| x.index).collect() })
        });
        self.push(Value::Known(Arc::new(value)), origin)
    }

    /// Runs `compute` without writing operations down: its results are constants to any
    /// later gradient.
    pub fn without_recording<R>(&self, compute: impl FnOnce() -> R) -> R {
        let before = self.recording.replace(false);
        let result = compute();
        self.recording.set(before);
        result
    }

    /// Forgets every node; buffers that nobody else holds go back to the pool.
    pub fn reset(&mut self) {
        let nodes = self.nodes.get_mut().drain(..);
        recycle(self.pool.get_mut(), nodes.flat_map(|node| node.value.into_arrays()));
    }

    /// Gives gradients that were taken out of the tape before a [`reset`](Tape::reset) back to
    /// its pool.
    pub fn recycle(&self, gradients: impl IntoIterator<Item = Gradient<T>>) {
        recycle(&mut self.pool.borrow_mut(), gradients.into_iter().flat_map(Gradient::into_arrays));
    }

    /// How many nodes the tape holds.
    pub fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Whether nothing has been computed since the last reset.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn var(&self, index: usize) -> Var<'_, T> {
        Var { tape: self, index }
    }

    pub(super) fn origin(&self, index: usize) -> Option<Arc<Origin<T>>> {
        self.nodes.borrow()[index].origin.clone()
    }

    pub(super) fn is_recording(&self) -> bool {
        self.recording.get()
    }

    /// A constant that is computed when somebody looks at it.
    pub(super) fn defer(&self, deferred: Deferred<T>) -> Var<'_, T> {
        self.push(Value::Deferred(deferred), None)
    }

    /// Computes a node's value if that was put off.
    fn find_out(&self, index: usize) {
        let deferred = match &self.nodes.borrow()[index].value {
            Value::Known(_) => return,
            Value::Deferred(deferred) => deferred.clone(),
        };
        let value = deferred.value(&mut self.pool.borrow_mut());
        self.nodes.borrow_mut()[index].value = Value::Known(Arc::new(value));
    }

    fn push(&self, value: Value<T>, origin: Option<Arc<Origin<T>>>) -> Var<'_, T> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { value, origin });
        Var { tape: self, index: nodes.len() - 1 }
    }
}

fn recycle<T: Real>(pool: &mut Pool<T>, values: impl IntoIterator<Item = Arc<ArrayD<T>>>) {
    // A value that somebody still holds is not ours to reuse; `into_inner` gives it only to the last holder.
    values.into_iter().filter_map(Arc::into_inner).for_each(|array| pool.give(array));
}

impl<'t, T: Real> Var<'t, T> {
    /// The tape this is a node of.
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// The value, shared with the tape.
    pub fn value(self) -> Arc<ArrayD<T>> {
        self.tape.find_out(self.index);
        Arc::clone(self.tape.nodes.borrow()[self.index].value.known())
    }

    /// The value as it stands: as an array, or as what it is to be computed from.
    pub(super) fn raw_value(self) -> Value<T> {
        self.tape.nodes.borrow()[self.index].value.clone()
    }

    /// The one element of a value that has one.
    ///
    /// # Panics
    /// When it has more.
    pub fn item(self) -> T {
        let value = self.value();
        assert!(value.len() == 1, "item: a value of shape {:?} is no single number", value.shape());
        value.as_slice().expect("values on a tape are contiguous")[0]
    }

    /// The shape; it reads as a `&[usize]`.
    pub fn shape(self) -> Shape {
        self.tape.nodes.borrow()[self.index].value.shape()
    }

    /// The number of elements.
    pub fn len(self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The same value as a constant: no gradient flows through it.
    pub fn detach(self) -> Var<'t, T> {
        self.tape.share(&self.value())
    }
}

impl<T: Real> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made_by = self.tape.origin(self.index).map_or("leaf".into(), |origin| format!("{:?}", origin.operation));
        write!(f, "Var #{} {made_by} {:?}", self.index, self.shape())
    }
}

impl<T: Real> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries((0..self.len()).map(|index| self.var(index))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_shared_value_is_the_lenders_own_again_after_a_reset() {
        let mut tape = Tape::<f32>::new();
        let mut weight = Arc::new(array![1.0, 2.0].into_dyn());
        let doubled = tape.share(&weight) + tape.share(&weight);
        assert_eq!(*doubled.value(), array![2.0, 4.0].into_dyn());
        assert!(Arc::get_mut(&mut weight).is_none());
        tape.reset();
        Arc::get_mut(&mut weight).expect("the tape let go")[[0]] = 5.0;
    }

    #[test]
    fn the_second_step_uses_the_buffers_of_the_first() {
        let mut tape = Tape::<f32>::new();
        let step = |tape: &Tape| {
            let x = tape.fill(&[64], |x| x.fill(1.0));
            x.exp().value().as_ptr()
        };
        let first = step(&tape);
        tape.reset();
        let kept = tape.fill(&[64], |x| x.fill(0.0)).value();
        tape.reset();
        assert_ne!(step(&tape), kept.as_ptr(), "a buffer that is still held was handed out");
        assert!(first == kept.as_ptr() || step(&tape) == first);
    }

    #[test]
    fn a_tape_prints_its_story() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(array![[1.0, 2.0]].into_dyn());
        let _ = x.exp();
        assert_eq!(format!("{tape:?}"), "[Var #0 leaf [1, 2], Var #1 Exp [1, 2]]");
    }

    #[test]
    fn nothing_flows_through_a_detached_value() {
        let tape = Tape::<f64>::new();
        let x = tape.scalar(3.0);
        let y = x * x.detach();
        assert_eq!(tape.gradients(y, &[x])[0].item(), 3.0);
    }
}
