//! What a call of `twoplayer train` may say.

use super::guard::OnDivergence;
use crate::cli::given::output;
use crate::cli::memory;
use crate::cli::precision::PrecisionFlag;
use crate::cli::setting::{Setting, set, setting};
use crate::cli::threads::threads;
use crate::data::{Source, file};
use crate::gan::{Config, Objective, Pairing, Schedule, UpdateRule};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Train a generator and a discriminator against each other.
///
/// Without arguments: the preset `digits` on MNIST, about five minutes on two cores. The run goes
/// into a directory of its own, runs/PRESET-DATE-TIME: config.toml (every value that decided the
/// run), metrics.csv, samples/epoch-0000.png and so on (the same latent vectors after each
/// epoch), and the weights of both players as safetensors.
///
/// The same seed gives the same bytes, for any number of threads; only times.csv differs.
///
/// A checkpoint is written after every epoch; the last two are kept, and the last one when the run has come to its end.
/// Ctrl-C ends a run after the step at hand, with a checkpoint; --resume goes on with it, or with a run that was
/// killed, as if nothing had happened: the files are the same in the end.
#[derive(Args, Default)]
#[command(
    after_help = "Examples:\n  twoplayer train\n  twoplayer train --preset article --epochs 5 --out runs/collapse\n  \
                        twoplayer train --config runs/mlp-2026-01-31-120000/config.toml --seed 2\n  \
                        twoplayer train --data stacked-mnist\n  twoplayer train --resume runs/mlp-2026-01-31-120000"
)]
pub struct Arguments {
    /// Where to begin: `digits`, good ones in five minutes; `mlp`, dense networks; or another of those that `twoplayer presets`
    /// lists [default: mlp, without --config]
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    /// A TOML file of all that decides a run, such as a run's config.toml; or, if it names a preset (preset = "mlp"), of the
    /// values that differ from that preset's
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,

    /// How often to go through the training images
    #[arg(long, value_name = "N")]
    pub epochs: Option<u64>,

    /// Stop after this many steps, whatever the epochs
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,

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
    pub seed: Option<u64>,

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

    /// What the operands of matrix products and convolutions are rounded to: bf16 is faster where the processor multiplies
    /// pairs of 16-bit numbers
    #[arg(long, value_enum)]
    precision: Option<PrecisionFlag>,

    /// Give any key of the configuration another value, such as training.objective=hinge; as often as there are keys.
    /// `twoplayer presets --keys` lists them
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<Setting>,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    pub threads: usize,

    /// The directory with the four MNIST files (or others of their names and form); or
    /// `stacked-mnist` or `stacked-mnist:DIR`: each image three digits, one red, one green, one blue,
    /// and the generator's last layer made to fit [default: $TWOPLAYER_DATA, then data/mnist here,
    /// then data/mnist of the source tree]
    #[arg(long, value_name = "DIR|stacked-mnist")]
    pub data: Option<PathBuf>,

    /// The run's directory, new or empty [default: runs/PRESET-DATE-TIME]
    #[arg(long, value_name = "DIR", value_parser = output())]
    pub out: Option<PathBuf>,

    /// Evaluate 10,000 digits after every so many epochs: figures go to metrics.csv, and the weights
    /// with the lowest Fréchet distance so far to best/ in the run's directory; 0 for never [default:
    /// 1,000 digits, as seldom as takes under 2 % of the time, and no best/]
    #[arg(long, value_name = "N")]
    evaluate_every: Option<u64>,

    /// Steps between two rows of metrics.csv [default: 100]
    #[arg(long, value_name = "N")]
    log_every: Option<u64>,

    /// Steps between two checkpoints [default: those of an epoch]
    #[arg(long, value_name = "N")]
    checkpoint_every: Option<u64>,

    /// How many checkpoints are kept, the last ones [default: 2 while it trains, 1 when it has come to its end]
    #[arg(long, value_name = "N")]
    keep_checkpoints: Option<u64>,

    /// Also write events for TensorBoard (scalars and samples) into the run's directory
    #[arg(long)]
    pub(super) tensorboard: bool,

    /// Print nothing while it trains but what looks wrong
    #[arg(long, short)]
    pub(super) quiet: bool,

    /// Print a line of JSON on standard output for each row of metrics.csv, each epoch and each warning,
    /// and nothing else
    #[arg(long)]
    pub(super) json: bool,

    /// Go on with the run in this directory, as its config.toml says; with --epochs or --steps, for
    /// longer (a schedule then goes by the new length)
    #[arg(long, value_name = "RUN", conflicts_with_all = [
        "preset", "config", "examples", "batch_size", "learning_rate", "latent_dim", "seed", "update", "objective",
        "pairing", "label_smoothing", "critic_steps", "schedule", "precision", "set", "data", "out", "evaluate_every", "log_every",
        "checkpoint_every", "keep_checkpoints", "tensorboard",
    ])]
    pub(super) resume: Option<PathBuf>,

    /// What to do when the run goes wrong: when a loss is no number, when the discriminator wins, the
    /// samples are alike, a layer is dead, a label is ignored
    #[arg(long, value_enum, default_value_t)]
    pub(super) on_divergence: OnDivergence,

    /// Go on although the images or the configuration are not those of the checkpoint
    #[arg(long, requires = "resume")]
    pub(super) force: bool,

    /// The most memory that training may take, such as 2GiB; what would take more is refused before it begins [default: what
    /// is free]
    #[arg(long, value_name = "SIZE", value_parser = memory::size)]
    pub(super) memory_limit: Option<u64>,

    /// Go on from the checkpoint of this step, instead of the last one
    #[arg(long, value_name = "STEP", requires = "resume")]
    pub(super) from_step: Option<u64>,
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
    /// Those of `twoplayer train --preset reader`, with so many labels.
    pub fn reading(labels: u32) -> Self {
        let labels = setting(&format!("training.semi_supervised.labels={labels}")).expect("a key and a value");
        Self { preset: Some("reader".into()), set: vec![labels], ..Self::default() }
    }

    /// The preset, changed by the file, changed by the flags; and the preset's name, if there is one.
    pub(super) fn config(&self) -> anyhow::Result<(Config, Option<String>)> {
        let Some(path) = &self.config else {
            return Ok((self.changed(Config::preset(self.preset())?)?, Some(self.preset().into())));
        };
        let text =
            file::read_text(path, file::LONGEST_TEXT).with_context(|| format!("{}: cannot read", path.display()))?;
        let preset = Config::base(&text).or_else(|| self.preset.clone());
        let config = Config::from_toml(&text, preset.as_deref()).and_then(|config| config.validate().map(|()| config));
        let config = self.changed(config.with_context(|| path.display().to_string())?)?;
        let preset = preset.or_else(|| Config::presets().find(|name| *name == config.name).map(Into::into));
        Ok((config, preset))
    }

    /// Whether a person is told how it goes.
    pub(super) fn is_loud(&self) -> bool {
        !self.json && !self.quiet
    }

    /// The preset that is begun with.
    pub(super) fn preset(&self) -> &str {
        self.preset.as_deref().unwrap_or(Config::DEFAULT_PRESET)
    }

    /// A configuration, changed by the flags.
    pub(super) fn changed(&self, config: Config) -> anyhow::Result<Config> {
        let mut config = set(config, &self.set)?;
        let set = |slot: &mut u64, flag: Option<u64>| flag.into_iter().for_each(|value| *slot = value);
        set(&mut config.training.epochs, self.epochs);
        set(&mut config.seed, self.seed);
        set(&mut config.training.critic_steps, self.critic_steps);
        set(&mut config.record.log_every, self.log_every);
        config.record.checkpoint_every = self.checkpoint_every.or(config.record.checkpoint_every);
        config.record.keep_checkpoints = self.keep_checkpoints.or(config.record.keep_checkpoints);
        config.record.tensorboard |= self.tensorboard;
        config.record.evaluate_every = self.evaluate_every.or(config.record.evaluate_every);
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
        config.training.precision = self.precision.map_or(config.training.precision, Into::into);
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
