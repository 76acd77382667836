//! The lines of this program's source that compute an operation, read when it is built.

use serde::Serialize;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// The files that have operations.
        const FILES: &[(&str, &str)] = &[$(
            (concat!("src/autodiff/ops/", $name, ".rs"), include_str!(concat!("../autodiff/ops/", $name, ".rs"))),
        )*];
    };
}

files![
    "activation",
    "arithmetic",
    "batch_norm",
    "bce",
    "bilinear",
    "broadcast",
    "channels",
    "conv",
    "dense",
    "gather",
    "matmul",
    "max_pool",
    "moments",
    "nearest",
    "power",
    "rows",
    "shape",
    "softmax",
    "warp",
];

/// Where an operation stands, and how it is computed there and back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Source {
    file: &'static str,
    /// The first line of `forward`, from 1.
    line: usize,
    forward: String,
    backward: String,
}

/// The source of the operation of this name, such as `Dense`.
pub fn of(operation: &str) -> Option<Source> {
    let heading = format!("Operation<T> for {operation}");
    FILES.iter().find_map(|&(file, text)| {
        let lines: Vec<&str> = text.lines().collect();
        let is_heading = |line: &&str| {
            let after = line.split_once(&heading).map(|(_, after)| after);
            after.is_some_and(|after| after.starts_with([' ', '<']))
        };
        let begin = lines.iter().position(is_heading)?;
        let (line, forward) = function("fn forward(", &lines, begin)?;
        let (_, backward) = function("fn backward(", &lines, begin)?;
        Some(Source { file, line: line + 1, forward, backward })
    })
}

/// The first function after a line that begins so, and the line where it does.
fn function(head: &str, lines: &[&str], after: usize) -> Option<(usize, String)> {
    const INDENT: &str = "    ";
    let is_head = |line: &&str| line.strip_prefix(INDENT).is_some_and(|line| line.starts_with(head));
    let begin = after + lines[after..].iter().position(is_head)?;
    let length =
        1 + lines[begin..].iter().position(|line| line.strip_prefix(INDENT) == Some("}") || line.ends_with("{}"))?;
    let text: Vec<&str> =
        lines[begin..][..length].iter().map(|line| line.strip_prefix(INDENT).unwrap_or(line)).collect();
    Some((begin, text.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_operation_is_found_in_its_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut count = 0;
        for entry in fs::read_dir(root.join("src/autodiff/ops")).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            for heading in text.lines().filter_map(|line| line.strip_prefix("impl<T: Real> Operation<T> for ")) {
                let name = heading.split([' ', '<']).next().unwrap();
                let source = of(name).unwrap_or_else(|| panic!("{name} is in none of the files"));
                assert!(path.ends_with(source.file), "{name}: {}", source.file);
                assert!(text.lines().nth(source.line - 1).unwrap().contains("fn forward("), "{name}");
                assert!(
                    source.forward.ends_with('}') && source.backward.starts_with("fn backward("),
                    "{name}: {source:?}"
                );
                count += 1;
            }
        }
        assert!(count > 35, "{count}");
        assert_eq!(of("Den"), None);
    }
}
