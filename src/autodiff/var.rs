//! What a handle to a node can be asked.

use super::tape::{Origin, Tape, Var};
use super::{Real, Shape, Tensor};
use std::fmt;

impl<'t, T: Real> Var<'t, T> {
    /// The tape this is a node of.
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// Its place on the tape.
    pub fn index(self) -> usize {
        self.index
    }

    /// The value, shared with the tape.
    pub fn value(self) -> Tensor<T> {
        self.tape.with_node(self.index, |node| node.value.clone())
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
        self.tape.with_node(self.index, |node| node.value.shape().into())
    }

    /// The number of elements.
    pub fn len(self) -> usize {
        self.tape.with_node(self.index, |node| node.value.len())
    }

    /// Whether there are no elements.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The same value as a constant: no gradient flows through it.
    pub fn detach(self) -> Var<'t, T> {
        self.tape.share(&self.value())
    }

    /// Gives a leaf its name; another value has the name of its operation.
    pub fn named(self, name: &str) -> Var<'t, T> {
        self.tape.with_node(self.index, |node| {
            if let Origin::Leaf(own) = &mut node.origin {
                *own = Some(name.into());
            }
        });
        self
    }
}

impl<T: Real> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made_by = self.tape.with_node(self.index, |node| match &node.origin {
            Origin::Leaf(_) => "leaf".into(),
            Origin::Computed { operation, .. } => format!("{operation:?}"),
        });
        write!(f, "Var #{} {made_by} {:?}", self.index, self.shape())
    }
}
