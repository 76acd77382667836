//! What a call gives, and what stands in where it gives nothing.

use super::digit::check_conditional;
use crate::data::{CLASSES, Digits, Idx};
use crate::gan::{Config, Stream, draw};
use crate::nn::Network;
use crate::recognizer::Recognizer;
use crate::run::{RecognizerRun, RunDirectory, RunError, pretrained, to_bytes};
use anyhow::ensure;
use std::path::{Path, PathBuf};

/// The run that is named, or else the one that comes with the program.
pub fn run_or_pretrained(run: Option<&Path>) -> Result<PathBuf, RunError> {
    run.map_or_else(|| pretrained("best"), |run| Ok(run.to_path_buf()))
}

/// The recognizer in the directory that is named, or else the one that comes with the program.
pub fn recognizer_or_pretrained(root: Option<&Path>) -> Result<Recognizer, RunError> {
    let root = root.map_or_else(|| pretrained("recognizer"), |root| Ok(root.to_path_buf()))?;
    RecognizerRun::open(&root)?.recognizer()
}

/// The labels of `count` images, from an IDX file.
pub fn labels(path: &Path, count: usize) -> anyhow::Result<Vec<u8>> {
    labels_in(Idx::read(path)?, path, count)
}

/// The same of an IDX file that has been read; `path` is what errors call it.
pub fn labels_in(Idx { shape, bytes }: Idx, path: &Path, count: usize) -> anyhow::Result<Vec<u8>> {
    ensure!(shape == [count], "{}: of shape {shape:?}; [{count}] labels belong to these images", path.display());
    let no_digit = bytes.iter().find(|&&label| usize::from(label) >= CLASSES);
    ensure!(no_digit.is_none(), "{}: {} is no digit", path.display(), no_digit.unwrap_or(&0));
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
    let drawn = draw(generator, count, &mut Stream::Sample.of(seed));
    let [height, width] = config.generator.image_shape;
    Ok(Digits::new(to_bytes(&drawn.images, config.pixel_range()?), drawn.labels, height, width))
}

/// The same from a run's directory.
pub fn labelled_digits_of(run: &Path, count: usize, seed: u64) -> anyhow::Result<Digits> {
    labelled_digits("--run", &RunDirectory::open(run)?.generator()?, count, seed)
}
