//! All tests from outside, one program: a module a subject. Linking takes longer than running most of them.
//!
//! What measures its own process has a program of its own, beside this folder.

mod common;

mod augmentation;
mod cli;
mod diagnoses;
mod drawing;
mod engine;
mod fetch_mnist;
mod figures;
mod gradients;
mod handwriting;
mod hostile;
mod house;
mod idx;
mod lab;
mod looking;
mod metrics_reference;
mod mnist;
mod networks;
mod objectives;
mod players;
mod precision;
mod reading;
mod recognition;
mod reference;
mod survival;
mod training;

/// A file that nobody names here would be compiled by nobody.
#[test]
fn every_file_is_a_module() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for module in files.filter_map(|name| name.strip_suffix(".rs").map(str::to_owned)) {
        let named = format!("\nmod {module};\n");
        assert!(
            module == "main" || include_str!("main.rs").contains(&named),
            "tests/suite/main.rs: no `mod {module};`"
        );
    }
}
