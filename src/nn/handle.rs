//! Where a layer finds what is its own.
//!
//! A network keeps its arrays in two lists, so that an optimizer, a file and a tape can go through them. A layer is
//! given a handle for each array that it adds while it is built, keeps it under a name of its own, and takes the
//! array by it: no layer counts places in a list.

/// One of a network's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ParameterId(pub(super) usize);

/// One of a network's statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StatisticId(pub(super) usize);
