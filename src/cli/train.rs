//! `twoplayer train`.

use super::given::recognizer_or_pretrained;
use super::guard::{Guard, OnDivergence, ROLLBACKS, is_divergence};
use super::interrupt::{Interrupt, Interrupted};
use super::json_lines::JsonLines;
use super::progress::Progress;
use super::{UsageError, on_threads};
use crate::data::{Digits, Source, Split, locate};
use crate::gan::{Config, Ended, Objective, Observer, Observers, Pairing, Schedule, Session, Stream, UpdateRule};
use crate::run::{Checkpoint, Evaluator, Recorder, RunDirectory, TensorBoard, write_evolution, write_report};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};

/// Train a generator and a discriminator against each other.
///
/// Without arguments: the preset `mlp` on MNIST, about five minutes on two cores. The run goes
/// into a directory of its own, runs/PRESET-DATE-TIME: config.toml (every value that decided the
/// run), metrics.csv, samples/epoch-0000.png and so on (the same latent vectors after each
/// epoch), and the weights of both players as safetensors.
///
/// The same seed gives the same bytes, for any number of threads; only times.csv differs.
///
/// A checkpoint is written after every epoch, and the last two are kept. Ctrl-C ends a run after the
/// step at hand, with a checkpoint; --resume goes on with it, or with a run that was killed, as if
/// nothing had happened: the files are the same in the end.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  twoplayer train\n  twoplayer train --preset article --epochs 5 --out runs/collapse\n  \
                        twoplayer train --config runs/mlp-2026-01-31-120000/config.toml --seed 2\n  \
                        twoplayer train --data stacked-mnist\n  twoplayer train --resume runs/mlp-2026-01-31-120000"
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
    #[arg(long, value_name = "N")]
    evaluate_every: Option<u64>,

    /// Steps between two rows of metrics.csv [default: 100]
    #[arg(long, value_name = "N")]
    log_every: Option<u64>,

    /// Steps between two checkpoints [default: those of an epoch]
    #[arg(long, value_name = "N")]
    checkpoint_every: Option<u64>,

    /// Also write events for TensorBoard (scalars and samples) into the run's directory
    #[arg(long)]
    tensorboard: bool,

    /// Print nothing while it trains but what looks wrong
    #[arg(long, short)]
    quiet: bool,

    /// Print a line of JSON on standard output for each row of metrics.csv, each epoch and each warning,
    /// and nothing else
    #[arg(long)]
    json: bool,

    /// Go on with the run in this directory, as its config.toml says; with --epochs or --steps, for
    /// longer (a schedule then goes by the new length)
    #[arg(long, value_name = "RUN", conflicts_with_all = [
        "preset", "config", "examples", "batch_size", "learning_rate", "latent_dim", "seed", "update", "objective",
        "pairing", "label_smoothing", "critic_steps", "schedule", "data", "out", "evaluate_every", "log_every",
        "checkpoint_every", "tensorboard",
    ])]
    resume: Option<PathBuf>,

    /// What to do when the run goes wrong: when a loss is no number, when the discriminator wins, the
    /// samples are alike, a layer is dead, a label is ignored
    #[arg(long, value_enum, default_value_t)]
    on_divergence: OnDivergence,

    /// Go on from the checkpoint of this step, instead of the last one
    #[arg(long, value_name = "STEP", requires = "resume")]
    from_step: Option<u64>,
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
        set(&mut config.record.log_every, self.log_every);
        config.record.checkpoint_every = self.checkpoint_every.or(config.record.checkpoint_every);
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
    match &arguments.resume {
        Some(root) => resume(arguments, root),
        None => begin(arguments),
    }
}

/// A new run.
fn begin(arguments: &Arguments) -> anyhow::Result<()> {
    let mut config = arguments.config()?;
    let digits = load(&mut config)?;
    let root = arguments.out.clone().unwrap_or_else(|| RunDirectory::fresh_path(&config.preset));
    let first = Recorder::new(&root);
    to_its_end(arguments, config, &digits, &root, first, None)
}

/// A run goes on.
fn resume(arguments: &Arguments, root: &Path) -> anyhow::Result<()> {
    let run = RunDirectory::open(root)?;
    let mut config = run.config()?;
    config.training.epochs = arguments.epochs.unwrap_or(config.training.epochs);
    config.training.steps = arguments.steps.or(config.training.steps.filter(|_| arguments.epochs.is_none()));
    config.validate()?;
    let checkpoint = run.checkpoints().load(arguments.from_step)?;
    if checkpoint.is_none() && run.sample_files().len() > 1 {
        let problem = "this run has drawn after its first epoch, but there is no checkpoint of it left to go on from";
        anyhow::bail!("{}: {problem}; begin a new one, with --config {}", root.display(), run.config_file().display());
    }
    let recorder = Recorder::resuming(&run, checkpoint.as_ref())?;
    let digits = load(&mut config)?;
    to_its_end(arguments, config, &digits, root, recorder, checkpoint)
}

/// Trains to the end, from a checkpoint or the beginning, with what is to be done when it goes wrong.
fn to_its_end(
    arguments: &Arguments,
    mut config: Config,
    digits: &Digits,
    root: &Path,
    mut recorder: Recorder,
    mut checkpoint: Option<Checkpoint>,
) -> anyhow::Result<()> {
    let interrupt = Interrupt::listen()?;
    let mut rollbacks = 0;
    loop {
        let Err(error) = watch(arguments, recorder, &config, digits, root, checkpoint.as_mut(), interrupt) else {
            return Ok(());
        };
        if arguments.on_divergence != OnDivergence::Rollback || rollbacks == ROLLBACKS || !is_divergence(&error) {
            return Err(error);
        }
        rollbacks += 1;
        let run = RunDirectory::open(root)?;
        // The older of those that are kept: the last one may be ill already.
        let before = run.checkpoints().steps().first().copied();
        checkpoint = run.checkpoints().load(before)?;
        for adam in [&mut config.generator.adam, &mut config.discriminator.adam] {
            adam.learning_rate /= 2.0;
        }
        eprintln!("{error:#}");
        eprintln!("rolled back to step {}, on with half the learning rates", before.unwrap_or(0));
        recorder = Recorder::resuming(&run, checkpoint.as_ref())?;
    }
}

/// Trains, and writes it down and shows it.
fn watch(
    arguments: &Arguments,
    recorder: Recorder,
    config: &Config,
    digits: &Digits,
    root: &Path,
    checkpoint: Option<&mut Checkpoint>,
    mut interrupt: Interrupt,
) -> anyhow::Result<()> {
    let mut recorder = recorder.evaluating(evaluator(config)?);
    let (log_every, loud) = (config.record.log_every, !arguments.json && !arguments.quiet);
    let mut progress = if arguments.quiet { Progress::quiet() } else { Progress::new() };
    let mut json = JsonLines::new(log_every);
    let mut board = TensorBoard::new(root, log_every);
    let mut guard = Guard(arguments.on_divergence);
    let mut observers: Vec<&mut (dyn Observer + Send)> = vec![&mut recorder]; // which makes the directory
    observers.push(if arguments.json { &mut json } else { &mut progress });
    if config.record.tensorboard {
        observers.push(&mut board);
    }
    observers.extend([&mut guard as &mut (dyn Observer + Send), &mut interrupt]);
    let mut observers = Observers(observers);
    let (ended, step, total) = on_threads(arguments.threads, || {
        let mut session = session(config, digits, root, checkpoint)?;
        let ended = session.run(&mut observers)?;
        Ok((ended, session.step(), session.total_steps()))
    })?;
    progress.finish();
    drop(recorder);
    finish(root)?;
    let root = root.display();
    if ended == Ended::AsAsked {
        let how = format!("stopped after step {step} of {total}; go on with: twoplayer train --resume {root}");
        return Err(Interrupted(how).into());
    }
    if !loud {
        return Ok(());
    }
    println!("The run is in {root}:");
    println!("  report.html              all of it in one page, for a browser");
    println!("  samples/                 the same latent vectors after each epoch");
    println!("  metrics.csv              losses and scores, step by step");
    println!("  generator.safetensors    draw from it: twoplayer sample {root} --count 64 -o digits.png");
    Ok(())
}

/// What is made of a run as a whole.
fn finish(root: &Path) -> anyhow::Result<()> {
    let run = RunDirectory::open(root)?;
    write_evolution(&run)?;
    write_report(&run)?;
    Ok(())
}

/// The run from where the checkpoint left it, or (killed before its first) from the beginning.
fn session<'d>(
    config: &Config,
    digits: &'d Digits,
    root: &Path,
    checkpoint: Option<&mut Checkpoint>,
) -> anyhow::Result<Session<'d>> {
    let Some(checkpoint) = checkpoint else {
        return Ok(Session::new(config, digits)?);
    };
    let session = checkpoint.session(config, digits).with_context(|| checkpoint.path().display().to_string())?;
    let step = session.step();
    if step >= session.total_steps() {
        finish(root)?; // it may have been killed just before that
        let root = root.display();
        let problem = format!("{root}: this run has come to its end, {step} steps; --epochs N goes on with it");
        return Err(UsageError(problem).into());
    }
    Ok(session)
}

/// What evaluates the run as it goes, on the test digits beside those it learns from, if it is to be.
fn evaluator(config: &Config) -> anyhow::Result<Option<Evaluator>> {
    let Some(every) = config.record.evaluate_every else {
        return Ok(None);
    };
    let source = Source::of(config.data.as_deref());
    if source.stacked {
        let problem = "stacked digits are not compared as they are drawn; `twoplayer evaluate` counts their modes";
        return Err(UsageError(format!("--evaluate-every: {problem}")).into());
    }
    let recognizer = recognizer_or_pretrained(None)?;
    let test = Digits::load(&locate(source.directory.as_deref())?, Split::Test)?;
    recognizer.check_shape(&test)?;
    Ok(Some(Evaluator::new(recognizer, &test, every)?))
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
