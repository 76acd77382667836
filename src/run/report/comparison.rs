//! Two runs in one page, their curves over each other.

use super::charts::{Curve, Scale};
use super::{document, titled};
use crate::data::write_atomically;
use crate::run::{History, MetricsRow, RunDirectory, RunError};
use maud::html;
use std::path::Path;

/// A figure of a row that is drawn.
type Figure = fn(&MetricsRow) -> Option<f64>;

/// What is drawn of both: a title, what to make of it, how its values are laid out, and the figure.
const CHARTS: [(&str, &str, Scale, Figure); 7] = [
    ("Fréchet distance", "Smaller is better.", Scale::Logarithmic, |row| row.frechet),
    ("Precision", "The share of samples that look real.", Scale::Unit, |row| row.precision),
    ("Recall", "The share of real digits that could be drawn.", Scale::Unit, |row| row.recall),
    ("The discriminator's loss", "A loss is no grade.", Scale::Linear, |row| Some(row.discriminator_loss)),
    ("The generator's loss", "A loss is no grade.", Scale::Linear, |row| Some(row.generator_loss)),
    ("Score of real images", "As the discriminator sees them.", Scale::Unit, |row| Some(row.d_real)),
    ("Score of generated images", "As the discriminator sees them.", Scale::Unit, |row| Some(row.d_fake)),
];

/// Writes a page with the curves of two runs: all in one file, nothing is fetched from anywhere.
///
/// # Errors
/// When the logs of one cannot be read, or the page cannot be written.
pub fn write_comparison(runs: &[RunDirectory; 2], path: &Path) -> Result<(), RunError> {
    let [first, second] = runs.each_ref().map(|run| History::read(run).map(|history| (run.name(), history)));
    let runs = [first?, second?];
    let curve = |(name, history): &(String, History), figure: Figure| Curve {
        name: name.clone(),
        points: history.metrics.iter().filter_map(|row| Some((row.step as f64, figure(row)?))).collect(),
    };
    let title = format!("{} and {}", runs[0].0, runs[1].0);
    let page = document(
        &title,
        html! {
            h1 { (title) }
            @for (title, what, scale, figure) in CHARTS {
                (titled(title, what, &runs.each_ref().map(|run| curve(run, figure)), scale))
            }
        },
    );
    Ok(write_atomically(path, |out| out.write_all(page.into_string().as_bytes()))?)
}
