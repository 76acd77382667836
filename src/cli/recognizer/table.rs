//! With and without generated digits, as a table.

use serde::Serialize;
use std::fmt::{Display, Formatter, Result};

/// All that was compared.
#[derive(Serialize)]
pub struct Table {
    /// How many digits were read.
    pub test_digits: usize,
    /// How many digits each run has drawn.
    pub generated: u32,
    /// Recognizers of each kind.
    pub seeds: u64,
    pub rows: Vec<Row>,
}

/// What recognizers make of so many real digits and a generator that has seen only these. Each a share of the test
/// digits that is read rightly, for each seed.
#[derive(Default, Serialize)]
pub struct Row {
    /// How many.
    pub real: usize,
    /// Whose generator.
    pub run: Option<String>,
    pub on_real: Vec<f64>,
    pub on_generated: Option<Vec<f64>>,
    pub on_both: Option<Vec<f64>>,
    /// With as many labels, and all pictures.
    pub on_few_labels: Option<Vec<f64>>,
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { test_digits, generated, seeds, rows } = self;
        writeln!(f, "{test_digits} real test digits, % read rightly by a network that has learned from")?;
        writeln!(f, "(real: digits that people wrote; generated: {generated} of a GAN that has seen only those;")?;
        writeln!(f, "few labels: all real digits, as many of them with labels, in the game)\n")?;
        writeln!(
            f,
            "{:>12}  {:>10} {:>10} {:>10} {:>10}  run",
            "real digits", "real", "generated", "both", "few labels"
        )?;
        for Row { real, run, on_real, on_generated, on_both, on_few_labels } in rows {
            let cell = |values: Option<&Vec<f64>>| values.map_or("-".into(), |v| format!("{:.2}", 100.0 * median(v)));
            let [real_alone, generated, both, few_labels] =
                [Some(on_real), on_generated.as_ref(), on_both.as_ref(), on_few_labels.as_ref()].map(cell);
            let run = run.as_deref().unwrap_or_default();
            writeln!(f, "{real:>12}  {real_alone:>10} {generated:>10} {both:>10} {few_labels:>10}  {run}")?;
        }
        if *seeds > 1 {
            writeln!(f, "\nmedians of {seeds} seeds")?;
        }
        Ok(())
    }
}

/// The middle one; of two in the middle, the lower.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}
