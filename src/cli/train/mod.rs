//! `twoplayer train`.

mod arguments;
mod changes;
mod guard;
mod interrupt;
mod json_lines;
mod progress;
mod reader;

use super::given::{images_of, like_those_of, recognizer_or_pretrained};
use super::memory;
use super::report;
use super::say::{note, say};
use super::threads::on_threads;
use super::usage_error::UsageError;
use crate::data::{Digits, Source, Split, locate};
use crate::gan::{Config, Ended, Observer, Observers, Session, StepCost};
use crate::run::{Checkpoint, Evaluator, Recorder, RunDirectory, TensorBoard};
use anyhow::Context;
pub use arguments::Arguments;
use guard::{Guard, OnDivergence, ROLLBACKS, is_divergence, what_went_wrong};
pub use interrupt::{EXIT_CODE, Interrupt, Interrupted};
use json_lines::JsonLines;
use progress::Progress;
pub use reader::recognizer_of;
use std::fs;
use std::path::Path;

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.resume {
        Some(root) => resume(arguments, root),
        None => begin(arguments),
    }
}

/// Refuses what the flags alone say wrong.
pub fn check(arguments: &Arguments) -> anyhow::Result<()> {
    arguments.changed(Config::preset(arguments.preset())?).map(drop)
}

/// A new run.
fn begin(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut config, preset) = arguments.config()?;
    memory::check(&config, arguments.threads, arguments.memory_limit)?;
    let digits = load(&mut config)?;
    if let Some(preset) = preset.filter(|_| arguments.is_loud()) {
        changes::of(&config, &preset)?.iter().for_each(note);
    }
    let root = match &arguments.out {
        Some(root) => root.clone(),
        None => RunDirectory::make_fresh(&config.name)?,
    };
    let trained = to_its_end(arguments, config, &digits, &root, Recorder::new(&root), None);
    if trained.is_err() && arguments.out.is_none() {
        let _ = fs::remove_dir(&root); // it goes only if it is empty: the run could not begin
    }
    trained
}

/// A run goes on.
fn resume(arguments: &Arguments, root: &Path) -> anyhow::Result<()> {
    let run = RunDirectory::open(root)?;
    let mut config = run.config()?;
    config.training.epochs = arguments.epochs.unwrap_or(config.training.epochs);
    config.training.steps = arguments.steps.or(config.training.steps.filter(|_| arguments.epochs.is_none()));
    config.validate()?;
    memory::check(&config, arguments.threads, arguments.memory_limit)?;
    let (recorder, checkpoint) = Recorder::resuming(&run, &config, arguments.from_step)?;
    if !arguments.force {
        checkpoint.check_config(&config, &run.config_file())?;
    }
    let digits = load(&mut config)?;
    to_its_end(arguments, config, &digits, root, recorder, Some(checkpoint))
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
    let progress = if arguments.is_loud() { Progress::new() } else { Progress::quiet() };
    let mut watchers = Watchers { interrupt: Interrupt::listen(progress.bar())?, progress };
    let mut rollbacks = 0;
    loop {
        let Err(error) = watch(arguments, recorder, &config, digits, root, checkpoint.as_mut(), &mut watchers) else {
            return Ok(());
        };
        if arguments.on_divergence != OnDivergence::Rollback || rollbacks == ROLLBACKS || !is_divergence(&error) {
            return Err(error);
        }
        rollbacks += 1;
        let run = RunDirectory::open(root)?;
        // The older of those that are kept: the last one may be ill already.
        let before = run.checkpoints().steps().first().copied();
        let resumed = Recorder::resuming(&run, &config, before)?;
        let step = resumed.1.step();
        (recorder, checkpoint) = (resumed.0, Some(resumed.1));
        for adam in [&mut config.generator.adam, &mut config.discriminator.adam] {
            adam.learning_rate /= 2.0;
        }
        let why = what_went_wrong(&error).map_or(String::new(), |why| format!("{why}: "));
        let (g, d) = (config.generator.adam.learning_rate, config.discriminator.adam.learning_rate);
        watchers.progress.print(&format!(
            "{why}rolled back to step {step}, and on from there with half the learning rates: {g:.1e} for G, {d:.1e} for D \
             (rollback {rollbacks} of at most {ROLLBACKS})"
        ));
    }
}

/// Who watches a run from its beginning to its end, however often it is rolled back.
struct Watchers {
    progress: Progress,
    interrupt: Interrupt,
}

/// Trains, and writes it down and shows it.
fn watch(
    arguments: &Arguments,
    recorder: Recorder,
    config: &Config,
    digits: &Digits,
    root: &Path,
    checkpoint: Option<&mut Checkpoint>,
    watchers: &mut Watchers,
) -> anyhow::Result<()> {
    let mut recorder = recorder.evaluating(evaluator(config, digits)?);
    let loud = arguments.is_loud();
    let mut json = JsonLines::default();
    let mut board = TensorBoard::new(root);
    let mut guard = Guard(arguments.on_divergence);
    let mut observers: Vec<&mut (dyn Observer + Send)> = vec![&mut recorder]; // which makes the directory
    observers.push(if arguments.json { &mut json } else { &mut watchers.progress });
    if config.record.tensorboard {
        observers.push(&mut board);
    }
    observers.extend([&mut guard as &mut (dyn Observer + Send), &mut watchers.interrupt]);
    let mut observers = Observers(observers);
    let trained = on_threads(arguments.threads, || {
        let Some(mut session) = session(arguments, config, digits, root, checkpoint)? else { return Ok(None) };
        let ended = session.run(&mut observers)?;
        Ok(Some((ended, session)))
    });
    watchers.progress.finish();
    let Some((ended, session)) = trained? else { return Ok(()) };
    let (step, total) = (session.step(), session.total_steps());
    let read = match ended {
        Ended::AtItsLastStep => {
            on_threads(arguments.threads, move || reader::test(&session, &RunDirectory::open(root)?, loud))?
        }
        Ended::AsAsked => None,
    };
    drop(recorder);
    report::write(&RunDirectory::open(root)?)?;
    let root = root.display();
    if ended == Ended::AsAsked {
        let how = format!("stopped after step {step} of {total}; go on with: twoplayer train --resume {root}");
        return Err(Interrupted(how).into());
    }
    let saved = || format!("the run in {root} is complete and saved, but");
    json.end().with_context(saved)?;
    if loud {
        say(format_args!(
            "The run is in {root}:\n  \
             report.html              all of it in one page, for a browser\n  \
             samples/                 the same latent vectors after each epoch\n  \
             metrics.csv              losses and scores, step by step\n  \
             generator.safetensors    draw from it: twoplayer sample {root} --count 64 -o digits.png"
        ))
        .with_context(saved)?;
        if read.is_some() {
            say(format_args!(
                "  recognizer.safetensors   what has learned to read: twoplayer recognize --recognizer {root} PICTURE.png"
            ))?;
        }
    }
    if let Some(accuracy) = read {
        let line = format!("of the test digits it reads rightly {:.2} %", 100.0 * accuracy);
        if arguments.json { note(line) } else { say(line)? }
    }
    Ok(())
}

/// Whether what is made of a run as a whole was made after its last checkpoint.
fn is_finished(run: &RunDirectory, checkpoint: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    time(&run.report_file()) >= time(checkpoint) // which is there
}

/// The run from where the checkpoint left it, or a new one; nothing where all has been done, which is said.
fn session(
    arguments: &Arguments,
    config: &Config,
    digits: &Digits,
    root: &Path,
    checkpoint: Option<&mut Checkpoint>,
) -> anyhow::Result<Option<Session>> {
    let Some(checkpoint) = checkpoint else {
        return Ok(Some(Session::new(config, digits)?));
    };
    let session = checkpoint.session(config, digits).with_context(|| checkpoint.path().display().to_string())?;
    if !arguments.force {
        let data = config.data.as_ref().map_or("the data".into(), |data| data.display().to_string());
        checkpoint.check_images(session.digits(), &data)?;
    }
    let step = session.step();
    if step >= session.total_steps() {
        if !is_finished(&RunDirectory::open(root)?, checkpoint.path()) {
            reader::test(&session, &RunDirectory::open(root)?, arguments.is_loud())?; // it was killed just before that
            report::write(&RunDirectory::open(root)?)?;
        }
        let (root, total) = (root.display(), session.total_steps());
        if step > total {
            let problem = format!("{root}: this run has made {step} steps, more than the {total} that are asked for");
            return Err(UsageError(problem).into());
        }
        note(format_args!("{root}: this run has come to its end, {step} steps; --epochs N goes on with it"));
        return Ok(None);
    }
    Ok(Some(session))
}

/// What evaluates the run as it goes, on the test digits beside those it learns from, if it is to be.
fn evaluator(config: &Config, digits: &Digits) -> anyhow::Result<Option<Evaluator>> {
    let every = match config.record.evaluate_every {
        Some(0) => return Ok(None),
        None => return Ok(sparing_evaluator(config, digits)),
        Some(every) => every,
    };
    let source = Source::of(config.data.as_deref());
    if source.stacked {
        let problem = "stacked digits are not compared as they are drawn; `twoplayer evaluate` counts their modes";
        return Err(UsageError(format!("--evaluate-every: {problem}")).into());
    }
    let recognizer = recognizer_or_pretrained(None)?;
    let test = like_those_of(config, Digits::load(&locate(source.directory.as_deref())?, Split::Test)?);
    recognizer.check_shape(&test)?;
    Ok(Some(Evaluator::new(recognizer, &test, every).context("--evaluate-every: the real test digits")?))
}

/// The same where nobody has asked for it: none where the digits are not such as the recognizer reads.
fn sparing_evaluator(config: &Config, digits: &Digits) -> Option<Evaluator> {
    let source = Source::of(config.data.as_deref());
    let recognizer = recognizer_or_pretrained(None).ok()?;
    recognizer.check_shape(digits).ok()?;
    let test = like_those_of(config, Digits::load(&locate(source.directory.as_deref()).ok()?, Split::Test).ok()?);
    let cost = StepCost::of(config).ok()?;
    let examples = config.training.examples.map_or(digits.len(), |examples| examples.min(digits.len()));
    let visits = examples * config.training.repeats as usize;
    let steps_per_epoch = (visits / config.training.batch_size) as u64 / config.training.critic_steps;
    Evaluator::sparing(recognizer, &test, cost, steps_per_epoch).ok()
}

/// Loads the images that the configuration names, and writes into it where they were, so that it is good
/// from anywhere.
fn load(config: &mut Config) -> anyhow::Result<Digits> {
    let (directory, digits) = images_of(config)?;
    let source = Source::of(config.data.as_deref());
    config.data = Source { directory: Some(std::path::absolute(directory)?), ..source }.name();
    Ok(digits)
}
