//! The list of layers: one line for each.

use super::build::Builder;
use super::layer::{Computation, Spec};
use super::layers::{
    Activation, AvgPool, BatchNorm, ClassLogits, Conv, ConvTranspose, Dense, Downsample, Dropout, Flatten,
    GlobalSumPool, GroupNorm, LabelEmbedding, LayerNorm, MaxPool, MinibatchStddev, Projection, Reshape, Residual,
    Upsample,
};
use super::{LayerError, UnitActivation};
use crate::autodiff::Real;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Makes an enum of layers, and hands each question to the layer that it is about.
macro_rules! list_of_layers {
    ($(#[$attribute:meta])* pub enum $List:ident { $($Kind:ident($Layer:ty),)* }) => {
        $(#[$attribute])*
        pub enum $List { $($Kind($Layer),)* }

        impl Spec for $List {
            fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
                match self { $($List::$Kind(layer) => layer.build(b),)* }
            }

            fn activation(&self) -> Option<UnitActivation> {
                match self { $($List::$Kind(layer) => layer.activation(),)* }
            }

            fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
                match self { $($List::$Kind(layer) => layer.activation_mut(),)* }
            }
        }

        $(impl From<$Layer> for $List {
            fn from(layer: $Layer) -> Self {
                $List::$Kind(layer)
            }
        })*
    };
}

list_of_layers! {
    /// One layer of a network in a configuration file; the extent of its input follows from the layer
    /// before it. What a line leaves out has the value that its documentation names.
    ///
    /// ```toml
    /// layers = [
    ///   { kind = "conv", channels = 64, kernel = 4, stride = 2, activation = "leaky-relu" },
    ///   { kind = "dropout", rate = 0.3 },
    ///   { kind = "dense", units = 1 },
    /// ]
    /// ```
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(tag = "kind", rename_all = "kebab-case")]
    #[allow(missing_docs)] // what a kind is stands above its struct, and in the reference of configurations
    pub enum LayerSpec {
        Dense(Dense),
        Reshape(Reshape),
        Flatten(Flatten),
        Conv(Conv),
        ConvTranspose(ConvTranspose),
        Upsample(Upsample),
        Downsample(Downsample),
        AvgPool(AvgPool),
        MaxPool(MaxPool),
        BatchNorm(BatchNorm),
        LayerNorm(LayerNorm),
        GroupNorm(GroupNorm),
        Activation(Activation),
        Dropout(Dropout),
        MinibatchStddev(MinibatchStddev),
        GlobalSumPool(GlobalSumPool),
        Residual(Residual<LayerSpec>),
        LabelEmbedding(LabelEmbedding),
        Projection(Projection),
        ClassLogits(ClassLogits),
    }
}

impl LayerSpec {
    /// A plain dense layer.
    pub const fn dense(units: usize, activation: UnitActivation) -> Self {
        LayerSpec::Dense(Dense { units, activation, spectral_norm: false })
    }

    /// The function that what comes out has last gone through; none for a layer that only rearranges.
    pub fn activation(&self) -> Option<UnitActivation> {
        Spec::activation(self)
    }

    /// The same, to be changed, of a layer that a person gives one.
    pub fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        Spec::activation_mut(self)
    }
}
