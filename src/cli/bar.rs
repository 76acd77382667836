//! A bar that shows how far something is.

use super::columns::hung;
use super::say::note;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};
use terminal_size::{Width, terminal_size_of};

/// Columns. The bar's last line is filled up to the terminal's edge twenty times a second: on one that says it is 65,535
/// columns wide, as some programs do that are none, this is all that would be seen of a run.
const WIDEST: u16 = 1000;

/// Prints a line on standard error, above a bar if there is one: beside it, it would be overwritten. Where there is one,
/// somebody reads it: a long line is broken between words.
pub fn above(bar: Option<&ProgressBar>, line: &str) {
    match bar {
        Some(bar) => bar.suspend(|| note(hung("", line).trim_end())),
        None => note(line),
    }
}

/// A bar on standard error by this template, if that is a terminal on which one can be seen.
pub fn bar(template: &str) -> Option<ProgressBar> {
    let columns = terminal_size_of(io::stderr()).map_or(0, |(Width(columns), _)| columns); // 0: it does not say
    let style = ProgressStyle::with_template(template).expect("the template is fixed").progress_chars("=> ");
    let is_seen = io::stderr().is_terminal() && columns <= WIDEST;
    is_seen.then(|| ProgressBar::no_length().with_style(style))
}
