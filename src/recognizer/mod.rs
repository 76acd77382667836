//! Reading digits: a convolutional network that says which digit an image shows. The same engine as the
//! players', and one loss in place of a game. Floor four; it knows nothing of files, terminals or GANs: whether
//! the digits it learns from were written by people or drawn by a generator is nothing to it.
//!
//! It reads images in the form that MNIST's have. [`mnist_form`] brings any picture of a digit into it, and tells that
//! story: `lighting` and `ink` tell the stroke from the paper, `pieces` the digit from the specks, `stroke` makes a
//! hairline as thick as a pen's, and `plane` changes sizes.

mod config;
mod error;
mod ink;
mod lighting;
mod mnist_form;
mod network;
mod pieces;
mod plane;
mod shift;
mod stroke;
mod train;

pub use config::RecognizerConfig;
pub use error::RecognizerError;
pub use ink::NoDigit;
pub use mnist_form::{PIXELS, SIDE, mnist_form};
pub use network::{Readings, Recognizer};
pub use shift::shifted;
pub use train::{ObserverError, StepReport, train_recognizer};
