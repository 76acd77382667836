//! Reading digits: a convolutional network that says which digit an image shows. The same engine as the
//! players', and one loss in place of a game. Floor four; it knows nothing of files, terminals or GANs: whether
//! the digits it learns from were written by people or drawn by a generator is nothing to it.
//!
//! It reads images in the form that MNIST's have; [`mnist_form`] brings any picture of a digit into it.

mod calibrate;
mod calibrated;
mod calibration;
mod config;
mod discriminator;
mod error;
mod form;
mod network;
mod shift;
mod student;
mod train;

pub use calibrate::{CalibrationError, LEAST_HELD_OUT};
pub use calibrated::{CalibratedRecognizer, Distance, Reading};
pub use calibration::{ACCEPTED, Calibration, Classes};
pub use config::RecognizerConfig;
pub use error::{ObserverError, RecognizerError};
pub use form::{Figure, NoDigit, PIXELS, Place, SIDE, WIDE, figures, mnist_form};
pub use network::{Readings, Recognizer};
pub use shift::shifted;
pub use student::taught;
pub use train::{StepReport, train_recognizer};
