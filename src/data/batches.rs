//! Minibatches: in which order training visits the images, and how their bytes become numbers.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::error::DataError;
use super::mnist::Digits;
use crate::parallel::in_rows;

/// Shuffled minibatches without end, one epoch after another.
///
/// Each epoch visits the examples in a fresh random order and drops the last, incomplete batch, so
/// that every batch has the same size; the examples dropped differ from epoch to epoch. Nothing is
/// allocated after [`Batches::new`].
///
/// The order depends on the random generator alone: a generator with the same seed and as many
/// calls of [`next_batch`](Batches::next_batch) lead to the same batch. That is how an interrupted
/// run resumes.
#[derive(Debug)]
pub struct Batches {
    order: Vec<usize>, // a permutation of 0..examples, or of so many times that
    batch_size: usize,
    /// Where in `order` the next batch begins.
    position: usize,
    rng: ChaCha8Rng,
}

/// Which examples make up one step of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Positions in the set, `[batch]`, each different unless an epoch visits them several times.
    pub indices: &'a [usize],
    /// Whether this is the last batch of its epoch.
    pub ends_epoch: bool,
}

impl Batches {
    /// Batches of `batch_size` out of `examples`, shuffled by `rng`.
    ///
    /// # Errors
    /// [`DataError::BatchSize`] unless `1 <= batch_size <= examples`.
    pub fn new(examples: usize, batch_size: usize, rng: ChaCha8Rng) -> Result<Batches, DataError> {
        Self::repeating(examples, 1, batch_size, rng)
    }

    /// The same, where each epoch visits every example so many times: an example may then be in a batch more than once.
    ///
    /// # Errors
    /// [`DataError::BatchSize`] unless `1 <= batch_size <= examples · times`.
    pub fn repeating(examples: usize, times: usize, batch_size: usize, rng: ChaCha8Rng) -> Result<Batches, DataError> {
        let visits = examples.saturating_mul(times);
        if batch_size == 0 || batch_size > visits {
            return Err(DataError::BatchSize { batch_size, examples: visits });
        }
        let order: Vec<usize> = (0..visits).map(|visit| visit % examples).collect();
        // Beyond the last batch, so that the first call shuffles as every epoch's first call does.
        Ok(Batches { position: order.len(), order, batch_size, rng })
    }

    /// How many examples are in a batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// How many batches make up an epoch; at least one.
    pub fn per_epoch(&self) -> usize {
        self.order.len() / self.batch_size
    }

    /// Leaves out so many batches, as if they had been asked for.
    pub fn skip(&mut self, batches: u64) {
        (0..batches).for_each(|_| _ = self.next_batch());
    }

    /// The next batch; it is the caller's until the next call.
    pub fn next_batch(&mut self) -> Batch<'_> {
        if self.position + self.batch_size > self.order.len() {
            shuffle(&mut self.order, &mut self.rng);
            self.position = 0;
        }
        let start = self.position;
        self.position += self.batch_size;
        Batch {
            indices: &self.order[start..self.position],
            ends_epoch: self.position + self.batch_size > self.order.len(),
        }
    }
}

/// Fisher and Yates' shuffle, as Durstenfeld's Algorithm 235 (1964) has it: every permutation is
/// equally likely, whatever the order before.
fn shuffle(order: &mut [usize], rng: &mut ChaCha8Rng) {
    for last in (1..order.len()).rev() {
        order.swap(last, rng.random_range(0..=last));
    }
}

/// The numbers that stand for black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelRange {
    /// Black is 0 and white 1, as a sigmoid gives them: `byte / 255`.
    Unit,
    /// Black is −1 and white 1, as a tanh gives them: `byte / 127.5 − 1`.
    Symmetric,
}

impl PixelRange {
    /// The number for each of the 256 bytes.
    fn table(self) -> &'static [f32; 256] {
        static UNIT: [f32; 256] = scaled(255.0, 0.0);
        static SYMMETRIC: [f32; 256] = scaled(127.5, -1.0);
        match self {
            PixelRange::Unit => &UNIT,
            PixelRange::Symmetric => &SYMMETRIC,
        }
    }

    /// Writes the numbers for these bytes.
    ///
    /// # Panics
    /// When there are not as many of the one as of the other.
    pub fn write(self, bytes: &[u8], numbers: &mut [f32]) {
        assert_eq!(bytes.len(), numbers.len(), "PixelRange::write: {} bytes", bytes.len());
        let table = self.table();
        numbers.iter_mut().zip(bytes).for_each(|(number, &byte)| *number = table[usize::from(byte)]);
    }

    /// The numbers for these bytes.
    pub fn numbers(self, bytes: &[u8]) -> Vec<f32> {
        let mut numbers = vec![0.0; bytes.len()];
        self.write(bytes, &mut numbers);
        numbers
    }

    /// A number of this range on the scale from 0, black, to 1, white.
    #[inline]
    pub fn to_unit(self, pixel: f32) -> f32 {
        match self {
            PixelRange::Unit => pixel,
            PixelRange::Symmetric => (pixel + 1.0) / 2.0,
        }
    }
}

const fn scaled(divisor: f32, shift: f32) -> [f32; 256] {
    let mut table = [0.0; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = byte as f32 / divisor + shift;
        byte += 1;
    }
    table
}

/// Writes the images at `indices` (`[batch]`) as numbers into `out` (`[batch, height × width × channels]`).
///
/// # Panics
/// When `out` has another length, or an index is not below `digits.len()`.
pub fn fill(digits: &Digits, indices: &[usize], range: PixelRange, out: &mut [f32]) {
    let (batch, pixels) = (indices.len(), digits.pixels());
    assert_eq!(out.len(), batch * pixels, "data::fill: out has {} elements for [{batch}, {pixels}]", out.len());
    in_rows(out, pixels, |i, row| range.write(digits.image(indices[i]), row));
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn batches(examples: usize, batch_size: usize, seed: u64) -> Batches {
        Batches::new(examples, batch_size, ChaCha8Rng::seed_from_u64(seed)).unwrap()
    }

    /// All indices of one epoch, in the order they come; checks where the epoch ends.
    fn epoch(batches: &mut Batches) -> Vec<usize> {
        let mut indices = Vec::new();
        for step in 1..=batches.per_epoch() {
            let last = step == batches.per_epoch();
            let batch = batches.next_batch();
            assert_eq!(batch.ends_epoch, last, "step {step}");
            indices.extend(batch.indices);
        }
        indices
    }

    fn sorted(mut indices: Vec<usize>) -> Vec<usize> {
        indices.sort_unstable();
        indices
    }

    #[test]
    fn an_epoch_visits_every_example_once_and_the_next_in_another_order() {
        let mut batches = batches(60, 12, 1);
        let (first, second) = (epoch(&mut batches), epoch(&mut batches));
        let all: Vec<usize> = (0..60).collect();
        assert_ne!(first, all);
        assert_ne!(first, second);
        assert_eq!(sorted(first), all);
        assert_eq!(sorted(second), all);
    }

    #[test]
    fn an_epoch_may_visit_every_example_several_times() {
        let mut batches = Batches::repeating(3, 4, 6, ChaCha8Rng::seed_from_u64(1)).unwrap();
        let visits = sorted(epoch(&mut batches));
        assert_eq!(visits, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
        assert!(Batches::repeating(3, 4, 13, ChaCha8Rng::seed_from_u64(1)).is_err());
    }

    #[test]
    fn the_incomplete_batch_is_dropped_and_differs_between_epochs() {
        let mut batches = batches(10, 4, 2);
        assert_eq!(batches.per_epoch(), 2);
        let epochs: Vec<_> = (0..20).map(|_| sorted(epoch(&mut batches))).collect();
        for indices in &epochs {
            assert_eq!(indices.len(), 8);
            assert!(indices.windows(2).all(|pair| pair[0] < pair[1]), "repeated: {indices:?}");
        }
        assert!(epochs.iter().any(|indices| indices != &epochs[0]));
    }

    #[test]
    fn the_seed_decides_the_order() {
        let first_epoch = |seed| epoch(&mut batches(100, 10, seed));
        assert_eq!(first_epoch(3), first_epoch(3));
        assert_ne!(first_epoch(3), first_epoch(4));
        // Pinned, so that an update of a dependency cannot change every run unnoticed.
        assert_eq!(epoch(&mut batches(8, 8, 42)), [2, 5, 7, 3, 6, 0, 4, 1]);
    }

    #[test]
    fn every_permutation_is_about_equally_likely() {
        let mut batches = batches(3, 3, 5);
        let mut counts = std::collections::HashMap::new();
        for _ in 0..6000 {
            *counts.entry(epoch(&mut batches)).or_insert(0_i32) += 1;
        }
        // 1000 expected each; a standard deviation is 29.
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (count - 1000).abs() < 150), "{counts:?}");
    }

    #[test]
    fn one_batch_may_be_the_whole_epoch_but_not_more_nor_nothing() {
        assert!(batches(5, 5, 6).next_batch().ends_epoch);
        for batch_size in [0, 6] {
            let rng = ChaCha8Rng::seed_from_u64(6);
            let error = Batches::new(5, batch_size, rng).unwrap_err().to_string();
            assert!(error.contains(&format!("1 to 5 (the number of examples), found {batch_size}")));
        }
    }

    #[test]
    fn fill_scales_bytes_and_follows_the_indices() {
        let digits = Digits::new(vec![0, 51, 102, 255], vec![1, 2], 1, 2);
        let mut out = [0.0; 4];
        fill(&digits, &[1, 0], PixelRange::Unit, &mut out);
        assert_eq!(out, [0.4, 1.0, 0.0, 0.2]);
        fill(&digits, &[1, 0], PixelRange::Symmetric, &mut out);
        assert_eq!(out, [102.0 / 127.5 - 1.0, 1.0, -1.0, 51.0 / 127.5 - 1.0]);
    }

    #[test]
    #[should_panic(expected = "out has 3 elements for [2, 2]")]
    fn fill_refuses_an_output_of_another_length() {
        let digits = Digits::new(vec![0; 4], vec![1, 2], 1, 2);
        fill(&digits, &[0, 1], PixelRange::Unit, &mut [0.0; 3]);
    }
}
