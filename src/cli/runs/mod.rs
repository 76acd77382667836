//! `twoplayer runs`.

mod arguments;
mod difference;

pub use arguments::Arguments;

use super::say::{print, say};
use crate::run::{RunSummary, State, find_runs};
use std::path::Path;

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let [first, second] = &arguments.diff[..] {
        return difference::show([first, second], arguments);
    }
    // Before the first run the usual place is not there.
    let runs = match arguments.directory.try_exists() {
        Ok(false) if arguments.directory == Path::new(arguments::USUAL) => Vec::new(),
        _ => find_runs(&arguments.directory)?,
    };
    if arguments.json {
        return Ok(say(serde_json::to_string_pretty(&runs)?)?);
    }
    if runs.is_empty() {
        return Ok(say(format_args!("no runs in {}; `twoplayer train` makes one", arguments.directory.display()))?);
    }
    Ok(print(table(&runs))?)
}

/// The widest column of names; a longer name has a line of its own.
const NAME: usize = 26;
/// As many digits as an evaluation has that somebody asked for.
const USUAL: u64 = 10_000;

/// A line for each run, of 80 columns at most, and one under it where there is more to say.
fn table(runs: &[RunSummary]) -> String {
    let name = |run: &RunSummary| run.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let width = runs.iter().map(|run| name(run).chars().count()).filter(|&width| width <= NAME).max();
    let width = width.unwrap_or(0).max(3);
    let head = format!(
        "{:width$} {:9} {:>11} {:>8} {:>13} {:>8}\n",
        "run", "config", "step", "Fréchet", "best (epoch)", "size"
    );
    let rows = runs.iter().map(|run| {
        let (name, below) = (name(run), below(run));
        let name =
            if name.chars().count() > width { format!("{name}\n{:width$}", "") } else { format!("{name:width$}") };
        format!("{name} {}\n{below}", figures(run))
    });
    let few = runs.iter().any(|run| run.evaluated.is_some_and(|count| count < USUAL));
    let note = if few { "~ of fewer digits than 10000, as the run went: with fewer, it is larger\n" } else { "" };
    format!("{head}{}{note}", rows.collect::<String>())
}

/// A run's columns after its name.
fn figures(run: &RunSummary) -> String {
    let steps = run.total_steps.map_or(format!("{}", run.step), |total| format!("{}/{total}", run.step));
    let few = if run.evaluated.is_some_and(|count| count < USUAL) { "~" } else { "" };
    let frechet = run.frechet.map_or(String::new(), |frechet| format!("{few}{frechet:.2}"));
    let best = run.best_frechet.zip(run.best_epoch);
    let best = best.map_or(String::new(), |(frechet, epoch)| format!("{frechet:.2} ({epoch})"));
    format!("{:9} {steps:>11} {frechet:>8} {best:>13} {:>8}", run.config, size(run.bytes))
}

/// Bytes in 8 columns.
fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        mebibytes @ 1..10_000 => format!("{mebibytes} MiB"),
        mebibytes => format!("{} GiB", mebibytes >> 10),
    }
}

/// What there is to say under a run: that it is not finished, what looked wrong.
fn below(run: &RunSummary) -> String {
    let state = (run.state != State::Finished).then(|| run.state.to_string());
    let warnings = (!run.warnings.is_empty()).then(|| run.warnings.join(", "));
    let said: Vec<String> = state.into_iter().chain(warnings).collect();
    if said.is_empty() { String::new() } else { format!("    {}\n", said.join(" · ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(name: &str) -> RunSummary {
        RunSummary {
            path: name.into(),
            config: "best-hour".into(),
            step: 46_800,
            total_steps: Some(46_800),
            state: State::Finished,
            discriminator_loss: Some(1.0),
            generator_loss: None,
            frechet: Some(2948.34),
            evaluated: Some(1000),
            best_frechet: Some(2768.43),
            best_epoch: Some(120),
            warnings: vec!["mode collapse", "digits missing", "discriminator wins"],
            bytes: 987_654_321,
        }
    }

    #[test]
    fn the_table_keeps_to_80_columns_and_says_what_looked_wrong() {
        let long = "a-name-that-somebody-has-given-with-care-to-a-run-of-an-experiment";
        let mut stopped = summary("hinge-sn-2026-11-27-120000");
        (stopped.state, stopped.warnings) = (State::Stopped, vec![]);
        let table = table(&[summary(long), stopped]);
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
        assert!(
            table.contains(&format!("\n{long}\n")) && table.contains("~2948.34") && table.contains("2768.43 (120)")
        );
        assert!(table.contains("    mode collapse, digits missing, discriminator wins\n"), "{table}");
        assert!(table.contains("    stopped; train --resume goes on\n"), "{table}");
    }
}
