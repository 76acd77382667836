//! A run's grids, one after another, as an animation.

use super::{Picture, RunDirectory, RunError, write_animation};

/// Hundredths of a second that a grid is shown.
const HUNDREDTHS: u16 = 25;

/// Writes `samples/evolution.png`, an animated PNG of the grids of the epochs (of very many, every so many-th).
///
/// # Errors
/// When a grid cannot be read, or the animation cannot be written.
pub fn write_evolution(run: &RunDirectory) -> Result<(), RunError> {
    let frames: Vec<Picture> =
        run.sample_files().iter().map(|(_, path)| Picture::read_png(path)).collect::<Result<_, _>>()?;
    match frames.is_empty() {
        true => Ok(()),
        false => Ok(write_animation(&frames, HUNDREDTHS, &run.evolution_file())?),
    }
}
