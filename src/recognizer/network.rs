//! The network that reads digits.

use super::{RecognizerConfig, RecognizerError};
use crate::autodiff::{Real, Tape, Var};
use crate::data::{CLASSES, Digits, PixelRange};
use crate::nn::{Compiled, Extent, Init, LayerSpec, Mode, Network, OnTape, UnitActivation};
use crate::random::Stream;
use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;

/// Images read at a time: enough for the product's full speed, few enough to stay in the cache.
const CHUNK: usize = 128;

/// A network in two parts: from an image to its features, and from these to a logit for each digit. The features
/// are what images are compared by: two that the network cannot tell apart have the same.
#[derive(Clone, Debug)]
pub struct Recognizer<T: Real = f32> {
    /// From images `[n, height × width]`, 0 black to 1 white, to `[n, features]`.
    pub features: Network<T>,
    /// From features to logits, `[n, 10]`.
    pub head: Network<T>,
}

/// What a recognizer makes of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Readings {
    /// `[n, features]`.
    pub features: Array2<f32>,
    /// The probability of each digit, `[n, 10]`; each row adds up to 1.
    pub probabilities: Array2<f32>,
}

impl Readings {
    /// The most probable digit of each image, `[n]`.
    pub fn digits(&self) -> Vec<u8> {
        self.probabilities.axis_iter(Axis(0)).map(|row| ranked(row)[0]).collect()
    }

    /// The digits from the most probable to the least, for image `i`.
    pub fn ranking(&self, i: usize) -> [u8; CLASSES] {
        ranked(self.probabilities.row(i))
    }

    /// The share of images whose most probable digit is their label, in [0, 1].
    ///
    /// # Panics
    /// When there is not a label for each image.
    pub fn accuracy(&self, labels: &[u8]) -> f64 {
        let digits = self.digits();
        assert_eq!(digits.len(), labels.len(), "accuracy: {} images, {} labels", digits.len(), labels.len());
        digits.iter().zip(labels).filter(|(digit, label)| digit == label).count() as f64 / labels.len() as f64
    }
}

/// The positions of a row's numbers, the largest first; of equal ones, the first.
pub(super) fn ranked(row: ArrayView1<f32>) -> [u8; CLASSES] {
    let mut order: [u8; CLASSES] = std::array::from_fn(|class| class as u8);
    order.sort_by(|&a, &b| row[usize::from(b)].total_cmp(&row[usize::from(a)]));
    order
}

impl<T: Compiled> Recognizer<T> {
    /// With fresh weights, from the streams of the configuration's seed.
    ///
    /// # Errors
    /// When the layers cannot form a network.
    pub fn new(config: &RecognizerConfig) -> Result<Self, RecognizerError> {
        let mut rng = Stream::RecognizerWeights.of(config.seed);
        let features = Network::new("features", image(config), &config.features, Init::He, &mut rng)?;
        let head = Network::new("head", features.output_width(), &[logits()], Init::He, &mut rng)?;
        Ok(Self { features, head })
    }

    /// With weights of zero, to load others.
    ///
    /// # Errors
    /// As [`Recognizer::new`].
    pub fn blank(config: &RecognizerConfig) -> Result<Self, RecognizerError> {
        let features = Network::blank("features", image(config), &config.features)?;
        let head = Network::blank("head", features.output_width(), &[logits()])?;
        Ok(Self { features, head })
    }

    /// Refuses digits of another shape than it was built for.
    ///
    /// # Errors
    /// [`RecognizerError::Images`].
    pub fn check_shape(&self, digits: &Digits) -> Result<(), RecognizerError> {
        self.check_image_shape([digits.height(), digits.width(), digits.channels()])
    }

    /// The same of images `[height, width, channels]`.
    ///
    /// # Errors
    /// [`RecognizerError::Images`].
    pub fn check_image_shape(&self, found: [usize; 3]) -> Result<(), RecognizerError> {
        let Extent::Image(expected) = self.features.input().extent else { unreachable!("built for images") };
        if found == expected { Ok(()) } else { Err(RecognizerError::Images { found, expected }) }
    }

    /// Features `[n, features]` and logits `[n, 10]` of images `[n, height × width]`, from both parts on one tape.
    pub fn forward<'t>(
        [features, head]: [&OnTape<'_, 't, T>; 2],
        images: Var<'t, T>,
        mode: &mut Mode<'_, T>,
    ) -> [Var<'t, T>; 2] {
        let features = features.forward(images, mode);
        [features, head.forward(features, mode)]
    }
}

impl Recognizer {
    /// Reads images `[n, height × width]`, 0 black to 255 white.
    ///
    /// # Panics
    /// When `images` is not a whole number of images.
    pub fn read(&self, images: &[u8]) -> Readings {
        let (pixels, width) = (self.features.input_width(), self.features.output_width());
        let [features, probabilities] = looked_at("Recognizer::read", images, pixels, width, |tape, x| {
            let [features, logits] =
                Self::forward([&self.features.on(tape), &self.head.on(tape)], x, &mut Mode::Evaluate);
            [features, logits.softmax()]
        });
        Readings { features, probabilities }
    }
}

/// What `look` makes of images `[n, pixels]`, some at a time, on all threads: features `[n, width]`, and a number for each
/// class, `[n, 10]`. `name` is who asks.
///
/// # Panics
/// When `images` is not a whole number of images.
pub(super) fn looked_at(
    name: &str,
    images: &[u8],
    pixels: usize,
    width: usize,
    look: impl for<'t> Fn(&'t Tape, Var<'t>) -> [Var<'t>; 2] + Sync,
) -> [Array2<f32>; 2] {
    assert!(images.len().is_multiple_of(pixels), "{name}: {} bytes in images of {pixels}", images.len());
    let count = images.len() / pixels;
    let (mut features, mut classes) = (vec![0.0; count * width], vec![0.0; count * CLASSES]);
    let outputs = features.par_chunks_mut(CHUNK * width).zip(classes.par_chunks_mut(CHUNK * CLASSES));
    images.par_chunks(CHUNK * pixels).zip(outputs).for_each_init(Tape::new, |tape, (images, (features, classes))| {
        tape.evaluate(|tape| {
            let x = tape.fill(&[images.len() / pixels, pixels], |x| PixelRange::Unit.write(images, x));
            for (out, var) in [features, classes].into_iter().zip(look(tape, x)) {
                out.copy_from_slice(var.value().as_slice().expect("values of a tape are contiguous"));
            }
        });
    });
    let array = |width, values| Array2::from_shape_vec((count, width), values).expect("filled row by row");
    [array(width, features), array(CLASSES, classes)]
}

/// What it reads.
pub(super) fn image(config: &RecognizerConfig) -> Extent {
    let [height, width] = config.image_shape;
    Extent::Image([height, width, 1])
}

/// The last layer.
fn logits() -> LayerSpec {
    LayerSpec::dense(CLASSES, UnitActivation::Identity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::{Flatten, MaxPool};
    use crate::parallel::on_threads;

    fn small() -> Recognizer {
        let features =
            vec![MaxPool { size: 2 }.into(), Flatten {}.into(), LayerSpec::dense(3, UnitActivation::LeakyRelu)];
        Recognizer::new(&RecognizerConfig { image_shape: [4, 4], features, ..Default::default() }).unwrap()
    }

    #[test]
    fn probabilities_add_up_and_the_ranking_follows_them() {
        let images: Vec<u8> = (0..16 * 300).map(|i| (i * 37 % 256) as u8).collect();
        let readings = small().read(&images);
        assert_eq!((readings.features.dim(), readings.probabilities.dim()), ((300, 3), (300, 10)));
        for i in 0..300 {
            let row = readings.probabilities.row(i);
            assert!((row.sum() - 1.0).abs() < 1e-5);
            let ranking = readings.ranking(i).map(|digit| row[usize::from(digit)]);
            assert!(ranking.is_sorted_by(|a, b| a >= b), "{ranking:?}");
            assert_eq!(readings.digits()[i], readings.ranking(i)[0]);
        }
        let labels = readings.digits();
        assert_eq!(readings.accuracy(&labels), 1.0);
        let wrong: Vec<u8> = labels.iter().map(|digit| (digit + 1) % 10).collect();
        assert_eq!(readings.accuracy(&wrong), 0.0);
    }

    #[test]
    fn an_image_is_read_alike_alone_and_among_others_on_any_number_of_threads() {
        let images: Vec<u8> = (0..16 * 300).map(|i| (i * i % 251) as u8).collect();
        let recognizer = small();
        let all = on_threads(1, || recognizer.read(&images)).unwrap();
        assert_eq!(on_threads(3, || recognizer.read(&images)).unwrap(), all);
        let alone = recognizer.read(&images[16 * 200..16 * 201]);
        assert_eq!(alone.features.row(0), all.features.row(200));
        assert_eq!(recognizer.read(&[]).features.dim(), (0, 3));
    }
}
