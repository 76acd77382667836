//! Looking at a tape: what is on it, how it came to be, and what has been found of its adjoints.

use super::tape::{Node as Entry, Origin, View};
use super::{Gradient, Operation, Real, Shape, Tensor};

/// A node to look at.
#[derive(Clone)]
pub struct Node<T: Real = f32> {
    index: usize,
    entry: Entry<T>,
    input_shapes: Vec<Shape>,
}

/// What is known of `∂L/∂node` in the walk back that is being made, or was made last.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "it is looked at one at a time, and kept nowhere")]
pub enum Adjoint<T: Real = f32> {
    /// The walk has not come so far, or there was none.
    NotYet,
    /// No gradient that is wanted flows through the node.
    NotWanted,
    /// It is complete.
    Known(Gradient<T>),
}

impl<T: Real> View<'_, T> {
    /// How many nodes there are; they are numbered from 0 in the order in which they were computed.
    pub fn len(self) -> usize {
        self.tape.len()
    }

    /// Whether nothing has been computed.
    pub fn is_empty(self) -> bool {
        self.tape.is_empty()
    }

    /// The node with this number.
    ///
    /// # Panics
    /// When there is none.
    pub fn node(self, index: usize) -> Node<T> {
        let entry = self.tape.node(index);
        let input_shapes = match &entry.origin {
            Origin::Leaf(_) => Vec::new(),
            Origin::Computed { inputs, .. } => inputs.iter().map(|&input| self.tape.var(input).shape()).collect(),
        };
        Node { index, entry, input_shapes }
    }

    /// All nodes, in order.
    pub fn nodes(self) -> impl ExactSizeIterator<Item = Node<T>> {
        (0..self.len()).map(move |index| self.node(index))
    }

    /// What is known of the adjoint of a node.
    ///
    /// # Panics
    /// When there is no such node.
    pub fn adjoint(self, index: usize) -> Adjoint<T> {
        assert!(index < self.len(), "adjoint: no node {index} on a tape of {}", self.len());
        let (walked, wanted, position) = {
            let walk = self.tape.walk.borrow();
            (!walk.wanted.is_empty(), walk.wanted.get(index).copied().unwrap_or(false), walk.position)
        };
        match self.tape.known_adjoint(index) {
            _ if !walked => Adjoint::NotYet,
            _ if !wanted => Adjoint::NotWanted,
            Some(adjoint) if index >= position => Adjoint::Known(self.tape.gradient_of(&adjoint)),
            _ => Adjoint::NotYet,
        }
    }
}

impl<T: Real> Node<T> {
    /// Its number.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The operation that made it; none for a leaf.
    pub fn operation(&self) -> Option<&dyn Operation<T>> {
        match &self.entry.origin {
            Origin::Leaf(_) => None,
            Origin::Computed { operation, .. } => Some(&**operation),
        }
    }

    /// What its operation computes, in one line; a leaf's name, or that it is a constant.
    pub fn formula(&self) -> String {
        match &self.entry.origin {
            Origin::Leaf(Some(name)) => name.to_string(),
            Origin::Leaf(None) => "a constant".into(),
            Origin::Computed { operation, .. } => operation.formula(),
        }
    }

    /// The numbers of the nodes that went into it.
    pub fn inputs(&self) -> &[usize] {
        match &self.entry.origin {
            Origin::Leaf(_) => &[],
            Origin::Computed { inputs, .. } => inputs,
        }
    }

    /// A leaf's name, such as `generator.0.weight`, if it has one.
    pub fn name(&self) -> Option<&str> {
        match &self.entry.origin {
            Origin::Leaf(name) => name.as_deref(),
            Origin::Computed { .. } => None,
        }
    }

    /// Whether a gradient can flow through it to its inputs.
    pub fn is_recorded(&self) -> bool {
        matches!(self.entry.origin, Origin::Computed { recorded: true, .. })
    }

    /// The part of a network that it belongs to, such as `discriminator.3`.
    pub fn scope(&self) -> Option<&str> {
        self.entry.scope.as_deref()
    }

    /// The node whose derivative it is a part of; none for what was computed on the way forward.
    pub fn derivative_of(&self) -> Option<usize> {
        self.entry.derivative_of
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        self.entry.value.shape()
    }

    /// Its value, shared with the tape.
    pub fn value(&self) -> &Tensor<T> {
        &self.entry.value
    }

    /// How many multiplications, with as many additions, its operation takes if it multiplies matrices or convolves
    /// images; else 0.
    pub fn multiplications(&self) -> usize {
        self.operation().map_or(0, |operation| operation.multiplications(&self.input_shapes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::{Tape, Watch, Watcher};
    use std::sync::Arc;

    /// What a watcher saw of `x`, `y = eˣ`, `z` and `y·z`, at each adjoint.
    #[derive(Default)]
    struct Seen {
        applied: Vec<String>,
        adjoints: Vec<(usize, Vec<&'static str>)>,
    }

    impl Watch<f64> for Seen {
        fn applied(&mut self, tape: View<'_, f64>, node: usize) {
            assert_eq!(node, tape.len() - 1, "it is told while it is the last");
            self.applied.push(format!("{:?}", tape.node(node).operation().unwrap()));
        }

        fn adjoint(&mut self, tape: View<'_, f64>, node: usize) {
            let state = |index| match tape.adjoint(index) {
                Adjoint::NotYet => "not yet",
                Adjoint::NotWanted => "not wanted",
                Adjoint::Known(_) => "known",
            };
            self.adjoints.push((node, (0..4).map(state).collect()));
        }
    }

    #[test]
    fn operations_are_told_forward_and_adjoints_backward() {
        let (mut tape, seen) = (Tape::<f64>::new(), Watcher::new(Seen::default()));
        tape.set_watchers(&[seen.told()]);
        let x = tape.scalar(0.0).named("x");
        let y = tape.in_scope(&Arc::from("layer.1"), || x.exp());
        let product = y * tape.scalar(3.0);
        assert!(matches!(tape.view().adjoint(0), Adjoint::NotYet), "there was no walk");
        tape.gradients(product, &[x]);
        let (known, not_yet, not_wanted) = ("known", "not yet", "not wanted");
        let seen = seen.lock();
        assert_eq!(
            seen.adjoints,
            [
                (3, vec![not_yet, not_yet, not_wanted, known]),
                (1, vec![not_yet, known, not_wanted, known]),
                (0, vec![known, known, not_wanted, known]),
            ]
        );
        assert_eq!(seen.applied, ["Exp", "Mul", "Mul", "Mul"], "and the products of the walk back");
    }

    #[test]
    fn a_node_says_where_it_is_from() {
        let tape = Tape::<f64>::new();
        let x = tape.scalar(0.5).named("layer.1.weight");
        let y = tape.in_scope(&Arc::from("layer.1"), || x.exp());
        let constant = tape.without_recording(|| y.exp());
        tape.gradients(y, &[x]);
        let nodes: Vec<_> = tape.view().nodes().collect();
        assert_eq!((nodes[0].name(), nodes[0].operation().is_none()), (Some("layer.1.weight"), true));
        assert_eq!((nodes[1].scope(), nodes[1].inputs(), nodes[1].is_recorded()), (Some("layer.1"), &[0][..], true));
        assert!(!nodes[constant.index()].is_recorded() && nodes[constant.index()].operation().is_some());
        let derivative = nodes.last().unwrap();
        assert_eq!((derivative.derivative_of(), derivative.scope()), (Some(1), Some("layer.1")));
        let Adjoint::Known(slope) = tape.view().adjoint(0) else { panic!("x's adjoint is known") };
        assert_eq!(slope.value(), y.value());
    }

    /// What a watcher does is told to nobody, itself included.
    #[test]
    fn a_watcher_may_look_at_everything() {
        struct Looker(usize);
        impl Watch<f64> for Looker {
            fn applied(&mut self, tape: View<'_, f64>, _: usize) {
                self.0 += tape.nodes().map(|node| node.value().len()).sum::<usize>();
            }
        }
        let (mut tape, looker) = (Tape::<f64>::new(), Watcher::new(Looker(0)));
        tape.set_watchers(&[looker.told()]);
        let x = tape.scalar(0.5);
        let _ = x.exp().exp();
        assert_eq!(looker.lock().0, 2 + 3);
    }
}
