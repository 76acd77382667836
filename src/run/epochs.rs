//! The pictures of a run's epochs, as far as they are what the run has drawn.

use super::{Picture, RunDirectory, RunError};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of all pictures together that a page takes.
const PAGE: u64 = 256 << 20;
/// Numbers in all of them together.
const NUMBERS: usize = 2 << 30;
/// Pictures that are named one by one where they are left out.
const NAMED: usize = 3;

/// The grids of a run's epochs, one shape all of them; and those that are something else. Anybody may have put a file
/// there, so that they are read as any foreign file is.
#[derive(Clone, Debug, Default)]
pub struct Epochs {
    files: Vec<(u64, PathBuf)>,
    /// `[height, width, channels]` of each.
    shape: [usize; 3],
    /// File and reason.
    left_out: Vec<String>,
}

impl Epochs {
    /// Reads the run's pictures (of very many, every so many-th). What most of them are, the others should be.
    pub fn of(run: &RunDirectory) -> Epochs {
        let mut epochs = Epochs::default();
        let mut read = Vec::new();
        for (epoch, path) in run.sample_files() {
            match shape_of(run, epoch, &path) {
                Ok(shape) => read.push((epoch, path, shape)),
                Err(reason) => epochs.leave_out(&path, &reason),
            }
        }
        let often = |shape: &[usize; 3]| read.iter().filter(|(.., other)| other == shape).count();
        // Of several that are as frequent, the first: the run has begun with it.
        epochs.shape = read.iter().rev().map(|&(.., shape)| shape).max_by_key(often).unwrap_or_default();
        let (mut bytes, mut numbers) = (0, 0);
        for (epoch, path, shape) in read {
            bytes += fs::metadata(&path).map_or(0, |metadata| metadata.len());
            numbers += shape.iter().product::<usize>();
            match shape == epochs.shape {
                false => epochs.leave_out(&path, &format!("{}, most are {}", words(shape), words(epochs.shape))),
                true if bytes > PAGE || numbers > NUMBERS => epochs.leave_out(&path, "too much for one page"),
                true => epochs.files.push((epoch, path)),
            }
        }
        epochs
    }

    fn leave_out(&mut self, path: &Path, reason: &str) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.left_out.push(format!("{name} ({reason})"));
    }

    /// Epochs and their pictures, in order.
    pub fn files(&self) -> &[(u64, PathBuf)] {
        &self.files
    }

    /// `[height, width, channels]` of each.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Which are left out, in a line; nothing where none is.
    pub fn left_out(&self) -> Option<String> {
        let more = match self.left_out.len() {
            0 => return None,
            count if count > NAMED => format!(" and {} more", count - NAMED),
            _ => String::new(),
        };
        let named: Vec<&str> = self.left_out.iter().take(NAMED).map(String::as_str).collect();
        Some(format!("left out among the run's pictures: {}{more}", named.join(", ")))
    }
}

/// The shape of an epoch's picture, or why it is none.
fn shape_of(run: &RunDirectory, epoch: u64, path: &Path) -> Result<[usize; 3], String> {
    if path != run.sample_file(epoch) {
        return Err("no name that a run gives".into());
    }
    match Picture::read_png(path) {
        Ok(picture) => Ok(picture.shape()),
        Err(RunError::Picture { reason, .. }) => Err(reason),
        Err(RunError::Read { reason, .. }) => Err(reason.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn words([height, width, channels]: [usize; 3]) -> String {
    format!("{width} × {height} {}", if channels == 1 { "in grey" } else { "in colour" })
}
