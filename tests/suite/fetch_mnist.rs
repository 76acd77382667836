//! `scripts/fetch-mnist.sh` against mirrors on the local disk; where `sh`, `curl` and `gzip` are
//! there; a machine without them has nothing to run the script with.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use twoplayer::data::{Verdict, inspect, locate};

fn the_script_can_run() -> bool {
    let there = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    let can_run = there("curl") && there("gzip");
    if !can_run {
        eprintln!("skipped: curl or gzip is missing");
    }
    can_run
}

fn fetch(mirror: &Path, directory: &Path) -> Output {
    let mirror = fs::canonicalize(mirror).unwrap();
    Command::new("sh")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/fetch-mnist.sh"))
        .arg(directory)
        .env("MNIST_MIRROR", format!("file://{}", mirror.display()))
        .output()
        .unwrap()
}

#[track_caller]
fn assert_fails_with_one_line(output: &Output, part: &str) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains(part), "no {part:?} in: {message}");
}

fn files_in(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn fetches_what_is_missing_and_leaves_the_rest() {
    if !the_script_can_run() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let new = directory.path().join("new directory");
    let mirror = locate(None).unwrap();
    let first = fetch(&mirror, &new);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(inspect(&new).unwrap().iter().all(|report| report.verdict == Verdict::Mnist));
    assert_eq!(files_in(&new).len(), 4, "a temporary was left");

    let mirror_without_files = directory.path();
    assert!(fetch(mirror_without_files, &new).status.success(), "downloaded what was there");
    fs::remove_file(new.join("t10k-labels-idx1-ubyte.gz")).unwrap();
    assert_fails_with_one_line(&fetch(mirror_without_files, &new), "t10k-labels-idx1-ubyte.gz cannot be downloaded");
    assert!(fetch(&mirror, &new).status.success());
    assert_eq!(files_in(&new).len(), 4);
}

#[test]
fn refuses_a_mirror_with_other_content_and_leaves_nothing_behind() {
    if !the_script_can_run() {
        return;
    }
    let (mirror, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(mirror.path().join("train-images-idx3-ubyte.gz"), "<html>not found</html>").unwrap();
    assert_fails_with_one_line(&fetch(mirror.path(), directory.path()), "not MNIST's file");
    assert_eq!(files_in(directory.path()), <[PathBuf; 0]>::default());
}

#[test]
fn never_overwrites_a_file_of_another_set() {
    if !the_script_can_run() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("train-images.idx3-ubyte");
    fs::write(&other, "dresses and shoes").unwrap();
    assert_fails_with_one_line(
        &fetch(&locate(None).unwrap(), directory.path()),
        "train-images.idx3-ubyte is damaged or",
    );
    assert_eq!(fs::read(&other).unwrap(), b"dresses and shoes");
    assert_eq!(files_in(directory.path()), [other]);
}
