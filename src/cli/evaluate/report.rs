//! What was found, as a table.

use crate::cli::columns::{sentences, three_figures};
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

impl Display for Evaluation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { subject, recognizer_accuracy, generated, floor, memory, discriminator, seconds, .. } = self;
        let (count, right) = (generated.images, 100.0 * recognizer_accuracy);
        sentences(f, &format!("{count} digits of {subject}, against the real test digits."))?;
        sentences(f, &format!("Floor: as many real training digits. The recognizer reads {right:.2} % rightly."))?;
        writeln!(f)?;
        self.quality(f)?;
        writeln!(f)?;
        by_digit(f, generated, floor)?;
        if let Some(agreement) = &generated.agreement {
            mistakes(f, agreement)?;
        }
        writeln!(f)?;
        memory.fmt(f)?;
        if let Some(discriminator) = discriminator {
            writeln!(f)?;
            discriminator.fmt(f)?;
        }
        writeln!(f)?;
        sentences(
            f,
            &format!("{seconds:.0} s. The Fréchet distance is in this recognizer's features, not Inception's."),
        )
    }
}

impl Evaluation {
    /// A row for each measure of the whole: the digits', the floor's, and which way is good.
    fn quality(&self, f: &mut Formatter<'_>) -> Result {
        let Self { generated, floor, .. } = self;
        writeln!(f, "{:29} {:>9} {:>9}", "", "digits", "floor")?;
        let mut row = |name: &str, of: &dyn Fn(&Quality) -> f64, decimals: usize, meaning: &str| {
            let [digits, floor] = [generated, floor].map(|quality| figure(of(quality), decimals));
            writeln!(f, "{name:29} {digits:>9} {floor:>9}  {meaning}")
        };
        row("Fréchet distance", &|q| q.frechet, 2, "↓ how far all are from real")?;
        row("precision (k = 3)", &|q| q.precision, 3, "↑ share that looks real")?;
        row("recall (k = 3)", &|q| q.recall, 3, "↑ share of real within reach")?;
        row("density (k = 5)", &|q| q.density, 3, "↑ real ones around each")?;
        row("coverage (k = 5)", &|q| q.coverage, 3, "↑ share of real with one near")?;
        if let (Some(a), Some(b)) = (&generated.agreement, &floor.agreement) {
            let [digits, floor] = [a, b].map(|agreement| percent(agreement.share));
            writeln!(f, "{:29} {digits:>9} {floor:>9}  ↑ as the recognizer sees it", "read as what was asked for")?;
        }
        if let Some(score) = self.classification_accuracy_score {
            let score = percent(score);
            writeln!(f, "{:29} {score:>9} {:9}  ↑ what they teach a reader", "classification accuracy score", "")?;
        }
        sentences(f, "↓ smaller is better, ↑ larger is better. Real digits would be at the floor.")
    }
}

/// With so many decimals, or in powers of ten where there is no room for that.
fn figure(value: f64, decimals: usize) -> String {
    match value.abs() < 99_999.0 {
        true => format!("{value:.decimals$}"),
        false => three_figures(value),
    }
}

/// Of a share.
fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A column for each digit.
fn by_digit(f: &mut Formatter<'_>, generated: &Quality, floor: &Quality) -> Result {
    let mut row = |name: &str, values: &mut dyn Iterator<Item = String>| {
        let cells: String = values.map(|value| format!(" {value:>5}")).collect();
        writeln!(f, "{name:20}{cells}")
    };
    let in_percent = |share: f64| format!("{:.1}", 100.0 * share);
    let shares = |quality: &Quality| quality.shares.clone().into_iter().map(in_percent);
    row("", &mut (0..generated.shares.len()).map(|digit| digit.to_string()))?;
    row("read as it, floor, %", &mut shares(floor))?;
    row("read as it, %", &mut shares(generated))?;
    if let Some(agreement) = &generated.agreement {
        let by_digit = agreement.by_digit.iter().map(|share| share.map_or("-".into(), in_percent));
        row("right when asked, %", &mut { by_digit })?;
    }
    sentences(f, "Read as it: its share of all. Good: as the floor. 0: a digit never drawn.")
}

/// Digits that are named one for another, at most so many pairs of them: they fit into a line.
const MISTAKES: usize = 4;

fn mistakes(f: &mut Formatter<'_>, agreement: &Agreement) -> Result {
    let named: Vec<_> = agreement.mistakes.iter().take(MISTAKES).collect();
    if named.is_empty() {
        return Ok(());
    }
    let said = named.iter().map(|m| format!("{} as {} ({})", m.asked, m.predicted, m.count)).collect::<Vec<_>>();
    writeln!(f, "most often taken for another (how often):\n  {}", said.join(", "))
}

impl Display for Memory {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { generated, test } = self;
        writeln!(f, "{:29} {:>9} {:>9}", "nearest training digit", "digits", "test set")?;
        writeln!(f, "{:29} {:9.2} {:9.2}", "median distance (pixels)", generated.median, test.median)?;
        let [near, near_of_test] = [generated, test].map(|spread| spread.smallest_twentieth);
        writeln!(f, "{:29} {near:9.2} {near_of_test:9.2}", "of the nearest twentieth")?;
        sentences(f, "As far as the test set's is good. Much nearer: copies of training digits.")
    }
}

impl Display for Discriminator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let [training, test, generated] = [self.training, self.test, self.generated].map(|logit| figure(logit, 2));
        writeln!(f, "{:29} {:>9} {:>9} {:>9}", "the discriminator", "training", "test set", "digits")?;
        writeln!(f, "{:29} {training:>9} {test:>9} {generated:>9}", "mean logit")?;
        sentences(
            f,
            "Higher: more real to it. All alike is good. Training far above the test set: it knows those by heart; digits \
             far below both: it tells them apart.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::columns::WIDTH;
    use crate::metrics::Mistake;

    /// The figures of a run in this place, all as long to write as they can be.
    fn evaluation(place: &str, frechet: f64) -> Evaluation {
        let mistake = |asked: u8| Mistake { asked, predicted: 9 - asked, count: 999_999 };
        let agreement = Agreement {
            share: 1.0,
            by_digit: [vec![Some(1.0); 9], vec![None]].concat(),
            mistakes: (0..10).map(mistake).collect(),
        };
        let quality = || Quality {
            images: 1_000_000,
            frechet,
            precision: 1.0,
            recall: 1.0,
            density: 12.345,
            coverage: 1.0,
            shares: vec![1.0; 10],
            agreement: Some(agreement.clone()),
        };
        let spread = || Spread { smallest_twentieth: 28.0, median: 28.0 };
        Evaluation {
            subject: format!("{place} (seed 18446744073709551615)"),
            recognizer_accuracy: 1.0,
            generated: quality(),
            floor: quality(),
            memory: Memory { generated: spread(), test: spread() },
            discriminator: Some(Discriminator { training: -1e9, test: -98_765.4, generated: -frechet }),
            classification_accuracy_score: Some(1.0),
            seconds: 12_345.0,
        }
    }

    #[test]
    fn all_figures_fit_a_terminal_and_only_a_long_path_has_a_longer_line() {
        for frechet in [0.0, 1234.5, 1e12, f64::INFINITY] {
            let text = evaluation("runs/best", frechet).to_string();
            for line in text.lines() {
                assert!(line.chars().count() <= WIDTH, "{} characters: {line}", line.chars().count());
            }
        }
        let path = "runs/".repeat(30);
        let text = evaluation(&path, 1.0).to_string();
        let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > WIDTH).collect();
        assert_eq!(long, [path.as_str()], "{text}");
    }

    #[test]
    fn each_measure_says_which_way_is_good() {
        let text = evaluation("runs/best", 1.0).to_string();
        for measure in
            ["Fréchet", "precision", "recall", "density", "coverage", "read as what", "classification accuracy score"]
        {
            let line = text.lines().find(|line| line.starts_with(measure)).unwrap();
            assert!(line.contains('↑') || line.contains('↓'), "{line}");
        }
    }
}
