//! A run in one page that opens from the disk: what decided it, how it went, what it drew.

mod charts;
mod comparison;

use super::{Epochs, History, MetricsRow, ReadingRow, RunDirectory, RunError};
use crate::data::write_atomically;
use crate::gan::{Coin, Config, Objective, Players, Rules, Usual};
use base64::prelude::{BASE64_STANDARD, Engine};
use charts::{Chart, Curve, Scale, chart};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::fs;
use std::path::{Path, PathBuf};

pub use comparison::write_comparison;

/// Writes `report.html` into the run's directory: all in one file, nothing is fetched from anywhere. What its pictures are
/// has been asked before.
///
/// # Errors
/// When the run's files cannot be read, or the page cannot be written.
pub fn write_report(run: &RunDirectory, epochs: &Epochs) -> Result<PathBuf, RunError> {
    let page = report(run, &run.config()?, &History::read(run)?, epochs)?;
    let path = run.report_file();
    write_atomically(&path, |out| out.write_all(page.as_bytes()))?;
    Ok(path)
}

/// The page itself, HTML, of a run with this configuration, history and pictures.
///
/// # Errors
/// When the run's pictures cannot be read any more.
pub fn report(run: &RunDirectory, config: &Config, history: &History, epochs: &Epochs) -> Result<String, RunError> {
    Ok(page(run, config, history, epochs)?.into_string())
}

fn page(run: &RunDirectory, config: &Config, history: &History, epochs: &Epochs) -> Result<Markup, RunError> {
    let name = run.name();
    let body = html! {
        h1 { (name) }
        p.note { (summary(run, config, history, epochs)) }
        @for warning in &history.warnings { div.warning { (warning) } }
        (samples(run, epochs)?)
        (curves(config, history))
        (figures(run, history))
        (reproduce(run, config))
        script { (PreEscaped(include_str!("page.js"))) }
    };
    Ok(document(&name, body))
}

/// A page with this title and body.
fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · twoplayer" }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body { (body) }
        }
    }
}

/// The run in a line.
fn summary(run: &RunDirectory, config: &Config, history: &History, epochs: &Epochs) -> String {
    let epochs = epochs.files().last().map_or(0, |&(epoch, _)| epoch);
    let steps = match history.steps(run.checkpoints().progress()) {
        0 => "no step yet".into(),
        steps => format!("{steps} steps, {epochs} epochs"),
    };
    let minutes = history.times.last().map_or(String::new(), |row| format!(", {:.1} minutes", row.seconds / 60.0));
    format!("Configuration {}, seed {}: {steps}{minutes}.", config.name, config.seed)
}

/// The grids with a slider over the epochs, and the animation of all.
fn samples(run: &RunDirectory, epochs: &Epochs) -> Result<Markup, RunError> {
    let grids = epochs.files();
    let evolution = run.evolution_file();
    let newest = grids.len().saturating_sub(1);
    Ok(html! {
        h2 { "What it draws" }
        p.note { "The same latent vectors after every epoch." }
        @if let Some(left_out) = epochs.left_out() { p.note { (left_out) } }
        @if !grids.is_empty() {
            label { span #epoch-name {} input #epoch type="range" min="0" max=(newest) value=(newest); }
            div #grids {
                @for (i, (epoch, path)) in grids.iter().enumerate() {
                    img src=(embedded(path)?) alt=(format!("epoch {epoch}")) hidden[i != newest];
                }
            }
        }
        @if !grids.is_empty() && evolution.is_file() {
            figure { img #evolution src=(embedded(&evolution)?) alt="the grids, one after another"; figcaption { "All of them, one after another." } }
        }
    })
}

/// A picture as part of the page.
fn embedded(path: &Path) -> Result<String, RunError> {
    let bytes = fs::read(path).map_err(|reason| RunError::Read { path: path.into(), reason })?;
    Ok(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes)))
}

/// Losses, scores, norms, figures over the steps.
fn curves(config: &Config, history: &History) -> Markup {
    let (rules, usual) = (config.training.rules(), Usual::of(config));
    let of = |name: &str, value: &dyn Fn(&MetricsRow) -> Option<f64>| Curve {
        name: name.into(),
        points: history.metrics.iter().filter_map(|row| Some((row.step as f64, value(row)?))).collect(),
    };
    let losses =
        [of("discriminator", &|row| Some(row.discriminator_loss)), of("generator", &|row| Some(row.generator_loss))];
    let scores = [of("D(x), real", &|row| Some(row.d_real)), of("D(G(z)), generated", &|row| Some(row.d_fake))];
    let frechet = [of("Fréchet distance", &|row| row.frechet)];
    let shares = [
        of("precision", &|row| row.precision),
        of("recall", &|row| row.recall),
        of("digit as asked for", &|row| row.agreement),
    ];
    let of_reading = |name: &str, value: &dyn Fn(&ReadingRow) -> f64| Curve {
        name: name.into(),
        points: history.reading.iter().map(|row| (row.step as f64, value(row))).collect(),
    };
    let reading = [
        of_reading("read rightly, of those with labels", &|row| row.accuracy),
        of_reading("sure of, of the others", &|row| row.sure),
    ];
    let what_is_read =
        "How many pictures with labels the discriminator reads rightly, and of how many others it is sure.";
    html! {
        h2 { "How it went" }
        @if history.metrics.is_empty() { p.note { "Nothing is written down yet: so far the run has made too few steps." } }
        (titled("Losses", &about_losses(config, usual), &losses, Scale::Linear))
        (titled("Scores", about_scores(&rules), &scores, if rules.objective.is_of_probabilities() { Scale::Unit } else { Scale::Linear }))
        (titled("Reading", what_is_read, &reading, Scale::Unit))
        (titled("Fréchet distance", "Smaller is better.", &frechet, Scale::Logarithmic))
        (titled("Precision and recall", "How many samples look real; how many real digits could be drawn.", &shares, Scale::Unit))
        @for player in ["generator", "discriminator"] {
            (titled(&format!("Gradients of the {player}"), &about_gradients(config, usual, player), &norms(history, player, true), Scale::Logarithmic))
            (titled(&format!("Weights of the {player}"), "Euclidean norms, layer by layer.", &norms(history, player, false), Scale::Linear))
        }
    }
}

/// What to make of losses.
fn about_losses(config: &Config, usual: Option<Usual>) -> String {
    let coin = config.training.rules().of_a_coin().map_or(String::new(), |Coin { losses: Players { generator: g, discriminator: d }, .. }| {
        format!(
            " A discriminator that cannot tell, like a coin, has {d:.3}, and the generator {g:.3} then; a healthy game stays \
             near there, and a little on the discriminator's side."
        )
    });
    let usual = usual.map_or(String::new(), |usual| {
        let [[a, b], [c, d]] = [usual.discriminator_loss, usual.generator_loss];
        format!(" Usual for {}: {a:.2} to {b:.2}, and {c:.2} to {d:.2}.", config.name)
    });
    format!("A loss is no grade: each player's is the other's doing. Steady is good, zero is not.{coin}{usual}")
}

/// What to make of a player's gradients.
fn about_gradients(config: &Config, usual: Option<Usual>, player: &str) -> String {
    let usual = usual.map_or(String::new(), |usual| {
        let [low, high] = if player == "generator" { usual.generator_gradient } else { usual.discriminator_gradient };
        format!(" Usual for {}, all layers together: {low} to {high}.", config.name)
    });
    format!("Euclidean norms, layer by layer: none should vanish, none explode.{usual}")
}

/// What to make of scores.
fn about_scores(rules: &Rules) -> &'static str {
    match rules.objective {
        Objective::Wasserstein => {
            "The mean score that the critic gives to real and to generated images. It is no probability, and only the \
             distance between the two means anything: how far apart they are, as the critic sees it."
        }
        objective if objective.is_of_probabilities() => {
            "The mean probability of being real that the discriminator gives to real and to generated images. 0.5 for \
             both: it cannot tell. 1 and 0: it tells without fail, and the generator learns little."
        }
        _ => {
            "The mean logit that the discriminator gives to real and to generated images. It is no probability; the \
             nearer the two, the less it can tell."
        }
    }
}

fn titled(title: &str, what: &str, curves: &[Curve], scale: Scale) -> Markup {
    let Some(Chart { wide, narrow, legend, beyond }) = chart(curves, scale) else { return html! {} };
    html! {
        figure.chart {
            h3 { (title) }
            ul.legend { @for (name, colour) in &legend { li { span style=(format!("background: {colour}")) {} (name) } } }
            div role="img" aria-label=(format!("{title}, over the steps")) {
                div.wide { (PreEscaped(wide)) }
                div.narrow { (PreEscaped(narrow)) }
            }
            figcaption {
                (what)
                @if beyond > 0 { " Of its values, " (beyond) " are beyond all bounds: they stand at the edge." }
            }
        }
    }
}

/// The norms of the weights of a player's layers, or of their gradients.
fn norms(history: &History, player: &str, gradient: bool) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    let is_weight = |name: &str| name.strip_prefix(player).is_some_and(|rest| rest.ends_with("weight"));
    for row in history.norms.iter().filter(|row| is_weight(&row.parameter)) {
        let point = (row.step as f64, if gradient { row.gradient } else { row.value });
        match curves.iter_mut().find(|curve| curve.name == row.parameter) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve { name: row.parameter.clone(), points: vec![point] }),
        }
    }
    curves
}

/// The figures of the last evaluation, by `twoplayer evaluate` or as it went.
fn figures(run: &RunDirectory, history: &History) -> Markup {
    let evaluation = run.evaluation();
    let figure = |set: &str, key: &str| evaluation.as_ref().and_then(|all| all[set][key].as_f64());
    let shown = |value: Option<f64>, digits: usize| value.map_or("".into(), |value| format!("{value:.digits$}"));
    html! {
        h2 { "How good it is" }
        @if evaluation.is_some() {
            table {
                tr { th { "figure" } th { "generated" } th { "real digits in their place" } }
                @for (name, key, digits) in [("Fréchet distance", "frechet", 2), ("precision", "precision", 3), ("recall", "recall", 3), ("density", "density", 3), ("coverage", "coverage", 3)] {
                    tr { td { (name) } td { (shown(figure("generated", key), digits)) } td { (shown(figure("floor", key), digits)) } }
                }
            }
        } @else if let Some(row) = history.last_evaluated() {
            table {
                tr { th { "figure" } th { "after step " (row.step) } }
                tr { td { "Fréchet distance" } td { (shown(row.frechet, 2)) } }
                tr { td { "precision" } td { (shown(row.precision, 3)) } }
                tr { td { "recall" } td { (shown(row.recall, 3)) } }
                @if row.agreement.is_some() { tr { td { "digit as asked for" } td { (shown(row.agreement, 4)) } } }
            }
        } @else {
            p { "Not evaluated yet: " code { "twoplayer evaluate " (run.root().display()) } }
        }
        p.note { "Distances in the features of this program's own recognizer; they are not comparable with those in Inception's." }
    }
}

/// The command that makes the run again, and what decides it.
fn reproduce(run: &RunDirectory, config: &Config) -> Markup {
    html! {
        h2 { "Make it again" }
        p { "The same bytes, on any number of threads, with twoplayer " (env!("CARGO_PKG_VERSION")) ":" }
        pre { code { "twoplayer train --config " (run.config_file().display()) } }
        details { summary { "config.toml" } pre #config { code { (config.to_toml()) } } }
    }
}
