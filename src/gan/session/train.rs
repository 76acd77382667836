//! A training run from beginning to end.

use crate::data::Digits;
use crate::gan::{Config, Observer, Session, TrainError, Trainer};

/// Trains both players on these images as the configuration says, and gives them back as they are at the end, or
/// when the observer asked for one.
///
/// # Errors
/// When the configuration cannot be run on these images, a loss is no number any more, or the
/// observer reports an error.
pub fn train(config: &Config, digits: &Digits, observer: &mut dyn Observer) -> Result<Trainer, TrainError> {
    let mut session = Session::new(config, digits)?;
    session.run(observer)?;
    Ok(session.into_trainer())
}
