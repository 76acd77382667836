//! What is evaluated.

use super::Arguments;
use crate::cli::given::{discriminator_of, drawn, generator_of, labelled_digits, labels, like_those_of, name_of};
use crate::data::{Digits, Idx, PixelRange, write_atomically};
use crate::gan::Config;
use crate::nn::Network;
use crate::run::RunDirectory;
use anyhow::ensure;
use std::path::{Path, PathBuf};

/// Images, and where they are from.
pub struct Subject {
    /// In words.
    pub name: String,
    /// `[count, height, width, channels]`, 0 black to 255 white.
    pub images: Vec<u8>,
    /// What each was asked to show, `[count]`; empty where nobody asked.
    pub labels: Vec<u8>,
    /// `[height, width, channels]`.
    shape: [usize; 3],
    players: Option<Players>,
}

/// The run that they are from.
struct Players {
    /// Its directory; none if it is the one that comes with the program.
    run: Option<PathBuf>,
    generator: (Network, Config),
}

/// Digits that are drawn where nobody says how many.
const COUNT: u32 = 10_000;
/// The same of stacked digits, as the literature has it.
const STACKED_COUNT: u32 = 25_600;

impl Subject {
    /// Reads or draws what the call asks for.
    pub fn of(arguments: &Arguments) -> anyhow::Result<Self> {
        let Arguments { samples, run, labels, seed, .. } = arguments;
        let Some(file) = samples else {
            return Self::drawn(run.as_deref(), arguments.count, *seed);
        };
        let images = Self::read(file, labels.as_deref())?;
        let Some(run) = run else { return Ok(images) };
        let players = Players::open(Some(run))?;
        let (found, expected) = (images.shape, players.generator.1.image_shape());
        ensure!(found == expected, "{}: images of {found:?}, the run's are {expected:?}", file.display());
        let name = format!("{} and {} (seed {seed})", file.display(), run.display());
        Ok(Self { name, players: Some(players), ..images })
    }

    fn drawn(run: Option<&Path>, count: Option<u32>, seed: u64) -> anyhow::Result<Self> {
        let players = Players::open(run)?;
        let (generator, config) = &players.generator;
        let usual = if config.generator.channels == 1 { COUNT } else { STACKED_COUNT };
        let (images, labels) = drawn(generator, config, count.unwrap_or(usual) as usize, seed)?;
        Ok(Self {
            name: format!("{} (seed {seed})", name_of(run)),
            images,
            labels,
            shape: config.image_shape(),
            players: Some(players),
        })
    }

    fn read(file: &Path, labels_file: Option<&Path>) -> anyhow::Result<Self> {
        Self::of_images(file, Idx::read(file)?, |count| labels_file.map_or(Ok(Vec::new()), |path| labels(path, count)))
    }

    /// The images in an IDX file that has been read, and as many labels.
    pub fn of_images(
        file: &Path,
        Idx { shape, bytes }: Idx,
        labels: impl FnOnce(usize) -> anyhow::Result<Vec<u8>>,
    ) -> anyhow::Result<Self> {
        let shape = match *shape {
            [_, height, width] => [height, width, 1],
            [_, height, width, channels @ (1 | 3)] => [height, width, channels],
            _ => anyhow::bail!("{}: of shape {shape:?}; images are [count, height, width]", file.display()),
        };
        ensure!(!bytes.is_empty(), "{}: no images in it", file.display());
        let count = bytes.len() / shape.iter().product::<usize>();
        let labels = labels(count)?;
        Ok(Self { name: file.display().to_string(), images: bytes, labels, shape, players: None })
    }

    /// The real digits to compare them with: where a run knows only some classes, those.
    pub fn beside(&self, digits: Digits) -> Digits {
        match &self.players {
            Some(Players { generator: (_, config), .. }) => like_those_of(config, digits),
            None => digits,
        }
    }

    /// Leaves the figures in the run's directory, for its report and for `twoplayer runs`, if they are of as many digits as
    /// usual.
    pub fn keep(&self, root: &Path, figures: &impl serde::Serialize) -> anyhow::Result<()> {
        if self.count() < COUNT as usize {
            return Ok(());
        }
        let path = RunDirectory::open(root)?.evaluation_file();
        let text = serde_json::to_string_pretty(figures)?;
        Ok(write_atomically(&path, |out| out.write_all(text.as_bytes()))?)
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

    /// The discriminator that the generator played against, and the range of its pixels; none where there is none, or
    /// it looks at labels that these images have not.
    pub fn discriminator(&self) -> anyhow::Result<Option<(Network, PixelRange)>> {
        let Some(Players { run, generator: (_, config) }) = &self.players else { return Ok(None) };
        let range = config.pixel_range()?;
        let discriminator = discriminator_of(run.as_deref())?.filter(|d| d.classes() == 0 || !self.labels.is_empty());
        Ok(discriminator.map(|discriminator| (discriminator, range)))
    }

    /// `count` images with labels: newly drawn by the generator if there is one that takes them, else those there are;
    /// none without labels.
    pub fn labelled(&self, count: usize, seed: u64) -> anyhow::Result<Option<Digits>> {
        let [height, width, _] = self.shape;
        match &self.players {
            _ if self.labels.is_empty() => Ok(None),
            Some(Players { generator, .. }) if generator.0.classes() > 0 => {
                labelled_digits("--cas", generator, count, seed).map(Some)
            }
            _ => Ok(Some(Digits::new(self.images.clone(), self.labels.clone(), height, width))),
        }
    }
}

impl Players {
    fn open(run: Option<&Path>) -> anyhow::Result<Self> {
        Ok(Self { generator: generator_of(run)?, run: run.map(Path::to_path_buf) })
    }
}
