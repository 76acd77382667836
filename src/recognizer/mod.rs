//! Reading digits: a convolutional network that says which digit an image shows. The same engine as the
//! players', and one loss in place of a game. Floor four; it knows nothing of files, terminals or GANs: whether
//! the digits it learns from were written by people or drawn by a generator is nothing to it.

mod config;
mod error;
mod network;
mod shift;
mod train;

pub use config::RecognizerConfig;
pub use error::RecognizerError;
pub use network::{Readings, Recognizer};
pub use shift::shifted;
pub use train::{ObserverError, StepReport, train_recognizer};
