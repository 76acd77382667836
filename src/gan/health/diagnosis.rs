//! What can be wrong with a run, in words.

use super::Clues;
use crate::gan::Players;
use std::fmt::{Display, Formatter, Result};

/// What is wrong, and how that shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Diagnosis {
    /// The discriminator's loss has stayed near the least it can be.
    DiscriminatorWins {
        /// The step at which this was noticed.
        step: u64,
        /// How far above the least it is, averaged over the last steps.
        loss: f64,
        /// For how many steps it has been below the limit.
        steps: u64,
        /// The norm of the generator's gradient over what it was at first, if both have been measured.
        gradient: Option<f64>,
    },
    /// The generator draws much the same image from every latent vector.
    SamplesAlike {
        /// The epoch at which this was noticed.
        epoch: u64,
        /// The variance among the samples over that among as many real images.
        share: f64,
        /// What else was found.
        clues: Clues,
    },
    /// The generator draws a few images again and again.
    SamplesRepeat {
        /// The epoch at which this was noticed.
        epoch: u64,
        /// The mean distance from a sample to the one nearest to it, over the same among as many real images.
        share: f64,
        /// What else was found.
        clues: Clues,
    },
    /// Some digits are hardly drawn, as a recognizer reads them.
    DigitsMissing {
        /// The epoch at which this was noticed.
        epoch: u64,
        /// Which.
        digits: Vec<u8>,
        /// Their share of the samples, all together.
        share: f64,
    },
    /// A conditional generator draws what it likes, whatever digit it is asked for.
    LabelIgnored {
        /// The epoch at which this was noticed.
        epoch: u64,
        /// How that shows.
        evidence: LabelEvidence,
    },
    /// No gradient comes to a layer.
    LayerDead {
        /// The step at which this was noticed.
        step: u64,
        /// The last of the parameters that are not moved any more, such as `generator.2.weight`.
        parameter: String,
        /// How many layers' weights of that player are not moved.
        count: usize,
        /// For how many steps that was so.
        steps: u64,
    },
    /// The discriminator does not follow its own loss.
    DiscriminatorMisled {
        /// The step at which this was noticed.
        step: u64,
        /// What the mean scores of real and of generated images sum to, averaged over the last steps.
        sum: f64,
        /// What they [sum to](crate::gan::Rules::sum_of_scores) where its own loss is least.
        balanced: f64,
        /// For how many steps the sum has been far above that.
        steps: u64,
    },
    /// A loss is no number any more, and the run at its end.
    Diverged {
        /// The step at which that was so.
        step: u64,
        /// Both losses.
        losses: Players<f64>,
    },
    /// The players chase each other.
    Oscillation {
        /// The step at which this was noticed.
        step: u64,
        /// Between which values the generator's loss, averaged over about a hundred steps, went up and down.
        range: [f64; 2],
        /// In how many steps.
        steps: u64,
    },
}

impl Diagnosis {
    /// The names of all, by which the list of runs calls them.
    pub const NAMES: [&str; 8] = [
        "discriminator wins",
        "mode collapse",
        "digits missing",
        "label ignored",
        "dead layer",
        "oscillation",
        "misled discriminator",
        "divergence",
    ];

    /// Its name, one of [`NAMES`](Self::NAMES): it stands in the words after the step or the epoch.
    pub fn name(&self) -> &'static str {
        let place = match self {
            Diagnosis::DiscriminatorWins { .. } => 0,
            Diagnosis::SamplesAlike { .. } | Diagnosis::SamplesRepeat { .. } => 1,
            Diagnosis::DigitsMissing { .. } => 2,
            Diagnosis::LabelIgnored { .. } => 3,
            Diagnosis::LayerDead { .. } => 4,
            Diagnosis::Oscillation { .. } => 5,
            Diagnosis::DiscriminatorMisled { .. } => 6,
            Diagnosis::Diverged { .. } => 7,
        };
        Self::NAMES[place]
    }

    /// The name in the words of a diagnosis, as a run's warnings.txt has them.
    pub fn name_in(words: &str) -> Option<&'static str> {
        let name = words.split(": ").nth(1)?;
        Self::NAMES.into_iter().find(|known| *known == name)
    }

    /// Whether such a run seldom comes to anything: what is wrong feeds on itself.
    pub fn is_grave(&self) -> bool {
        !matches!(self, Diagnosis::DigitsMissing { .. } | Diagnosis::Oscillation { .. })
    }

    /// Whether what leads to it adds up: each cause has its remedy, and what is left of them is enough to bring it about.
    pub fn has_causes(&self) -> bool {
        matches!(self, Diagnosis::SamplesAlike { .. } | Diagnosis::DiscriminatorWins { .. })
    }

    /// When it was noticed.
    fn when(&self) -> (&'static str, u64) {
        match *self {
            Diagnosis::DiscriminatorWins { step, .. }
            | Diagnosis::LayerDead { step, .. }
            | Diagnosis::DiscriminatorMisled { step, .. }
            | Diagnosis::Diverged { step, .. }
            | Diagnosis::Oscillation { step, .. } => ("step", step),
            Diagnosis::SamplesAlike { epoch, .. }
            | Diagnosis::SamplesRepeat { epoch, .. }
            | Diagnosis::DigitsMissing { epoch, .. }
            | Diagnosis::LabelIgnored { epoch, .. } => ("epoch", epoch),
        }
    }
}

/// How it shows that a label is ignored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LabelEvidence {
    /// The mean squared change of an image when another digit is asked for, over that when another latent vector is
    /// given.
    Change(f64),
    /// The share of the images that show, as a recognizer reads them, the digit that was asked for.
    Agreement(f64),
}

/// Below this share of what it was at first, a gradient counts as vanished.
const VANISHED: f64 = 0.1;

impl Display for Diagnosis {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (unit, number) = self.when();
        write!(f, "{unit} {number}: {}: ", self.name())?;
        match self {
            Diagnosis::DiscriminatorWins { loss, steps, gradient, .. } => {
                write!(
                    f,
                    "its loss has been as small as it can be (but for {loss:.1e}) for {steps} steps. That is no success: \
                     it tells real images from generated ones without fail"
                )?;
                match gradient {
                    Some(share) if *share < VANISHED => write!(
                        f,
                        ", and the generator learns next to nothing from it any more: its gradient is {share:.1e} times \
                         what it was at first"
                    ),
                    Some(share) => write!(f, ". The generator's gradient is {share:.1} times what it was at first"),
                    None => Ok(()),
                }
            }
            Diagnosis::SamplesAlike { share, clues, .. } => write!(
                f,
                "all samples look alike: they vary {:.1} % as much as real images do. The generator answers every latent \
                 vector with nearly the same image{clues}",
                100.0 * share
            ),
            Diagnosis::SamplesRepeat { share, clues, .. } => write!(
                f,
                "the generator draws a few images again and again: from a sample to the one most like it is {:.0} % of \
                 the way between real images{clues}",
                100.0 * share
            ),
            Diagnosis::DigitsMissing { digits, share, .. } => {
                let digits: Vec<_> = digits.iter().map(u8::to_string).collect();
                write!(
                    f,
                    "hardly any sample is a {}: {:.1} % of them, as the recognizer reads them. The generator leaves out a \
                     part of the data",
                    digits.join(" or a "),
                    100.0 * share
                )
            }
            Diagnosis::LabelIgnored { evidence, .. } => {
                f.write_str("the generator does not heed the digit that it is asked for: ")?;
                match evidence {
                    LabelEvidence::Change(share) => write!(
                        f,
                        "asked for another one, it changes its image {:.1} % as much as for another latent vector",
                        100.0 * share
                    ),
                    LabelEvidence::Agreement(share) => {
                        write!(f, "{:.0} % of its images show it, as the recognizer reads them", 100.0 * share)
                    }
                }
            }
            Diagnosis::LayerDead { parameter, count, steps, .. } => write!(
                f,
                "{parameter} has had no gradient for {steps} steps ({count} such in that player): the layer answers every \
                 input alike and learns nothing any more, as where too large a step has left the units of a relu at zero \
                 for good, or those of a tanh at their ends"
            ),
            Diagnosis::DiscriminatorMisled { sum, balanced, steps, .. } => write!(
                f,
                "D(x) + D(G(z)) has been far above {balanced:.1} for {steps} steps, and is {sum:.2} on average: of the images \
                 that it takes for real, more are generated than its own loss would have. Its steps are too large to follow it, \
                 or something else moves its weights"
            ),
            Diagnosis::Diverged { losses: Players { generator, discriminator }, .. } => write!(
                f,
                "a loss is no number any more (the discriminator's is {discriminator:.3}, the generator's {generator:.3}): \
                 with the last steps the weights have left what numbers can hold"
            ),
            Diagnosis::Oscillation { range: [low, high], steps, .. } => write!(
                f,
                "the generator's loss swings between {low:.2} and {high:.2}, and has for {steps} steps: the players chase \
                 each other around and come no nearer"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generator_is_said_to_learn_nothing_only_where_its_gradient_has_vanished() {
        let said = |gradient| Diagnosis::DiscriminatorWins { step: 5, loss: 1e-3, steps: 500, gradient }.to_string();
        assert!(said(Some(0.01)).contains("next to nothing"));
        assert!(!said(Some(10.0)).contains("nothing") && said(Some(10.0)).contains("10.0 times what it was"));
        assert!(said(None).ends_with("without fail"));
    }

    #[test]
    fn the_words_name_the_diagnosis_after_the_moment() {
        let dead = Diagnosis::LayerDead { step: 7, parameter: "generator.0.weight".into(), count: 1, steps: 500 };
        assert!(dead.to_string().starts_with("step 7: dead layer: generator.0.weight has"));
        assert_eq!(Diagnosis::name_in(&dead.to_string()), Some("dead layer"));
        assert_eq!(Diagnosis::name_in("epoch 1: all samples look alike: they vary"), None);
    }
}
