//! Two runs beside each other.

use super::Arguments;
use crate::cli::columns::Columns;
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
    let settings: Vec<_> = settings.into_iter().map(|Difference { key, values }| (key, values)).collect();
    let figures = figures(runs.each_ref().map(summary));
    write_comparison(&runs, &page)?;
    if arguments.json {
        let of = |(key, values): &(String, [Option<String>; 2])| json!({ "key": key, "values": values });
        let [settings, figures] = [settings, figures].map(|rows| rows.iter().map(of).collect::<Vec<_>>());
        return Ok(say(json!({ "settings": settings, "figures": figures, "page": page.display().to_string() }))?);
    }
    let heads = match runs.each_ref().map(RunDirectory::name) {
        [first, second] if first == second => runs.each_ref().map(|run| run.root().display().to_string()),
        names => names,
    };
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

fn usual_page(runs: &[RunDirectory; 2], directory: &Path) -> PathBuf {
    let [first, second] = runs.each_ref().map(RunDirectory::name);
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
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    let lines: Vec<[String; 3]> = rows.iter().map(|(key, [a, b])| [key.clone(), value(a), value(b)]).collect();
    let [first, second] = heads;
    let mut table = Columns::new([title, first, second]);
    lines.iter().for_each(|line| table.row(line.to_vec()));
    let text = match table.is_folded() {
        false => table.to_string(),
        true => {
            let head = [title.to_owned(), first.clone(), second.clone()];
            [head].iter().chain(&lines).map(|[key, a, b]| format!("{key}\n  {a}\n  {b}\n")).collect()
        }
    };
    format!("{text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::columns::WIDTH;

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
