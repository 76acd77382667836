//! Which digits are drawn, as a classifier reads them: how often each, and whether it is the one asked for.

use super::MetricError;
use super::error::enough;
use ndarray::Array2;

/// How often each class occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// `[classes]`; at least one is not 0.
    counts: Vec<u64>,
}

impl Histogram {
    /// Of the classes 0 to `classes − 1` that images, `[n]`, are of.
    ///
    /// # Errors
    /// [`MetricError`] when there are no images.
    ///
    /// # Panics
    /// When a class is not below `classes`.
    pub fn of(predicted: &[u8], classes: usize) -> Result<Histogram, MetricError> {
        Histogram::count("shares by class", predicted.iter().map(|&class| usize::from(class)), classes)
    }

    /// Of the 1,000 modes of stacked MNIST, `[n]` images of one digit in each colour. The digits r, g and b are mode
    /// 100r + 10g + b (Metz et al. 2017, *Unrolled Generative Adversarial Networks*, section 3.3.1).
    ///
    /// # Errors
    /// [`MetricError`] when there are no images.
    ///
    /// # Panics
    /// When a digit is above 9.
    pub fn of_stacked(predicted: &[[u8; 3]]) -> Result<Histogram, MetricError> {
        let mode = |digits: &[u8; 3]| {
            assert!(digits.iter().all(|&digit| digit < 10), "Histogram::of_stacked: {digits:?} are not digits");
            digits.iter().fold(0, |mode, &digit| 10 * mode + usize::from(digit))
        };
        Histogram::count("shares by mode", predicted.iter().map(mode), 1000)
    }

    fn count(
        measure: &'static str,
        predicted: impl ExactSizeIterator<Item = usize>,
        classes: usize,
    ) -> Result<Histogram, MetricError> {
        enough(measure, predicted.len(), 1)?;
        let mut counts = vec![0; classes];
        for class in predicted {
            assert!(class < classes, "Histogram: class {class} of {classes}");
            counts[class] += 1;
        }
        Ok(Histogram { counts })
    }

    /// How many images are of each class, `[classes]`.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Which part of the images is of each class, `[classes]`, 0 to 1.
    pub fn shares(&self) -> Vec<f64> {
        let images: u64 = self.counts.iter().sum();
        self.counts.iter().map(|&count| count as f64 / images as f64).collect()
    }

    /// How many classes occur at all: of stacked MNIST the *modes* that the generator has found (Lin et al. 2018,
    /// *PacGAN: The power of two samples in generative adversarial networks*, section 4; usually of 26,000 images).
    pub fn classes_hit(&self) -> usize {
        self.counts.iter().filter(|&&count| count > 0).count()
    }

    /// The Kullback-Leibler divergence from the uniform distribution in nats, 0 for equal shares to ln `classes` for a
    /// single class: with shares p of K classes
    ///
    /// KL(p ‖ u) = Σ pₖ ln(pₖ / (1/K)), 0 ln 0 = 0
    ///
    /// as Metz et al. 2017 and Lin et al. 2018 report it beside the number of modes. Chance alone makes it about
    /// (K−1)/2n with n images of a perfectly uniform generator: 0.019 for 1,000 modes and 26,000 images.
    pub fn divergence_from_uniform(&self) -> f64 {
        let classes = self.counts.len() as f64;
        let occurring = self.shares().into_iter().filter(|&share| share > 0.0);
        occurring.map(|share| share * (share * classes).ln()).sum::<f64>().max(0.0)
    }
}

/// Which class was asked for and which one was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// `[asked, predicted]`; at least one is not 0.
    counts: Array2<u64>,
}

/// One class taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Mistake {
    /// The class asked for.
    pub asked: u8,
    /// The class that the image is of.
    pub predicted: u8,
    /// How many images.
    pub count: u64,
}

impl Confusion {
    /// Of the classes 0 to `classes − 1` that images were asked to be of, `[n]`, and are of, `[n]`.
    ///
    /// # Errors
    /// [`MetricError`] when there are no images.
    ///
    /// # Panics
    /// When there are not as many of the one as of the other, or a class is not below `classes`.
    pub fn of(asked: &[u8], predicted: &[u8], classes: usize) -> Result<Confusion, MetricError> {
        let (images, predictions) = (asked.len(), predicted.len());
        assert_eq!(images, predictions, "Confusion: {images} classes asked for and {predictions} predicted");
        enough("agreement with the classes asked for", images, 1)?;
        let mut counts = Array2::zeros([classes, classes]);
        for pair in asked.iter().zip(predicted).map(|(&asked, &predicted)| [asked, predicted].map(usize::from)) {
            assert!(pair.iter().all(|&class| class < classes), "Confusion: classes {pair:?} of {classes}");
            counts[pair] += 1;
        }
        Ok(Confusion { counts })
    }

    /// How many images, `[asked, predicted]`.
    pub fn counts(&self) -> &Array2<u64> {
        &self.counts
    }

    /// The share of images that are of the class asked for, 0 to 1.
    pub fn agreement(&self) -> f64 {
        self.counts.diag().sum() as f64 / self.counts.sum() as f64
    }

    /// That share for each class asked for, `[classes]`; none where a class was never asked for.
    pub fn accuracy_by_class(&self) -> Vec<Option<f64>> {
        let of_class = |(row, &right): (ndarray::ArrayView1<u64>, &u64)| match row.sum() {
            0 => None,
            asked => Some(right as f64 / asked as f64),
        };
        self.counts.rows().into_iter().zip(&self.counts.diag()).map(of_class).collect()
    }

    /// All mistakes that occur, the most frequent first; of equally frequent ones in order of their classes.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let wrong = self.counts.indexed_iter().filter(|((asked, predicted), count)| asked != predicted && **count > 0);
        let mut mistakes: Vec<Mistake> = wrong
            .map(|((asked, predicted), &count)| Mistake { asked: asked as u8, predicted: predicted as u8, count })
            .collect();
        mistakes.sort_by_key(|mistake| std::cmp::Reverse(mistake.count)); // stable: equal counts stay in order
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_histogram_counts_and_gives_shares() {
        let histogram = Histogram::of(&[2, 0, 2, 2], 4).unwrap();
        assert_eq!(histogram.counts(), [1, 0, 3, 0]);
        assert_eq!(histogram.shares(), [0.25, 0.0, 0.75, 0.0]);
        assert_eq!(histogram.classes_hit(), 2);
        // ¼ ln(¼·4) + ¾ ln(¾·4)
        assert!((histogram.divergence_from_uniform() - 0.75 * 3.0_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn the_divergence_runs_from_0_to_the_logarithm_of_the_number_of_classes() {
        let digits: Vec<u8> = (0..10).cycle().take(700).collect();
        let divergence = |classes: &[u8]| Histogram::of(classes, 10).unwrap().divergence_from_uniform();
        assert!((0.0..1e-15).contains(&divergence(&digits)));
        assert!((divergence(&[3; 50]) - 10.0_f64.ln()).abs() < 1e-14);
    }

    #[test]
    fn stacked_digits_make_a_thousand_modes() {
        let digits = |mode: u16| [mode / 100, mode / 10 % 10, mode % 10].map(|digit| digit as u8);
        let all = Histogram::of_stacked(&(0..1000).map(digits).collect::<Vec<_>>()).unwrap();
        assert_eq!((all.counts(), all.classes_hit()), (&[1; 1000][..], 1000));
        let some = Histogram::of_stacked(&[[9, 0, 7], [0, 0, 0], [9, 0, 7]]).unwrap();
        assert_eq!((some.counts()[907], some.counts()[0], some.classes_hit()), (2, 1, 2));
    }

    #[test]
    fn a_confusion_matrix_by_hand() {
        let asked = [0, 0, 0, 1, 1, 3, 3, 3, 3];
        let drawn = [0, 1, 3, 1, 0, 3, 1, 1, 3];
        let confusion = Confusion::of(&asked, &drawn, 4).unwrap();
        assert_eq!(confusion.counts(), array![[1, 1, 0, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 2, 0, 2]]);
        assert_eq!(confusion.agreement(), 4.0 / 9.0);
        assert_eq!(confusion.accuracy_by_class(), [Some(1.0 / 3.0), Some(0.5), None, Some(0.5)]);
        let mistakes: Vec<_> = confusion.mistakes().iter().map(|m| (m.asked, m.predicted, m.count)).collect();
        assert_eq!(mistakes, [(3, 1, 2), (0, 1, 1), (0, 3, 1), (1, 0, 1)]);
    }

    #[test]
    fn without_images_there_is_nothing_to_count() {
        let too_few = |measure| MetricError::TooFew { measure, found: 0, needed: 1 };
        assert_eq!(Histogram::of(&[], 10), Err(too_few("shares by class")));
        assert_eq!(Histogram::of_stacked(&[]), Err(too_few("shares by mode")));
        assert_eq!(Confusion::of(&[], &[], 10), Err(too_few("agreement with the classes asked for")));
    }

    #[test]
    #[should_panic(expected = "Confusion: 2 classes asked for and 3 predicted")]
    fn a_prediction_for_each_image_is_needed() {
        let _ = Confusion::of(&[1, 2], &[1, 2, 3], 10);
    }

    #[test]
    #[should_panic(expected = "Histogram: class 10 of 10")]
    fn a_class_beyond_the_last_is_refused() {
        let _ = Histogram::of(&[0, 10], 10);
    }
}
