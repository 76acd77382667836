//! Whatever comes in, an answer comes out: no panic, no running out of memory. The targets in fuzz/ search further.

mod common;

use common::{Answer, answer, call, refuses, small_set, text, twoplayer};
use proptest::prelude::*;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use twoplayer::data::{Grey, Idx};
use twoplayer::gan::{Config, blank_discriminator, blank_generator};
use twoplayer::nn::{LayerSpec, Network, UnitActivation};
use twoplayer::recognizer::mnist_form;
use twoplayer::run::{Picture, parse_weights, save_weights};

/// What each way in makes of some bytes.
fn take(bytes: &[u8]) {
    let path = Path::new("hostile");
    let _ = Idx::parse(bytes, path);
    if let Ok(picture) = Grey::parse_png(Cursor::new(bytes), path) {
        let _ = mnist_form(&picture);
    }
    let _ = parse_weights(&mut [&mut network()], bytes, path);
    if let Ok(config) = Config::from_toml(&String::from_utf8_lossy(bytes), Config::DEFAULT_PRESET)
        && config.validate().is_ok()
    {
        let _ = blank_generator::<f32>(&config);
        let _ = blank_discriminator::<f32>(&config);
    }
}

fn network() -> Network {
    Network::blank("n", 2, &[LayerSpec::dense(3, UnitActivation::Relu)]).unwrap()
}

/// Good files of every kind.
fn seeds() -> Vec<Vec<u8>> {
    let directory = TempDir::new().unwrap();
    let weights = directory.path().join("weights");
    save_weights(&[&network()], &weights).unwrap();
    let mut all = vec![fs::read(weights).unwrap()];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for seeds in ["fuzz/seeds/idx", "fuzz/seeds/weights", "fuzz/seeds/picture", "src/gan/presets"] {
        all.extend(fs::read_dir(root.join(seeds)).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        take(&bytes);
    }

    #[test]
    fn good_files_with_something_changed(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let seeds = seeds();
        let mut bytes = which.get(&seeds).clone();
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
        take(text.as_bytes());
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
