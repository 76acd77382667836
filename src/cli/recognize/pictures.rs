//! The pictures that a call names.

use crate::data::{Grey, Idx, file};
use crate::recognizer::{Figure, NoDigit, PIXELS, Place, SIDE, figures, mnist_form};
use anyhow::{Context, bail, ensure};
use rayon::prelude::*;
use std::ffi::OsStr;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What stands in a picture, or why nothing does.
type Figures = Result<Vec<Shape>, NoDigit>;

/// Something in a picture that may be a digit.
pub struct Shape {
    /// In MNIST's form.
    pub form: [u8; PIXELS],
    /// Where it is, and in which line, from 0; none where the picture is the digit.
    pub place: Option<(Place, usize)>,
    /// Whether it is as wide as several digits that touch.
    pub is_wide: bool,
}

/// A picture.
pub struct Shown {
    /// Its file, and its place in it where there are several.
    pub name: String,
    /// What it shows; an error where it cannot be read.
    pub figures: anyhow::Result<Figures>,
}

impl Shown {
    /// What it shows; nothing where it cannot be read.
    pub fn shapes(&self) -> &[Shape] {
        match &self.figures {
            Ok(Ok(shapes)) => shapes,
            _ => &[],
        }
    }
}

/// The pictures of a file or folder, each read when it is asked for.
pub enum Pictures {
    /// PNG and JPEG files.
    Files(Vec<PathBuf>),
    /// The digits of an IDX file, `[count, height, width]`.
    Digits { path: PathBuf, size: [usize; 2], bytes: Vec<u8> },
}

impl Pictures {
    /// Looks what there is.
    ///
    /// # Errors
    /// When there is no such file or folder, or nothing in it.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        let files = files_of(path)?;
        ensure!(!files.is_empty(), "{}: no PNG or JPEG files in this folder", path.display());
        match !path.is_dir() && begins_like_idx(path)? {
            true => Self::digits(path),
            false => Ok(Self::Files(files)),
        }
    }

    fn digits(path: &Path) -> anyhow::Result<Self> {
        let Idx { shape, bytes } = Idx::read(path)?;
        let [count, height, width] = *shape else {
            bail!("{}: of shape {shape:?}; digits are [count, height, width]", path.display());
        };
        ensure!(count > 0, "{}: there are no images in it", path.display());
        ensure!(height * width > 0, "{}: images of {height} × {width} pixels show nothing", path.display());
        Ok(Self::Digits { path: path.to_path_buf(), size: [height, width], bytes })
    }

    /// How many there are; at least one.
    pub fn len(&self) -> usize {
        match self {
            Self::Files(files) => files.len(),
            Self::Digits { size: [height, width], bytes, .. } => bytes.len() / (height * width),
        }
    }

    /// Reads some of them; never more than a few at the same time, for each may be large.
    pub fn read(&self, range: Range<usize>) -> Vec<Shown> {
        let together = range.len().div_ceil(AT_A_TIME);
        range.into_par_iter().with_min_len(together).map(|i| self.picture(i)).collect()
    }

    fn picture(&self, i: usize) -> Shown {
        match self {
            Self::Files(files) => {
                let figures = Grey::read(&files[i]).map(|picture| shapes_of(&picture));
                Shown { name: files[i].display().to_string(), figures: figures.map_err(Into::into) }
            }
            Self::Digits { path, size: [height, width], bytes } => {
                let image = &bytes[i * height * width..][..height * width];
                Shown { name: format!("{}[{i}]", path.display()), figures: Ok(digit_of([*height, *width], image)) }
            }
        }
    }
}

/// Pictures that are in memory, as their files have them, at the same time.
const AT_A_TIME: usize = 4;

/// What stands in a picture.
///
/// # Errors
/// When nothing does.
pub fn shapes_of(picture: &Grey) -> Figures {
    let shape = |Figure { place, line, form, is_wide }| Shape { form, place: Some((place, line)), is_wide };
    Ok(figures(picture)?.into_iter().map(shape).collect())
}

/// Digits of MNIST's size are in MNIST's form, others are brought into it.
fn digit_of([height, width]: [usize; 2], image: &[u8]) -> Figures {
    let form = match <&[u8; PIXELS]>::try_from(image) {
        Ok(&form) if [height, width] == [SIDE, SIDE] && form.iter().any(|&level| level > 0) => form,
        _ => mnist_form(&Grey::new(width, height, image.to_vec()))?,
    };
    Ok(vec![Shape { form, place: None, is_wide: false }])
}

/// How many pictures these files and folders have.
///
/// # Errors
/// When one is not there, or has none.
pub fn count(files: &[PathBuf]) -> anyhow::Result<usize> {
    files.iter().map(|file| Ok(Pictures::of(file)?.len())).sum()
}

/// A file by itself, or the PNG and JPEG files of a folder.
pub fn files_of(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.is_dir() { pictures_in(path) } else { Ok(vec![path.to_path_buf()]) }
}

/// The PNG and JPEG files of a folder, by name.
fn pictures_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("{}: cannot read this folder", folder.display());
    let entries = fs::read_dir(folder).with_context(unreadable)?;
    let mut files =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(unreadable)?;
    let is_picture = |ending: &OsStr| ["png", "jpg", "jpeg"].iter().any(|known| ending.eq_ignore_ascii_case(known));
    files.retain(|file| file.extension().is_some_and(is_picture));
    files.sort();
    Ok(files)
}

/// Whether this is one picture, and no folder or file of many. What is not there may be one.
pub fn is_picture(path: &Path) -> bool {
    !path.is_dir() && !begins_like_idx(path).unwrap_or(false)
}

/// Whether a file begins with two zeros, or as gzip does. No PNG or JPEG file does.
fn begins_like_idx(path: &Path) -> anyhow::Result<bool> {
    use std::io::Read;
    let mut start = Vec::new();
    let file = file::open(path).with_context(|| format!("{}: cannot open", path.display()))?;
    file.take(2).read_to_end(&mut start).with_context(|| format!("{}: cannot read", path.display()))?;
    Ok([[0, 0], [0x1f, 0x8b]].iter().any(|magic| start == magic))
}
