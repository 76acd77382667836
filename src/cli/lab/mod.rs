//! `twoplayer lab`.

mod browser;

use super::given::{images_of, output};
use super::outputs::Files;
use super::setting::{Setting, set, setting};
use super::threads::{on_threads, threads};
use super::train::{Interrupt, Interrupted};
use super::usage_error::UsageError;
use crate::data::{Digits, Source, check_directory, file};
use crate::gan::{Config, Snapshot};
use crate::lab::{Address, Engine, Mailbox, Steps, record, serve};
use crate::run::RunDirectory;
use anyhow::{Context, anyhow};
use browser::Page;
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Watch a game from within, in the browser: pause the engine anywhere, look at anything, change it, go back.
///
/// A page opens on this machine, behind it the engine that `train` runs. It shows both players' images and scores, each
/// turn, the tape with every operation and adjoint, and single numbers with their formulas. Nobody else can open the
/// page: it is served to this machine alone, under an address with a secret that is printed first.
///
/// Pausing and looking change nothing: the numbers are those of `train` with the same configuration. Nothing is written
/// to the disk but what one asks for: a run that is saved goes into a new directory of runs/.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  twoplayer lab\n  twoplayer lab runs/mlp-2026-01-31-120000\n  twoplayer lab --preset dcgan --paused\n  \
                        twoplayer lab --config mine.toml --set training.objective=hinge --no-open"
)]
pub struct Arguments {
    /// A run to look at, or to go on with: nothing is changed in its directory
    #[arg(value_name = "RUN", conflicts_with_all = ["preset", "config", "seed", "data"])]
    run: Option<PathBuf>,

    /// What to train: a preset, as `twoplayer presets` lists them [default: lab, without --config]
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    preset: Option<String>,

    /// A TOML file of all that decides a run, as for `train`
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,

    /// Another value for a key of the configuration; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<Setting>,

    /// What decides all random numbers
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Where the images are, as for `train`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Serve the page at this port of 127.0.0.1 [default: 7777, or the next that is free]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// Read the page's files from here, for whoever works on them
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    assets: Option<PathBuf>,

    /// Do not open the browser
    #[arg(long)]
    no_open: bool,

    /// Wait before the first step
    #[arg(long)]
    paused: bool,

    /// Record some steps into a page that opens from the disk, and end
    #[arg(long, value_name = "FILE.html", value_parser = output(), conflicts_with_all = ["port", "no_open", "paused", "assets"])]
    record: Option<PathBuf>,

    /// How many steps to record
    #[arg(long, value_name = "N", default_value_t = 30, requires = "record", value_parser = clap::value_parser!(u64).range(1..=1000))]
    steps: u64,

    /// How many steps lie between two that are recorded
    #[arg(long, value_name = "N", default_value_t = 1, requires = "record", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    every: u64,

    /// Threads that compute; 0 means one a core
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = threads)]
    threads: usize,
}

/// The preset that a lab begins with.
const PRESET: &str = "lab";
/// How often the server looks whether it is to end.
const GLANCE: Duration = Duration::from_millis(100);

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { record: recording, run, config: file, data, .. } = arguments;
    let files = Files::default().of_run(run.as_deref()).reading(file.clone()).of_data(data.as_deref());
    files.writing("--record", recording.as_deref()).check()?;
    if let Some(directory) = arguments.assets.as_deref().filter(|directory| !directory.is_dir()) {
        return Err(UsageError(format!("--assets {}: no such directory", directory.display())).into());
    }
    let config = config(arguments)?;
    let (_, digits) = images_of(&config)?;
    let from = arguments.run.as_deref().map(|root| last_checkpoint(root, &config, &digits)).transpose()?;
    if let Some(path) = &arguments.record {
        check_directory(path)?;
        let engine = Engine { name: config.name.clone(), config, from, playing: false };
        let steps = Steps { count: arguments.steps, every: arguments.every };
        on_threads(arguments.threads, || Ok(record(engine, &digits, steps, path)?))?;
        return Ok(super::say::say(format_args!("The recording is in {}: open it in a browser.", path.display()))?);
    }
    let interrupt = Interrupt::listen(None)?;
    let address = Address::take(arguments.port)?.with_assets(arguments.assets.clone());
    super::say::say(&address)?;
    super::say::note("The lab is at this address, for this machine alone. Ctrl-C ends it.");
    let page = (!arguments.no_open).then(|| Page::open(&address.to_string()));
    let mailbox = Arc::new(Mailbox::default());
    let server = {
        let (mailbox, asked) = (Arc::clone(&mailbox), interrupt.asked());
        thread::Builder::new().name("server".into()).spawn(move || {
            let guests = Arc::clone(&mailbox);
            let served = serve(address, guests, GLANCE, || asked() || mailbox.is_closed());
            mailbox.close();
            served
        })?
    };
    let name = arguments.run.as_deref().map_or_else(|| config.name.clone(), |root| root.display().to_string());
    let playing = !arguments.paused && arguments.run.is_none();
    let engine = Engine { name, config, from, playing };
    let ended = on_threads(arguments.threads, || Ok(engine.run(&digits, &mailbox)?));
    mailbox.close();
    let served = server.join().map_err(|_| anyhow!("the lab's server has ended by a fault of its own"))?;
    drop(page);
    let saved = ended?;
    served?;
    let kept = if saved.is_empty() { "nothing was kept".into() } else { format!("kept: {}", saved.join(", ")) };
    Err(Interrupted(format!("the lab has ended; {kept}")).into())
}

/// The preset or the file, changed by the flags.
fn config(arguments: &Arguments) -> anyhow::Result<Config> {
    let config = match &arguments.config {
        None if arguments.run.is_some() => {
            RunDirectory::open(arguments.run.as_deref().expect("it is there"))?.config()?
        }
        None => Config::preset(arguments.preset.as_deref().unwrap_or(PRESET))?,
        Some(path) => {
            let text = file::read_text(path, file::LONGEST_TEXT)
                .with_context(|| format!("{}: cannot read", path.display()))?;
            Config::from_toml(&text, None).with_context(|| path.display().to_string())?
        }
    };
    let mut config = set(config, &arguments.set)?;
    config.seed = arguments.seed.unwrap_or(config.seed);
    config.data = arguments.data.clone().or(config.data);
    if Source::of(config.data.as_deref()).stacked {
        config = config.in_colour()?;
    }
    config.validate()?;
    Ok(config)
}

/// A run as it stood last.
fn last_checkpoint(root: &Path, config: &Config, digits: &Digits) -> anyhow::Result<Snapshot> {
    let run = RunDirectory::open(root)?;
    let mut checkpoint = run.checkpoint(config, None)?;
    checkpoint.check_config(config, &run.config_file())?;
    let session = checkpoint.session(config, digits).with_context(|| checkpoint.path().display().to_string())?;
    checkpoint.check_images(session.digits(), "the data")?;
    Ok(session.snapshot())
}
