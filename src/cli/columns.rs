//! Lines that a terminal of 80 columns shows whole.

/// Columns of a line.
pub const WIDTH: usize = 80;

/// Lines of at most [`WIDTH`] columns, broken between words, the first behind `first` and the others behind `next`. A word
/// that is longer has a line of its own.
pub fn wrapped(text: &str, first: &str, next: &str) -> String {
    let (mut lines, mut line) = (String::new(), first.to_owned());
    let mut is_begun = false;
    for word in text.split(' ') {
        if is_begun && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines += &format!("{line}\n");
            (line, is_begun) = (next.to_owned(), false);
        }
        line += if is_begun { " " } else { "" };
        line += word;
        is_begun = true;
    }
    format!("{lines}{line}\n")
}

/// The lines of a text, those that are too long broken where a word ends, and indented further from there on.
pub fn folded(text: &str) -> String {
    text.lines()
        .map(|line| {
            let indent = " ".repeat(line.len() - line.trim_start().len());
            wrapped(line.trim_start(), &indent, &format!("{indent}    "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_none_is_lost() {
        let text = "    { kind = \"conv-transpose\", channels = 32, kernel = 4, stride = 2, activation = \"leaky-relu\" },\nseed = 0\n";
        let shown = folded(text);
        assert!(shown.lines().all(|line| line.len() <= WIDTH) && shown.lines().count() == 3, "{shown}");
        assert_eq!(shown.split_whitespace().collect::<Vec<_>>(), text.split_whitespace().collect::<Vec<_>>());
        assert_eq!(folded("a\n\nb\n"), "a\n\nb\n");
    }
}
