//! What can be wrong with a recognizer.

use crate::data::DataError;
use crate::nn::NetworkError;

/// What a watcher may answer: an error (a full disk, say) ends the training.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// Why a recognizer cannot be built, or its training ended early.
#[derive(Debug, thiserror::Error)]
pub enum RecognizerError {
    /// A number of the configuration is out of its range.
    #[error("{key} is {found}; it must be {allowed}")]
    OutOfRange {
        /// Its name.
        key: &'static str,
        /// What it is.
        found: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// The layers form no network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The digits cannot be put into batches.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Images of another shape.
    #[error("the digits are {found:?} (height, width, channels), the recognizer reads {expected:?}")]
    Images {
        /// Theirs.
        found: [usize; 3],
        /// What it was built for.
        expected: [usize; 3],
    },
    /// The loss is no number any more.
    #[error("step {step}: the loss is {loss}; training stopped. A lower learning rate usually prevents this")]
    Diverged {
        /// The step.
        step: u64,
        /// Its loss.
        loss: f64,
    },
    /// A watcher could not go on.
    #[error("{0}")]
    Observer(ObserverError),
}
