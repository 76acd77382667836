//! What can be wrong with a run, in words.

use std::fmt;

/// Something a person who watches the run should know: what is wrong, how that shows, and what to try.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// The discriminator's loss has stayed near the least it can be.
    DiscriminatorWins {
        /// The step at which this was noticed.
        step: u64,
        /// How far above the least it is, averaged over the last steps.
        loss: f64,
        /// For how many steps it has been below the limit.
        steps: u64,
        /// The norm of the generator's gradient over what it was at first, if it has vanished.
        gradient: Option<f64>,
    },
    /// The generator draws much the same image from every latent vector.
    SamplesAlike {
        /// The epoch at which this was noticed.
        epoch: u64,
        /// The variance among the samples over that among as many real images.
        share: f64,
    },
    /// The generator draws a few images again and again.
    SamplesRepeat {
        /// The epoch at which this was noticed.
        epoch: u64,
        /// The mean distance from a sample to the one nearest to it, over the same among as many real images.
        share: f64,
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

impl Warning {
    /// Whether such a run seldom comes to anything: what is wrong feeds on itself.
    pub fn is_grave(&self) -> bool {
        !matches!(self, Warning::DigitsMissing { .. } | Warning::Oscillation { .. })
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

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::DiscriminatorWins { step, loss, steps, gradient } => {
                write!(
                    f,
                    "step {step}: the discriminator's loss has been as small as it can be (but for {loss:.1e}) for \
                     {steps} steps. That is no success: it tells real images from generated ones without fail, so the \
                     generator learns next to nothing from it any more"
                )?;
                if let Some(share) = gradient {
                    write!(f, " (its gradient is {share:.1e} times what it was at first)")?;
                }
                write!(
                    f,
                    ". Stop it: more training will not help; try --update alternating, a lower --learning-rate, dropout \
                     or a penalty on the discriminator, or the preset mlp"
                )
            }
            Warning::SamplesAlike { epoch, share } => write!(
                f,
                "epoch {epoch}: all samples look alike: they vary {:.1} % as much as real images do. The generator \
                 answers every latent vector with nearly the same image (mode collapse). It seldom recovers; try \
                 --update alternating, a lower --learning-rate, or the preset mlp",
                100.0 * share
            ),
            Warning::SamplesRepeat { epoch, share } => write!(
                f,
                "epoch {epoch}: the generator draws a few images again and again: from a sample to the one most like it \
                 is {:.0} % of the way between real images (mode collapse). It seldom recovers; try a penalty on the \
                 discriminator (r1, a larger gamma), a lower --learning-rate, or the preset mlp",
                100.0 * share
            ),
            Warning::DigitsMissing { epoch, digits, share } => {
                let digits: Vec<_> = digits.iter().map(u8::to_string).collect();
                write!(
                    f,
                    "epoch {epoch}: hardly any sample is a {}: {:.1} % of them, as the recognizer reads them. The \
                     generator leaves out a part of the data (mode collapse). More training may bring it back; if it \
                     does not, try a penalty on the discriminator (r1, r2) or a larger batch",
                    digits.join(" or a "),
                    100.0 * share
                )
            }
            Warning::LabelIgnored { epoch, evidence } => {
                write!(f, "epoch {epoch}: the generator ignores the digit that it is asked for: ")?;
                match evidence {
                    LabelEvidence::Change(share) => write!(
                        f,
                        "asked for another one, it changes its image {:.1} % as much as for another latent vector",
                        100.0 * share
                    )?,
                    LabelEvidence::Agreement(share) => {
                        write!(f, "{:.0} % of its images show it, as the recognizer reads them", 100.0 * share)?;
                    }
                }
                write!(
                    f,
                    ". The discriminator does not teach it to; end its layers with a projection, or give it an \
                     auxiliary classifier (the preset best has both)"
                )
            }
            Warning::LayerDead { step, parameter, count, steps } => write!(
                f,
                "step {step}: {parameter} has had no gradient for {steps} steps ({count} such in that player): the layer \
                 is dead, it answers every input alike and learns nothing any more. Too large a step leaves the units of a \
                 relu at zero for good, those of a tanh at their ends; begin anew with a lower --learning-rate, or with \
                 leaky-relu"
            ),
            Warning::Oscillation { step, range: [low, high], steps } => write!(
                f,
                "step {step}: the generator's loss swings between {low:.2} and {high:.2}, and has for {steps} steps: the \
                 players chase each other around and come no nearer. Try a lower --learning-rate, a smaller beta1, a \
                 penalty on the discriminator (r1), or a moving average of the generator (average_decay)"
            ),
        }
    }
}
