//! All measures of one set of images.

use super::{
    Confusion, DENSITY_COVERAGE_K, Gaussian, Histogram, Manifold, MetricError, Mistake, PRECISION_RECALL_K,
    frechet_distance, overlap,
};
use crate::data::{CLASSES, Digits};
use crate::recognizer::{Readings, Recognizer};
use serde::Serialize;

/// The real images that others are compared with, as a recognizer reads them: what is computed of them once.
pub struct Reference {
    readings: Readings,
    gaussian: Gaussian,
    manifold: Manifold<'static>,
}

/// How good one set of images is, compared with the reference.
#[derive(Clone, Debug, Serialize)]
pub struct Quality {
    /// How many images there are.
    pub images: usize,
    /// The Fréchet distance in the recognizer's features, 0 or more.
    pub frechet: f64,
    /// The share that looks real, 0 to 1.
    pub precision: f64,
    /// The share of real images within reach, 0 to 1.
    pub recall: f64,
    /// How densely real images lie around them, about 1 for the real distribution.
    pub density: f64,
    /// The share of real images with one of them nearby, 0 to 1.
    pub coverage: f64,
    /// Which part is read as each digit, `[10]`.
    pub shares: Vec<f64>,
    /// How often they are read as what they are labelled; none without labels.
    pub agreement: Option<Agreement>,
}

/// How images agree with their labels, as the recognizer reads them.
#[derive(Clone, Debug, Serialize)]
pub struct Agreement {
    /// The share that does, 0 to 1.
    pub share: f64,
    /// The same for each label, `[10]`; none where there is no image of it.
    pub by_digit: Vec<Option<f64>>,
    /// What is taken for what, the most frequent first.
    pub mistakes: Vec<Mistake>,
}

impl Reference {
    /// Real images, which the recognizer has not learned from.
    ///
    /// # Errors
    /// When there are too few.
    pub fn new(recognizer: &Recognizer, real: &Digits) -> Result<Self, MetricError> {
        let readings = recognizer.read(real.images());
        let gaussian = Gaussian::fit(readings.features.view())?;
        let manifold = Manifold::of(readings.features.clone(), PRECISION_RECALL_K.max(DENSITY_COVERAGE_K))?;
        Ok(Self { readings, gaussian, manifold })
    }

    /// The recognizer's features of the real images, `[n, features]`.
    pub fn readings(&self) -> &Readings {
        &self.readings
    }

    /// Compares images, given by what the recognizer reads in them and by their labels (`[]` for none), with the real
    /// ones.
    ///
    /// # Errors
    /// When there are too few.
    pub fn compare(&self, readings: &Readings, labels: &[u8]) -> Result<Quality, MetricError> {
        let features = readings.features.view();
        let generated = Manifold::of(features, PRECISION_RECALL_K)?;
        let (near, dense) = overlap(&self.manifold, &generated, [PRECISION_RECALL_K, DENSITY_COVERAGE_K]);
        let digits = readings.digits();
        let agreement = (!labels.is_empty()).then(|| Agreement::of(labels, &digits)).transpose()?;
        Ok(Quality {
            images: digits.len(),
            frechet: frechet_distance(&Gaussian::fit(features)?, &self.gaussian),
            precision: near.precision,
            recall: near.recall,
            density: dense.density,
            coverage: dense.coverage,
            shares: Histogram::of(&digits, CLASSES)?.shares(),
            agreement,
        })
    }
}

impl Agreement {
    /// Of the digits that were read with the labels.
    ///
    /// # Errors
    /// When there are none.
    pub fn of(labels: &[u8], digits: &[u8]) -> Result<Self, MetricError> {
        let confusion = Confusion::of(labels, digits, CLASSES)?;
        Ok(Self {
            share: confusion.agreement(),
            by_digit: confusion.accuracy_by_class(),
            mistakes: confusion.mistakes(),
        })
    }
}
