//! What a layer is: written down by a person, built to compute, and in its place in a network.

use super::build::Builder;
use super::pass::Pass;
use super::{Extent, LayerError, UnitActivation};
use crate::autodiff::{Real, Var};
use std::fmt::Debug;
use std::sync::Arc;

/// A layer as a person writes it down.
pub(super) trait Spec {
    /// Sees in `b` what comes in, adds parameters, and says there what goes out.
    ///
    /// # Errors
    /// When it cannot follow the layers before it, or one of its numbers is out of range.
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError>;

    /// The function that what comes out has last gone through; none for a layer that only rearranges.
    fn activation(&self) -> Option<UnitActivation> {
        Some(UnitActivation::Identity)
    }

    /// The same, to be changed, of a layer that a person gives one.
    fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        None
    }
}

/// What a layer computes, and what it says of itself. Its parameters are in the network's list; it holds the handles
/// that it was given for them.
pub(super) trait Computation<T: Real>: Debug + Send + Sync {
    /// What it makes of a batch in the form that it [takes](Computation::takes).
    fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T>;

    /// The form in which it takes samples that are made as `given`; none where it makes no difference.
    fn takes(&self, given: Extent) -> Option<Extent> {
        Some(given)
    }

    /// See [`Network::uses_labels`](super::Network::uses_labels).
    fn uses_labels(&self) -> bool {
        false
    }

    /// See [`Network::mixes_samples`](super::Network::mixes_samples).
    fn mixes_samples(&self) -> bool {
        false
    }

    /// See [`Network::sums_over_samples`](super::Network::sums_over_samples).
    fn sums_over_samples(&self) -> bool {
        false
    }
}

/// A layer in its place, after the layer before it.
#[derive(Clone, Debug)]
pub(super) struct Layer<T: Real> {
    /// Where it is, `discriminator.3`, say.
    place: Arc<str>,
    takes: Option<Extent>,
    computation: Arc<dyn Computation<T>>,
}

impl<T: Real> Layer<T> {
    /// These layers, one after another.
    ///
    /// # Errors
    /// What is wrong with the first that does not fit; `b` then stands at its place.
    pub fn in_order(specs: &[impl Spec], b: &mut Builder<'_, T>) -> Result<Vec<Self>, LayerError> {
        let build = |(index, spec): (usize, &_)| {
            let given = b.extent;
            let mut place = Arc::default();
            let computation = b.layer(index, |b| {
                place = b.layer_name().into();
                Spec::build(spec, b)
            })?;
            Ok(Self { place, takes: computation.takes(given), computation })
        };
        specs.iter().enumerate().map(build).collect()
    }

    /// What it makes of a batch, whose samples may be images or rows.
    pub fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let compute = || self.computation.forward(self.takes.map_or(x, |extent| extent.arrange(x)), pass);
        x.tape().in_scope(&self.place, compute)
    }

    /// See [`Network::uses_labels`](super::Network::uses_labels).
    pub fn uses_labels(&self) -> bool {
        self.computation.uses_labels()
    }

    /// See [`Network::mixes_samples`](super::Network::mixes_samples).
    pub fn mixes_samples(&self) -> bool {
        self.computation.mixes_samples()
    }

    /// See [`Network::sums_over_samples`](super::Network::sums_over_samples).
    pub fn sums_over_samples(&self) -> bool {
        self.computation.sums_over_samples()
    }
}
