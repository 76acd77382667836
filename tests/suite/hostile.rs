//! Whatever comes in, an answer comes out: no panic, no running out of memory. The targets in fuzz/ search further.

#[path = "../../fuzz/src/lib.rs"]
#[allow(dead_code, reason = "some of it only the targets use")]
mod targets;

use crate::common::{Answer, answer, call, refuses, small_set, text, twoplayer};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use twoplayer::data::Idx;
use twoplayer::run::Picture;

/// What a target does with its input.
type Take = fn(&[u8]);

const TARGETS: [(&str, Take); 8] = [
    ("arguments", targets::arguments::take),
    ("config", targets::config::take),
    ("idx", targets::idx::take),
    ("picture", targets::picture::take),
    ("run", targets::run::take),
    ("commands", targets::commands::take),
    ("samples", targets::samples::take),
    ("weights", targets::weights::take),
];

/// Where a target's seeds are.
fn seeds_of(target: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if target == "config" { root.join("src/gan/config/presets") } else { root.join("fuzz/seeds").join(target) }
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
        fs::write(&file, format!("preset = \"mlp\"\n[generator]\nlayers = [{layers}]")).unwrap();
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
        (
            format!(
                "{image}, {{ kind = \"conv\", channels = 2000, kernel = 3, stride = 7 }}, {{ kind = \"conv\", channels = 2000, kernel = 3 }}, {draw}"
            ),
            "generator.3",
        ),
        (
            format!("{image}, {{ kind = \"conv\", channels = 2048, kernel = 2001, padding = 2000 }}, {draw}"),
            "generator",
        ),
        (format!("{image}, {{ kind = \"conv\", channels = 2, kernel = 3, padding = 2000 }}, {draw}"), "padding 2000"),
        (format!("{{ kind = \"dense\", units = 160000 }}, {draw}"), "generator.1"),
    ] {
        fs::write(&file, format!("preset = \"mlp\"\n[generator]\nlayers = [{layers}]")).unwrap();
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
    refuses(
        &["recognizer", "train", "--on", "real", "--steps", "18446744073709551615", "--out", text(&out)],
        2,
        &["steps"],
    );
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

/// What a call answers whose standard output nobody reads any more.
fn unread(command: &mut Command) -> Answer {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    answer(command.stdout(writer))
}

/// A disk without room.
#[cfg(target_os = "linux")]
fn full() -> fs::File {
    fs::OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// A short run in a directory of its own, of tiny digits.
fn short_run(directory: &Path) -> PathBuf {
    let run = directory.join("run");
    let data = directory.join("data");
    fs::create_dir(&data).unwrap();
    small_set(&data);
    let arguments = ["train", "--data", text(&data), "--batch-size", "5", "--epochs", "3", "--out", text(&run)];
    assert_eq!(twoplayer(&arguments).code, 0);
    run
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let runs = TempDir::new().unwrap();
    for arguments in [
        &["presets"][..],
        &["presets", "best"],
        &["--help"],
        &["completions", "bash"],
        &["man"],
        &["runs", text(runs.path())],
        &["runs", text(runs.path()), "--json"],
        &["data"],
        &["recognize", "tests/pictures/fonts"],
    ] {
        let Answer { code, stderr, .. } = unread(&mut call(arguments));
        assert_eq!((code, &*stderr), (0, ""), "{arguments:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_standard_output_is_one_line_and_a_full_standard_error_changes_nothing() {
    for arguments in [&["presets"][..], &["--version"], &["train", "--help"], &["man"], &["data"], &["-vv", "data"]] {
        let Answer { code, stderr, .. } = answer(call(arguments).stdout(full()));
        let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(code == 1 && errors.len() == 1 && !stderr.contains("panicked"), "{arguments:?}: {code} {stderr}");
        assert!(errors[0].contains("cannot write to standard output"), "{stderr}");
        assert_eq!(answer(call(arguments).stderr(full())).code, 0, "{arguments:?}");
    }
    for (arguments, code) in [(&["presets", "artcle"][..], 2), (&["nonsense"], 2), (&["report", "nowhere"], 1)] {
        assert_eq!(answer(call(arguments).stderr(full())).code, code, "{arguments:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_goes_on_when_nothing_of_what_it_says_is_taken() {
    let directory = TempDir::new().unwrap();
    let train = |name: &str, flags: &[&str]| {
        let mut command = call(&["train", "--steps", "3", "--log-every", "1", "--batch-size", "8"]);
        command.args(flags).arg("--out").arg(directory.path().join(name));
        command
    };
    let is_whole = |name: &str| {
        let out = directory.path().join(name);
        let rows = fs::read_to_string(out.join("metrics.csv")).unwrap().lines().count();
        rows == 4 && out.join("report.html").is_file() && fs::read_dir(out.join("checkpoints")).unwrap().count() > 0
    };
    for (closed, filled, flags) in [("a", "b", &[][..]), ("c", "d", &["--json"])] {
        let Answer { code, stderr, .. } = unread(&mut train(closed, flags));
        assert!(code == 0 && !stderr.contains("error") && is_whole(closed), "{flags:?}: {code} {stderr}");
        assert_eq!(answer(train(filled, flags).stdout(full()).stderr(full())).code, 1, "{flags:?}");
        assert!(is_whole(filled), "{flags:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_of_any_width_is_not_flooded() {
    let directory = TempDir::new().unwrap();
    for columns in [65_535, 1, 80] {
        let out = directory.path().join(columns.to_string());
        let (program, out) = (env!("CARGO_BIN_EXE_twoplayer"), text(&out));
        let train = format!("stty rows 24 cols {columns}; {program} train --steps 30 --batch-size 8 --out {out}");
        // A terminal of its own, from util-linux.
        let output = Command::new("script")
            .args(["-qec", &train, "/dev/null"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("util-linux is there");
        let shown = output.stdout.len();
        assert!(output.status.success() && (100..100_000).contains(&shown), "{columns} columns: {shown} bytes");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_name_that_is_no_unicode_is_shown_as_well_as_it_can_be() {
    use std::os::unix::ffi::OsStrExt;
    let directory = TempDir::new().unwrap();
    let (data, runs) = (directory.path().join("data"), directory.path().join("runs"));
    fs::create_dir(&data).unwrap();
    small_set(&data);
    let odd = runs.join(std::ffi::OsStr::from_bytes(b"run-\xff\xfe"));
    let train = ["train", "--preset", "cdcgan", "--data", text(&data), "--batch-size", "5", "--steps", "1", "--out"];
    let trained = answer(call(&train).arg(&odd));
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    for flags in [&[][..], &["--json"]] {
        let answer = twoplayer(&[&["runs", text(&runs)], flags].concat());
        assert!(answer.code == 0 && answer.stdout.contains("run-\u{fffd}"), "{}{}", answer.stdout, answer.stderr);
    }
    let out = directory.path().join("recognizer");
    let learn = ["recognizer", "train", "--on", "both", "--steps", "1", "--count", "10", "--data", text(&data)];
    let learned = answer(call(&learn).arg("--out").arg(&out).arg("--run").arg(&odd));
    assert_eq!(learned.code, 0, "{}", learned.stderr);
    assert!(fs::read_to_string(out.join("recognizer.toml")).unwrap().contains("run-\u{fffd}"));
}

#[test]
fn among_a_runs_pictures_what_is_none_of_them_is_left_out_and_said() {
    let directory = TempDir::new().unwrap();
    let run = short_run(directory.path());
    let picture = |epoch: u64| run.join(format!("samples/epoch-{epoch:04}.png"));
    let [height, width, _] = Picture::read_png(&picture(0)).unwrap().shape();
    Picture::new([20, 20, 1], vec![0; 400]).write_png(&picture(2)).unwrap();
    Picture::new([height, width, 3], vec![0; 3 * height * width]).write_png(&picture(4)).unwrap();
    fs::copy(picture(0), run.join("samples/epoch-7.png")).unwrap();
    let report = twoplayer(&["report", text(&run)]);
    assert_eq!(report.code, 0, "{}", report.stderr);
    for part in ["note: left out", "epoch-0002.png (20 × 20", "epoch-0004.png", "in colour", "epoch-7.png"] {
        assert!(report.stderr.contains(part) && report.stderr.lines().count() == 1, "{part}: {}", report.stderr);
    }
    let page = || fs::read_to_string(run.join("report.html")).unwrap();
    assert_eq!(page().matches("data:image/png").count(), 4, "three of four epochs and the animation");

    fs::write(picture(0), "garbage").unwrap();
    fs::create_dir(picture(9)).unwrap();
    let report = twoplayer(&["report", text(&run)]);
    assert!(report.code == 0 && report.stderr.contains("and 2 more"), "{}", report.stderr);
    let resumed = twoplayer(&["train", "--resume", text(&run), "--epochs", "5", "--quiet"]);
    assert!(resumed.code == 0 && resumed.stderr.contains("note: left out"), "{}", resumed.stderr);
    assert!(picture(5).is_file());
}

#[test]
fn any_figures_in_a_runs_tables_make_a_report() {
    let directory = TempDir::new().unwrap();
    let run = short_run(directory.path());
    let values = ["1e-320", "1e308", "-1e308", "inf", "-inf", "NaN", "1e999", "0", "5e-324", "0.1"];
    let (mut metrics, mut norms, mut times) = (String::new(), String::new(), String::new());
    for (i, value) in values.iter().enumerate() {
        let (other, step) = (values[(3 * i + 1) % values.len()], u64::MAX >> (40 - 4 * i));
        metrics += &format!("{step},{step},{value},{other},{other},{value},{value},{other},{value},{other}\n");
        norms += &format!("{step},generator.0.weight,{value},{other}\n{step},discriminator.0.weight,{other},{value}\n");
        times += &format!("{step},{value}\n");
    }
    let header = "step,epoch,discriminator_loss,generator_loss,d_real,d_fake,frechet,precision,recall,agreement";
    fs::write(run.join("metrics.csv"), format!("{header}\n{metrics}")).unwrap();
    fs::write(run.join("norms.csv"), format!("step,parameter,gradient,value\n{norms}")).unwrap();
    fs::write(run.join("times.csv"), format!("step,seconds\n{times}")).unwrap();
    let mut report = call(&["report", text(&run)]).stdout(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while report.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(120) {
            report.kill().unwrap();
            panic!("the report does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(report.wait().unwrap().success());
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.matches("<svg").count() >= 7 && page.contains("beyond all bounds"));
}

#[test]
fn sets_that_are_smaller_or_of_another_form_are_used_or_refused_in_a_line() {
    let directory = TempDir::new().unwrap();
    let run = short_run(directory.path());
    let idx = |name: &str, shape: &[usize]| {
        let path = directory.path().join(name);
        let bytes =
            (0..shape.iter().product()).map(|i: usize| (i % 251) as u8 % if shape.len() == 1 { 10 } else { 251 });
        Idx { shape: shape.to_vec(), bytes: bytes.collect() }.write(&path).unwrap();
        path
    };
    for count in [1, 5] {
        idx("data/t10k-images-idx3-ubyte", &[count, 28, 28]);
        idx("data/t10k-labels-idx1-ubyte.gz", &[count]);
        let inside = twoplayer(&["inspect", text(&run)]);
        assert_eq!(inside.code, 0, "{}", inside.stderr);
        assert!(inside.stdout.contains(&format!("logits of {count} real test digits")), "{}", inside.stdout);
        let data = directory.path().join("data");
        refuses(&["evaluate", "--data", text(&data), "--count", "20"], 1, &["real test digits", "at least"]);
    }
    for (shape, part) in [
        (&[1, 1, 1, 3][..], "[28, 28, 1]"),
        (&[3, 5, 5, 3], "[28, 28, 1]"),
        (&[3, 5, 5], "[28, 28, 1]"),
        (&[0, 28, 28], "no images"),
        (&[3, 0, 28], "no images"),
        (&[3, 28], "[count, height, width]"),
        (&[3, 28, 28, 2], "[count, height, width]"),
        (&[3, 28, 28, 1], "at least 4 images"),
    ] {
        let samples = idx("samples.idx", shape);
        refuses(&["evaluate", "--samples", text(&samples)], 1, &["samples.idx", part]);
    }
    refuses(&["recognize", text(&idx("none.idx", &[0, 28, 28]))], 1, &["none.idx", "no images"]);
    let labels = idx("labels.idx", &[3]);
    fs::write(&labels, [0, 0, 8, 1, 0, 0, 0, 3, 1, 77, 2]).unwrap();
    let three = idx("three.idx", &[3, 28, 28]);
    refuses(&["recognize", text(&three), "--labels", text(&labels)], 1, &["labels.idx", "label 1 is 77"]);
}

#[test]
fn of_a_folder_all_is_read_that_can_be_and_the_rest_is_named() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    let good = fs::read_dir("tests/pictures/fonts").unwrap().next().unwrap().unwrap().path();
    for name in ["a.png", "c.png", "e.png"] {
        fs::copy(&good, at(name)).unwrap();
    }
    fs::write(at("b.png"), "no picture").unwrap();
    fs::create_dir(at("d.png")).unwrap();
    for flags in [&[][..], &["--json"]] {
        let answer = twoplayer(&[&["recognize", text(directory.path()), "missing.png"], flags].concat());
        assert_eq!(answer.code, 1);
        assert_eq!(answer.stdout.lines().count(), 3, "{}", answer.stdout);
        let named: Vec<&str> = answer.stderr.lines().collect();
        assert_eq!(named.len(), 4, "{}", answer.stderr);
        for (line, part) in named.iter().zip(["b.png", "d.png", "missing.png", "error: 3 could not be read"]) {
            assert!(line.contains(part), "{part}: {}", answer.stderr);
        }
    }
    let labels = at("labels.idx");
    Idx { shape: vec![4], bytes: vec![0; 4] }.write(&labels).unwrap();
    let labelled = ["recognize", text(directory.path()), "--labels", text(&labels)];
    refuses(&labelled, 1, &["[5] labels belong"]);
    assert_eq!(twoplayer(&labelled).stdout, "");
    Idx { shape: vec![5], bytes: vec![0; 5] }.write(&labels).unwrap();
    let answer = twoplayer(&labelled);
    assert!(answer.code == 1 && answer.stderr.contains("of 5 are read rightly"), "{}", answer.stderr);
}
