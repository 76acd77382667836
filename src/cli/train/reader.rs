//! What a run that learns to read has learned.

use crate::cli::recognizer::progress::Progress;
use crate::cli::say::note;
use crate::data::{Digits, Source, Split, locate};
use crate::gan::Session;
use crate::recognizer::{ObserverError, Recognizer, RecognizerConfig, RecognizerError, StepReport};
use crate::recognizer::{taught, train_recognizer};
use crate::run::{LearnedFrom, RecognizerRun, RecognizerSummary, RunDirectory, TestResult};

/// What reads as the discriminator of a run does that has learned to.
fn teacher_of(session: &Session) -> Result<(Recognizer, RecognizerConfig), RecognizerError> {
    let config = session.config();
    let (layers, shape) = (&config.discriminator.layers, config.generator.image_shape);
    Recognizer::of_discriminator(session.trainer().ema_discriminator(), layers, shape)
}

/// The configuration of the recognizer that is to learn from a run's answers, if one is.
fn student_of(session: &Session) -> Option<RecognizerConfig> {
    let config = session.config();
    let share = config.training.semi_supervised.as_ref()?.student?;
    let steps = (share * session.total_steps() as f64).ceil() as u64;
    Some(RecognizerConfig { seed: config.seed, steps, image_shape: config.generator.image_shape, ..Default::default() })
}

/// What reads in the end of a run that has learned to: the discriminator, or the recognizer that learns from its answers,
/// which the observer is told of.
///
/// # Errors
/// When the discriminator does not read, or what learns from it comes to no numbers.
pub fn recognizer_of(
    session: &Session,
    observer: &mut dyn FnMut(&StepReport) -> Result<(), ObserverError>,
) -> Result<(Recognizer, RecognizerConfig), RecognizerError> {
    let (teacher, as_it_is) = teacher_of(session)?;
    let (Some(student), Some(labelled)) = (student_of(session), session.labelled()) else {
        return Ok((teacher, as_it_is));
    };
    let lessons = taught(&teacher, session.digits(), labelled);
    Ok((train_recognizer(&student, &[&lessons], observer)?, student))
}

/// Of a run that has learned to read: writes what reads beside its players, tests it, and gives the share of the test digits
/// that it reads rightly, in [0, 1]. If it is to be `loud`, it says how that goes.
pub fn test(session: &Session, run: &RunDirectory, loud: bool) -> anyhow::Result<Option<f64>> {
    let config = session.config();
    let Some(semi_supervised) = &config.training.semi_supervised else { return Ok(None) };
    let source = Source::of(config.data.as_deref());
    let test = Digits::load(&locate(source.directory.as_deref())?, Split::Test)?;
    let (teacher, _) = teacher_of(session)?;
    teacher.check_shape(&test)?;
    let accuracy_of = |recognizer: &Recognizer| recognizer.read(test.images()).accuracy(test.labels());
    let progress = student_of(session).filter(|_| loud).map(|student| {
        note(format_args!("the discriminator reads {:.2} % of the test digits", 100.0 * accuracy_of(&teacher)));
        Progress::new(&student, "pictures whose answer it is sure of")
    });
    let (recognizer, recognizer_config) = recognizer_of(session, &mut |report| {
        progress.iter().for_each(|progress| progress.show(report));
        Ok(())
    })?;
    progress.iter().for_each(Progress::finish);
    let (accuracy, real) = (accuracy_of(&recognizer), semi_supervised.labels);
    let summary = RecognizerSummary {
        learned_from: LearnedFrom { real, unlabelled: session.digits().len() - real, ..Default::default() },
        test: Some(TestResult { digits: test.len(), accuracy }),
        recognizer: recognizer_config,
    };
    RecognizerRun::within(run).save(&recognizer, &summary)?;
    Ok(Some(accuracy))
}
