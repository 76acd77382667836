//! What a run that learns to read has learned.

use crate::data::{Digits, Source, Split, locate};
use crate::gan::Session;
use crate::recognizer::{Recognizer, RecognizerConfig, RecognizerError};
use crate::run::{LearnedFrom, RecognizerRun, RecognizerSummary, RunDirectory, TestResult};

/// What reads as the discriminator of a run does that has learned to.
///
/// # Errors
/// When it does not read.
pub fn recognizer_of(session: &Session) -> Result<(Recognizer, RecognizerConfig), RecognizerError> {
    let config = session.config();
    let (layers, shape) = (&config.discriminator.layers, config.generator.image_shape);
    Recognizer::of_discriminator(session.trainer().ema_discriminator(), layers, shape)
}

/// Of a run that has learned to read: writes what reads beside its players, tests it, and gives the share of the test digits
/// that it reads rightly, in [0, 1].
pub fn test(session: &Session, run: &RunDirectory) -> anyhow::Result<Option<f64>> {
    let config = session.config();
    let Some(semi_supervised) = &config.training.semi_supervised else { return Ok(None) };
    let source = Source::of(config.data.as_deref());
    let test = Digits::load(&locate(source.directory.as_deref())?, Split::Test)?;
    let (recognizer, config) = recognizer_of(session)?;
    recognizer.check_shape(&test)?;
    let accuracy = recognizer.read(test.images()).accuracy(test.labels());
    let real = semi_supervised.labels;
    let summary = RecognizerSummary {
        learned_from: LearnedFrom { real, unlabelled: session.digits().len() - real, ..Default::default() },
        test: Some(TestResult { digits: test.len(), accuracy }),
        recognizer: config,
    };
    RecognizerRun::within(run).save(&recognizer, &summary)?;
    Ok(Some(accuracy))
}
