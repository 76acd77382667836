//! Layers, their initial weights, losses and optimizers: floor three, all of it written in terms
//! of the tape.

mod adam;
mod init;
mod layer;
mod loss;
mod network;
mod parameter;
mod sgd;

pub use adam::Adam;
pub use init::Init;
pub use layer::{LayerSpec, UnitActivation};
pub use loss::binary_cross_entropy;
pub use network::{Mode, Network, NetworkError};
pub use parameter::Parameter;
pub use sgd::Sgd;
