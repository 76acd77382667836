//! `twoplayer sample`.

use super::digit::{Digit, check_conditional, truncation};
use super::given::{generator_of, output, recognizer_or_pretrained};
use super::outputs::Files;
use super::precision::PrecisionFlag;
use super::say::{note, say};
use super::threads::{on_threads, threads};
use super::usage_error::UsageError;
use crate::data::Idx;
use crate::gan::{Classes, Config, Request, draw_in_pieces, draw_requested, latent_in_pieces};
use crate::nn::Network;
use crate::random::Stream;
use crate::run::{Grid, Picture, to_bytes, write_npy, write_npy_in_pieces};
use anyhow::{Context, ensure};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// Draw digits from a trained run.
///
/// The ending of the output's name decides its form: .png is one picture with all digits in a
/// grid; .idx, -ubyte or either with .gz is MNIST's own format, which any MNIST reader reads; .npy
/// is a NumPy array of 32-bit floats, black 0 and white 1; a name without ending, or with a slash
/// at the end, is a directory with a PNG for each digit. Arrays are [count, height, width], with
/// [..., 3] behind it where digits have colours.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer sample runs/mine --count 100 --columns 10 -o digits.png\n  \
                        twoplayer sample runs/mine --count 10000 --seed 1 -o generated.idx.gz\n  \
                        twoplayer sample runs/mine --count 5000 -o digits/\n\n\
                        Where the run was trained with labels:\n  \
                        twoplayer sample runs/mine --digit each -o grid.png\n  \
                        twoplayer sample runs/mine --count 10000 -o images.idx.gz --labels labels.idx.gz")]
pub struct Arguments {
    /// The run's directory, as `twoplayer train` made it [default: the trained generator that comes
    /// with the program]
    #[arg(value_name = "RUN")]
    run: Option<PathBuf>,

    /// How many digits to draw; with `--digit each`, how many of each [default: 64; of each, 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST as i64))]
    count: Option<u32>,

    /// Which digit to draw, 0 to 9, or `each`: a row for every digit [default: 0 to 9 in turn, or,
    /// where the run was trained without labels, as it comes]
    #[arg(long, value_name = "DIGIT")]
    digit: Option<Digit>,

    /// Decides the latent vectors, and so the digits
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Draws each digit nearer to the usual, the smaller the nearer: latent vectors are multiplied
    /// by this, above 0 and at most 1
    #[arg(long, value_name = "PSI", default_value_t = 1.0, value_parser = truncation)]
    truncation: f32,

    /// What the operands of matrix products and convolutions are rounded to [default: as it was trained]
    #[arg(long, value_enum)]
    precision: Option<PrecisionFlag>,

    /// Where the digits go
    #[arg(short, long, value_name = "FILE|DIR", value_parser = output())]
    output: PathBuf,

    /// Digits in a row of the picture [default: 8; with `--digit each`, all of one digit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    columns: Option<u32>,

    /// How much the picture is enlarged, without smoothing
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=32))]
    scale: u32,

    /// Also write the digits' labels, in MNIST's format (.idx, idx1-ubyte) or as a NumPy array of bytes (.npy)
    #[arg(long, value_name = "FILE", value_parser = output())]
    labels: Option<PathBuf>,

    /// Also write the latent vectors, a NumPy array [count, latent_dim]
    #[arg(long, value_name = "FILE.npy", value_parser = output())]
    latent: Option<PathBuf>,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    threads: usize,
}

/// The most digits drawn at a time.
const MOST: u32 = 1_000_000;

impl Arguments {
    /// How many digits in all.
    fn count(&self) -> Result<usize, UsageError> {
        let count = match self.digit {
            Some(Digit::Each) => self.count.unwrap_or(10) * Digit::Each.rows() as u32,
            _ => self.count.unwrap_or(64),
        };
        let few_enough = count <= MOST;
        few_enough.then_some(count as usize).ok_or_else(|| {
            UsageError(format!("--count: with --digit each that is {count} digits; at most {MOST} are drawn at a time"))
        })
    }

    /// How many digits in a row of the picture.
    fn columns(&self, count: usize) -> usize {
        let usual = if self.digit == Some(Digit::Each) { count / Digit::Each.rows() } else { 8 };
        self.columns.map_or(usual, |columns| columns as usize)
    }

    /// What the generator is asked for.
    fn request(&self) -> Result<Request, UsageError> {
        let classes = self.digit.map_or(Classes::InTurn, Digit::classes);
        Ok(Request { count: self.count()?, classes, truncation: self.truncation })
    }

    /// Refuses labels of another form.
    fn check_labels_file(&self) -> Result<(), UsageError> {
        let Some(path) = &self.labels else { return Ok(()) };
        let name = path.display();
        match Form::of(path) {
            Ok(Form::Idx | Form::Npy) => Ok(()),
            _ => Err(UsageError(format!(
                "--labels {name}: labels are written as .idx, .idx.gz or .npy; end the name so"
            ))),
        }
    }

    /// Refuses what only a conditional generator can do.
    fn check_conditional(&self, generator: &Network) -> Result<(), UsageError> {
        let flags = [("--digit", self.digit.is_some()), ("--labels", self.labels.is_some())];
        flags.into_iter().filter(|(_, given)| *given).try_for_each(|(flag, _)| check_conditional(flag, generator))
    }
}

/// The forms of output.
pub enum Form {
    Picture,
    Idx,
    Npy,
    Directory,
}

impl Form {
    /// What the name asks for.
    fn of(path: &Path) -> Result<Form, UsageError> {
        let name = path.to_string_lossy();
        let ends = |ending: &str| name.to_lowercase().ends_with(ending);
        match path.extension() {
            _ if name.ends_with(['/', std::path::MAIN_SEPARATOR]) || path.is_dir() => Ok(Form::Directory),
            _ if ends("-ubyte") || ends("-ubyte.gz") => Ok(Form::Idx), // MNIST's own names
            None if path.exists() => Err(UsageError(format!(
                "-o {name}: it is there and no directory; choose another name, or one that ends in .png, .idx, .idx.gz or .npy"
            ))),
            None => Ok(Form::Directory),
            Some(_) if ends(".png") => Ok(Form::Picture),
            Some(_) if ends(".idx") || ends(".idx.gz") => Ok(Form::Idx),
            Some(_) if ends(".npy") => Ok(Form::Npy),
            Some(_) => Err(UsageError(format!(
                "-o {name}: of this ending no form is known; use .png, .idx, .idx.gz, .npy, or a directory (digits/)"
            ))),
        }
    }
}

/// What the call asks for, if that can be.
pub fn check(arguments: &Arguments) -> Result<(Form, Request), UsageError> {
    let asked = (Form::of(&arguments.output)?, arguments.request()?);
    arguments.check_labels_file()?;
    Ok(asked)
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (form, request) = check(arguments)?;
    let Arguments { run, output, labels, latent, .. } = arguments;
    let file = (!matches!(form, Form::Directory)).then_some(output.as_path());
    let files = Files::default().of_run(run.as_deref()).writing("-o", file).writing("--labels", labels.as_deref());
    files.writing("--latent", latent.as_deref()).check()?;
    let (mut generator, config) = generator_of(run.as_deref())?;
    arguments.check_conditional(&generator)?;
    generator.precision = arguments.precision.map_or(generator.precision, Into::into);
    let output = output.display();
    on_threads(arguments.threads, || {
        write(arguments, form, &request, &generator, &config)?;
        say(format_args!("{} digits, seed {}, in {output}", request.count, arguments.seed))?;
        // Of the generator that comes with the program it is known: it draws what it is asked for.
        if let (Some(digit), Some(_)) = (arguments.digit, &arguments.run) {
            warn_of_confused(&generator, &config, digit);
        }
        Ok(())
    })
}

/// Draws digits and writes them, and what goes with them: piece by piece, whatever their number.
fn write(
    arguments: &Arguments,
    form: Form,
    request: &Request,
    generator: &Network,
    config: &Config,
) -> anyhow::Result<()> {
    let (tile, range, count, output) =
        (config.image_shape(), config.pixel_range()?, request.count, arguments.output.as_path());
    let shape = array_shape(count, tile);
    let rng = || Stream::Sample.of(arguments.seed);
    let pieces = || draw_in_pieces(generator, request, rng()).map(|drawn| drawn.images);
    let bytes = || pieces().map(|images| to_bytes(&images, range));
    match form {
        Form::Picture => {
            let grid = Grid::new(count, tile, arguments.columns(count), arguments.scale as usize).map_err(|error| {
                UsageError(format!("-o {}: {error}; use a smaller --scale, or digits/", output.display()))
            })?;
            let digits: Vec<u8> = bytes().flatten().collect();
            grid.draw(digits.chunks_exact(config.pixels())).write_png(output)?;
        }
        Form::Idx => Idx::write_in_pieces(output, &shape, bytes())?,
        Form::Npy => {
            let in_unit = |images: Vec<f32>| images.into_iter().map(|pixel| range.to_unit(pixel)).collect::<Vec<_>>();
            write_npy_in_pieces(output, &shape, pieces().map(in_unit))?;
        }
        Form::Directory => write_directory(output, bytes(), tile)?,
    }
    if let Some(path) = &arguments.labels {
        let labels = request.classes.labels(count, generator.classes());
        match Form::of(path)? {
            Form::Npy => write_npy(path, &[count], labels.as_slice())?,
            _ => Idx { shape: vec![count], bytes: labels }.write(path)?,
        }
    }
    if let Some(path) = &arguments.latent {
        let vectors =
            latent_in_pieces(generator, request, rng()).map(|latent| latent.iter().copied().collect::<Vec<_>>());
        write_npy_in_pieces(path, &[count, generator.input_width()], vectors)?;
    }
    Ok(())
}

/// Says so where a digit is often not the one that was asked for, as the recognizer that comes with the program
/// reads it; nothing where there is none, or it reads images of another size.
fn warn_of_confused(generator: &Network, config: &Config, digit: Digit) {
    /// Of each digit.
    const DRAWN: usize = 500;
    /// Below this share it is said.
    const ENOUGH: f64 = 0.95;
    let (Ok(recognizer), Ok(range)) = (recognizer_or_pretrained(None), config.pixel_range()) else { return };
    if config.pixels() != recognizer.features.input_width() {
        return;
    }
    let request = Request { count: DRAWN * digit.rows(), classes: digit.classes(), truncation: 1.0 };
    let drawn = draw_requested(generator, &request, &mut Stream::Sample.of(0));
    let read = recognizer.read(&to_bytes(&drawn.images, range)).digits();
    for (read, asked) in read.chunks(DRAWN).zip(drawn.labels.chunks(DRAWN)) {
        let (asked, right) = (asked[0], read.iter().filter(|&&digit| digit == asked[0]).count());
        let share = right as f64 / DRAWN as f64;
        if share < ENOUGH {
            let share = 100.0 * share;
            note(format_args!("warning: of {DRAWN} digits drawn as {asked}, {share:.1} % are read as {asked}"));
        }
    }
}

/// `[count, height, width]`, and the channels where there are several.
fn array_shape(count: usize, [height, width, channels]: [usize; 3]) -> Vec<usize> {
    let mut shape = vec![count, height, width];
    shape.extend((channels > 1).then_some(channels));
    shape
}

/// A PNG for each digit. A directory with other files in it is refused: a tool that reads it
/// would count them in.
fn write_directory(directory: &Path, pieces: impl Iterator<Item = Vec<u8>>, tile: [usize; 3]) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("{}: cannot create", directory.display()))?;
    let empty = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(empty, "{}: not empty; choose another directory or empty it first", directory.display());
    let mut numbers = 0..;
    for piece in pieces {
        for (digit, number) in piece.chunks_exact(tile.iter().product()).zip(&mut numbers) {
            let picture = Picture::new(tile, digit.to_vec());
            picture.write_png(&directory.join(format!("{number:06}.png")))?;
        }
    }
    Ok(())
}
