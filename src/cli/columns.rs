//! Tables and sentences on a terminal of 80 columns.

use crate::run::wrapped;
use std::fmt::{Display, Formatter, Result};

/// Characters in a line, which a terminal of the usual size shows.
pub const WIDTH: usize = 80;

/// A table whose columns are as wide as what is in them. One that is too wide for a terminal goes on beneath itself with the
/// columns that are left, each row named again; no cell is ever broken.
pub struct Columns {
    /// Of the names and of each column.
    head: Vec<String>,
    /// Each a name and as many cells as there are columns.
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// A table without rows. The first column, to the left, names them; the others are to the right.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When it has not a cell for each column.
    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.head.len(), "Columns::row: {cells:?} under {:?}", self.head);
        self.rows.push(cells);
    }

    /// Whether it is too wide to stand beside its names in one piece.
    pub fn is_folded(&self) -> bool {
        let widths = self.widths();
        widths.iter().sum::<usize>() + 2 * (widths.len() - 1) > WIDTH
    }

    /// How wide each column is.
    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = [&self.head].into_iter().chain(&self.rows);
            cells.map(|row| row[column].chars().count()).max().unwrap_or(0)
        };
        (0..self.head.len()).map(width).collect()
    }

    /// The columns, without the names, that stand beside each other with so many blanks between them.
    fn folds(&self, widths: &[usize], gap: usize) -> Vec<Vec<usize>> {
        let mut folds: Vec<Vec<usize>> = Vec::new();
        let mut filled = WIDTH;
        for (column, width) in widths.iter().enumerate().skip(1) {
            if filled + gap + width > WIDTH {
                folds.push(Vec::new());
                filled = widths[0];
            }
            filled += gap + width;
            folds.last_mut().expect("one has been begun").push(column);
        }
        folds
    }
}

impl Display for Columns {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let widths = self.widths();
        let (wide, narrow) = (self.folds(&widths, 2), self.folds(&widths, 1));
        let (folds, gap) = if wide.len() > narrow.len() { (narrow, 1) } else { (wide, 2) };
        for (i, fold) in folds.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            for row in [&self.head].into_iter().chain(&self.rows) {
                let mut line = format!("{:width$}", row[0], width = widths[0]);
                for &column in fold {
                    line += &format!("{:gap$}{:>width$}", "", row[column], width = widths[column]);
                }
                writeln!(f, "{}", line.trim_end())?;
            }
        }
        Ok(())
    }
}

/// Words in lines of at most [`WIDTH`] characters, the first behind `first` and the others as far to the right.
pub fn hung(first: &str, words: &str) -> String {
    let indent = first.chars().count();
    let mut lines = wrapped(words, WIDTH - indent).into_iter();
    let first = format!("{first}{}\n", lines.next().unwrap_or_default());
    first + &lines.map(|line| format!("{:indent$}{line}\n", "")).collect::<String>()
}

/// The lines of a text, those that are too long broken between words.
pub fn folded(text: &str) -> String {
    let fold = |line: &str| match line.chars().count() > WIDTH {
        true => hung(&line[..line.len() - line.trim_start().len()], line),
        false => format!("{line}\n"),
    };
    text.lines().map(fold).collect()
}

/// Writes sentences in lines of at most [`WIDTH`] characters; a word that is longer, as a path may be, has its own line.
pub fn sentences(f: &mut Formatter<'_>, words: &str) -> Result {
    f.write_str(&hung("", words))
}

/// A number in three figures, as short as it can be: `0.0123`, `1.5`, `1230`, `1.23e-7`; a whole one has no point.
pub fn three_figures(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if (0.001..99_999.5).contains(&size) => {
            let before = size.log10().floor() as i32 + 1;
            format!("{value:.*}", (3 - before).max(0) as usize)
        }
        size if size.is_finite() => format!("{value:.2e}"),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, cells: &[&str]) -> Vec<String> {
        [name].iter().chain(cells).map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn lines_are_broken_between_words_and_none_is_lost() {
        let layer =
            "    { kind = \"conv-transpose\", channels = 32, kernel = 4, stride = 2, activation = \"leaky-relu\" },";
        let shown = folded(&format!("{layer}\n\nseed = 0\n"));
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH) && shown.lines().count() == 4, "{shown}");
        assert_eq!(shown.split_whitespace().collect::<Vec<_>>()[..17], layer.split_whitespace().collect::<Vec<_>>());
        assert_eq!(hung("- ", &"word ".repeat(20)).lines().nth(1).map(|line| &line[..6]), Some("  word"));
    }

    #[test]
    fn a_table_stands_beside_its_names() {
        let mut table = Columns::new(["", "a", "long head"]);
        table.row(row("x", &["1", ""]));
        table.row(row("name", &["23", "4"]));
        assert_eq!(table.to_string(), "       a  long head\nx      1\nname  23          4\n");
    }

    #[test]
    fn a_table_that_is_too_wide_is_folded_between_columns() {
        let mut table = Columns::new(["layer", "one", "two", "three"]);
        let long = ["1".repeat(30), "2".repeat(30), "3".repeat(30)];
        table.row(row("dense", &long.each_ref().map(String::as_str)));
        let text = table.to_string();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(long.iter().all(|cell| text.contains(cell.as_str())), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("dense")).count(), 2, "{text}");
        let mut close = Columns::new(["layer", "one", "two"]);
        close.row(row("dense", &["1".repeat(36).as_str(), "2".repeat(37).as_str()]));
        assert_eq!(close.to_string().lines().count(), 2, "{close}");
    }

    #[test]
    fn numbers_have_three_figures() {
        let said = [0.0, 0.01234, -1.5, 12.34, 1234.5, 98_765.0, 123_456.0, 1.234e-7, f64::INFINITY].map(three_figures);
        assert_eq!(said, ["0", "0.0123", "-1.50", "12.3", "1234", "98765", "1.23e5", "1.23e-7", "inf"]);
    }
}
