//! Why training ended early.

use crate::data::DataError;
use crate::gan::{BuildError, ConfigError, Diagnosis, Players, Scores};
use crate::nn::NetworkError;

/// What a watcher may answer: an error (a full disk, say) ends the training.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// Why training ended early.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The configuration cannot be run.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The players do not fit the images.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The batch does not fit the data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The images have another shape than the configuration says.
    #[error(
        "the images of the data are {found:?} pixels, the configuration draws {expected:?}; set generator.image_shape and \
         the units of the last of generator.layers to fit"
    )]
    Images {
        /// `[height, width]` of the data.
        found: [usize; 2],
        /// `[height, width]` of the configuration.
        expected: [usize; 2],
    },
    /// The images have other colours than the configuration says.
    #[error(
        "the images of the data have {found} channels, the configuration draws {expected} (generator.channels); MNIST has \
         1, and data = \"stacked-mnist\" has 3 and fits the players to them"
    )]
    Channels {
        /// Those of the data.
        found: usize,
        /// Those of the configuration.
        expected: usize,
    },
    /// There is nothing to learn from.
    #[error("no image of the data is one of the digits {digits:?} (training.digits)")]
    NoSuchDigits {
        /// Those that were asked for.
        digits: Vec<u8>,
    },
    /// There are not as many images to have labels.
    #[error(
        "of the {digits} images of the data there are not {labels} with as many of each digit \
         (training.semi_supervised.labels)"
    )]
    Labels {
        /// How many were asked for.
        labels: usize,
        /// How many images there are.
        digits: usize,
    },
    /// A loss is no number any more.
    #[error(
        "step {step} (epoch {epoch}): a loss is no number any more (the discriminator's is {:.3}, the generator's {:.3}); \
         training stopped, what was saved before is kept. Smaller learning rates usually prevent this",
        scores.discriminator_loss, scores.generator_loss
    )]
    Diverged {
        /// The step.
        step: u64,
        /// Its epoch.
        epoch: u64,
        /// Its losses.
        scores: Scores,
    },
    /// What was saved is of no run.
    #[error("it says that {step} steps were made and {drawn} random numbers drawn, which no run comes to")]
    Position {
        /// How many steps had been made.
        step: u64,
        /// How many words had been drawn from the stream that gave most.
        drawn: u64,
    },
    /// What was saved is of another run.
    #[error(transparent)]
    Resume(#[from] NetworkError),
    /// A watcher could not go on.
    #[error("{0}")]
    Observer(ObserverError),
}

impl TrainError {
    /// What is wrong with a run that ended so, if that can be said.
    pub(super) fn diagnosis(&self) -> Option<Diagnosis> {
        let Self::Diverged { step, scores, .. } = self else { return None };
        let losses = Players { generator: scores.generator_loss, discriminator: scores.discriminator_loss };
        Some(Diagnosis::Diverged { step: *step, losses })
    }
}

impl From<ObserverError> for TrainError {
    fn from(error: ObserverError) -> Self {
        TrainError::Observer(error)
    }
}
