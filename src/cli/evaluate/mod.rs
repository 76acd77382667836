//! `twoplayer evaluate`.

mod arguments;
mod legends;
mod modes;
mod pictures;
mod report;
mod subject;

pub use arguments::Arguments;

use super::given::{labels_in, recognizer_or_pretrained};
use super::outputs::Files;
use super::say::{note, print, say};
use super::threads::on_threads;
use super::usage_error::UsageError;
use crate::data::{Digits, Idx, PixelRange, Split, locate};
use crate::gan::score;
use crate::metrics::{Neighbourhood, Reference};
use crate::recognizer::{Recognizer, RecognizerConfig, train_recognizer};
use anyhow::Context;
use ndarray::Array2;
use report::{Discriminator, Evaluation, Memory};
use std::path::Path;
use std::time::Instant;
use subject::Subject;

/// Digits that are drawn for the classification accuracy score.
const CAS_DIGITS: usize = 60_000;

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { run, samples, labels, recognizer, data, pictures, .. } = arguments;
    let files = Files::default().of_run(run.as_deref()).of_recognizer(recognizer.as_deref()).of_data(data.as_deref());
    let files = files.reading(samples.iter().chain(labels).cloned());
    files.writing_into("--pictures", pictures.as_deref(), &pictures::NAMES).check()?;
    on_threads(arguments.threads, || {
        let recognizer = recognizer_or_pretrained(arguments.recognizer.as_deref())?;
        let subject = Subject::of(arguments)?;
        if subject.is_stacked() {
            return modes::evaluate(&subject, &recognizer, arguments);
        }
        let directory = locate(arguments.data.as_deref())?;
        let [train, test] = [Split::Train, Split::Test].map(|split| Digits::load(&directory, split));
        let [train, test] = [subject.beside(train?), subject.beside(test?)];
        let judged = evaluate(&subject, &recognizer, &train, &test, arguments)?;
        if let (Some(root), None) = (&arguments.run, &arguments.samples)
            && let Err(error) = subject.keep(root, &judged)
        {
            note(format_args!("note: the figures are not kept: {error:#}")); // they were asked for, and stand below
        }
        match arguments.json {
            true => say(serde_json::to_string_pretty(&judged)?)?,
            false => print(judged)?,
        }
        Ok(())
    })
}

/// What `--samples` and `--labels` come to beside these digits, as the command prints it, their files being these bytes.
pub fn check_samples(
    images: &[u8],
    labels: Option<&[u8]>,
    recognizer: &Recognizer,
    [train, test]: [&Digits; 2],
) -> anyhow::Result<String> {
    let [file, labels_file] = ["images.idx", "labels.idx"].map(Path::new);
    let labels = |count| match labels {
        Some(labels) => labels_in(Idx::parse(labels, labels_file)?, labels_file, count),
        None => Ok(Vec::new()),
    };
    let subject = Subject::of_images(file, Idx::parse(images, file)?, labels)?;
    match subject.is_stacked() {
        true => Ok(serde_json::to_string(&modes::modes(&subject, recognizer)?)?),
        false => Ok(evaluate(&subject, recognizer, train, test, &Arguments::default())?.to_string()),
    }
}

fn evaluate(
    subject: &Subject,
    recognizer: &Recognizer,
    train: &Digits,
    test: &Digits,
    arguments: &Arguments,
) -> anyhow::Result<Evaluation> {
    let start = Instant::now();
    recognizer.check_shape(test)?;
    subject.check_shape(test)?;
    let discriminator = discriminator(subject, train, test)?;
    let reference = Reference::new(recognizer, test).context("the real test digits")?;
    let floor = train.first(subject.count()); // as many real images, which the reference does not hold
    let [readings, of_floor] = [&subject.images, floor.images()].map(|images| recognizer.read(images));
    let generated = reference.compare(&readings, &subject.labels).with_context(|| subject.name.clone())?;
    let floor = reference.compare(&of_floor, floor.labels()).context("real training digits in their place")?;

    let [pixels, of_train, of_test] =
        [&subject.images, train.images(), test.images()].map(|i| as_points(i, test.pixels()));
    let learned_from = Neighbourhood::of(of_train)?;
    let neighbours = learned_from.nearest(pixels.view())?;
    let memory = Memory::new(&neighbours, &learned_from.nearest(of_test.view())?);
    if let Some(directory) = &arguments.pictures {
        pictures::draw(directory, subject, &readings, &reference, &neighbours, train)?;
    }
    Ok(Evaluation {
        subject: subject.name.clone(),
        recognizer_accuracy: reference.readings().accuracy(test.labels()),
        generated,
        floor,
        memory,
        discriminator,
        classification_accuracy_score: arguments.cas.then(|| cas(subject, test, arguments)).transpose()?,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Images as points, `[n, pixels]`.
fn as_points(images: &[u8], pixels: usize) -> Array2<f32> {
    let numbers = PixelRange::Unit.numbers(images);
    Array2::from_shape_vec((images.len() / pixels, pixels), numbers).expect("whole images")
}

/// What the discriminator says of digits that it has learned from, of others and of generated ones.
fn discriminator(subject: &Subject, train: &Digits, test: &Digits) -> anyhow::Result<Option<Discriminator>> {
    let Some((discriminator, range)) = subject.discriminator()? else { return Ok(None) };
    let judged = |images: &[u8], labels: &[u8]| {
        let logits = score(&discriminator, &range.numbers(images), labels);
        logits.iter().map(|&logit| f64::from(logit)).sum::<f64>() / logits.len() as f64
    };
    let train = train.first(test.len());
    Ok(Some(Discriminator {
        training: judged(train.images(), train.labels()),
        test: judged(test.images(), test.labels()),
        generated: judged(&subject.images, &subject.labels),
    }))
}

/// The classification accuracy score (Ravuri & Vinyals 2019, *Classification Accuracy Score for Conditional Generative
/// Models*): the share of the real test digits that a recognizer reads rightly which has learned from generated ones
/// alone, 0 to 1.
fn cas(subject: &Subject, test: &Digits, arguments: &Arguments) -> anyhow::Result<f64> {
    let Some(digits) = subject.labelled(CAS_DIGITS, arguments.seed)? else {
        return Err(UsageError("--cas: a network cannot learn to read from digits without labels".into()).into());
    };
    let config = RecognizerConfig { seed: arguments.seed, ..Default::default() };
    let recognizer = train_recognizer(&config, &[&digits], &mut |_| Ok(()))?;
    Ok(recognizer.read(test.images()).accuracy(test.labels()))
}
