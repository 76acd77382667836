//! One seed, many streams of random numbers.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// What random numbers are for. Each purpose has its own stream of the run's seed, so that
/// drawing more for one purpose changes nothing for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The generator's first weights.
    GeneratorWeights = 1,
    /// The discriminator's first weights.
    DiscriminatorWeights = 2,
    /// The order of the training images.
    Shuffle = 3,
    /// The latent vectors of training.
    Latent = 4,
    /// Which units dropout silences.
    Dropout = 5,
    /// The latent vectors whose images a run shows again and again.
    Preview = 6,
    /// The latent vectors of `sample`.
    Sample = 7,
    /// Where gradient penalties look.
    Penalty = 8,
    /// The classes of which a conditional generator draws in training.
    Labels = 9,
    /// Which digits are stacked to an image in colour.
    Stacking = 10,
    /// A recognizer's first weights.
    RecognizerWeights = 11,
    /// The order of the digits that a recognizer learns from.
    RecognizerShuffle = 12,
    /// How far digits are shifted while a recognizer learns.
    Shifts = 13,
    /// How images are changed before the discriminator sees them.
    Augment = 14,
    /// How second views of images are changed.
    SecondView = 15,
    /// Which images have labels.
    Labelled = 16,
    /// The order of the images that have labels.
    LabelledShuffle = 17,
    /// How real images are changed to be more.
    Variations = 18,
}

impl Stream {
    /// The stream of this purpose under a seed: ChaCha with 8 rounds (Bernstein 2008), the same
    /// numbers on every machine.
    pub fn of(self, seed: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(self as u64);
        rng
    }

    /// The stream of this purpose under a seed, from where so many 32-bit words of it have been drawn.
    pub fn resumed(self, seed: u64, words: u64) -> ChaCha8Rng {
        let mut rng = self.of(seed);
        rng.set_word_pos(words.into());
        rng
    }
}

/// How many 32-bit words have been drawn from a stream.
pub fn words_drawn(stream: &ChaCha8Rng) -> u64 {
    stream.get_word_pos().try_into().expect("no run draws 2⁶⁴ words")
}
