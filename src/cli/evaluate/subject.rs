//! What is evaluated.

use super::Arguments;
use crate::cli::UsageError;
use crate::data::{CLASSES, Digits, Idx, PixelRange};
use crate::gan::{Config, Stream, draw};
use crate::nn::Network;
use crate::run::{RunDirectory, pretrained, to_bytes};
use anyhow::ensure;
use std::path::Path;

/// Images, and where they are from.
pub struct Subject {
    /// In words.
    pub name: String,
    /// `[count, height, width, channels]`, 0 black to 255 white.
    pub images: Vec<u8>,
    /// What each was asked to show, `[count]`; empty where nobody asked.
    pub labels: Vec<u8>,
    /// The discriminator that the generator played against, and the range of its pixels.
    pub discriminator: Option<(Network, PixelRange)>,
    generator: Option<(Network, Config)>,
    /// `[height, width, channels]`.
    shape: [usize; 3],
}

/// Digits that are drawn where nobody says how many.
const COUNT: u32 = 10_000;
/// The same of stacked digits, as the literature has it.
const STACKED_COUNT: u32 = 25_600;

impl Subject {
    /// Reads or draws what the call asks for.
    pub fn of(arguments: &Arguments) -> anyhow::Result<Self> {
        match (&arguments.samples, &arguments.run) {
            (Some(file), None) => Self::read(file, arguments.labels.as_deref()),
            (Some(file), Some(run)) => {
                let players = Self::drawn(run, CLASSES, arguments.seed)?;
                let Self { images, labels, shape, .. } = Self::read(file, arguments.labels.as_deref())?;
                ensure!(
                    shape == players.shape,
                    "{}: images of {shape:?}, the run's are {:?}",
                    file.display(),
                    players.shape
                );
                let name = format!("{} and {}", file.display(), players.name);
                // Without its labels a discriminator that looks at them has nothing to say.
                let discriminator = players.discriminator.filter(|(d, _)| d.classes() == 0 || !labels.is_empty());
                Ok(Self { name, images, labels, discriminator, ..players })
            }
            (None, run) => {
                let run = run.clone().map_or_else(|| pretrained("best"), Ok)?;
                let channels = RunDirectory::open(&run)?.config()?.generator.channels;
                let usual = if channels == 1 { COUNT } else { STACKED_COUNT };
                Self::drawn(&run, arguments.count.unwrap_or(usual) as usize, arguments.seed)
            }
        }
    }

    fn drawn(run: &Path, count: usize, seed: u64) -> anyhow::Result<Self> {
        let directory = RunDirectory::open(run)?;
        let (generator, config) = directory.generator()?;
        let range = config.pixel_range()?;
        let drawn = draw(&generator, count, &mut Stream::Sample.of(seed));
        Ok(Self {
            name: format!("{} (seed {seed})", run.display()),
            images: to_bytes(&drawn.images, range),
            labels: drawn.labels,
            discriminator: directory.discriminator()?.map(|discriminator| (discriminator, range)),
            shape: config.image_shape(),
            generator: Some((generator, config)),
        })
    }

    fn read(file: &Path, labels: Option<&Path>) -> anyhow::Result<Self> {
        let Idx { shape, bytes } = Idx::read(file)?;
        let shape = match *shape {
            [_, height, width] => [height, width, 1],
            [_, height, width, channels @ (1 | 3)] => [height, width, channels],
            _ => anyhow::bail!("{}: of shape {shape:?}; images are [count, height, width]", file.display()),
        };
        ensure!(!bytes.is_empty(), "{}: no images in it", file.display());
        let count = bytes.len() / shape.iter().product::<usize>();
        let labels = match labels {
            None => Vec::new(),
            Some(path) => {
                let Idx { shape, bytes } = Idx::read(path)?;
                ensure!(
                    shape == [count],
                    "{}: of shape {shape:?}; [{count}] labels belong to these images",
                    path.display()
                );
                let no_digit = bytes.iter().find(|&&label| usize::from(label) >= CLASSES);
                ensure!(no_digit.is_none(), "{}: {} is no digit", path.display(), no_digit.unwrap_or(&0));
                bytes
            }
        };
        Ok(Self {
            name: file.display().to_string(),
            images: bytes,
            labels,
            discriminator: None,
            generator: None,
            shape,
        })
    }

    /// How many images there are.
    pub fn count(&self) -> usize {
        self.images.len() / self.shape.iter().product::<usize>()
    }

    /// `[height, width, channels]` of an image.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Whether each image is three digits.
    pub fn is_stacked(&self) -> bool {
        self.shape[2] == 3
    }

    /// Refuses images that real digits cannot be compared with.
    pub fn check_shape(&self, digits: &Digits) -> anyhow::Result<()> {
        let (found, expected) = (self.shape, [digits.height(), digits.width(), digits.channels()]);
        ensure!(found == expected, "{}: images of {found:?}, the real digits are {expected:?}", self.name);
        Ok(())
    }

    /// `count` images with labels: newly drawn by the generator if there is one, else those there are; none without
    /// labels.
    pub fn labelled(&self, count: usize, seed: u64) -> Result<Option<Digits>, UsageError> {
        let [height, width, _] = self.shape;
        let digits = |images, labels| Some(Digits::new(images, labels, height, width));
        Ok(match &self.generator {
            _ if self.labels.is_empty() => None,
            Some((generator, config)) if generator.classes() > 0 => {
                let drawn = draw(generator, count, &mut Stream::Sample.of(seed));
                let range = config.pixel_range().map_err(|error| UsageError(error.to_string()))?;
                digits(to_bytes(&drawn.images, range), drawn.labels)
            }
            _ => digits(self.images.clone(), self.labels.clone()),
        })
    }
}
