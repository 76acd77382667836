//! What goes wrong with GANs, noticed while it happens and said in words.

pub(in crate::gan) mod usual;

pub use usual::Usual;

mod balance;
mod clues;
mod diagnosis;
mod fault;
mod faults;
mod images;
mod remedy;
mod swings;
mod warning;

use super::{GradientNorms, Norm, Rules, Scores};
use balance::Balance;
use images::{distance_to_nearest, mean_change, variance};
use serde::{Deserialize, Serialize};
use swings::Swings;

pub use clues::Clues;
pub use diagnosis::{Diagnosis, LabelEvidence};
pub use fault::Fault;
pub use remedy::Remedy;
pub use warning::Warning;

/// Watches a run and says what is wrong, once for each thing (again only if it went away).
#[derive(Clone, Debug)]
pub struct Health {
    pixels: usize,
    real_variance: f64,
    real_distance: f64,
    /// The least the discriminator's loss can be, if it says there that all is lost.
    least_loss: Option<f64>,
    /// What the scores sum to where the discriminator follows its own loss, if they have such a sum.
    balanced: Option<f64>,
    pub(super) watch: Symptoms,
}

/// What has been seen of a run's health so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symptoms {
    /// How far above its least the discriminator's loss is, averaged over about the last hundred steps.
    excess: Option<f64>,
    steps_near_zero: u64,
    samples_alike: bool,
    samples_repeat: bool,
    label_ignored: bool,
    swings: Swings,
    #[serde(default)] // older checkpoints have none
    balance: Balance,
    /// For how many steps each player's gradients have been zero, parameter by parameter.
    still: [Vec<u64>; 2],
    /// The generator's gradient when it was first measured, and last.
    gradient: Option<[f64; 2]>,
}

/// What a run draws at the end of an epoch.
#[derive(Clone, Copy)]
pub struct Samples<'a> {
    /// `[n, pixels]`, the same latent vectors every time.
    pub images: &'a [f32],
    /// Those latent vectors, but another digit asked for, where digits are.
    pub other_digits: Option<&'a [f32]>,
    /// Looks for what else there is to see where they are much the same.
    pub clues: &'a dyn Fn() -> Clues,
}

/// Far below what a discriminator that cannot tell has above the least loss: at least 0.36, with
/// pairs and labels of 0.9; 1.39, `2·log 2`, without either; 2 with the hinge.
const NEAR_ZERO: f64 = 0.02;
/// How many steps in a row make it worth a warning.
const PATIENCE: u64 = 500;
/// Below this share of the real images' variance, samples count as alike.
const ALIKE: f64 = 0.1;
/// Below this share of the distance between real images, samples count as repeated.
const REPEATED: f64 = 0.25;
/// Below this share of the change by another latent vector, the change by another label counts as none.
const IGNORED: f64 = 0.02;
/// Until then, all of that is to be expected.
const FIRST_EPOCH: u64 = 2;

impl Health {
    /// Watches a run by these rules on images such as these, `[n, pixels]`.
    pub fn new(rules: &Rules, real_images: &[f32], pixels: usize) -> Self {
        Self {
            pixels,
            real_variance: variance(real_images, pixels),
            real_distance: distance_to_nearest(real_images, pixels),
            least_loss: rules.loss_of_certainty(),
            balanced: rules.sum_of_scores(),
            watch: Symptoms::default(),
        }
    }

    /// Looks at a step's scores.
    pub fn after_step(&mut self, step: u64, scores: &Scores) -> Option<Diagnosis> {
        let Symptoms { swings, balance, .. } = &mut self.watch;
        let swings = swings.after_step(step, scores.generator_loss);
        let misled = self.balanced.and_then(|balanced| balance.after_step(step, scores, balanced));
        self.winner(step, scores).or(misled).or(swings)
    }

    fn winner(&mut self, step: u64, scores: &Scores) -> Option<Diagnosis> {
        let excess = scores.discriminator_loss - self.least_loss?;
        let Symptoms { excess: average, steps_near_zero, gradient, .. } = &mut self.watch;
        let average = average.get_or_insert(1.0);
        *average += 0.01 * (excess - *average);
        *steps_near_zero = if *average < NEAR_ZERO { *steps_near_zero + 1 } else { 0 };
        let gradient = gradient.map(|[first, last]| last / first).filter(|share| share.is_finite());
        let (loss, steps) = (*average, *steps_near_zero);
        (steps == PATIENCE).then_some(Diagnosis::DiscriminatorWins { step, loss, steps, gradient })
    }

    /// Looks at the gradients of a step, which are measured `every` so many steps.
    pub fn after_measurement(&mut self, step: u64, every: u64, norms: &GradientNorms) -> Option<Diagnosis> {
        let generator = norms.generator.iter().map(|norm| norm.gradient.powi(2)).sum::<f64>().sqrt();
        self.watch.gradient = Some([self.watch.gradient.map_or(generator, |[first, _]| first), generator]);
        let [generator, discriminator] = &mut self.watch.still;
        // A discriminator all of whose gradients are zero is not dead, but sure: with the hinge, say.
        let is_sure = norms.discriminator.iter().all(|norm| norm.gradient == 0.0);
        let of_discriminator = if is_sure { None } else { still(step, every, &norms.discriminator, discriminator) };
        still(step, every, &norms.generator, generator).or(of_discriminator)
    }

    /// Looks at an epoch's samples.
    pub fn after_epoch(&mut self, epoch: u64, samples: Samples<'_>) -> Option<Diagnosis> {
        let Samples { images, other_digits, clues } = samples;
        let share = variance(images, self.pixels) / self.real_variance;
        let alike = share < ALIKE;
        let distance = distance_to_nearest(images, self.pixels) / self.real_distance;
        let repeat = !alike && distance < REPEATED && epoch >= FIRST_EPOCH;
        // Two images that have nothing to do with each other are 2·variance apart, in the mean square.
        let change = other_digits.map(|others| mean_change(images, others, self.pixels));
        let change = change.map(|change| change / (2.0 * variance(images, self.pixels)));
        let ignored = !alike && change.is_some_and(|change| change < IGNORED) && epoch >= FIRST_EPOCH;

        let Symptoms { samples_alike, samples_repeat, label_ignored, .. } = &mut self.watch;
        let (alike, repeat) = (is_news(alike, samples_alike), is_news(repeat, samples_repeat));
        let ignored = is_news(ignored, label_ignored);
        if alike {
            Some(Diagnosis::SamplesAlike { epoch, share, clues: clues() })
        } else if repeat {
            Some(Diagnosis::SamplesRepeat { epoch, share: distance, clues: clues() })
        } else {
            let evidence = LabelEvidence::Change(change.unwrap_or_default());
            ignored.then_some(Diagnosis::LabelIgnored { epoch, evidence })
        }
    }
}

/// Looks for a layer whose weights have had no gradient for [`PATIENCE`] steps; `steps` says of each parameter for how
/// many it had none before.
fn still(step: u64, every: u64, norms: &[Norm], steps: &mut Vec<u64>) -> Option<Diagnosis> {
    steps.resize(norms.len(), 0);
    for (steps, norm) in steps.iter_mut().zip(norms) {
        // A critic's last bias never has any: it moves real and generated images alike.
        let has_none = norm.gradient == 0.0 && norm.parameter.ends_with("weight");
        *steps = if has_none { *steps + every } else { 0 };
    }
    let count = steps.iter().filter(|&&steps| steps >= PATIENCE).count();
    // The last one: what comes before it is cut off by it.
    let last = steps.iter().rposition(|&steps| (PATIENCE..PATIENCE + every).contains(&steps))?;
    Some(Diagnosis::LayerDead { step, parameter: norms[last].parameter.clone(), count, steps: steps[last] })
}

/// Whether something is so that was not before.
fn is_news(now: bool, before: &mut bool) -> bool {
    !std::mem::replace(before, now) && now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::Objective;
    use crate::gan::Players;

    fn health(objective: Objective, real_label: f64, real_images: &[f32], pixels: usize) -> Health {
        Health::new(&Rules { real_label, ..Rules::from(objective) }, real_images, pixels)
    }

    fn scores(discriminator_loss: f64, generator_loss: f64) -> Scores {
        Scores { discriminator_loss, generator_loss, real: 0.5, fake: 0.5, reading: None }
    }

    #[test]
    fn a_winning_discriminator_is_named_once_and_a_healthy_one_never() {
        let mut health = health(Objective::NonSaturating, 1.0, &[0.0, 1.0], 1);
        assert_eq!(warnings(&mut health, 0.5), 0);
        assert_eq!(warnings(&mut health, 0.0), 1);
        assert_eq!(warnings(&mut health, 1.0), 0);
        assert_eq!(warnings(&mut health, 1e-4), 1);
    }

    /// How many warnings 5000 steps of this loss give.
    fn warnings(health: &mut Health, loss: f64) -> usize {
        (0..5000).filter_map(|step| health.after_step(step, &scores(loss, 1.0))).count()
    }

    #[test]
    fn only_a_loss_that_means_certainty_is_a_warning() {
        let of = |objective, real_label, loss| warnings(&mut health(objective, real_label, &[0.0, 1.0], 1), loss);
        assert_eq!(of(Objective::Hinge, 1.0, 0.0), 1);
        assert_eq!((of(Objective::LeastSquares, 1.0, 0.0), of(Objective::Wasserstein, 1.0, -50.0)), (0, 0));
        // With labels of 0.9, 0.325 is the least.
        assert_eq!((of(Objective::Minimax, 0.9, 0.33), of(Objective::Minimax, 0.9, 0.5)), (1, 0));
    }

    fn samples(images: &[f32]) -> Samples<'_> {
        Samples { images, other_digits: None, clues: &Clues::default }
    }

    #[test]
    fn collapsed_samples_are_named_once() {
        let real = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0];
        let mut health = health(Objective::NonSaturating, 1.0, &real, 2);
        assert_eq!(health.after_epoch(1, samples(&real)), None);
        let alike = [0.5, 0.2, 0.5, 0.2, 0.5, 0.21];
        let warning = health.after_epoch(2, samples(&alike));
        assert!(
            matches!(warning, Some(Diagnosis::SamplesAlike { epoch: 2, share, .. }) if share < 1e-3),
            "{warning:?}"
        );
        assert_eq!(health.after_epoch(3, samples(&alike)), None);
        assert_eq!(health.after_epoch(4, samples(&real)), None);
        assert!(health.after_epoch(5, samples(&alike)).is_some());
    }

    #[test]
    fn a_few_images_drawn_again_and_again_are_named() {
        let real = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0];
        let mut health = health(Objective::NonSaturating, 1.0, &real, 2);
        let repeated = [0.0, 0.0, 0.0, 0.1, 1.0, 1.0, 1.0, 0.9];
        assert_eq!(health.after_epoch(1, samples(&repeated)), None); // too early to tell
        let warning = health.after_epoch(2, samples(&repeated));
        assert!(
            matches!(warning, Some(Diagnosis::SamplesRepeat { share, .. }) if (share - 0.1).abs() < 1e-6),
            "{warning:?}"
        );
    }

    #[test]
    fn a_label_that_changes_nothing_is_named() {
        let images = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0];
        let mut health = health(Objective::NonSaturating, 1.0, &images, 2);
        let turned = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0];
        let nearly_the_same = [0.0, 0.05, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0];
        let mut after = |others| {
            health.after_epoch(2, Samples { images: &images, other_digits: Some(others), clues: &Clues::default })
        };
        assert_eq!(after(&turned), None);
        assert!(matches!(after(&nearly_the_same), Some(Diagnosis::LabelIgnored { .. })));
        assert_eq!(after(&nearly_the_same), None);
    }

    #[test]
    fn the_last_of_the_layers_that_get_no_gradient_is_named_once() {
        let mut health = health(Objective::NonSaturating, 1.0, &[0.0, 1.0], 1);
        let norms = |generator: [f64; 3]| -> GradientNorms {
            let norm = |(i, gradient)| Norm { parameter: format!("generator.{i}.weight"), gradient, value: 1.0 };
            Players { generator: generator.into_iter().enumerate().map(norm).collect(), discriminator: vec![] }
        };
        let mut measure = |generator| {
            (0..20).filter_map(|step| health.after_measurement(step, 100, &norms(generator))).collect::<Vec<_>>()
        };
        assert_eq!(measure([1e-9, 0.5, 1.0]), []);
        let [warning] = measure([0.0, 0.0, 1.0]).try_into().unwrap();
        let parameter = "generator.1.weight".into();
        assert_eq!(warning, Diagnosis::LayerDead { step: 4, parameter, count: 2, steps: 500 });
        assert_eq!(measure([0.0, 0.0, 1.0]), []);
    }

    #[test]
    fn players_that_chase_each_other_are_named_and_a_restless_game_is_not() {
        let swinging = |height: f64, noise: f64| {
            let mut health = health(Objective::NonSaturating, 1.0, &[0.0, 1.0], 1);
            let loss = |step: u64| {
                let wave = (step as f64 / 60.0).sin();
                2.0 + height * wave + noise * (step as f64 * 2.7).sin()
            };
            let mut warnings = (1..=5000).filter_map(|step| health.after_step(step, &scores(1.0, loss(step))));
            (warnings.next(), warnings.count())
        };
        let (first, more) = swinging(2.0, 0.5);
        assert!(matches!(first, Some(Diagnosis::Oscillation { step: 2000, .. })), "{first:?}");
        assert_eq!(more, 0);
        assert_eq!(swinging(0.5, 3.0), (None, 0));
    }
}
