//! Learning to read.

use super::network::Recognizer;
use super::{ObserverError, RecognizerConfig, RecognizerError, shifted};
use crate::autodiff::{Phase, Real};
use crate::data::{Batches, CLASSES, Digits};
use crate::nn::{Adam, Learner, Mode, Network, Training, learn_together};
use crate::parallel::in_rows;
use crate::random::Stream;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::f64::consts::PI;

/// A step that has been made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Its number, from 1.
    pub step: u64,
    /// Of how many.
    pub steps: u64,
    /// The mean cross-entropy of its batch before the step, in nats.
    pub loss: f64,
    /// The share of its batch that was read rightly before the step, in [0, 1].
    pub accuracy: f64,
}

/// The share of the steps in which the learning rate rises.
const RISE: f64 = 0.2;

/// Trains a recognizer on these sets of digits, each of which gives an equal share of every batch; a hundred real
/// digits are not lost among sixty thousand generated ones.
///
/// # Errors
/// When the configuration cannot be run on these digits, the loss is no number any more, or the observer reports an
/// error.
///
/// # Panics
/// When there is no set.
pub fn train_recognizer(
    config: &RecognizerConfig,
    sets: &[&Digits],
    observer: &mut dyn FnMut(&StepReport) -> Result<(), ObserverError>,
) -> Result<Recognizer, RecognizerError> {
    config.validate()?;
    let recognizer = Recognizer::new(config)?;
    sets.iter().try_for_each(|digits| recognizer.check_shape(digits))?;
    let mut source = Source::new(config, sets)?;
    let learner = |network: Network| {
        let adam = Adam::new(&network.parameters, config.learning_rate, 0.9, 0.999);
        Learner::new(network, adam)
    };
    let mut learners = [learner(recognizer.features), learner(recognizer.head)];
    let mut training = Training::from(Stream::Dropout.of(config.seed));

    for step in 1..=config.steps {
        learners.iter_mut().for_each(|learner| learner.optimizer.learning_rate = learning_rate(config, step));
        let (loss, accuracy) = make_step(learners.each_mut(), &mut source, &mut training);
        let report = StepReport { step, steps: config.steps, loss, accuracy };
        if !loss.is_finite() {
            return Err(RecognizerError::Diverged { step, loss });
        }
        observer(&report).map_err(RecognizerError::Observer)?;
    }
    let [features, head] = learners.map(|learner| learner.network);
    Ok(Recognizer { features, head })
}

/// One step of both parts, from one loss. Gives it, and the share of the batch that was read rightly before the step.
fn make_step(learners: [&mut Learner; 2], source: &mut Source<'_>, training: &mut Training) -> (f64, f64) {
    learn_together(learners, training, |[features, head], training| {
        let (tape, names) = (features.tape, [features.name(), head.name()]);
        let (loss, seen) = tape.part(&names, Phase::Forward, || {
            let size = [source.batch_size(), source.pixels()];
            let images = tape.fill(&size, |images| source.next_batch(images)).named("images");
            let [_, logits] = Recognizer::forward([features, head], images, &mut Mode::Train(training));
            let loss = logits.softmax_cross_entropy(tape.one_hot(&source.labels, CLASSES)).mean();
            let accuracy = accuracy(logits.value().as_slice().expect("contiguous"), &source.labels);
            (loss, (loss.item().as_f64(), accuracy))
        });
        let mut of_features = tape.part(&names, Phase::Backward, || {
            tape.take_gradients(loss, &[&features.parameters[..], &head.parameters].concat())
        });
        let of_head = of_features.split_off(features.parameters.len());
        ([of_features, of_head], seen)
    })
}

/// That of this step, from 1.
fn learning_rate(config: &RecognizerConfig, step: u64) -> f64 {
    let done = (step - 1) as f64 / config.steps as f64;
    let share = if done < RISE {
        (done * config.steps as f64 + 1.0) / (RISE * config.steps as f64).max(1.0)
    } else {
        (1.0 + ((done - RISE) / (1.0 - RISE) * PI).cos()) / 2.0
    };
    config.learning_rate * share.min(1.0)
}

/// The share of rows `[n, 10]` whose largest number is at the label.
fn accuracy(logits: &[f32], labels: &[u8]) -> f64 {
    let right = logits.chunks_exact(CLASSES).zip(labels).filter(|(row, label)| {
        let own = row[usize::from(**label)];
        row.iter().enumerate().all(|(class, &logit)| logit < own || class == usize::from(**label))
    });
    right.count() as f64 / labels.len() as f64
}

/// Where a step's images come from.
struct Source<'d> {
    sets: Vec<(&'d Digits, Batches)>,
    shape: [usize; 2],
    shift: i32,
    rng: ChaCha8Rng,
    /// The images of a batch, and how far each is moved.
    chosen: Vec<(&'d [u8], [i32; 2])>,
    /// Their labels.
    labels: Vec<u8>,
}

impl<'d> Source<'d> {
    fn new(config: &RecognizerConfig, sets: &[&'d Digits]) -> Result<Self, RecognizerError> {
        assert!(!sets.is_empty(), "train_recognizer: no digits to learn from");
        let (mut batches, mut rng) = (Vec::new(), Stream::RecognizerShuffle.of(config.seed));
        for (i, &digits) in sets.iter().enumerate() {
            let share = (config.batch_size + sets.len() - 1 - i) / sets.len(); // together the batch size
            let of_its_own = ChaCha8Rng::from_rng(&mut rng);
            batches.push((digits, Batches::new(digits.len(), share.clamp(1, digits.len()), of_its_own)?));
        }
        Ok(Self {
            sets: batches,
            shape: config.image_shape,
            shift: config.shift as i32,
            rng: Stream::Shifts.of(config.seed),
            chosen: Vec::new(),
            labels: Vec::new(),
        })
    }

    fn batch_size(&self) -> usize {
        self.sets.iter().map(|(_, batches)| batches.batch_size()).sum()
    }

    fn pixels(&self) -> usize {
        self.shape.iter().product()
    }

    /// Writes the next images, `[batch, height × width]`, each moved by chance, and notes their labels.
    fn next_batch(&mut self, images: &mut [f32]) {
        self.chosen.clear();
        self.labels.clear();
        for (digits, batches) in &mut self.sets {
            let digits: &'d Digits = digits;
            for &index in batches.next_batch().indices {
                let mut by = || self.rng.random_range(-self.shift..=self.shift);
                self.chosen.push((digits.image(index), [by(), by()]));
                self.labels.push(digits.label(index));
            }
        }
        let (chosen, shape) = (&self.chosen, self.shape);
        in_rows(images, shape.iter().product(), |i, out| shifted(chosen[i].0, shape, chosen[i].1, out));
    }
}
