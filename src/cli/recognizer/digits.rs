//! Where a recognizer's digits come from.

use crate::cli::digit::check_conditional;
use crate::data::Digits;
use crate::gan::{Stream, draw};
use crate::run::{RunDirectory, to_bytes};
use std::path::Path;

/// Draws `count` digits, as many of each class, from a run that was trained with labels.
pub fn generated(run: &Path, count: usize, seed: u64) -> anyhow::Result<Digits> {
    let (generator, config) = RunDirectory::open(run)?.generator()?;
    check_conditional("--run", &generator)?;
    let drawn = draw(&generator, count, &mut Stream::Sample.of(seed));
    let [height, width] = config.generator.image_shape;
    Ok(Digits::new(to_bytes(&drawn.images, config.pixel_range()?), drawn.labels, height, width))
}
