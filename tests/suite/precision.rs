//! Products of 16 bits: what they do to gradients, and what they leave as it is.

use crate::common::{small_set, text, twoplayer};
use crate::looking::games::{self, GAMES};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use twoplayer::autodiff::{Gradient, View, Watch, Watcher};
use twoplayer::data::{Digits, Split, locate};
use twoplayer::gan::{Config, Players, Trainer};
use twoplayer::gemm::Precision;
use twoplayer::parallel;

/// The gradients of a step, by the parameters' names.
#[derive(Default)]
struct Gradients(BTreeMap<String, Vec<f64>>);

impl Watch for Gradients {
    fn gradients(&mut self, _: &str, tape: View<'_>, parameters: &[usize], gradients: &[Gradient]) {
        for (&parameter, gradient) in parameters.iter().zip(gradients) {
            let name = tape.node(parameter).name().expect("a parameter has a name").to_owned();
            self.0.insert(name, gradient.value().iter().map(|&x| f64::from(x)).collect());
        }
    }
}

/// What the players' first gradients are, on real digits; weights stay as they are.
fn first_gradients(mut config: Config, precision: Precision, digits: &Digits) -> BTreeMap<String, Vec<f64>> {
    (config.training.precision, config.training.batch_size) = (precision, 16);
    let mut trainer = Trainer::<f32>::new(&config).expect("a preset's layers form networks");
    trainer.set_learning_rates(Players::default());
    let seen = Watcher::new(Gradients::default());
    trainer.set_watchers(&[seen.told()]);
    trainer.step(|images, labels| {
        config.pixel_range().expect("a preset's").write(&digits.images()[..images.len()], images);
        labels.copy_from_slice(&digits.labels()[..labels.len()]);
    });
    std::mem::take(&mut seen.lock().0)
}

/// How far two gradients are from each other: the angle between them, in degrees, and how many times as long the second
/// is; nothing where both are zero.
fn apart(a: &[f64], b: &[f64]) -> Option<[f64; 2]> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (of_a, of_b) = (dot(a, a).sqrt(), dot(b, b).sqrt());
    // Differences are small beside what is compared, so the angle comes from them and not from a cosine near 1.
    let unit = |x: &[f64], length: f64| x.iter().map(|x| x / length).collect::<Vec<_>>();
    let chord: f64 = unit(a, of_a).iter().zip(unit(b, of_b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    (of_a > 0.0 || of_b > 0.0).then(|| [2.0 * (chord / 2.0).min(1.0).asin().to_degrees(), of_b / of_a])
}

/// `scripts/tables/precision.py` prints the table that this test prints.
#[test]
fn gradients_of_every_preset_point_the_same_way_in_16_bits() {
    let digits = Digits::load(&locate(None).unwrap(), Split::Test).unwrap();
    let mut wrong = Vec::new();
    for preset in Config::presets() {
        let config = Config::preset(preset).unwrap();
        let of = |precision| parallel::on_threads(2, || first_gradients(config.clone(), precision, &digits)).unwrap();
        let (exact, rounded) = (of(Precision::F32), of(Precision::Bf16));
        assert!(exact.keys().eq(rounded.keys()));
        for (name, exact) in &exact {
            let Some([angle, ratio]) = apart(exact, &rounded[name]) else { continue };
            let line = format!("{preset:10} {name:40} {angle:6.2} degrees, {ratio:.4} times as long");
            println!("{line}");
            // The bias of a single channel is one number, a sum of thousands that nearly cancel.
            let most = if exact.len() > 1 { 0.06 } else { 0.4 };
            // The difference of two means that are much alike.
            let furthest = if config.training.feature_matching { 15.0 } else { 12.0 };
            if !(angle <= furthest && (ratio - 1.0).abs() <= most) {
                wrong.push(line);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn games_in_16_bits_do_not_depend_on_the_number_of_threads() {
    for (name, game) in GAMES {
        let rounded = game.replacen("batch_size", "precision = \"bf16\", batch_size", 1);
        let play = |game: &str, threads| {
            parallel::on_threads(threads, || games::bytes(&games::played(game, 6, &[]).0)).unwrap()
        };
        let one = play(&rounded, 1);
        assert!(one == play(&rounded, 3), "{name}: other bytes with three threads");
        assert!(one != play(game, 1), "{name}: nothing was rounded");
    }
}

#[test]
fn a_run_in_16_bits_says_so_and_goes_on_as_it_began() {
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    small_set(place.path());
    let train = |out: &Path, steps: &str| {
        let data = text(place.path());
        let flags = [
            "--data",
            data,
            "--batch-size",
            "5",
            "--precision",
            "bf16",
            "--schedule",
            "constant",
            "--steps",
            steps,
            "--out",
            text(out),
        ];
        let answer = twoplayer(&[&["train", "--preset", "lsgan", "--log-every", "1"], &flags[..]].concat());
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        answer
    };
    let whole = train(&at("whole"), "8");
    assert!(
        whole.stderr.contains("bf16 on ") || whole.stdout.contains("bf16 on "),
        "{} {}",
        whole.stdout,
        whole.stderr
    );
    assert!(fs::read_to_string(at("whole/config.toml")).unwrap().contains("precision = \"bf16\""));
    train(&at("parts"), "3");
    let resumed = twoplayer(&["train", "--resume", text(&at("parts")), "--steps", "8"]);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    let weights = |run: &str| fs::read(at(run).join("generator.safetensors")).unwrap();
    assert!(weights("whole") == weights("parts"), "a resumed run has other weights");

    // Digits are drawn as they were while it trained, unless somebody wants them otherwise.
    let drawn = |precision: &[&str]| {
        let (run, output) = (at("whole"), at("digits.npy"));
        let answer = twoplayer(&[&["sample", text(&run), "-o", text(&output), "--count", "4"], precision].concat());
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        fs::read(output).unwrap()
    };
    assert!(drawn(&[]) == drawn(&["--precision", "bf16"]) && drawn(&[]) != drawn(&["--precision", "f32"]));
}
