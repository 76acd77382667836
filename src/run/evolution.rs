//! A run's grids, one after another, as an animation.

use super::{Animation, Epochs, Picture, RunDirectory, RunError};
use std::io;
use std::path::PathBuf;

/// Hundredths of a second that a grid is shown.
const HUNDREDTHS: u16 = 25;

/// Writes `samples/evolution.png`, an animated PNG of the grids of the epochs. A program that shows no animation shows
/// the last of them: the first is noise.
///
/// # Errors
/// When the animation cannot be written.
pub fn write_evolution(run: &RunDirectory, epochs: &Epochs) -> Result<(), RunError> {
    let path = run.evolution_file();
    let Some((_, last)) = epochs.files().last() else { return Ok(()) };
    let animation = Animation::new(epochs.shape(), epochs.files().len(), HUNDREDTHS)
        .map_err(|error| RunError::Picture { path: path.clone(), reason: error.to_string() })?;
    // They have been read once; a file that has become another since ends this with an error.
    let read = |path: &PathBuf| match Picture::read_png(path) {
        Ok(picture) if picture.shape() == epochs.shape() => Ok(picture),
        Ok(_) => Err(io::Error::other(format!("{} has become another picture", path.display()))),
        Err(error) => Err(io::Error::other(error)),
    };
    let frames = epochs.files().iter().map(|(_, path)| read(path));
    let still = read(last).map_err(|error| RunError::Picture { path: path.clone(), reason: error.to_string() })?;
    Ok(animation.write_with_still(&path, still, frames)?)
}
