//! The house stands: a file uses its own floor and those below, never one above.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `src/` and the floor each lives on.
const FLOORS: [(&str, u32); 9] = [
    ("gemm", 1),
    ("parallel", 1),
    ("data", 1),
    ("autodiff", 2),
    ("nn", 3),
    ("gan", 4),
    ("recognizer", 4),
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
