//! Whatever comes in, an answer comes out: no panic, no running out of memory. The targets in fuzz/ search further.

mod common;
#[path = "../fuzz/src/lib.rs"]
#[allow(dead_code, reason = "some of it only the targets use")]
mod targets;

use common::{refuses, small_set, text, twoplayer};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// What a target does with its input.
type Take = fn(&[u8]);

const TARGETS: [(&str, Take); 7] = [
    ("arguments", targets::arguments::take),
    ("config", targets::config::take),
    ("idx", targets::idx::take),
    ("picture", targets::picture::take),
    ("run", targets::run::take),
    ("samples", targets::samples::take),
    ("weights", targets::weights::take),
];

/// Where a target's seeds are.
fn seeds_of(target: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if target == "config" { root.join("src/gan/presets") } else { root.join("fuzz/seeds").join(target) }
}

static SEEDS: OnceLock<Vec<(Take, Vec<u8>)>> = OnceLock::new();

/// Good files of every kind, each with what takes it.
fn seeds() -> Vec<(Take, Vec<u8>)> {
    let of = |(target, take): (&str, Take)| {
        let files = fs::read_dir(seeds_of(target)).unwrap();
        files.map(move |entry| (take, fs::read(entry.unwrap().path()).unwrap()))
    };
    TARGETS.into_iter().flat_map(of).collect()
}

#[test]
fn the_seeds_of_a_run_are_its_files() {
    for (name, bytes) in targets::run::seeds() {
        let seed = seeds_of("run").join(&name);
        assert!(seed.is_file(), "{name} is missing: the ignored test below writes it");
        assert!(fs::read(seed).unwrap().len().abs_diff(bytes.len()) < 64, "{name} is not what a run has there");
    }
}

#[test]
#[ignore = "writes fuzz/seeds/run anew, for when a run's files change their form"]
fn write_the_seeds_of_a_run() {
    for (name, bytes) in targets::run::seeds() {
        fs::write(seeds_of("run").join(name), bytes).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        TARGETS.iter().for_each(|(_, take)| take(&bytes));
    }

    #[test]
    fn good_files_with_something_changed(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let seeds = SEEDS.get_or_init(seeds);
        let (take, mut bytes) = which.get(seeds).clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if is_cut {
            bytes.truncate(length.index(bytes.len()));
        }
        take(&bytes);
    }

    #[test]
    fn any_numbers_in_a_configuration(
        units in any::<u32>(), kernel in any::<usize>(), stride in any::<usize>(), padding in any::<usize>(),
        batch in any::<usize>(), latent in any::<usize>(), side in any::<[usize; 2]>(),
    ) {
        let text = format!(
            "[training]\nbatch_size = {}\n[generator]\nlatent_dim = {}\nimage_shape = [{}, {}]\nlayers = [\n\
             {{ kind = \"dense\", units = {units} }}, {{ kind = \"reshape\", shape = [{}, 7, 3] }},\n\
             {{ kind = \"upsample\", factor = {} }},\n\
             {{ kind = \"conv\", channels = {units}, kernel = {}, stride = {}, padding = {} }}]",
            batch >> 1, latent >> 1, side[0] >> 1, side[1] >> 1, units / 21, kernel >> 1, kernel >> 1, stride >> 1, padding >> 1,
        );
        targets::config::take(text.as_bytes());
    }
}

#[test]
fn networks_that_no_machine_holds_are_refused_by_name() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("huge.toml");
    let out = directory.path().join("run");
    for (layers, part) in [
        (
            "{ kind = \"dense\", units = 1000000000000 }, { kind = \"dense\", units = 784, activation = \"tanh\" }",
            "more than",
        ),
        (
            "{ kind = \"dense\", units = 4000000 }, { kind = \"dense\", units = 784, activation = \"tanh\" }",
            "more than",
        ),
        (
            "{ kind = \"dense\", units = 49 }, { kind = \"reshape\", shape = [7, 7, 1] }, { kind = \"upsample\", factor = 60000 }",
            "for one sample",
        ),
        (
            "{ kind = \"dense\", units = 49 }, { kind = \"reshape\", shape = [7, 7, 1] }, { kind = \"conv\", channels = 1, kernel = 9000000000 }",
            "at most 65536",
        ),
    ] {
        fs::write(&file, format!("[generator]\nlayers = [{layers}]")).unwrap();
        refuses(&["train", "--config", text(&file), "--out", text(&out)], 2, &["of generator", part]);
    }
    assert!(!out.exists());
}

#[test]
fn what_takes_more_memory_than_there_is_is_refused_by_its_layer() {
    let directory = TempDir::new().unwrap();
    let (file, out) = (directory.path().join("large.toml"), directory.path().join("run"));
    let image = "{ kind = \"dense\", units = 49 }, { kind = \"reshape\", shape = [7, 7, 1] }";
    let draw = "{ kind = \"dense\", units = 784, activation = \"tanh\" }";
    for (layers, part) in [
        (format!("{image}, {{ kind = \"conv\", channels = 2000, kernel = 3, stride = 7 }}, {{ kind = \"conv\", channels = 2000, kernel = 3 }}, {draw}"), "generator.3"),
        (format!("{image}, {{ kind = \"conv\", channels = 2048, kernel = 2001, padding = 2000 }}, {draw}"), "generator"),
        (format!("{image}, {{ kind = \"conv\", channels = 2, kernel = 3, padding = 2000 }}, {draw}"), "padding 2000"),
        (format!("{{ kind = \"dense\", units = 160000 }}, {draw}"), "generator.1"),
    ] {
        fs::write(&file, format!("[generator]\nlayers = [{layers}]")).unwrap();
        refuses(&["train", "--config", text(&file), "--out", text(&out), "--memory-limit", "1GiB"], 2, &[part]);
    }
    refuses(&["bench", "--batch-size", "4294967295"], 2, &["--batch-size"]);
    refuses(&["bench", "--batch-size", "1000000000"], 2, &["training takes about", "free"]);
    assert!(!out.exists());
}

#[test]
fn numbers_at_the_edge_are_refused_before_anything_is_made() {
    let directory = TempDir::new().unwrap();
    let out = directory.path().join("run");
    for (flag, number) in [
        ("--seed", "9223372036854775808"),
        ("--epochs", "4611686018427387904"),
        ("--steps", "18446744073709551615"),
        ("--examples", "9223372036854775808"),
        ("--critic-steps", "9223372036854775808"),
        ("--log-every", "9223372036854775808"),
        ("--checkpoint-every", "9223372036854775808"),
        ("--evaluate-every", "9223372036854775808"),
        ("--learning-rate", "1e-320"),
    ] {
        refuses(&["train", flag, number, "--out", text(&out)], 2, &[flag, "it must be"]);
    }
    refuses(&["recognizer", "train", "--on", "real", "--steps", "18446744073709551615", "--out", text(&out)], 2, &["steps"]);
    assert!(!out.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_never_end_or_never_come_are_named() {
    let directory = TempDir::new().unwrap();
    let run = directory.path().join("run");
    let set = directory.path().join("set");
    fs::create_dir(&set).unwrap();
    small_set(&set);
    let train = ["train", "--steps", "1", "--batch-size", "2", "--data", text(&set), "--out", text(&run)];
    assert_eq!(twoplayer(&train).code, 0);
    refuses(&["train", "--config", "/dev/zero"], 1, &["/dev/zero", "it is a device"]);
    refuses(&["recognize", "/dev/zero"], 1, &["/dev/zero", "it is a device"]);
    for name in ["metrics.csv", "generator.safetensors", "config.toml", "checkpoints/step-00000001.safetensors"] {
        let (file, kept) = (run.join(name), directory.path().join("kept"));
        fs::rename(&file, &kept).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        let call: &[&str] = match name {
            "metrics.csv" => &["report", text(&run)],
            "generator.safetensors" => &["sample", text(&run), "-o", "never.png"],
            _ => &["train", "--resume", text(&run), "--steps", "2"],
        };
        refuses(call, 1, &[name, "it is a pipe"]);
        fs::remove_file(&file).unwrap();
        fs::rename(&kept, &file).unwrap();
    }
}
