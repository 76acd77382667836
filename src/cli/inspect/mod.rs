//! `twoplayer inspect`.

mod legends;
mod pictures;
mod report;
mod subject;

use super::given::output;
use super::outputs::Files;
use super::say::say;
use super::threads::{on_threads, threads};
use crate::data::{Digits, Source, Split, locate};
use crate::gan::{LayerView, draw, layer_views, score};
use crate::random::Stream;
use crate::run::{History, RunDirectory, to_bytes};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use subject::Subject;

/// Look inside a run's players: layers, weights, units that are never active, what the discriminator thinks.
///
/// For each layer what it gives, how many parameters it has, how large its weights are, how large
/// the last gradient was that norms.csv has, and how many of its units are silent: at or below 0
/// whatever comes in. Then how the discriminator scores real test digits, which it has not seen,
/// beside generated ones. And pictures: filters.png (the weights of the first layer that looks at
/// images), gradients.png (digits, and under each which of its pixels raise (red) and lower (blue)
/// the discriminator's score).
#[derive(Args)]
#[command(after_help = "Example:\n  twoplayer inspect runs/mlp-2026-01-31-120000 --pictures inside/")]
pub struct Arguments {
    /// The run's directory, as `twoplayer train` made it
    run: PathBuf,

    /// Where the pictures go [default: RUN/inside]
    #[arg(long, value_name = "DIR", value_parser = output())]
    pictures: Option<PathBuf>,

    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,

    /// The directory with the four MNIST files [default: as the run has it]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    threads: usize,
}

/// How many digits are looked at, of real ones as many as there are.
const COUNT: usize = 1000;

/// What was found.
#[derive(Serialize)]
struct Inside {
    generator: Vec<LayerView>,
    discriminator: Vec<LayerView>,
    /// The norms of the last gradients that were written down, by parameter.
    gradients: Vec<(String, f64)>,
    scores: Scores,
}

/// The discriminator's logits, counted.
#[derive(Serialize)]
struct Scores {
    /// The borders between the bins, ascending.
    borders: Vec<f32>,
    /// Real digits in each bin.
    real: Vec<usize>,
    /// Generated ones.
    generated: Vec<usize>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    on_threads(arguments.threads, || {
        let run = RunDirectory::open(&arguments.run)?;
        let directory = arguments.pictures.clone().unwrap_or_else(|| arguments.run.join("inside"));
        let files = Files::default().of_run(Some(&arguments.run)).of_data(arguments.data.as_deref());
        files.writing_into("--pictures", Some(&directory), &pictures::NAMES).check()?;
        let subject = Subject::of(&run, arguments)?;
        let history = History::read(&run)?;
        let inside = Inside::of(&subject, &history);
        pictures::draw(&directory, &subject)?;
        match arguments.json {
            true => say(serde_json::to_string_pretty(&inside)?)?,
            false => say(format_args!("{inside}\n{} are in\n{}", pictures::NAMES.join(" and "), directory.display()))?,
        }
        Ok(())
    })
}

impl Subject {
    fn of(run: &RunDirectory, arguments: &Arguments) -> anyhow::Result<Self> {
        let (generator, config) = run.generator()?;
        let weights = run.weights_file("discriminator");
        let Some(discriminator) = run.discriminator()? else {
            anyhow::bail!(
                "{}: not there, and without it there is only half of the game to look into",
                weights.display()
            );
        };
        let source = Source::of(arguments.data.as_deref().or(config.data.as_deref()));
        let mut test = Digits::load(&locate(source.directory.as_deref())?, Split::Test)?;
        if config.generator.channels > 1 {
            test = test.stacked(&mut Stream::Stacking.of(config.seed));
        }
        let (found, expected) = ([test.height(), test.width()], config.generator.image_shape);
        anyhow::ensure!(found == expected, "the data has images of {found:?}, the run draws {expected:?}");
        let test = test.first(COUNT);
        let range = config.pixel_range()?;
        let drawn = draw(&generator, COUNT, &mut Stream::Sample.of(0));
        Ok(Self {
            config,
            generator,
            discriminator,
            real: (range.numbers(test.images()), test.labels().to_vec()),
            latent: drawn.latent.iter().copied().collect(),
            generated: (drawn.images, drawn.labels),
        })
    }

    /// Bytes of images in the players' range.
    fn bytes(&self, images: &[f32]) -> Vec<u8> {
        to_bytes(images, self.config.pixel_range().expect("checked when it was drawn"))
    }
}

impl Inside {
    fn of(subject: &Subject, history: &History) -> Self {
        let Subject { config, generator, discriminator, real, latent, generated } = subject;
        let last = history.norms.last().map(|row| row.step);
        let norms = history.norms.iter().filter(|row| Some(row.step) == last);
        let judged = |(images, labels): &(Vec<f32>, Vec<u8>)| score(discriminator, images, labels);
        Self {
            generator: layer_views(generator, &config.generator.layers, latent, &generated.1),
            discriminator: layer_views(discriminator, &config.discriminator.layers, &real.0, &real.1),
            gradients: norms.map(|row| (row.parameter.clone(), row.gradient)).collect(),
            scores: Scores::of(&judged(real), &judged(generated)),
        }
    }
}

/// Bins of the histogram.
const BINS: usize = 16;

impl Scores {
    fn of(real: &[f32], generated: &[f32]) -> Self {
        let all = || real.iter().chain(generated).copied().filter(|logit| logit.is_finite());
        let (low, high) = (all().fold(f32::INFINITY, f32::min), all().fold(f32::NEG_INFINITY, f32::max));
        let width = ((high - low) / BINS as f32).max(f32::MIN_POSITIVE);
        let count = |logits: &[f32]| {
            let mut counts = vec![0; BINS];
            logits.iter().for_each(|logit| counts[(((logit - low) / width) as usize).min(BINS - 1)] += 1);
            counts
        };
        let borders = (0..=BINS).map(|i| low + i as f32 * width).collect();
        Self { borders, real: count(real), generated: count(generated) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_is_counted_once() {
        let scores = Scores::of(&[0.0, 1.0, 2.0, 16.0], &[16.0, 15.9, 3.0]);
        assert_eq!((scores.real.iter().sum::<usize>(), scores.generated.iter().sum::<usize>()), (4, 3));
        assert_eq!((scores.real[0], scores.real[15], scores.generated[15], scores.generated[3]), (1, 1, 2, 1));
        assert_eq!((scores.borders[0], scores.borders[16]), (0.0, 16.0));
        assert_eq!(Scores::of(&[1.0, 1.0], &[1.0]).real[0], 2);
    }
}
