//! Layers, their initial weights, losses and optimizers: floor three, all of it written in terms
//! of the tape.

mod activation;
mod adam;
mod build;
mod check;
mod error;
mod extent;
mod footprint;
mod handle;
mod init;
mod input;
mod layer;
mod layer_spec;
pub mod layers;
mod learner;
mod loss;
mod mode;
mod network;
mod optimizer;
mod parameter;
mod pass;
mod sgd;

pub use activation::UnitActivation;
pub use adam::Adam;
pub use error::{LayerError, NetworkError};
pub use extent::Extent;
pub use footprint::{Footprint, LayerFootprint, Products};
pub use init::{Init, Role};
pub use input::{Input, InputShape, one_hot};
pub use layer_spec::LayerSpec;
pub use learner::{Learner, OnTape, learn_together};
pub use loss::binary_cross_entropy;
pub use mode::{Mode, Training};
pub use network::{Compiled, Network};
pub use optimizer::Optimizer;
pub use parameter::Parameter;
pub use sgd::Sgd;
