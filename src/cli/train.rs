//! `twoplayer train`.

use super::given::recognizer_or_pretrained;
use super::progress::Progress;
use super::{UsageError, on_threads};
use crate::data::{Digits, Source, Split, locate};
use crate::gan::{Config, Objective, Observers, Pairing, Schedule, Stream, UpdateRule, train};
use crate::run::{Evaluator, Recorder, RunDirectory};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::fs;
use std::path::PathBuf;

/// Train a generator and a discriminator against each other.
///
/// Without arguments: the preset `mlp` on MNIST, about five minutes on two cores. The run goes
/// into a directory of its own, runs/PRESET-DATE-TIME: config.toml (every value that decided the
/// run), metrics.csv, samples/epoch-0000.png and so on (the same latent vectors after each
/// epoch), and the weights of both players as safetensors.
///
/// The same seed gives the same bytes, for any number of threads.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  twoplayer train\n  twoplayer train --preset article --epochs 5 --out runs/collapse\n  \
                        twoplayer train --config runs/mlp-2026-01-31-120000/config.toml --seed 2\n  \
                        twoplayer train --data stacked-mnist"
)]
pub struct Arguments {
    /// Where to begin: `mlp`, dense networks that work, or another of those that `twoplayer presets`
    /// lists [default: mlp]
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    /// A TOML file with the values that differ from the preset's; a run's config.toml repeats it
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,

    /// How often to go through the training images
    #[arg(long, value_name = "N")]
    epochs: Option<u64>,

    /// Stop after this many steps, whatever the epochs
    #[arg(long, value_name = "N")]
    steps: Option<u64>,

    /// Learn from the first N training images alone [default: all]
    #[arg(long, value_name = "N")]
    examples: Option<usize>,

    /// Real images, and generated ones, in a step
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,

    /// Adam's learning rate at the start, for both players
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,

    /// Random numbers that go into the generator for one image
    #[arg(long, value_name = "N")]
    latent_dim: Option<usize>,

    /// Decides first weights, order of images, noise: everything that is random
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Who moves when
    #[arg(long, value_enum)]
    update: Option<UpdateFlag>,

    /// What each player minimises
    #[arg(long, value_enum)]
    objective: Option<ObjectiveFlag>,

    /// What the discriminator compares an image with
    #[arg(long, value_enum)]
    pairing: Option<PairingFlag>,

    /// What the discriminator calls real images, instead of 1; 0.9, say
    #[arg(long, value_name = "LABEL")]
    label_smoothing: Option<f64>,

    /// How often the discriminator moves for one move of the generator's
    #[arg(long, value_name = "N")]
    critic_steps: Option<u64>,

    /// How the learning rates fall over the run
    #[arg(long, value_enum)]
    schedule: Option<ScheduleFlag>,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,

    /// The directory with the four MNIST files (or others of their names and form); or
    /// `stacked-mnist` or `stacked-mnist:DIR`: each image three digits, one red, one green, one blue,
    /// and the generator's last layer made to fit [default: $TWOPLAYER_DATA, then data/mnist here,
    /// then data/mnist of the source tree]
    #[arg(long, value_name = "DIR|stacked-mnist")]
    data: Option<PathBuf>,

    /// The run's directory, new or empty [default: runs/PRESET-DATE-TIME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Evaluate 10,000 digits after every so many epochs: figures go to metrics.csv, and the weights
    /// with the lowest Fréchet distance so far to best/ in the run's directory [default: never]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    evaluate_every: Option<u64>,

    /// Steps between two rows of metrics.csv
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    log_every: u64,
}

/// [`UpdateRule`] as a flag.
#[derive(Clone, Copy, ValueEnum)]
enum UpdateFlag {
    /// Both from one forward pass
    Simultaneous,
    /// The discriminator first, then the generator against the new discriminator
    Alternating,
}

/// [`Objective`] as a flag.
#[derive(Clone, Copy, ValueEnum)]
enum ObjectiveFlag {
    /// −log D(G(z)): a strong gradient while the discriminator wins
    NonSaturating,
    /// log(1 − D(G(z))): the zero-sum game
    Minimax,
    /// Logits of 1 for real images and 0 for generated ones, and not more
    LeastSquares,
    /// Logits above 1 and below -1
    Hinge,
    /// Logits as far apart as the regularisers allow: give it some, in a file for --config
    Wasserstein,
}

/// [`Pairing`] as a flag.
#[derive(Clone, Copy, ValueEnum)]
enum PairingFlag {
    /// With nothing: each image is judged by itself
    None,
    /// A real image with a generated one: which of the two is real?
    Relativistic,
}

/// [`Schedule`] as a flag.
#[derive(Clone, Copy, ValueEnum)]
enum ScheduleFlag {
    /// Not at all
    Constant,
    /// In a straight line
    Linear,
    /// Along half a cosine
    Cosine,
}

impl Arguments {
    /// The preset, changed by the file, changed by the flags.
    fn config(&self) -> anyhow::Result<Config> {
        let preset = self.preset.as_deref().unwrap_or(Config::DEFAULT_PRESET);
        let mut config = match &self.config {
            None => Config::preset(preset)?,
            Some(path) => {
                let text = fs::read_to_string(path).with_context(|| format!("{}: cannot read", path.display()))?;
                Config::from_toml(&text, preset).with_context(|| path.display().to_string())?
            }
        };
        let set = |slot: &mut u64, flag: Option<u64>| flag.into_iter().for_each(|value| *slot = value);
        set(&mut config.training.epochs, self.epochs);
        set(&mut config.seed, self.seed);
        set(&mut config.training.critic_steps, self.critic_steps);
        config.data = self.data.clone().or(config.data);
        config.training.steps = self.steps.or(config.training.steps);
        config.training.examples = self.examples.or(config.training.examples);
        config.training.batch_size = self.batch_size.unwrap_or(config.training.batch_size);
        config.generator.latent_dim = self.latent_dim.unwrap_or(config.generator.latent_dim);
        config.training.update = match self.update {
            Some(UpdateFlag::Simultaneous) => UpdateRule::Simultaneous,
            Some(UpdateFlag::Alternating) => UpdateRule::Alternating,
            None => config.training.update,
        };
        config.training.objective = match self.objective {
            Some(ObjectiveFlag::NonSaturating) => Objective::NonSaturating,
            Some(ObjectiveFlag::Minimax) => Objective::Minimax,
            Some(ObjectiveFlag::LeastSquares) => Objective::LeastSquares,
            Some(ObjectiveFlag::Hinge) => Objective::Hinge,
            Some(ObjectiveFlag::Wasserstein) => Objective::Wasserstein,
            None => config.training.objective,
        };
        config.training.pairing = match self.pairing {
            Some(PairingFlag::None) => Pairing::None,
            Some(PairingFlag::Relativistic) => Pairing::Relativistic,
            None => config.training.pairing,
        };
        config.training.label_smoothing = self.label_smoothing.or(config.training.label_smoothing);
        config.training.schedule = match self.schedule {
            Some(ScheduleFlag::Constant) => Schedule::Constant,
            Some(ScheduleFlag::Linear) => Schedule::Linear,
            Some(ScheduleFlag::Cosine) => Schedule::Cosine,
            None => config.training.schedule,
        };
        if let Some(rate) = self.learning_rate {
            config.generator.adam.learning_rate = rate;
            config.discriminator.adam.learning_rate = rate;
        }
        if Source::of(config.data.as_deref()).stacked {
            config = config.in_colour()?;
        }
        config.validate()?;
        Ok(config)
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut config = arguments.config()?;
    let digits = load(&mut config)?;

    let root = arguments.out.clone().unwrap_or_else(|| RunDirectory::fresh_path(&config.preset));
    let evaluator = arguments.evaluate_every.map(|every| evaluator(&config, every)).transpose()?;
    let mut recorder = Recorder::new(&root, arguments.log_every).evaluating(evaluator);
    let mut progress = Progress::new();
    on_threads(arguments.threads, || Ok(train(&config, &digits, &mut Observers(vec![&mut recorder, &mut progress]))?))?;
    progress.finish();

    println!("The run is in {}:", root.display());
    println!("  samples/                 the same latent vectors after each epoch");
    println!("  metrics.csv              losses and scores, step by step");
    println!("  generator.safetensors    draw from it: twoplayer sample {} --count 64 -o digits.png", root.display());
    Ok(())
}

/// What evaluates the run as it goes, on the test digits beside those it learns from.
fn evaluator(config: &Config, every: u64) -> anyhow::Result<Evaluator> {
    let source = Source::of(config.data.as_deref());
    if source.stacked {
        let problem = "stacked digits are not compared as they are drawn; `twoplayer evaluate` counts their modes";
        return Err(UsageError(format!("--evaluate-every: {problem}")).into());
    }
    let recognizer = recognizer_or_pretrained(None)?;
    let test = Digits::load(&locate(source.directory.as_deref())?, Split::Test)?;
    recognizer.check_shape(&test)?;
    Ok(Evaluator::new(recognizer, &test, every)?)
}

/// Loads the images that the configuration names, and writes into it where they were, so that it is good
/// from anywhere.
fn load(config: &mut Config) -> anyhow::Result<Digits> {
    let source = Source::of(config.data.as_deref());
    let directory = locate(source.directory.as_deref())?;
    let digits = Digits::load(&directory, Split::Train)?;
    config.data = Source { directory: Some(std::path::absolute(directory)?), ..source }.name();
    match source.stacked {
        true => Ok(digits.stacked(&mut Stream::Stacking.of(config.seed))),
        false => Ok(digits),
    }
}
