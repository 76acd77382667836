//! How far a walk back has come. Nodes are known here by their numbers.

use std::ops::Range;

/// The state of the last walk back, kept until the next one begins, so that it can be looked at.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Whether a gradient flows through a node, for those up to the one that the walk began from.
    pub wanted: Vec<bool>,
    /// What is known of `∂L/∂node` by now.
    pub adjoints: Vec<Option<Adjoint>>,
    /// The node that the walk has come to: adjoints from here on are complete.
    pub position: usize,
    /// The node whose derivative is being computed.
    pub at: Option<usize>,
}

/// `∂L/∂node`, or what it is to be computed from.
#[derive(Clone, Debug)]
pub(super) enum Adjoint {
    /// The value of a node.
    Known(usize),
    /// Rows of a product of two nodes.
    Product {
        /// The left factor.
        a: Factor,
        /// The right factor.
        b: Factor,
        /// Which rows; all, if none are named.
        rows: Option<Range<usize>>,
    },
    /// The sum over the rows of a node.
    RowSum(usize),
}

/// A side of a product: a matrix, perhaps transposed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factor {
    pub node: usize,
    pub transposed: bool,
}

impl Walk {
    /// Before a walk in which these nodes are wanted.
    pub fn begin(&mut self, wanted: Vec<bool>) {
        self.adjoints.clear();
        self.adjoints.resize(wanted.len(), None);
        self.position = wanted.len();
        self.wanted = wanted;
    }

    /// As if there had been none.
    pub fn forget(&mut self) {
        self.begin(Vec::new());
    }
}
