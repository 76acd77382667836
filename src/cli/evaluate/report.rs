//! What was found, as a table.

use crate::metrics::{Agreement, Neighbour, Quality};
use serde::Serialize;
use std::fmt::{Display, Formatter, Result};

/// All figures of a set of digits.
#[derive(Serialize)]
pub struct Evaluation {
    /// Whose they are.
    pub subject: String,
    /// The share of real test digits that the recognizer reads rightly, 0 to 1.
    pub recognizer_accuracy: f64,
    /// The digits.
    pub generated: Quality,
    /// Real training digits in their place.
    pub floor: Quality,
    /// How near they are to training digits.
    pub memory: Memory,
    /// What the discriminator makes of them.
    pub discriminator: Option<Discriminator>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification_accuracy_score: Option<f64>,
    /// How long it took.
    pub seconds: f64,
}

/// Distances in pixels, each 0 to 1, from the nearest training digit.
#[derive(Serialize)]
pub struct Memory {
    /// Of generated digits.
    pub generated: Spread,
    /// Of test digits, which nobody can have copied.
    pub test: Spread,
}

/// How distances are spread.
#[derive(Serialize)]
pub struct Spread {
    /// One in twenty is smaller.
    pub smallest_twentieth: f64,
    /// Half are smaller.
    pub median: f64,
}

/// Mean logits.
#[derive(Serialize)]
pub struct Discriminator {
    /// Of training digits.
    pub training: f64,
    /// Of test digits.
    pub test: f64,
    /// Of generated ones.
    pub generated: f64,
}

impl Memory {
    /// Of these neighbours of generated and of test digits.
    pub fn new(generated: &[Neighbour], test: &[Neighbour]) -> Self {
        Self { generated: Spread::of(generated), test: Spread::of(test) }
    }
}

impl Spread {
    fn of(neighbours: &[Neighbour]) -> Self {
        let mut distances: Vec<f64> = neighbours.iter().map(|neighbour| neighbour.distance).collect();
        distances.sort_by(f64::total_cmp);
        Self { smallest_twentieth: distances[distances.len() / 20], median: distances[distances.len() / 2] }
    }
}

/// Digits that are named one for another, at most so many pairs of them.
const MISTAKES: usize = 5;

impl Display for Evaluation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { subject, recognizer_accuracy, generated, floor, memory, discriminator, .. } = self;
        writeln!(f, "{} digits of {subject}, against the real test digits;", generated.images)?;
        let right = 100.0 * recognizer_accuracy;
        writeln!(f, "floor: as many real training digits; read by a recognizer that reads {right:.2} % rightly\n")?;
        writeln!(f, "{:32} {:>9} {:>9}", "", "digits", "floor")?;
        let mut row = |name: &str, of: &dyn Fn(&Quality) -> f64, decimals: usize| {
            writeln!(f, "{name:32} {:9.decimals$} {:9.decimals$}", of(generated), of(floor))
        };
        row("Fréchet distance", &|q| q.frechet, 2)?;
        row("precision (k = 3)", &|q| q.precision, 3)?;
        row("recall (k = 3)", &|q| q.recall, 3)?;
        row("density (k = 5)", &|q| q.density, 3)?;
        row("coverage (k = 5)", &|q| q.coverage, 3)?;
        if let (Some(a), Some(b)) = (&generated.agreement, &floor.agreement) {
            writeln!(f, "{:32} {:7.2} % {:7.2} %", "read as what was asked for", 100.0 * a.share, 100.0 * b.share)?;
        }
        if let Some(score) = self.classification_accuracy_score {
            writeln!(f, "{:32} {:7.2} %", "classification accuracy score", 100.0 * score)?;
        }
        writeln!(f)?;
        by_digit(f, generated, floor)?;
        if let Some(agreement) = &generated.agreement {
            mistakes(f, agreement)?;
        }
        let Memory { generated, test } = memory;
        writeln!(f, "\n{:32} {:>9} {:>9}", "nearest training digit", "digits", "test set")?;
        writeln!(f, "{:32} {:9.2} {:9.2}", "median distance (pixels)", generated.median, test.median)?;
        let [near, near_of_test] = [generated, test].map(|spread| spread.smallest_twentieth);
        writeln!(f, "{:32} {near:9.2} {near_of_test:9.2}", "of the nearest twentieth")?;
        if let Some(Discriminator { training, test, generated }) = discriminator {
            writeln!(f, "\n{:32} {:>9} {:>9} {:>9}", "the discriminator", "training", "test set", "digits")?;
            writeln!(f, "{:32} {training:9.2} {test:9.2} {generated:9.2}", "mean logit")?;
        }
        writeln!(
            f,
            "\n{:.0} s. The Fréchet distance is in this recognizer's features, not in Inception's.",
            self.seconds
        )
    }
}

/// A column for each digit.
fn by_digit(f: &mut Formatter<'_>, generated: &Quality, floor: &Quality) -> Result {
    let mut row = |name: &str, values: &mut dyn Iterator<Item = Option<f64>>| {
        write!(f, "{name:32}")?;
        for value in values {
            match value {
                Some(share) => write!(f, " {:5.1}", 100.0 * share)?,
                None => write!(f, " {:>5}", "-")?,
            }
        }
        writeln!(f)
    };
    let shares = |quality: &Quality| quality.shares.clone().into_iter().map(Some);
    row("read as a digit, %  (floor)", &mut shares(floor))?;
    row("read as a digit, %", &mut shares(generated))?;
    if let Some(agreement) = &generated.agreement {
        row("as what was asked for, %", &mut agreement.by_digit.iter().copied())?;
    }
    writeln!(
        f,
        "{:32} {}",
        "",
        (0..generated.shares.len()).map(|digit| format!("{digit:>5}")).collect::<Vec<_>>().join(" ")
    )
}

fn mistakes(f: &mut Formatter<'_>, agreement: &Agreement) -> Result {
    let named: Vec<_> = agreement.mistakes.iter().take(MISTAKES).collect();
    if named.is_empty() {
        return Ok(());
    }
    let said = named.iter().map(|m| format!("{} as {} ({})", m.asked, m.predicted, m.count)).collect::<Vec<_>>();
    writeln!(f, "{:32} {}", "most often taken for another", said.join(", "))
}
