//! `twoplayer interpolate`.

use super::digit::{Digit, check_conditional, truncation};
use super::given::{generator_of, output};
use super::outputs::Files;
use super::say::say;
use super::threads::{on_threads, threads};
use super::usage_error::UsageError;
use crate::gan::interpolate;
use crate::run::{Animation, Grid, TooLarge, to_bytes};
use clap::Args;
use std::path::{Path, PathBuf};

/// Show how one digit turns into another.
///
/// A digit is drawn from a latent vector; this walks from one vector to another and draws what
/// lies between. A generator that has learned what digits are shows digits all the way; one that
/// has learned some by heart jumps from one to the next. Where the run was trained with labels,
/// there is a row for every digit, all on the same way: what they share is style.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer interpolate runs/mine -o strip.png\n  \
                        twoplayer interpolate runs/mine --from-seed 3 --to-seed 8 --steps 16 -o strip.png\n  \
                        twoplayer interpolate runs/mine --steps 30 --animation moving.png")]
pub struct Arguments {
    /// The run's directory, as `twoplayer train` made it [default: the trained generator that comes
    /// with the program]
    #[arg(value_name = "RUN")]
    run: Option<PathBuf>,

    /// Where the way begins: at the first latent vector of `sample --seed N`
    #[arg(long, value_name = "N", default_value_t = 0)]
    from_seed: u64,

    /// Where it ends
    #[arg(long, value_name = "N", default_value_t = 1)]
    to_seed: u64,

    /// Which digit to draw, 0 to 9, or `each` [default: each, where the run was trained with labels]
    #[arg(long, value_name = "DIGIT")]
    digit: Option<Digit>,

    /// Draws each digit nearer to the usual, the smaller the nearer: latent vectors are multiplied
    /// by this, above 0 and at most 1
    #[arg(long, value_name = "PSI", default_value_t = 1.0, value_parser = truncation)]
    truncation: f32,

    /// Pictures on the way, with both ends
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=1000))]
    steps: u32,

    /// Where the strip goes, all pictures beside each other
    #[arg(short, long, value_name = "FILE.png", required_unless_present = "animation", value_parser = output())]
    output: Option<PathBuf>,

    /// Where a moving picture goes, an animated PNG that walks there and back
    #[arg(long, value_name = "FILE.png", value_parser = output())]
    animation: Option<PathBuf>,

    /// How much pictures are enlarged, without smoothing
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=32))]
    scale: u32,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    threads: usize,
}

/// How long a picture of the animation is shown, in hundredths of a second.
const HUNDREDTHS: u16 = 8;
/// Digits in a row of the animation.
const COLUMNS: usize = 5;

impl Arguments {
    /// Refuses files that are no PNG files.
    pub fn check_files(&self) -> Result<(), UsageError> {
        for (flag, path) in [("-o", &self.output), ("--animation", &self.animation)] {
            if let Some(path) = path.as_deref().filter(|path| !is_png(path)) {
                return Err(UsageError(format!(
                    "{flag} {}: only PNG is written; end the name in .png",
                    path.display()
                )));
            }
        }
        Ok(())
    }

    /// What the strip will be, a column for each step, and the animation, a picture for each; refused before anything is
    /// drawn where they would be too large.
    fn sizes(&self, rows: usize, tile: [usize; 3]) -> Result<Sizes, UsageError> {
        let (steps, scale) = (self.steps as usize, self.scale as usize);
        let strip = || Grid::new(rows * steps, tile, steps, scale);
        let animation = || {
            let grid = Grid::new(rows, tile, rows.min(COLUMNS), scale)?;
            Ok((Animation::new(grid.shape(), there_and_back(steps).len(), HUNDREDTHS)?, grid))
        };
        let refused = |flag| {
            move |error: TooLarge| UsageError(format!("{flag}: {error}; use a smaller --scale or fewer --steps"))
        };
        let strip = self.output.as_ref().map(|_| strip().map_err(refused("-o"))).transpose()?;
        let animation = self.animation.as_ref().map(|_| animation().map_err(refused("--animation"))).transpose()?;
        Ok(Sizes { strip, animation })
    }
}

/// What is to be drawn.
struct Sizes {
    strip: Option<Grid>,
    /// And what each of its pictures is.
    animation: Option<(Animation, Grid)>,
}

fn is_png(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"))
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    arguments.check_files()?;
    let files = Files::default().of_run(arguments.run.as_deref()).writing("-o", arguments.output.as_deref());
    files.writing("--animation", arguments.animation.as_deref()).check()?;
    let (generator, config) = generator_of(arguments.run.as_deref())?;
    if arguments.digit.is_some() {
        check_conditional("--digit", &generator)?;
    }
    let digit = arguments.digit.unwrap_or(Digit::Each);
    let labels = digit.classes().labels(digit.rows(), generator.classes());
    let (seeds, steps) = ([arguments.from_seed, arguments.to_seed], arguments.steps as usize);
    let (rows, tile, range) = (labels.len().max(1), config.image_shape(), config.pixel_range()?);
    let Sizes { strip, animation } = arguments.sizes(rows, tile)?;
    let images =
        on_threads(arguments.threads, || Ok(interpolate(&generator, seeds, steps, &labels, arguments.truncation)))?;
    let bytes = to_bytes(&images, range);
    let tiles: Vec<&[u8]> = bytes.chunks_exact(config.pixels()).collect(); // [rows, steps]

    if let (Some(path), Some(grid)) = (&arguments.output, strip) {
        grid.draw(tiles.iter().copied()).write_png(path)?;
    }
    if let (Some(path), Some((animation, grid))) = (&arguments.animation, animation) {
        let frame = |step| Ok(grid.draw((0..rows).map(|row| tiles[row * steps + step])));
        animation.write(path, there_and_back(steps).map(frame))?;
    }
    let way = format!("{steps} steps from seed {} to seed {}", seeds[0], seeds[1]);
    if let Some(path) = &arguments.output {
        say(format_args!("{way}, in {}", path.display()))?;
    }
    if let Some(path) = &arguments.animation {
        say(format_args!("{way} and back, in {}", path.display()))?;
    }
    Ok(())
}

/// From the first step to the last and back to the second, after which the first comes again.
fn there_and_back(steps: usize) -> impl ExactSizeIterator<Item = usize> {
    (0..2 * steps - 2).map(move |i| if i < steps { i } else { 2 * steps - 2 - i })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_there_and_back_shows_its_ends_once() {
        assert!(there_and_back(4).eq([0, 1, 2, 3, 2, 1]));
        assert!(there_and_back(2).eq([0, 1]));
    }
}
