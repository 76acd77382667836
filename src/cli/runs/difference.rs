//! Two runs beside each other.

use super::Arguments;
use crate::cli::columns::WIDTH;
use crate::cli::outputs::Files;
use crate::cli::say::{print, say};
use crate::gan::Difference;
use crate::run::{RunDirectory, RunError, RunSummary, summary, write_comparison};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Prints what differs between two runs, and writes a page with the curves of both.
pub(super) fn show(names: [&PathBuf; 2], arguments: &Arguments) -> anyhow::Result<()> {
    let [first, second] = names.map(|name| open(name, &arguments.directory));
    let runs = [first?, second?];
    let page = arguments.page.clone().unwrap_or_else(|| usual_page(&runs, &arguments.directory));
    let files = Files::default().of_run(Some(runs[0].root())).of_run(Some(runs[1].root()));
    files.writing("--page", Some(&page)).check()?;
    let settings = runs[0].config()?.differences(&runs[1].config()?);
    let figures = figures(runs.each_ref().map(summary));
    write_comparison(&runs, &page)?;
    if arguments.json {
        let of = |(key, values): &(String, [Option<String>; 2])| json!({ "key": key, "values": values });
        let settings: Vec<_> = settings.iter().map(|d| of(&(d.key.clone(), d.values.clone()))).collect();
        let figures: Vec<_> = figures.iter().map(of).collect();
        return Ok(say(json!({ "settings": settings, "figures": figures, "page": page.display().to_string() }))?);
    }
    let heads = match runs.each_ref().map(name) {
        [first, second] if first == second => runs.each_ref().map(|run| run.root().display().to_string()),
        names => names,
    };
    let settings = settings.into_iter().map(|Difference { key, values }| (key, values)).collect::<Vec<_>>();
    print(format_args!(
        "{}{}curves of both: {}\n",
        table("settings that differ", &heads, &settings),
        table("figures", &heads, &figures),
        page.display()
    ))?;
    Ok(())
}

/// The run of this name: a directory, or one in the directory of runs.
fn open(name: &Path, runs: &Path) -> Result<RunDirectory, RunError> {
    let within = runs.join(name);
    RunDirectory::open(if within.join("config.toml").exists() { &within } else { name })
}

fn name(run: &RunDirectory) -> String {
    run.root().file_name().map_or_else(|| run.root().display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn usual_page(runs: &[RunDirectory; 2], directory: &Path) -> PathBuf {
    let [first, second] = runs.each_ref().map(name);
    let beside = runs[0].root().parent().unwrap_or(directory);
    beside.join(format!("{first}-and-{second}.html"))
}

/// A figure of a run, if it has it.
type Figure = fn(&RunSummary) -> Option<f64>;

/// What the two have come to.
fn figures(runs: [RunSummary; 2]) -> Vec<(String, [Option<String>; 2])> {
    let number = |value: Option<f64>| value.map(|value| format!("{value:.3}"));
    let rows: [(&str, Figure); 4] = [
        ("Fréchet distance", |run| run.frechet),
        ("the lowest as it went", |run| run.best_frechet),
        ("discriminator's loss", |run| run.discriminator_loss),
        ("generator's loss", |run| run.generator_loss),
    ];
    let of = |(key, value): (&str, Figure)| (key.to_owned(), runs.each_ref().map(|run| number(value(run))));
    let mut figures: Vec<_> = rows.map(of).into();
    figures.insert(0, ("steps".into(), runs.each_ref().map(|run| Some(run.step.to_string()))));
    figures.insert(2, ("of so many digits".into(), runs.each_ref().map(|run| run.evaluated.map(|n| n.to_string()))));
    let warnings = |run: &RunSummary| (!run.warnings.is_empty()).then(|| run.warnings.join(", "));
    figures.push(("warnings".into(), runs.each_ref().map(warnings)));
    figures
}

/// Keys and both values in columns, or, where these would be too wide, one under another.
fn table(title: &str, heads: &[String; 2], rows: &[(String, [Option<String>; 2])]) -> String {
    if rows.is_empty() {
        return format!("{title}: none\n\n");
    }
    let count = |text: &str| text.chars().count();
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    let key_width = rows.iter().map(|(key, _)| count(key)).chain([count(title)]).max().unwrap_or(0);
    let widths =
        [0, 1].map(|side| rows.iter().map(|(_, v)| count(&value(&v[side]))).chain([count(&heads[side])]).max());
    let widths = widths.map(|width| width.unwrap_or(0));
    let in_columns = key_width + 2 + widths[0] + 2 + widths[1] <= WIDTH;
    let line = |key: &str, [a, b]: [&str; 2]| match in_columns {
        true => format!("{key:key_width$}  {a:>0$}  {b:>1$}\n", widths[0], widths[1]),
        false => format!("{key}\n  {a}\n  {b}\n"),
    };
    let lines = rows.iter().map(|(key, [a, b])| line(key, [&value(a), &value(b)]));
    format!("{}{}\n", line(title, [&heads[0], &heads[1]]), lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_for_columns_is_folded() {
        let heads = ["a".to_owned(), "b".to_owned()];
        let row = |value: &str| vec![("generator.adam.learning_rate".to_owned(), [Some(value.to_owned()), None])];
        let narrow = table("settings", &heads, &row("0.001"));
        assert_eq!(narrow.lines().nth(1), Some("generator.adam.learning_rate  0.001  -"));
        let wide = table("settings", &heads, &row(&"9".repeat(70)));
        assert!(wide.lines().all(|line| line.chars().count() <= WIDTH), "{wide}");
    }
}
