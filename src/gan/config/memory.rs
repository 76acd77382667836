//! How much memory a run takes, estimated before any of it is taken.

use crate::gan::game::build::footprints;
use crate::gan::{BuildError, Config, Players, UpdateRule, preview_count};
use crate::nn::Footprint;

/// About how much memory training takes, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryEstimate {
    /// In all.
    pub bytes: u64,
    /// The layer that takes most, such as `generator.3`, and how much of it is that layer's.
    pub largest: (String, u64),
    /// Numbers that a checkpoint holds, at most.
    pub kept: usize,
}

/// How often training holds each number of a player's parameters: as weight and two moments; as gradients of a loss and of
/// a penalty, which are sums of two where images are judged apart; and as the sum of all. A checkpoint is written from
/// these, some thousand numbers at a time.
const COPIES: u64 = 8;
/// The same of a moving average.
const AVERAGE_COPIES: u64 = 1;
/// How often a tape holds each number that a layer gives: as value, as adjoint, and once more on the way to either.
const TAPE: u64 = 3;
/// The same where a penalty is the derivative of a derivative: what is written down of the way back is walked back again.
const PENALTY: u64 = 6;
/// Bytes of a number.
const NUMBER: u64 = 4;
/// Bytes of the program itself and of MNIST.
const BASE: u64 = 80 << 20;

/// What the layers of a player hold: so many samples on tapes, so many times over, and so many copies of each array.
struct Share<'f> {
    footprint: &'f Footprint,
    samples: u64,
    times: u64,
    copies: u64,
}

impl Share<'_> {
    /// Bytes of a layer with so many numbers in its arrays, for a sample, and derived.
    fn bytes(&self, arrays: usize, sample: usize, derived: usize) -> u64 {
        let [arrays, sample, derived] = [arrays, sample, derived].map(|numbers| numbers as u64);
        let on_tapes = self.samples.saturating_mul(sample).saturating_add(derived).saturating_mul(self.times);
        self.copies.saturating_mul(arrays).saturating_add(on_tapes).saturating_mul(NUMBER)
    }

    fn all(&self) -> u64 {
        self.bytes(self.footprint.arrays, self.footprint.sample(), self.footprint.derived())
    }

    /// The largest layer's name and bytes.
    fn largest(&self) -> (String, u64) {
        let layers = self.footprint.layers.iter();
        let sized = layers.map(|layer| (layer.name.clone(), self.bytes(layer.arrays, layer.sample, layer.derived)));
        sized.max_by_key(|(_, bytes)| *bytes).unwrap_or_default()
    }
}

impl MemoryEstimate {
    /// What training by this configuration takes on so many threads: both players' arrays with all that is kept beside
    /// them, what the layers make of a batch on its way forward and back, and as many images as MNIST has. For the
    /// presets it is 1.0 to 1.5 times what they take.
    ///
    /// # Errors
    /// When the layers cannot form networks.
    pub fn of_training(config: &Config, threads: usize) -> Result<Self, BuildError> {
        let Players { generator, discriminator } = footprints(config)?;
        let batch = config.training.batch_size as u64;
        let penalties = if config.discriminator.regularisers.is_empty() { 0 } else { PENALTY };
        // Where the players move in turn, each has a tape: the discriminator's with real and generated images, the
        // generator's with its images once more under the discriminator.
        let passes = match config.training.update {
            UpdateRule::Simultaneous => 2,
            UpdateRule::Alternating => 3,
        };
        // Images with labels, and the second view of each of the others.
        let (labelled, views) = match &config.training.semi_supervised {
            Some(reading) => (reading.images_in_a_step() as u64, passes + 1),
            None => (0, passes),
        };
        let shown = preview_count(config.training.classes) as u64;
        let average = if config.generator.average_decay.is_some() { AVERAGE_COPIES } else { 0 };
        let shares = [
            Share { footprint: &generator, samples: batch.max(shown), times: TAPE, copies: COPIES + average },
            Share {
                footprint: &discriminator,
                samples: batch + labelled,
                times: TAPE * views + penalties,
                copies: COPIES + if config.discriminator.average_decay.is_some() { AVERAGE_COPIES } else { 0 },
            },
        ];
        let buffers = generator.buffers.max(discriminator.buffers) as u64;
        let buffers = buffers.saturating_mul(threads.max(1) as u64).saturating_mul(NUMBER);
        let bytes = shares.iter().fold(BASE.saturating_add(buffers), |sum, share| sum.saturating_add(share.all()));
        let largest = shares.iter().map(Share::largest).max_by_key(|(_, bytes)| *bytes).unwrap_or_default();
        let kept = 4 * (generator.arrays + discriminator.arrays); // with two moments and an average
        Ok(Self { bytes, largest, kept })
    }
}
