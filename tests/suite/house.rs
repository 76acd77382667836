//! The house stands: a file uses its own floor and those below, never one above.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `src/` and the floor each lives on.
const FLOORS: [(&str, u32); 11] = [
    ("gemm", 1),
    ("parallel", 1),
    ("random", 1),
    ("data", 1),
    ("autodiff", 2),
    ("nn", 3),
    ("gan", 4),
    ("recognizer", 4),
    ("metrics", 5),
    ("run", 5),
    ("cli", 6),
];

fn floor(module: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// The modules named after `crate::` in a text, whether alone or in braces.
fn used_modules(text: &str) -> Vec<&str> {
    let after = text.split("crate::").skip(1).flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or("").split(',').collect(),
        None => vec![rest],
    });
    after.map(|name| name.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")).collect()
}

#[test]
fn no_floor_uses_one_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    for file in sources(&root) {
        let place = file.strip_prefix(&root).unwrap();
        let own = place.components().next().unwrap().as_os_str().to_string_lossy();
        let Some(own_floor) = floor(own.trim_end_matches(".rs")) else {
            assert!(
                matches!(&*own, "lib.rs" | "main.rs"),
                "src/{own} has no floor: give it one in this test and in CONTRIBUTING.md"
            );
            continue;
        };
        for module in used_modules(&fs::read_to_string(&file).unwrap()) {
            if let Some(used_floor) = floor(module) {
                assert!(
                    used_floor <= own_floor,
                    "src/{}: floor {own_floor} uses crate::{module} of floor {used_floor}",
                    place.display()
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 50, "only {checked} uses found: does this test still read the code?");
}

#[test]
fn it_would_notice() {
    assert_eq!(used_modules("use crate::nn::Adam;\nuse crate::{gan::Config, run};"), ["nn", "gan", "run"]);
    assert!(floor("gan") > floor("nn") && floor("cli") > floor("run"));
}

/// The links of a text that lead to a line: what they are called, the file, and the line's number.
fn lines_led_to(text: &str) -> Vec<(&str, &str, usize)> {
    let links = text.split("[`").skip(1).filter_map(|link| {
        let (name, target) = link.split_once("`](")?;
        let (file, number) = target.split_once(')')?.0.split_once("#L")?;
        Some((name, file, number.parse().unwrap()))
    });
    links.collect()
}

#[test]
fn links_lead_to_the_lines_that_they_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("README.md")).unwrap();
    let links = lines_led_to(&text);
    assert!(links.len() > 10, "only {} links found", links.len());
    for (name, file, number) in links {
        let code = fs::read_to_string(root.join(file)).unwrap();
        let line = code.lines().nth(number - 1).unwrap_or("");
        let own = name.rsplit("::").next().unwrap();
        let place = code.lines().position(|line| line.contains(&format!(" {own}"))).map_or(0, |line| line + 1);
        assert!(line.contains(own), "README.md: {name} is not in line {number} of {file}; perhaps in {place}");
    }
}

#[test]
fn a_link_to_a_line_is_read() {
    assert_eq!(lines_led_to("see [`Tape::new`](src/tape.rs#L12), [`x`](y.rs)"), [("Tape::new", "src/tape.rs", 12)]);
}
