//! The pictures that a call names.

use super::Form;
use crate::data::{Grey, Idx};
use crate::recognizer::{PIXELS, SIDE, mnist_form};
use anyhow::{Context, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// A picture.
#[derive(Clone)]
pub struct Shown {
    /// Its file, and its place in it where there are several.
    pub name: String,
    pub form: Form,
}

/// Everything that a file or folder shows.
pub fn read(path: &Path) -> anyhow::Result<Vec<Shown>> {
    if path.is_dir() {
        let files = pngs(path)?;
        ensure!(!files.is_empty(), "{}: no PNG files in this folder", path.display());
        return files.iter().map(|file| read_png(file)).collect();
    }
    match begins_like_idx(path)? {
        true => read_idx(path),
        false => Ok(vec![read_png(path)?]),
    }
}

/// The PNG files of a folder, by name.
fn pngs(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("{}: cannot read this folder", folder.display());
    let entries = fs::read_dir(folder).with_context(unreadable)?;
    let mut files =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(unreadable)?;
    files.retain(|file| file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")));
    files.sort();
    Ok(files)
}

/// Whether a file begins with two zeros, or as gzip does. No PNG file does.
fn begins_like_idx(path: &Path) -> anyhow::Result<bool> {
    use std::io::Read;
    let mut start = Vec::new();
    let file = fs::File::open(path).with_context(|| format!("{}: cannot open", path.display()))?;
    file.take(2).read_to_end(&mut start).with_context(|| format!("{}: cannot read", path.display()))?;
    Ok([[0, 0], [0x1f, 0x8b]].iter().any(|magic| start == magic))
}

fn read_png(path: &Path) -> anyhow::Result<Shown> {
    Ok(Shown { name: path.display().to_string(), form: mnist_form(&Grey::read_png(path)?) })
}

/// The digits of an IDX file. Those of MNIST's size are in MNIST's form, others are brought into it.
fn read_idx(path: &Path) -> anyhow::Result<Vec<Shown>> {
    let Idx { shape, bytes } = Idx::read(path)?;
    let [_, height, width] = *shape else {
        bail!("{}: of shape {shape:?}; digits are [count, height, width]", path.display());
    };
    ensure!(height * width > 0, "{}: images of {height} × {width} pixels show nothing", path.display());
    let form = |image: &[u8]| match <&[u8; PIXELS]>::try_from(image) {
        Ok(&form) if [height, width] == [SIDE, SIDE] && form.iter().any(|&level| level > 0) => Ok(form),
        _ => mnist_form(&Grey::new(width, height, image.to_vec())),
    };
    let name = |i: usize| format!("{}[{i}]", path.display());
    Ok(bytes
        .chunks_exact(height * width)
        .enumerate()
        .map(|(i, image)| Shown { name: name(i), form: form(image) })
        .collect())
}
