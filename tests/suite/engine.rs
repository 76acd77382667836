//! The library without the program, as `cargo add twoplayer --no-default-features` gives it.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The code of a text's first example.
fn example(documentation: &str) -> String {
    let lines = documentation.lines().filter_map(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let code = lines.skip_while(|line| *line != "```").skip(1).take_while(|line| *line != "```");
    code.map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line))).collect()
}

/// Only looked over by the compiler, which takes a fraction of the time; that it runs, the documentation's own test says.
#[test]
fn the_front_pages_example_needs_no_more_than_the_engine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = example(&fs::read_to_string(root.join("src/lib.rs")).unwrap());
    assert!(code.contains("train(&config, &digits"), "no example in {code}");
    let user = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine");
    fs::create_dir_all(user.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"user\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         twoplayer = {{ path = {root:?}, default-features = false }}\n"
    );
    fs::write(user.join("Cargo.toml"), manifest).unwrap();
    fs::write(user.join("src/main.rs"), format!("fn main() -> Result<(), Box<dyn std::error::Error>> {{\n{code}}}\n"))
        .unwrap();
    fs::copy(root.join("Cargo.lock"), user.join("Cargo.lock")).unwrap(); // what has been fetched already
    let mut check = Command::new(env!("CARGO"));
    check.args(["check", "--offline", "--quiet"]).current_dir(&user).env("CARGO_TARGET_DIR", user.join("target"));
    let output = check.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_engine_has_few_dependencies() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let is_optional = |of: &toml::Value| of.get("optional").and_then(toml::Value::as_bool) == Some(true);
    let all = manifest["dependencies"].as_table().unwrap();
    let needed: Vec<_> = all.iter().filter(|(_, of)| !is_optional(of)).map(|(name, _)| name).collect();
    assert!(all.len() > needed.len() && needed.len() <= 15, "{} direct dependencies: {needed:?}", needed.len());
}
