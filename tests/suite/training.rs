//! Training on real digits: it learns, and it is the same for any number of threads.

use std::fs;
use std::path::Path;
use tempfile::TempDir;
use twoplayer::data::{Digits, Split, fill, locate};
use twoplayer::gan::{Config, EpochEnd, Observer, ObserverError, StepEnd, TrainError, UpdateRule, train};
use twoplayer::nn::layers::Dropout;
use twoplayer::parallel;
use twoplayer::run::Recorder;

fn digits() -> Digits {
    Digits::load(&locate(None).unwrap(), Split::Train).unwrap()
}

/// The mean of every pixel over images `[n, pixels]`.
fn mean_image(images: &[f32], pixels: usize) -> Vec<f64> {
    let count = (images.len() / pixels) as f64;
    (0..pixels).map(|p| images.iter().skip(p).step_by(pixels).map(|&x| f64::from(x)).sum::<f64>() / count).collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let centred = |x: &[f64]| x.iter().map(|v| v - x.iter().sum::<f64>() / x.len() as f64).collect::<Vec<_>>();
    let (a, b) = (centred(a), centred(b));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
}

/// Keeps the samples of the beginning and of the end.
#[derive(Default)]
struct Watch {
    samples: Vec<Vec<f32>>,
    warnings: usize,
    steps: u64,
}

impl Observer for Watch {
    fn step_end(&mut self, step: &StepEnd<'_>) -> Result<(), ObserverError> {
        self.steps = step.step;
        Ok(())
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        self.samples.push(epoch.samples.to_vec());
        Ok(())
    }

    fn warning(&mut self, _: &twoplayer::gan::Warning) -> Result<(), ObserverError> {
        self.warnings += 1;
        Ok(())
    }
}

#[test]
fn half_an_epoch_of_the_default_learns_what_digits_look_like() {
    let digits = digits();
    let mut config = Config::preset("mlp").unwrap();
    config.training.steps = Some(250);
    let mut watch = Watch::default();
    train(&config, &digits, &mut watch).unwrap();

    let mut real = vec![0.0; 1000 * 784];
    fill(&digits, &(0..1000).collect::<Vec<_>>(), config.pixel_range().unwrap(), &mut real);
    let real = mean_image(&real, 784);
    let likeness: Vec<f64> = watch.samples.iter().map(|s| correlation(&mean_image(s, 784), &real)).collect();
    assert_eq!((watch.steps, watch.warnings, likeness.len()), (250, 0, 2));
    assert!(likeness[0] < 0.3, "before training the mean sample is like the mean digit: {likeness:?}");
    assert!(likeness[1] > 0.8, "after training it is not: {likeness:?}");
}

/// All files of a run but the one that tells the time.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> =
        ["generator.safetensors", "discriminator.safetensors", "metrics.csv"].map(|name| directory.join(name)).into();
    found.extend(fs::read_dir(directory.join("samples")).unwrap().map(|entry| entry.unwrap().path()));
    found.sort();
    found.iter().map(|path| (path.file_name().unwrap().to_string_lossy().into(), fs::read(path).unwrap())).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_for_any_number_of_threads() {
    let digits = digits();
    for update in [UpdateRule::Simultaneous, UpdateRule::Alternating] {
        let mut config = Config::preset("mlp").unwrap();
        config.training.update = update;
        config.training.steps = Some(6); // two of them with the gradient penalty
        config.record.log_every = 1;
        config.discriminator.layers.insert(1, Dropout { rate: 0.3 }.into());
        let run = |threads: usize, seed: u64| {
            let directory = TempDir::new().unwrap();
            let config = Config { seed, ..config.clone() };
            let mut recorder = Recorder::new(directory.path());
            parallel::on_threads(threads, || train(&config, &digits, &mut recorder).unwrap()).unwrap();
            files(directory.path())
        };
        let one = run(1, 7);
        assert_eq!(one.len(), 5, "two networks, two pictures, the metrics");
        for threads in [2, 3] {
            for (a, b) in one.iter().zip(&run(threads, 7)) {
                assert!(a == b, "{update:?}: {} differs between 1 and {threads} threads", a.0);
            }
        }
        assert!(one != run(1, 8), "another seed gave the same bytes");
    }
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_at_its_step() {
    let mut config = Config::preset("article").unwrap();
    config.generator.adam.learning_rate = 1e30;
    config.discriminator.adam.learning_rate = 1e30;
    let mut watch = Watch::default();
    match train(&config, &digits(), &mut watch) {
        Err(error @ TrainError::Diverged { step, .. }) => {
            assert_eq!(step, watch.steps + 1);
            assert!(error.to_string().contains("learning rates"), "{error}");
        }
        other => panic!("{:?}", other.map(drop)),
    }
}
