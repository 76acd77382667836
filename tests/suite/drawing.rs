//! The program's ways of drawing: by class, from one digit to another, in colour.

use crate::common::{refuses, small_set, text, twoplayer};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use twoplayer::data::Idx;

/// Small players that know labels.
const CONDITIONAL: &str = r#"
preset = "mlp"
[training]
batch_size = 5
steps = 3
classes = 10
[generator]
latent_dim = 4
layers = [{ kind = "label-embedding", units = 6 }, { kind = "dense", units = 784, activation = "tanh" }]
[discriminator]
layers = [{ kind = "flatten" }, { kind = "dense", units = 8, activation = "leaky-relu" }, { kind = "projection" }]
"#;

/// A run of small players on ten images, and the directory with both; `data` is what names the images, DIR standing
/// for their directory.
fn small_run(config: &str, data: &str) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    small_set(directory.path());
    let (file, run) = (directory.path().join("players.toml"), directory.path().join("run"));
    fs::write(&file, config).unwrap();
    let places =
        ["train", "--config", text(&file), "--data", &data.replace("DIR", text(directory.path())), "--out", text(&run)];
    let answer = twoplayer(&places);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    (directory, run)
}

/// `[height, width, channels]` of a PNG.
fn picture_shape(path: &Path) -> [u32; 3] {
    let reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).unwrap())).read_info().unwrap();
    let info = reader.info();
    [info.height, info.width, if info.color_type == png::ColorType::Grayscale { 1 } else { 3 }]
}

/// All numbers of a PNG.
fn picture(path: &Path) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

/// Length of so many tiles of 28 pixels in a row.
fn tiles(count: u32) -> u32 {
    count * 28 + (count - 1) * 2
}

#[test]
fn a_run_with_labels_draws_the_digits_that_are_asked_for() {
    let (directory, run) = small_run(CONDITIONAL, "DIR");
    let at = |name: &str| directory.path().join(name);
    let (images, labels) = (at("images.idx"), at("labels-idx1-ubyte.gz"));
    let sample = |flags: &[&str]| {
        let places = ["sample", text(&run), "-o", text(&images), "--labels", text(&labels)];
        let answer = twoplayer(&[&places[..], flags].concat());
        assert_eq!(answer.code, 0, "{flags:?}: {}", answer.stderr);
        [Idx::read(&images).unwrap(), Idx::read(&labels).unwrap()]
    };
    let [in_turn, labels_in_turn] = sample(&["--count", "20"]);
    assert_eq!((&labels_in_turn.shape[..], &labels_in_turn.bytes[8..12]), (&[20][..], &[8, 9, 0, 1][..]));
    let [sevens, labels_of_sevens] = sample(&["--count", "20", "--digit", "7"]);
    assert_eq!(labels_of_sevens.bytes, [7; 20]);
    let of = |idx: &Idx, i: usize| idx.bytes[i * 784..][..784].to_vec();
    assert!((0..20).all(|i| (of(&in_turn, i) == of(&sevens, i)) == (i % 10 == 7)), "the latent vectors are the same");
    let [each, labels_of_each] = sample(&["--count", "2", "--digit", "each"]);
    assert_eq!(labels_of_each.bytes, (0..20).map(|i| i / 2).collect::<Vec<u8>>());
    assert_eq!(of(&each, 15), of(&sevens, 15));

    let array = at("labels.npy");
    let answer = twoplayer(&["sample", text(&run), "--count", "3", "-o", text(&images), "--labels", text(&array)]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let array = fs::read(array).unwrap();
    assert!(array.starts_with(b"\x93NUMPY") && array.ends_with(&[0, 1, 2]), "{array:?}");

    let grid = at("grid.png");
    assert_eq!(twoplayer(&["sample", text(&run), "--digit", "each", "--scale", "1", "-o", text(&grid)]).code, 0);
    assert_eq!(picture_shape(&grid), [tiles(10), tiles(10), 1]);

    let refused = |flags: &[&str], parts: &[&str]| {
        refuses(&[&["sample", text(&run), "-o", text(&images)], flags].concat(), 2, parts);
    };
    refused(&["--digit", "10"], &["--digit", "0 to 9, or each"]);
    refused(&["--digit", "each", "--count", "100001"], &["--count", "1000010", "1000000"]);
    refused(&["--labels", "labels.csv"], &["labels.csv", ".idx.gz", ".npy"]);
    refused(&["--labels", text(&images)], &["--labels", "another name"]);
    refused(&["--truncation", "0"], &["--truncation", "above 0"]);
    refused(&["--truncation", "nan"], &["--truncation", "at most 1"]);
}

#[test]
fn truncation_changes_the_digits() {
    let (directory, run) = small_run(CONDITIONAL, "DIR");
    let images = directory.path().join("images.idx");
    let with = |psi: &str| {
        assert_eq!(twoplayer(&["sample", text(&run), "--truncation", psi, "-o", text(&images)]).code, 0);
        Idx::read(&images).unwrap().bytes
    };
    assert!(with("1") != with("0.5"));
}

#[test]
fn what_a_run_with_labels_shows_has_a_row_for_each() {
    let (_directory, run) = small_run(CONDITIONAL, "DIR");
    for epoch in 0..2 {
        let sheet = run.join(format!("samples/epoch-000{epoch}.png"));
        assert_eq!(picture_shape(&sheet), [3 * tiles(10), 3 * tiles(8), 1]);
    }
}

#[test]
fn one_digit_turns_into_another() {
    let (directory, run) = small_run(CONDITIONAL, "DIR");
    let at = |name: &str| directory.path().join(name);
    let (strip, moving) = (at("strip.png"), at("moving.png"));
    let draw = |flags: &[&str]| {
        let answer = twoplayer(&[&["interpolate", text(&run), "--scale", "1", "--steps", "4"], flags].concat());
        assert_eq!(answer.code, 0, "{flags:?}: {}", answer.stderr);
        assert!(answer.stdout.starts_with("4 steps from seed "), "{}", answer.stdout);
    };
    draw(&["-o", text(&strip), "--animation", text(&moving)]);
    assert_eq!((picture_shape(&strip), picture_shape(&moving)), ([tiles(10), tiles(4), 1], [tiles(2), tiles(5), 1]));
    let reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(&moving).unwrap())).read_info().unwrap();
    assert_eq!(reader.info().animation_control().unwrap().num_frames, 6, "four there, two back");

    // The ends are what `sample` draws.
    draw(&["--digit", "3", "--from-seed", "5", "--to-seed", "6", "-o", text(&strip)]);
    assert_eq!(picture_shape(&strip), [28, tiles(4), 1]);
    let (pixels, width) = (picture(&strip), tiles(4) as usize);
    for (seed, left) in [("5", 0), ("6", 3 * 30)] {
        let digit = at("digit.idx");
        let flags = ["--digit", "3", "--count", "1", "--seed", seed, "-o", text(&digit)];
        assert_eq!(twoplayer(&[&["sample", text(&run)], &flags[..]].concat()).code, 0);
        let end: Vec<u8> = pixels.chunks_exact(width).flat_map(|row| row[left..][..28].to_vec()).collect();
        assert_eq!(end, Idx::read(&digit).unwrap().bytes);
    }

    let refused = |flags: &[&str], parts: &[&str]| refuses(&[&["interpolate", text(&run)], flags].concat(), 2, parts);
    refused(&[], &["required"]);
    refused(&["-o", "strip.gif"], &["-o strip.gif", ".png"]);
    refused(&["-o", "a.png", "--animation", "a.png"], &["--animation a.png", "another name"]);
    refused(&["-o", "a.png", "--steps", "1"], &["--steps", "1"]);
}

/// Small players that know no labels.
const UNCONDITIONAL: &str = r#"
preset = "mlp"
[training]
batch_size = 5
steps = 3
[generator]
latent_dim = 4
layers = [{ kind = "dense", units = 784 }, { kind = "reshape", shape = [28, 28, 1] }, { kind = "activation", function = "tanh" }]
[discriminator]
layers = [{ kind = "dense", units = 8, activation = "leaky-relu" }, { kind = "dense", units = 1 }]
"#;

#[test]
fn stacked_digits_are_drawn_in_colour() {
    let (directory, run) = small_run(UNCONDITIONAL, "stacked-mnist:DIR");
    let at = |name: &str| directory.path().join(name);
    assert_eq!(picture_shape(&run.join("samples/epoch-0001.png")), [3 * tiles(8), 3 * tiles(8), 3]);
    let sample = |output: &Path| {
        let answer = twoplayer(&["sample", text(&run), "--count", "5", "--scale", "1", "-o", text(output)]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
    };
    let [png, idx, npy, folder, strip] = ["a.png", "a.idx", "a.npy", "digits", "strip.png"].map(at);
    [&png, &idx, &npy, &folder].into_iter().for_each(|output| sample(output));
    assert_eq!(picture_shape(&png), [28, tiles(8), 3]);
    let images = Idx::read(&idx).unwrap();
    assert_eq!(images.shape, [5, 28, 28, 3]);
    assert_eq!(picture(&folder.join("000004.png")), images.bytes[4 * 2352..]);
    assert!(String::from_utf8_lossy(&fs::read(&npy).unwrap()[..128]).contains("(5, 28, 28, 3)"));
    assert_eq!(twoplayer(&["interpolate", text(&run), "-o", text(&strip)]).code, 0);
    assert_eq!(picture_shape(&strip), [3 * 28, 3 * tiles(10), 3]);

    // The run's own configuration makes the same run again; other images do not fit it.
    let (config, again) = (run.join("config.toml"), at("again"));
    assert_eq!(twoplayer(&["train", "--config", text(&config), "--out", text(&again)]).code, 0);
    let weights = |run: &Path| fs::read(run.join("generator.safetensors")).unwrap();
    assert!(weights(&run) == weights(&again), "the repeated run has other weights");
    let grey = ["train", "--config", text(&config), "--data", text(directory.path()), "--out", "never"];
    refuses(&grey, 1, &["have 1 channels", "draws 3", "stacked-mnist"]);
}

#[test]
fn stacked_digits_have_no_labels_to_learn() {
    let directory = TempDir::new().unwrap();
    let config = directory.path().join("players.toml");
    fs::write(&config, CONDITIONAL).unwrap();
    let train = ["train", "--config", text(&config), "--data", "stacked-mnist", "--out", "never"];
    refuses(&train, 2, &["training.classes is 10", "1,000 classes"]);
    let flags = ["train", "--preset", "mlp", "--data", "stacked-mnist:nowhere", "--out", "never"];
    refuses(&flags, 1, &["nowhere (as asked for; not a directory)"]);
}
