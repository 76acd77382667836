//! What a person sees while a run trains: a bar on a terminal, else a line an epoch.

use crate::cli::bar::{above, bar};
use crate::gan::{
    Beginning, Coin, EpochEnd, Observer, ObserverError, Players, ReadingScores, Scores, StepEnd, Usual, Warning,
};
use crate::gemm::kernel;
use indicatif::ProgressBar;
use std::time::{Duration, Instant};

/// Shows a run on standard error.
pub struct Progress {
    quiet: bool,
    bar: Option<ProgressBar>,
    start: Instant,
    /// The steps that had been made when it began.
    first: u64,
    images_per_step: u64,
    epochs: u64,
    steps: u64,
    mean: RunningMean,
    /// Whether it has been said what run this is.
    is_introduced: bool,
}

impl Progress {
    /// A bar if standard error is a terminal, lines otherwise.
    pub fn new() -> Self {
        Self {
            quiet: false,
            bar: bar(TEMPLATE),
            start: Instant::now(),
            first: 0,
            images_per_step: 0,
            epochs: 0,
            steps: 0,
            mean: RunningMean::default(),
            is_introduced: false,
        }
    }

    /// Nothing but warnings.
    pub fn quiet() -> Self {
        Self { quiet: true, bar: None, ..Self::new() }
    }

    /// The bar, if there is one.
    pub fn bar(&self) -> Option<&ProgressBar> {
        self.bar.as_ref()
    }

    /// Leaves the bar as it stands, if it has shown anything.
    pub fn finish(&self) {
        match &self.bar {
            Some(bar) if bar.position() > 0 => bar.abandon(),
            Some(bar) => bar.finish_and_clear(),
            None => {}
        }
    }

    /// What run it is, and what its figures will be like if all is well.
    fn say_of(&self, run: &Beginning<'_>) {
        let epochs = if self.epochs == 1 { "epoch" } else { "epochs" };
        let kernel = kernel(run.config.training.precision);
        self.say(&format!(
            "{}, seed {}: {} steps of {} images in {} {epochs}, {} threads, {} on {}",
            run.config.name,
            run.config.seed,
            run.total_steps,
            self.images_per_step,
            self.epochs,
            rayon::current_num_threads(),
            kernel.precision(),
            kernel.instructions()
        ));
        if let Some(Coin { losses: Players { generator: g, discriminator: d }, score }) =
            run.config.training.rules().of_a_coin()
        {
            self.say(&format!("if D cannot tell: loss D {d:.3}, G {g:.3} · D(x) {score:.2}, D(G(z)) {score:.2}"));
        }
        if let Some(Usual { discriminator_loss: d, generator_loss: g, real, fake, .. }) = Usual::of(run.config) {
            let [d, g, real, fake] = [d, g, real, fake].map(|[low, high]| format!("{low:.2} to {high:.2}"));
            self.say(&format!("usual for {}: loss D {d}, G {g} · D(x) {real}, D(G(z)) {fake}", run.config.name));
        }
    }

    fn images_per_second(&self, step: u64) -> f64 {
        ((step - self.first) * self.images_per_step) as f64 / self.start.elapsed().as_secs_f64()
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            self.print(text);
        }
    }

    /// Prints a line, quiet or not.
    pub fn print(&self, text: &str) {
        above(self.bar.as_ref(), text);
    }
}

/// Two lines, so that all of it fits a terminal of 80 columns.
const TEMPLATE: &str = "{prefix} [{bar:20}] step {pos}/{len} · {msg}";

impl Observer for Progress {
    fn beginning(&mut self, run: &Beginning<'_>) -> Result<(), ObserverError> {
        self.start = Instant::now();
        self.first = run.step;
        self.images_per_step = run.config.training.batch_size as u64 * run.config.training.critic_steps;
        self.epochs = run.total_steps.div_ceil(run.steps_per_epoch);
        self.steps = run.total_steps;
        if !std::mem::replace(&mut self.is_introduced, true) {
            self.say_of(run);
        }
        if run.step > 0 {
            self.say(&format!("going on after step {}", run.step));
        }
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_length(run.total_steps);
        }
        Ok(())
    }

    fn step_end(&mut self, StepEnd { step, epoch, scores, .. }: &StepEnd<'_>) -> Result<(), ObserverError> {
        self.mean.add(scores);
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("epoch {epoch}/{}", self.epochs));
            let left = self.start.elapsed().div_f64((*step - self.first) as f64).mul_f64((self.steps - step) as f64);
            bar.set_message(format!(
                "{:.0} images/s · {} left\n{}",
                self.images_per_second(*step),
                humantime(left),
                self.mean
            ));
            bar.set_position(*step);
        }
        Ok(())
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        if self.bar.is_none() && epoch.epoch > 0 {
            self.say(&format!(
                "epoch {}/{} · step {}/{} · {:.0} images/s · {} · {}",
                epoch.epoch,
                self.epochs,
                epoch.step,
                self.steps,
                self.images_per_second(epoch.step),
                humantime(self.start.elapsed()),
                self.mean
            ));
        }
        Ok(())
    }

    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        self.print(&format!("warning: {warning}"));
        Ok(())
    }
}

/// `3m 07s`.
fn humantime(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m {:02}s", seconds / 60, seconds % 60) }
}

/// The scores averaged over about the last hundred steps: single steps jump too much to be read.
#[derive(Default)]
struct RunningMean {
    steps: u64,
    mean: Option<Scores>,
}

impl RunningMean {
    fn add(&mut self, new: &Scores) {
        self.steps += 1;
        let share = 1.0 / self.steps.min(100) as f64;
        let mean = self.mean.get_or_insert(*new);
        let follow = |mean: &mut f64, new: f64| *mean += share * (new - *mean);
        follow(&mut mean.discriminator_loss, new.discriminator_loss);
        follow(&mut mean.generator_loss, new.generator_loss);
        follow(&mut mean.real, new.real);
        follow(&mut mean.fake, new.fake);
        if let Some((mean, new)) = mean.reading.as_mut().zip(new.reading) {
            follow(&mut mean.accuracy, new.accuracy);
            follow(&mut mean.sure, new.sure);
        }
    }
}

impl std::fmt::Display for RunningMean {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(Scores { discriminator_loss, generator_loss, real, fake, reading }) = self.mean else { return Ok(()) };
        write!(f, "loss D {discriminator_loss:.3} G {generator_loss:.3} · D(x) {real:.2} D(G(z)) {fake:.2}")?;
        match reading.map(|ReadingScores { accuracy, sure, .. }| [accuracy, sure].map(|share| 100.0 * share)) {
            Some([accuracy, sure]) => write!(f, " · reads {accuracy:.0} %, is sure of {sure:.0} %"),
            None => Ok(()),
        }
    }
}
