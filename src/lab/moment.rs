//! Where in a run the engine stands.

use crate::autodiff::{Part, Phase};
use serde::Serialize;

/// Between steps, or somewhere within one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Moment {
    /// Between two steps.
    Step,
    /// A phase begins or ends.
    Phase {
        /// Whose.
        network: String,
        /// Which.
        phase: &'static str,
        /// `begins` or `ends`.
        edge: &'static str,
    },
    /// An operation has been applied.
    Operation {
        /// Whose phase it belongs to.
        network: String,
        /// Which phase.
        phase: &'static str,
        /// The number of its result.
        node: usize,
        /// What it computes.
        formula: String,
        /// The layer.
        scope: Option<String>,
    },
    /// On the way back, a node's adjoint has been found.
    Adjoint {
        /// Whose phase it belongs to.
        network: String,
        /// The way back.
        phase: &'static str,
        /// The node.
        node: usize,
    },
    /// A parameter has been moved.
    Update {
        /// Whose.
        network: String,
        /// Its name.
        parameter: String,
    },
}

/// A part of a step, kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The network's name, or both.
    pub network: String,
    /// What it does.
    pub phase: &'static str,
}

impl From<Part<'_>> for Place {
    fn from(part: Part<'_>) -> Self {
        let phase = match part.phase {
            Phase::Forward => "forward",
            Phase::Backward => "backward",
            Phase::Update => "update",
        };
        Self { network: part.networks.join(" and "), phase }
    }
}
