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
#[derive(Serialize)]
pub struct Row {
    /// How many.
    pub real: usize,
    /// Whose generator.
    pub run: Option<String>,
    pub on_real: Vec<f64>,
    pub on_generated: Option<Vec<f64>>,
    pub on_both: Option<Vec<f64>>,
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { test_digits, generated, seeds, rows } = self;
        writeln!(f, "{test_digits} real test digits, % read rightly by a network that has learned from")?;
        writeln!(f, "(real: digits that people wrote; generated: {generated} of a GAN that has seen only those)\n")?;
        writeln!(f, "{:>12}  {:>10} {:>10} {:>10}  run", "real digits", "real", "generated", "both")?;
        for Row { real, run, on_real, on_generated, on_both } in rows {
            let cell = |values: Option<&Vec<f64>>| values.map_or("-".into(), |v| format!("{:.2}", 100.0 * median(v)));
            let cells = [Some(on_real), on_generated.as_ref(), on_both.as_ref()].map(cell);
            let run = run.as_deref().unwrap_or_default();
            writeln!(f, "{real:>12}  {:>10} {:>10} {:>10}  {run}", cells[0], cells[1], cells[2])?;
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
