//! A run's grids, one after another, as an animation.

use super::{Animation, Epochs, Picture, RunDirectory, RunError};
use std::io;

/// Hundredths of a second that a grid is shown.
const HUNDREDTHS: u16 = 25;

/// Writes `samples/evolution.png`, an animated PNG of the grids of the epochs.
///
/// # Errors
/// When the animation cannot be written.
pub fn write_evolution(run: &RunDirectory, epochs: &Epochs) -> Result<(), RunError> {
    let path = run.evolution_file();
    if epochs.files().is_empty() {
        return Ok(());
    }
    let animation = Animation::new(epochs.shape(), epochs.files().len(), HUNDREDTHS)
        .map_err(|error| RunError::Picture { path: path.clone(), reason: error.to_string() })?;
    // They have been read once; a file that has become another since ends this with an error.
    let frames = epochs.files().iter().map(|(_, path)| match Picture::read_png(path) {
        Ok(picture) if picture.shape() == epochs.shape() => Ok(picture),
        Ok(_) => Err(io::Error::other(format!("{} has become another picture", path.display()))),
        Err(error) => Err(io::Error::other(error)),
    });
    Ok(animation.write(&path, frames)?)
}
