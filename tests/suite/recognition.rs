//! Reading digits, and measuring generated ones: the program as a person calls it, on small sets.

use crate::common::handwriting::{Sample, drawn, printed};
use crate::common::{refuses, small_set, text, twoplayer};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use twoplayer::data::{Digits, Idx, Split};
use twoplayer::recognizer::{RecognizerConfig, mnist_form, train_recognizer};
use twoplayer::run::{RecognizerRun, pretrained_recognizer};

fn mnist(split: Split) -> Digits {
    Digits::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist"), split).unwrap()
}

#[test]
fn it_learns_to_read_from_a_few_digits_and_the_seed_decides_how() {
    let (train, test) = (mnist(Split::Train).first(2_000), mnist(Split::Test).first(1_000));
    let config = RecognizerConfig { steps: 60, batch_size: 64, ..Default::default() };
    let mut losses = Vec::new();
    let learn = |seed, losses: &mut Vec<f64>| {
        let config = RecognizerConfig { seed, ..config.clone() };
        train_recognizer(&config, &[&train], &mut |report| {
            losses.push(report.loss);
            Ok(())
        })
        .unwrap()
    };
    let recognizer = learn(1, &mut losses);
    assert_eq!(losses.len(), 60);
    let accuracy = recognizer.read(test.images()).accuracy(test.labels());
    assert!(accuracy > 0.85, "{accuracy}; losses {losses:?}");

    let short = RecognizerConfig { steps: 3, batch_size: 64, ..Default::default() };
    let weights = |seed| {
        let config = RecognizerConfig { seed, ..short.clone() };
        train_recognizer(&config, &[&train, &test], &mut |_| Ok(())).unwrap().head.parameters[0].value.clone()
    };
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
}

#[test]
fn what_comes_with_the_program_reads_test_digits_and_other_peoples() {
    let recognizer = pretrained_recognizer();
    let test = mnist(Split::Test);
    let accuracy = recognizer.read(test.images()).accuracy(test.labels());
    assert!(accuracy >= 0.993, "{accuracy}");

    // Most printed digits look like written ones; a serifed 1 does not.
    for (samples, enough) in [(printed(), 0.85), (drawn(5, 400), 0.95)] {
        let forms: Vec<u8> = samples.iter().flat_map(|sample| mnist_form(&sample.picture).unwrap()).collect();
        let read = recognizer.read(&forms).digits();
        let wrong = samples.iter().zip(read).filter(|(Sample { label, .. }, digit)| label != digit);
        let wrong: Vec<_> = wrong.map(|(sample, digit)| format!("{} as {digit}", sample.name)).collect();
        let share = 1.0 - wrong.len() as f64 / samples.len() as f64;
        println!("{share}: {wrong:?}");
        assert!(share >= enough, "{share} are read rightly; wrong: {wrong:?}");
    }
}

/// Digits 0 to 9 as PNG files, of a font.
fn font(name: &str) -> Vec<String> {
    let folder = Path::new("tests/pictures/fonts");
    (0..10).map(|digit| text(&folder.join(format!("{name}-{digit}.png"))).to_owned()).collect()
}

#[test]
fn recognize_says_what_pictures_show() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    let files = font("dejavu-sans");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let answer = twoplayer(&[&["recognize"], &files[..3]].concat());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let lines: Vec<_> = answer.stdout.lines().collect();
    assert!(lines.len() == 3 && lines[2].starts_with("tests/pictures/fonts/dejavu-sans-2.png  2  "), "{lines:?}");

    let blank = at("blank.png");
    twoplayer::run::Picture::new([40, 30, 1], vec![200; 1200]).write_png(&blank).unwrap();
    let answer = twoplayer(&["recognize", text(&blank), files[7], "--json"]);
    let said: Vec<serde_json::Value> = answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(said[0]["digit"].is_null() && said[0]["reason"].as_str().unwrap().contains("nothing stands out"));
    assert!(said[1]["digit"].is_number() && said[1]["probability"].is_number() && said[1]["runner_up"].is_number());

    let test = mnist(Split::Test).first(50);
    let [images, labels, confusion] = ["i.idx.gz", "l.idx", "c.png"].map(at);
    Idx { shape: vec![50, 28, 28], bytes: test.images().to_vec() }.write(&images).unwrap();
    Idx { shape: vec![50], bytes: test.labels().to_vec() }.write(&labels).unwrap();
    let call = ["recognize", text(&images), "--labels", text(&labels), "--confusion", text(&confusion)];
    let answer = twoplayer(&call);
    assert_eq!((answer.code, answer.stdout.lines().count()), (0, 50), "{}", answer.stderr);
    assert!(answer.stderr.contains("50 are read rightly") && confusion.is_file(), "{}", answer.stderr);

    let folder = twoplayer(&["recognize", "tests/pictures/fonts"]);
    assert_eq!(folder.stdout.lines().count(), fs::read_dir("tests/pictures/fonts").unwrap().count());

    fs::write(at("broken.png"), &fs::read(files[0]).unwrap()[..60]).unwrap();
    refuses(&["recognize", text(&at("broken.png"))], 1, &["broken.png"]);
    refuses(&["recognize", text(&at("missing.png"))], 1, &["missing.png", "cannot open"]);
    refuses(&["recognize", text(&images), "--labels", text(&images)], 1, &["[50] labels belong"]);
    refuses(&["recognize", files[0], "--recognizer", text(directory.path())], 1, &["not a recognizer's directory"]);
}

/// A recognizer that has learned from ten tiny digits, for three steps.
fn recognizer_of_small_set(directory: &Path, on: &[&str]) -> PathBuf {
    let out = directory.join(format!("recognizer-{}", on.len()));
    let data = text(directory);
    let answer =
        twoplayer(&[&["recognizer", "train", "--steps", "3", "--data", data, "--out", text(&out)], on].concat());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stdout.contains("of the 10 test digits are read rightly"), "{}", answer.stdout);
    out
}

#[test]
fn recognizers_learn_from_real_digits_generated_ones_or_both() {
    let directory = TempDir::new().unwrap();
    small_set(directory.path());
    let run = concat!(env!("CARGO_MANIFEST_DIR"), "/data/pretrained/best").to_owned();
    let both = ["--on", "both", "--run", &run, "--count", "20", "--real", "7"];
    let out = recognizer_of_small_set(directory.path(), &both);
    let summary = RecognizerRun::open(&out).unwrap().summary().unwrap();
    assert_eq!((summary.learned_from.real, summary.learned_from.generated), (7, 20));
    assert_eq!(summary.test.unwrap().digits, 10);
    recognizer_of_small_set(directory.path(), &["--on", "real"]);
    recognizer_of_small_set(directory.path(), &["--on", "generated", "--run", &run, "--count", "20"]);

    refuses(&["recognizer", "train", "--on", "generated", "--run", &run, "--real", "5"], 2, &["--real", "--on both"]);
    refuses(&["recognizer", "train", "--on", "real", "--run", &run], 2, &["--run", "nothing is generated"]);
    refuses(&["recognizer", "train", "--on", "real", "--steps", "0"], 2, &["steps is 0"]);
    refuses(&["sample", text(&out), "-o", "x.png"], 1, &["not a run's directory"]);

    let data = text(directory.path());
    let answer = twoplayer(&["recognizer", "compare", "--run", &run, "--count", "20", "--steps", "2", "--data", data]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stdout.contains("real digits") && answer.stdout.contains(&run), "{}", answer.stdout);
    let without = ["train", "--preset", "mlp", "--steps", "1", "--batch-size", "5", "--data", data, "--out"];
    let unlabelled = directory.path().join("mlp");
    assert_eq!(twoplayer(&[&without[..], &[text(&unlabelled)]].concat()).code, 0);
    let call = ["recognizer", "compare", "--run", text(&unlabelled), "--data", data];
    refuses(&call, 2, &["trained without labels"]);
}

#[test]
fn evaluate_measures_a_run_and_samples_alike() {
    let directory = TempDir::new().unwrap();
    small_set(directory.path());
    let (at, data) = (|name: &str| directory.path().join(name), text(directory.path()));
    let pictures = at("pictures");
    let evaluate = |arguments: &[&str]| {
        let answer = twoplayer(&[&["evaluate", "--data", data], arguments].concat());
        assert_eq!(answer.code, 0, "{arguments:?}: {}", answer.stderr);
        answer.stdout
    };
    let table = evaluate(&["--count", "40", "--pictures", text(&pictures)]);
    for line in ["Fréchet distance", "precision", "coverage", "read as what was asked for", "nearest", "mean logit"] {
        assert!(table.contains(line), "{line}: {table}");
    }
    for name in ["nearest.png", "least-confident.png", "most-confident.png", "map.png"] {
        assert!(pictures.join(name).is_file(), "{name}");
    }

    let [images, labels] = ["i.idx", "l.idx"].map(at);
    let sample = ["sample", "--count", "40", "-o", text(&images), "--labels", text(&labels)];
    assert_eq!(twoplayer(&sample).code, 0);
    let json = |arguments: &[&str]| serde_json::from_str::<serde_json::Value>(&evaluate(arguments)).unwrap();
    let drawn = json(&["--count", "40", "--json"]);
    let read = json(&["--samples", text(&images), "--labels", text(&labels), "--json"]);
    assert_eq!(drawn["generated"], read["generated"]);
    assert!(drawn["discriminator"].is_object() && read["discriminator"].is_null());
    assert!(drawn["generated"]["agreement"]["share"].as_f64().unwrap() > 0.9, "{drawn}");
    assert!(json(&["--samples", text(&images), "--json"])["generated"]["agreement"].is_null());

    let run = at("run");
    let train =
        ["train", "--steps", "4", "--batch-size", "5", "--log-every", "2", "--evaluate-every", "2", "--data", data];
    let answer = twoplayer(&[&train[..], &["--out", text(&run)]].concat());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let metrics = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let rows: Vec<Vec<&str>> = metrics.lines().map(|row| row.split(',').collect()).collect();
    assert!(rows.len() == 4 && rows.iter().all(|row| row.len() == 11), "{metrics}");
    // Of the steps 2 and 4, and of epoch 2, which ends with step 4.
    assert_eq!((rows[0][6], rows[1][6], rows[2][6]), ("frechet", "", ""), "{metrics}");
    assert!(rows[3][0] == "4" && rows[3][6].parse::<f64>().is_ok() && rows[3][10] == "10", "{metrics}");
    evaluate(&[text(&run.join("best")), "--count", "40"]);

    refuses(&["evaluate", "--samples", text(&labels), "--data", data], 1, &["l.idx", "[count, height, width]"]);
    refuses(&["evaluate", "--samples", text(&images), "--cas", "--data", data], 2, &["--cas", "without labels"]);
    refuses(&["evaluate", text(&at("nowhere")), "--data", data], 1, &["nowhere", "not a run's directory"]);
}

#[test]
fn a_game_learns_to_read_from_few_labels_and_what_reads_is_kept() {
    let place = TempDir::new().unwrap();
    let out = place.path().join("reader");
    let root = text(&out);
    let answer = twoplayer(&["recognizer", "train", "--labels", "20", "--steps", "2", "--seed", "1", "--out", root]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    // Its last figure is the test accuracy.
    let percent = |stdout: &str| {
        let last = stdout.trim_end().strip_suffix(" %").expect("a percentage at the end");
        last.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    let accuracy = percent(&answer.stdout);
    let summary = fs::read_to_string(out.join("recognizer.toml")).unwrap();
    assert!(summary.contains("real = 20\nunlabelled = 59980\n"), "{summary}");
    let kept: toml::Table = summary.parse().unwrap();
    assert!((100.0 * kept["test"]["accuracy"].as_float().unwrap() - accuracy).abs() <= 0.005);
    assert!(fs::read_to_string(out.join("reading.csv")).unwrap().starts_with("step,loss,accuracy,sure\n"));

    // It is a run as any other: it goes on, and what reads is new then.
    let before = fs::read(out.join("recognizer.safetensors")).unwrap();
    let answer = twoplayer(&["train", "--resume", root, "--steps", "3"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    percent(&answer.stdout);
    assert_ne!(fs::read(out.join("recognizer.safetensors")).unwrap(), before);
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist/t10k-images-idx3-ubyte.gz");
    let answer = twoplayer(&["recognize", text(&test), "--recognizer", root]);
    assert_eq!((answer.code, answer.stdout.lines().count()), (0, 10_000), "{}", answer.stderr);

    refuses(&["recognizer", "calibrate", root], 1, &[root, "without labels", "--on real"]);

    refuses(&["recognizer", "train", "--labels", "9"], 2, &["--labels", "9"]);
    refuses(&["recognizer", "train", "--labels", "20", "--on", "real"], 2, &["--labels", "--on"]);
    refuses(&["recognizer", "train"], 2, &["required"]);
    let all = place.path().join("all");
    let too_many = ["recognizer", "train", "--labels", "60000", "--out", text(&all)];
    refuses(&too_many, 1, &["60000", "training.semi_supervised.labels"]);
}
