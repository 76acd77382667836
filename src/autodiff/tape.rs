//! The tape: an arena of nodes in the order in which they were computed, and what an operation is, which is nothing
//! without a tape, as a tape is without operations.

use super::walk::Walk;
use super::{Gradient, Pool, Real, Shape, Tensor, Terms};
use crate::gemm::{Kernel, Precision};
use ndarray::ArrayD;
use std::cell::{Cell, RefCell};
use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Writes a computation down so that it can be differentiated.
///
/// Nodes are appended as they are computed, so their order is already topological: the walk
/// back needs no sorting. [`reset`](Tape::reset) forgets the nodes and keeps their buffers for
/// the next step; it borrows the tape mutably, so the compiler sees to it that no [`Var`] of
/// an earlier step is used afterwards.
///
/// Values are shared [tensors](Tensor): a network lends its weights to a tape without copying them, and
/// has them for itself again, to be updated in place, once the tape is reset.
pub struct Tape<T: Real = f32> {
    nodes: RefCell<Vec<Node<T>>>,
    pool: RefCell<Pool<T>>,
    recording: Cell<bool>,
    scope: RefCell<Option<Arc<str>>>,
    /// The walk back that was made last, or is being made.
    pub(super) walk: RefCell<Walk>,
    watchers: RefCell<Vec<Watcher<T>>>,
}

/// A value and how it came to be.
#[derive(Clone)]
pub(super) struct Node<T: Real> {
    pub value: Tensor<T>,
    pub origin: Origin<T>,
    /// The part of a network that it belongs to, such as `discriminator.3`.
    pub scope: Option<Arc<str>>,
    /// The node whose derivative it is a part of.
    pub derivative_of: Option<usize>,
}

/// Where a value is from.
#[derive(Clone)]
pub(super) enum Origin<T: Real> {
    /// From outside of the tape, perhaps with a name.
    Leaf(Option<Arc<str>>),
    /// Computed on it. What was not `recorded` is a constant to any gradient.
    Computed { operation: Arc<dyn Operation<T>>, inputs: Arc<[usize]>, recorded: bool },
}

/// An operation and the nodes that it was applied to.
pub(super) type Application<T> = (Arc<dyn Operation<T>>, Arc<[usize]>);

/// One differentiable operation: its value, and beside it its derivative.
///
/// An operation is data, so it can be printed; it holds its constants (a slope, an axis), never
/// its inputs. Every array is in row-major order without gaps.
pub trait Operation<T: Real>: Debug + Send + Sync + 'static {
    /// What it computes, in one line, its constants filled in: `y = −0.5·x + 1`.
    fn formula(&self) -> String;

    /// The value, in an array from the pool of which every element is written.
    ///
    /// # Panics
    /// When the shapes do not fit, with both shapes and the operation's name.
    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T>;

    /// The vector-Jacobian product: given `ḡ = ∂L/∂output` in `step.gradient()`, adds to each
    /// input `i` its `∂L/∂inputᵢ = ḡ · ∂output/∂inputᵢ`, written in [`Var`]
    /// operations.
    fn backward(&self, step: &mut Backward<'_, '_, T>);

    /// How many multiplications, with as many additions, it takes for inputs of these shapes, if it multiplies matrices or
    /// convolves images.
    fn multiplications(&self, _inputs: &[Shape]) -> usize {
        0
    }

    /// What one element of its value is the sum of, for inputs of these shapes, if it multiplies matrices or convolves
    /// images. What an element of another operation depends on, its derivative tells: see
    /// [`View::explain`].
    ///
    /// # Panics
    /// When there may be no such element.
    fn terms(&self, _inputs: &[Shape], _element: usize) -> Option<Terms> {
        None
    }
}

/// What an operation sees when its turn comes on the way back.
pub struct Backward<'s, 't, T: Real> {
    /// The operation's own result: some derivatives are cheapest in terms of it.
    pub output: Var<'t, T>,
    pub(super) inputs: &'s [usize],
}

/// A handle to a node of a [`Tape`]: copy it freely.
#[derive(Clone, Copy)]
pub struct Var<'t, T: Real = f32> {
    pub(super) tape: &'t Tape<T>,
    pub(super) index: usize,
}

/// A tape to look at: all that is on it can be read, and nothing be computed. See `view.rs` for what there is to see.
#[derive(Clone, Copy)]
pub struct View<'v, T: Real = f32> {
    pub(super) tape: &'v Tape<T>,
}

/// Is told of what happens on a tape, at the moment when it happens and everything is still there to be looked at.
///
/// A watcher may take as long as it likes: to pause training is to wait inside one of these calls. Looking changes no
/// byte of what is computed.
pub trait Watch<T: Real = f32> {
    /// A part of a step begins.
    fn begins(&mut self, _part: Part<'_>, _tape: View<'_, T>) {}

    /// A part of a step has ended.
    fn ends(&mut self, _part: Part<'_>, _tape: View<'_, T>) {}

    /// An operation has been applied: its result is the node with this number, the last.
    fn applied(&mut self, _tape: View<'_, T>, _node: usize) {}

    /// On the way back, the adjoint of this node is complete: `∂L/∂node`.
    fn adjoint(&mut self, _tape: View<'_, T>, _node: usize) {}

    /// The gradients that an optimizer is about to follow, one for each of these nodes, its network's parameters.
    fn gradients(&mut self, _network: &str, _tape: View<'_, T>, _parameters: &[usize], _gradients: &[Gradient<T>]) {}

    /// The gradient of the parameter of this name is about to be followed. If it was a sum that waited, that has just been
    /// carried out.
    fn summed(&mut self, _parameter: &str, _gradient: &Gradient<T>) {}

    /// The parameter of this name has been moved.
    fn moved(&mut self, _parameter: &str) {}
}

/// A part of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'n> {
    /// The networks whose loss, gradients or weights it is about.
    pub networks: &'n [&'n str],
    /// Which part.
    pub phase: Phase,
}

/// What a network's step is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// From inputs to the loss.
    Forward,
    /// From the loss to the gradients.
    Backward,
    /// Along the gradients.
    Update,
}

/// A watcher that several tapes may tell, and that whoever made it can [look into](Watcher::lock) afterwards.
pub struct Watcher<T: Real = f32, W: ?Sized = dyn Watch<T> + Send>(Arc<Mutex<W>>, PhantomData<fn(T)>);

impl<T: Real, W: Watch<T> + Send + 'static> Watcher<T, W> {
    /// Makes a watcher known to tapes.
    pub fn new(watch: W) -> Self {
        Self(Arc::new(Mutex::new(watch)), PhantomData)
    }

    /// The same watcher, as a tape takes it.
    pub fn told(&self) -> Watcher<T> {
        Watcher(Arc::clone(&self.0) as Arc<Mutex<dyn Watch<T> + Send>>, PhantomData)
    }
}

impl<T: Real, W: ?Sized> Watcher<T, W> {
    /// What it has seen; it sees nothing more meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, W> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Real, W: ?Sized> Clone for Watcher<T, W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0), PhantomData)
    }
}

impl<T: Real> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`Tape::tell`] tells each watcher.
pub type Told<'a, T> = dyn Fn(&mut dyn Watch<T>, View<'_, T>) + 'a;

impl<T: Real> Tape<T> {
    /// An empty tape.
    pub fn new() -> Self {
        Self {
            nodes: RefCell::default(),
            pool: RefCell::new(Pool::default()),
            recording: Cell::new(true),
            scope: RefCell::new(None),
            walk: RefCell::default(),
            watchers: RefCell::default(),
        }
    }

    /// A leaf with this value.
    pub fn leaf(&self, value: ArrayD<T>) -> Var<'_, T> {
        let value = if value.is_standard_layout() { value } else { value.as_standard_layout().into_owned() };
        self.push_leaf(value.into_shared())
    }

    /// A leaf that shares its value with whoever else holds it: nothing is copied.
    ///
    /// # Panics
    /// When the array is not in row-major order.
    pub fn share(&self, value: &Tensor<T>) -> Var<'_, T> {
        assert!(value.is_standard_layout(), "Tape::share: the array is not in row-major order");
        self.push_leaf(value.clone())
    }

    /// A leaf of this shape, its elements written by `fill` into a buffer of the pool.
    /// The buffer's former content is unspecified: `fill` writes every element.
    pub fn fill(&self, shape: &[usize], fill: impl FnOnce(&mut [T])) -> Var<'_, T> {
        let mut value = self.pool.borrow_mut().take(shape);
        fill(value.as_slice_mut().expect("arrays of the pool are contiguous"));
        self.push_leaf(value)
    }

    /// A leaf of shape `[]`.
    pub fn scalar(&self, value: T) -> Var<'_, T> {
        self.fill(&[], |slot| slot[0] = value)
    }

    /// Applies an operation and writes it down; if the tape records, so that it can be differentiated.
    pub fn apply<'t>(&'t self, operation: impl Operation<T>, inputs: &[Var<'t, T>]) -> Var<'t, T> {
        self.apply_any(Arc::new(operation), inputs)
    }

    /// Compiled once for all operations.
    fn apply_any<'t>(&'t self, operation: Arc<dyn Operation<T>>, inputs: &[Var<'t, T>]) -> Var<'t, T> {
        assert!(inputs.iter().all(|x| std::ptr::eq(x.tape, self)), "{operation:?}: a Var of another tape");
        let value = {
            let nodes = self.nodes.borrow();
            let values: Vec<&Tensor<T>> = inputs.iter().map(|x| &nodes[x.index].value).collect();
            operation.forward(&values, &mut self.pool.borrow_mut())
        };
        let inputs = inputs.iter().map(|x| x.index).collect();
        let y = self.push(value, Origin::Computed { operation, inputs, recorded: self.recording.get() });
        self.tell(&|watcher, view| watcher.applied(view, y.index));
        y
    }

    /// Runs `compute` so that its results are constants to any later gradient.
    pub fn without_recording<R>(&self, compute: impl FnOnce() -> R) -> R {
        let before = self.recording.replace(false);
        let result = compute();
        self.recording.set(before);
        result
    }

    /// Computes something that nobody will differentiate, and forgets what was on the tape before; its buffers are used
    /// again.
    pub fn evaluate<R>(&mut self, compute: impl FnOnce(&Self) -> R) -> R {
        self.reset();
        self.without_recording(|| compute(self))
    }

    /// Runs `compute` as a part of a network, such as `discriminator.3`: what it computes is known by that name. Parts
    /// lie within each other, and the innermost name is kept.
    pub fn in_scope<R>(&self, scope: &Arc<str>, compute: impl FnOnce() -> R) -> R {
        let outer = self.scope.replace(Some(Arc::clone(scope)));
        let result = compute();
        self.scope.replace(outer);
        result
    }

    /// Forgets every node; buffers that nobody else holds go back to the pool.
    pub fn reset(&mut self) {
        self.walk.get_mut().forget();
        let pool = self.pool.get_mut();
        self.nodes.get_mut().drain(..).for_each(|node| pool.give(node.value));
    }

    /// Gives gradients that were taken out of the tape before a [`reset`](Tape::reset) back to
    /// its pool.
    pub fn recycle(&self, gradients: impl IntoIterator<Item = Gradient<T>>) {
        let mut pool = self.pool.borrow_mut();
        gradients.into_iter().flat_map(Gradient::into_tensors).for_each(|tensor| pool.give(tensor));
    }

    /// Has the operands of every matrix product and convolution rounded to this precision, from now on. Number types
    /// stay what they are, and `f64` is never rounded.
    pub fn set_precision(&self, precision: Precision) {
        self.pool.borrow_mut().set_precision(precision);
    }

    /// What the operands of products are rounded to.
    pub fn precision(&self) -> Precision {
        self.kernel().precision()
    }

    /// What multiplies.
    pub(super) fn kernel(&self) -> Kernel {
        self.pool.borrow().kernel()
    }

    /// How many nodes the tape holds.
    pub fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Whether nothing has been computed since the last reset.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Has these told of everything that is computed here from now on, in this order.
    pub fn set_watchers(&mut self, watchers: &[Watcher<T>]) {
        *self.watchers.get_mut() = watchers.to_vec();
    }

    /// Tells whoever watches. While one is being told, nothing that it does is told to anybody.
    pub fn tell(&self, tell: &Told<'_, T>) {
        if self.watchers.borrow().is_empty() {
            return;
        }
        let watchers = self.watchers.take();
        watchers.iter().for_each(|watcher| tell(&mut *watcher.lock(), View { tape: self }));
        self.watchers.replace(watchers);
    }

    /// Runs `compute` as a part of a step of these networks, and tells so before and after it.
    pub fn part<R>(&self, networks: &[&str], phase: Phase, compute: impl FnOnce() -> R) -> R {
        let part = Part { networks, phase };
        self.tell(&|watcher, view| watcher.begins(part, view));
        let result = compute();
        self.tell(&|watcher, view| watcher.ends(part, view));
        result
    }

    /// Looks at the tape without changing it.
    pub fn view(&self) -> View<'_, T> {
        View { tape: self }
    }

    pub(super) fn var(&self, index: usize) -> Var<'_, T> {
        Var { tape: self, index }
    }

    /// What there is to be said of a node, or done to it.
    pub(super) fn with_node<R>(&self, index: usize, look: impl FnOnce(&mut Node<T>) -> R) -> R {
        look(&mut self.nodes.borrow_mut()[index])
    }

    /// A node as it stands.
    pub(super) fn node(&self, index: usize) -> Node<T> {
        self.nodes.borrow()[index].clone()
    }

    /// How a gradient flows through a node: its operation and inputs, if it was recorded.
    pub(super) fn recorded(&self, index: usize) -> Option<Application<T>> {
        match &self.nodes.borrow()[index].origin {
            Origin::Computed { operation, inputs, recorded: true } => Some((Arc::clone(operation), Arc::clone(inputs))),
            _ => None,
        }
    }

    /// Whether `test` holds for the inputs of a node; not for one through which no gradient flows.
    pub(super) fn recorded_inputs(&self, index: usize, test: impl FnOnce(&[usize]) -> bool) -> bool {
        match &self.nodes.borrow()[index].origin {
            Origin::Computed { inputs, recorded: true, .. } => test(inputs),
            _ => false,
        }
    }

    pub(super) fn is_recording(&self) -> bool {
        self.recording.get()
    }

    /// Runs `compute` for the derivative of a node, to whose scope it belongs.
    pub(super) fn as_derivative_of<R>(&self, index: usize, compute: impl FnOnce() -> R) -> R {
        let outer = self.scope.replace(self.nodes.borrow()[index].scope.clone());
        let before = self.walk.borrow_mut().at.replace(index);
        let result = compute();
        self.walk.borrow_mut().at = before;
        self.scope.replace(outer);
        result
    }

    /// A leaf whose value was computed elsewhere, from the pool's buffers.
    pub(super) fn computed(&self, compute: impl FnOnce(&mut Pool<T>) -> Tensor<T>) -> Var<'_, T> {
        let value = compute(&mut self.pool.borrow_mut());
        self.push_leaf(value)
    }

    fn push_leaf(&self, value: Tensor<T>) -> Var<'_, T> {
        self.push(value, Origin::Leaf(None))
    }

    pub(super) fn push(&self, value: Tensor<T>, origin: Origin<T>) -> Var<'_, T> {
        let (scope, derivative_of) = (self.scope.borrow().clone(), self.walk.borrow().at);
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { value, origin, scope, derivative_of });
        Var { tape: self, index: nodes.len() - 1 }
    }
}

impl<T: Real> fmt::Debug for View<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tape.fmt(f)
    }
}

impl<T: Real> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries((0..self.len()).map(|index| self.var(index))).finish()
    }
}

#[cfg(test)]
mod tests;
