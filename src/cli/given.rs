//! What a call gives, and what stands in where it gives nothing.

use super::digit::check_conditional;
use crate::data::{CLASSES, Digits, Idx, Source, Split, locate};
use crate::gan::{Classes, Config, ConfigError, Request, draw_in_pieces};
use crate::nn::Network;
use crate::random::Stream;
use crate::recognizer::{CalibratedRecognizer, Recognizer};
use crate::run::{
    RecognizerRun, RunDirectory, RunError, pretrained_config, pretrained_discriminator, pretrained_generator,
    pretrained_reader, pretrained_recognizer, to_bytes,
};
use anyhow::ensure;
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::path::{Path, PathBuf};

/// What the run that is named is called, or else the one that comes with the program.
pub fn name_of(run: Option<&Path>) -> String {
    run.map_or("the generator that comes with the program".into(), |run| run.display().to_string())
}

/// The configuration of that run.
pub fn config_of(run: Option<&Path>) -> Result<Config, RunError> {
    run.map_or_else(|| Ok(pretrained_config()), |run| RunDirectory::open(run)?.config())
}

/// Its generator, and its configuration.
pub fn generator_of(run: Option<&Path>) -> Result<(Network, Config), RunError> {
    run.map_or_else(|| Ok(pretrained_generator()), |run| RunDirectory::open(run)?.generator())
}

/// Its discriminator, if its weights are there.
pub fn discriminator_of(run: Option<&Path>) -> Result<Option<Network>, RunError> {
    run.map_or_else(|| Ok(Some(pretrained_discriminator())), |run| RunDirectory::open(run)?.discriminator())
}

/// The images that a configuration learns from, and the directory where they are.
pub fn images_of(config: &Config) -> anyhow::Result<(PathBuf, Digits)> {
    let source = Source::of(config.data.as_deref());
    let directory = locate(source.directory.as_deref())?;
    let digits = Digits::load(&directory, Split::Train)?;
    Ok(match source.stacked {
        true => (directory, digits.stacked(&mut Stream::Stacking.of(config.seed))),
        false => (directory, digits),
    })
}

/// The real digits that a configuration's are to be like: those of its classes, if it names some.
pub fn like_those_of(config: &Config, digits: Digits) -> Digits {
    let chosen = config.training.digits.as_ref().and_then(|classes| digits.of_classes(classes));
    chosen.unwrap_or(digits)
}

/// The recognizer in the directory that is named, or else the one that comes with the program.
pub fn recognizer_or_pretrained(root: Option<&Path>) -> Result<Recognizer, RunError> {
    root.map_or_else(|| Ok(pretrained_recognizer()), |root| RecognizerRun::open(root)?.recognizer())
}

/// The same with what has been measured of its limits.
pub fn reader_or_pretrained(root: Option<&Path>) -> Result<CalibratedRecognizer, RunError> {
    root.map_or_else(|| Ok(pretrained_reader()), |root| RecognizerRun::open(root)?.reader())
}

/// The labels of `count` images, from an IDX file.
pub fn labels(path: &Path, count: usize) -> anyhow::Result<Vec<u8>> {
    labels_in(Idx::read(path)?, path, count)
}

/// The same of an IDX file that has been read; `path` is what errors call it.
pub fn labels_in(Idx { shape, bytes }: Idx, path: &Path, count: usize) -> anyhow::Result<Vec<u8>> {
    ensure!(shape == [count], "{}: of shape {shape:?}; [{count}] labels belong to these images", path.display());
    let no_digit = bytes.iter().enumerate().find(|&(_, &label)| usize::from(label) >= CLASSES);
    if let Some((place, label)) = no_digit {
        anyhow::bail!("{}: label {place} is {label}; labels are digits, 0 to 9", path.display());
    }
    Ok(bytes)
}

/// Draws `count` digits, as many of each class, from a generator that was trained with labels; `flag` named it.
pub fn labelled_digits(
    flag: &str,
    (generator, config): &(Network, Config),
    count: usize,
    seed: u64,
) -> anyhow::Result<Digits> {
    check_conditional(flag, generator)?;
    let (images, labels) = drawn(generator, config, count, seed)?;
    let [height, width] = config.generator.image_shape;
    Ok(Digits::new(images, labels, height, width))
}

/// Draws `count` images, `[count, height, width, channels]`, and their labels; of a conditional generator, of each class
/// in turn.
pub fn drawn(generator: &Network, config: &Config, count: usize, seed: u64) -> Result<(Vec<u8>, Vec<u8>), ConfigError> {
    let (range, request) = (config.pixel_range()?, Request { count, classes: Classes::InTurn, truncation: 1.0 });
    let pieces = draw_in_pieces(generator, &request, Stream::Sample.of(seed));
    let images = pieces.flat_map(|piece| to_bytes(&piece.images, range)).collect();
    Ok((images, request.classes.labels(count, generator.classes())))
}

/// The same of a run, or of the one that comes with the program.
pub fn labelled_digits_of(run: Option<&Path>, count: usize, seed: u64) -> anyhow::Result<Digits> {
    labelled_digits("--run", &generator_of(run)?, count, seed)
}

/// Reads the name of a file or directory that is to be written.
pub fn output() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path == Path::new("-") {
        false => Ok(path),
        true => Err("nothing is written to standard output; give a name (./- if that is the name)"),
    })
}
