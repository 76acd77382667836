//! A discriminator that learns to read from few labels and many pictures.

use super::augment::{Augment, Augmentation};
use super::judge::{Game, Judgement, judge};
use crate::autodiff::{Real, Tape, Var};
use crate::gan::config::check::{check, check_count};
use crate::gan::{ConfigError, Ramp};
use crate::nn::{Input, Mode, OnTape, Training};
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Reading, learned in the game (Salimans et al. 2016, *Improved Techniques for Training GANs*, section 5): few images
/// have labels, from which the discriminator learns its classes; of all others it only knows that they are of one of
/// them, and of the generated ones that they are of none. Its last layer is
/// [`class-logits`](crate::nn::layers::ClassLogits).
///
/// Beside that, it should read two views of the same image alike (Sohn et al. 2020, *FixMatch*, equations 3 and 4): where it
/// is sure of one view, that is the label of the other, which is changed more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SemiSupervised {
    /// How many images have labels, as many of each class; the seed chooses them.
    pub labels: usize,
    /// How many of them are in a step, all where there are fewer; `training.batch_size` says how many of the others.
    pub batch_size: usize,
    /// What the game weighs in the discriminator's loss, beside what it reads; 0 leaves the generator out of what it
    /// learns.
    pub game: Ramp,
    /// What it weighs that two views of an image are read alike; at least 0.
    pub agreement: Ramp,
    /// How sure of the one view it must be, from 0 to 1.
    pub confidence: f64,
    /// How the other view is changed; the first is changed as `training.augment` says.
    pub augment: Vec<Augmentation>,
    /// If given, a recognizer learns from its answers when the game is over, in so many steps for each step of the game.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub student: Option<f64>,
}

impl SemiSupervised {
    /// How many images of a step have labels.
    pub(in crate::gan) fn images_in_a_step(&self) -> usize {
        self.batch_size.min(self.labels)
    }

    /// Checks every number against its range.
    pub(in crate::gan) fn validate(&self) -> Result<(), ConfigError> {
        check_count("training.semi_supervised.labels", self.labels as u64)?;
        check_count("training.semi_supervised.batch_size", self.batch_size as u64)?;
        for (key, weight) in [("game", self.game), ("agreement", self.agreement)] {
            let key = format!("training.semi_supervised.{key}");
            let is_fine = |weight: &f64| weight.is_finite() && *weight >= 0.0;
            check(weight.ends().iter().all(is_fine), &key, &weight.at(0.0), "a finite number, at least 0")?;
        }
        let key = "training.semi_supervised.confidence";
        check((0.0..=1.0).contains(&self.confidence), key, &self.confidence, "from 0 to 1")?;
        let key = "training.semi_supervised.student";
        let share = self.student.unwrap_or(1.0);
        check(share > 0.0 && share <= 100.0, key, &share, "above 0, at most 100")?;
        self.augment.iter().try_for_each(|change| change.validate("training.semi_supervised.augment"))
    }
}

/// Added to a class's share of a batch, which may be 0.
const TINY: f64 = 1e-6;

/// How a step went that taught to read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReadingScores {
    /// The mean cross-entropy of the labelled images of the batch, in nats.
    pub loss: f64,
    /// The share of them that was read rightly, in [0, 1].
    pub accuracy: f64,
    /// The share of the others that the discriminator was sure of, in [0, 1].
    pub sure: f64,
}

/// What the discriminator learns beside the game.
#[derive(Debug)]
pub(in crate::gan) struct Lesson {
    config: SemiSupervised,
    augment: Augment,
    /// The part of the run that is over.
    progress: f64,
}

/// What comes of a lesson.
pub(in crate::gan) struct Taught<'t, T: Real> {
    /// The game that was played meanwhile, with the first views of the images without labels.
    pub game: Game<'t, T>,
    /// What the game's loss weighs.
    pub weight: f64,
    /// The loss of reading.
    pub loss: Var<'t, T>,
    pub reading: ReadingScores,
}

impl Lesson {
    /// The lesson that a configuration asks for, of images `[height, width, channels]` whose black is `black`.
    pub fn new(config: &SemiSupervised, shape: [usize; 3], black: f32, rng: ChaCha8Rng) -> Self {
        Self { augment: Augment::new(&config.augment, shape, black, rng), config: config.clone(), progress: 0.0 }
    }

    /// How many words have been drawn.
    pub fn words_drawn(&self) -> u64 {
        self.augment.words_drawn()
    }

    /// Goes on with these random numbers.
    pub fn resume(&mut self, rng: ChaCha8Rng) {
        self.augment.resume(rng);
    }

    /// Sets how much of the run is over, from 0 to 1.
    pub fn set_progress(&mut self, progress: f64) {
        self.progress = progress;
    }

    /// How many images of a step have labels.
    pub fn batch_size(&self) -> usize {
        self.config.images_in_a_step()
    }

    /// The discriminator before images with labels, others `real`, and generated ones, `[n, pixels]` each.
    pub fn teach<'t, T: Real>(
        &mut self,
        discriminator: &OnTape<'_, 't, T>,
        labelled: Input<'t, T>,
        [real, fake]: [Input<'t, T>; 2],
        first_view: &mut Augment,
        training: &mut Training<T>,
    ) -> Taught<'t, T> {
        let (count, batch) = (labelled.batch(), real.batch());
        let views = [first_view.view(labelled.x), first_view.view(real.x), self.augment.view(real.x)];
        let [all, fake] = [views[0].concat_rows(views[1]).concat_rows(views[2]), first_view.view(fake.x)]
            .map(|images| judge(discriminator, images.into(), &mut Mode::Train(training)));
        let part = |from, to| all.slice_rows(from..to);
        let (known, once, twice) = (part(0, count), part(count, count + batch), part(count + batch, count + 2 * batch));
        let targets = labelled.labels.expect("a label for each");
        let loss = classes(known).softmax_cross_entropy(targets).mean();
        let (own, sure) = self.sure(discriminator.tape, classes(once));
        let agreement = classes(twice).softmax_cross_entropy(own).mean();
        let reading =
            ReadingScores { loss: loss.item().as_f64(), accuracy: share_right(classes(known), targets), sure };
        let [weight, of_agreement] = [self.config.game, self.config.agreement].map(|ramp| ramp.at(self.progress));
        let game = Game::of(once.logits.concat_rows(fake.logits), once, fake);
        Taught { game, weight, loss: loss + agreement * T::from_f64(of_agreement), reading }
    }

    /// The class of each image that the discriminator is sure of by these logits `[n, classes]`, as a row with a 1; zeros for
    /// the others. And the share of those that it is sure of.
    ///
    /// All classes are taken to be equally frequent: one that the batch shows too often has to be the more probable
    /// (distribution alignment, Berthelot et al. 2020, *ReMixMatch*, section 3.1, here by the batch's own mean).
    fn sure<'t, T: Real>(&self, tape: &'t Tape<T>, logits: Var<'t, T>) -> (Var<'t, T>, f64) {
        let aligned = tape.without_recording(|| {
            let probabilities = logits.softmax();
            let fitted = probabilities / (probabilities.mean_axis(0) + T::from_f64(TINY)); // p / E p
            (fitted / fitted.sum_axis(1)).value()
        });
        let (shape, aligned) = (logits.shape(), aligned.as_slice().expect("contiguous"));
        let (mut sure, confidence) = (0, T::from_f64(self.config.confidence));
        let targets = tape.fill(&shape, |targets| {
            targets.fill(T::ZERO);
            for (row, target) in aligned.chunks_exact(shape[1]).zip(targets.chunks_exact_mut(shape[1])) {
                if let Some(class) = row.iter().position(|&p| p >= confidence) {
                    target[class] = T::ONE;
                    sure += 1;
                }
            }
        });
        (targets, sure as f64 / shape[0] as f64)
    }
}

/// The logits of the classes.
fn classes<'t, T: Real>(judgement: Judgement<'t, T>) -> Var<'t, T> {
    judgement.classes.expect("the discriminator ends in the logits of classes")
}

/// The share of rows whose largest logit is where the target's 1 is.
fn share_right<T: Real>(logits: Var<'_, T>, targets: Var<'_, T>) -> f64 {
    let (logits, targets) = (logits.value(), targets.value());
    let right = logits.rows().into_iter().zip(targets.rows()).filter(|(row, target)| {
        let largest =
            row.iter().fold(T::from_f64(f64::NEG_INFINITY), |largest, &x| if x > largest { x } else { largest });
        row.iter().zip(target).any(|(&x, &t)| t == T::ONE && x == largest)
    });
    right.count() as f64 / logits.shape()[0] as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, array};
    use rand::SeedableRng;

    fn lesson(confidence: f64) -> Lesson {
        let (game, agreement) = (1.0.into(), 1.0.into());
        let (augment, student) = (Vec::new(), None);
        let config = SemiSupervised { labels: 10, batch_size: 50, game, agreement, confidence, augment, student };
        Lesson::new(&config, [2, 2, 1], 0.0, ChaCha8Rng::seed_from_u64(0))
    }

    /// Where the 1 stands in each row of the targets for these probabilities, if it does, and the share of such rows.
    fn sure_of(probabilities: ArrayD<f64>, confidence: f64) -> (Vec<Option<usize>>, f64) {
        let tape = Tape::<f64>::new();
        let (targets, share) = lesson(confidence).sure(&tape, tape.leaf(probabilities.mapv(f64::ln)));
        let rows = targets.value();
        assert!(rows.iter().all(|&x| x == 0.0 || x == 1.0) && rows.rows().into_iter().all(|row| row.sum() <= 1.0));
        (rows.rows().into_iter().map(|row| row.iter().position(|&x| x == 1.0)).collect(), share)
    }

    #[test]
    fn it_is_sure_of_what_is_probable_enough() {
        let probabilities = array![[0.9, 0.1], [0.5, 0.5], [0.3, 0.7], [0.1, 0.9], [0.7, 0.3]].into_dyn();
        assert_eq!(sure_of(probabilities.clone(), 0.8), (vec![Some(0), None, None, Some(1), None], 0.4));
        assert_eq!(sure_of(probabilities, 0.95).1, 0.0);
    }

    #[test]
    fn a_class_that_is_seen_too_often_must_be_the_more_probable() {
        // The first class has 4/5 of the batch, the second 1/5: 0.8 : 0.2 becomes 1 : 1, and 0.6 : 0.4 becomes 0.75 : 2.
        let probabilities = array![[0.8, 0.2], [0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.999, 0.001]].into_dyn();
        let (sure, _) = sure_of(probabilities, 0.7);
        assert_eq!(sure, [None, None, None, Some(1), Some(0)]);
    }

    #[test]
    fn what_was_read_rightly_is_counted() {
        let tape = Tape::<f32>::new();
        let logits = tape.leaf(array![[1.0, 2.0, 0.0], [3.0, -1.0, 0.0], [0.0, 0.0, 1.0]].into_dyn());
        assert_eq!(share_right(logits, tape.one_hot(&[1u32, 1, 2], 3)), 2.0 / 3.0);
    }
}
