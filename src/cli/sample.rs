//! `twoplayer sample`.

use super::{UsageError, on_threads};
use crate::data::Idx;
use crate::gan::{Stream, draw};
use crate::run::{Picture, RunDirectory, grid, to_bytes, write_npy};
use anyhow::{Context, ensure};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// Draw digits from a trained run.
///
/// The ending of the output's name decides its form: .png is one picture with all digits in a
/// grid; .idx or .idx.gz is MNIST's own format (idx3-ubyte), which any MNIST reader reads; .npy is
/// a NumPy array [count, height, width] of 32-bit floats, black 0 and white 1; a name without
/// ending, or with a slash at the end, is a directory with a PNG for each digit.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer sample runs/mine --count 100 --columns 10 -o digits.png\n  \
                        twoplayer sample runs/mine --count 10000 --seed 1 -o generated.idx.gz\n  \
                        twoplayer sample runs/mine --count 5000 -o digits/")]
pub struct Arguments {
    /// The run's directory, as `twoplayer train` made it
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// How many digits to draw
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,

    /// Decides the latent vectors, and so the digits
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Where the digits go
    #[arg(short, long, value_name = "FILE|DIR")]
    output: PathBuf,

    /// Digits in a row of the picture
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    columns: u32,

    /// How much the picture is enlarged, without smoothing
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=32))]
    scale: u32,

    /// Also write the latent vectors, a NumPy array [count, latent_dim]
    #[arg(long, value_name = "FILE.npy")]
    latent: Option<PathBuf>,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

/// The forms of output.
enum Form {
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

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let form = Form::of(&arguments.output)?;
    let (generator, config) = RunDirectory::open(&arguments.run)?.generator()?;
    let ([height, width], range) = (config.generator.image_shape, config.pixel_range()?);
    let (count, output) = (arguments.count as usize, arguments.output.as_path());
    let mut rng = Stream::Sample.of(arguments.seed);
    let (drawn, bytes) = on_threads(arguments.threads, || {
        let drawn = draw(&generator, count, &mut rng);
        let bytes = to_bytes(&drawn.images, range);
        Ok((drawn, bytes))
    })?;
    let digits = || bytes.chunks_exact(height * width);

    match form {
        Form::Picture => {
            let picture = grid(digits(), [height, width, 1], arguments.columns as usize, arguments.scale as usize);
            picture.write_png(output)?;
        }
        Form::Idx => Idx { shape: vec![count, height, width], bytes }.write(output)?,
        Form::Npy => {
            let pixels: Vec<f32> = drawn.images.iter().map(|&pixel| range.to_unit(pixel)).collect();
            write_npy(output, &[count, height, width], &*pixels)?;
        }
        Form::Directory => write_directory(output, digits(), height, width)?,
    }
    if let Some(path) = &arguments.latent {
        let latent = drawn.latent.as_slice().expect("values of a tape are contiguous");
        write_npy(path, drawn.latent.shape(), latent)?;
    }
    println!("{count} digits, seed {}, in {}", arguments.seed, output.display());
    Ok(())
}

/// A PNG for each digit. A directory with other files in it is refused: a tool that reads it
/// would count them in.
fn write_directory<'a>(
    directory: &Path,
    digits: impl ExactSizeIterator<Item = &'a [u8]>,
    height: usize,
    width: usize,
) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("{}: cannot create", directory.display()))?;
    let empty = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(empty, "{}: not empty; choose another directory or empty it first", directory.display());
    for (number, digit) in digits.enumerate() {
        let picture = Picture::new([height, width, 1], digit.to_vec());
        picture.write_png(&directory.join(format!("{number:06}.png")))?;
    }
    Ok(())
}
