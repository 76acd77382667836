//! Why a measure cannot be taken.

use ndarray::ArrayView2;
use thiserror::Error;

/// The largest magnitude of a feature: its square, summed over ten million features, still fits into an `f32`.
const LARGEST: f32 = 1e15;

/// What is wrong with a set that was to be measured.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum MetricError {
    /// There is too little to measure.
    #[error("expected at least {needed} images to measure their {measure}, found {found}; take more of them")]
    TooFew {
        /// What was to be measured.
        measure: &'static str,
        /// How many images there are.
        found: usize,
        /// How many it takes.
        needed: usize,
    },

    /// A feature is not a number, or so large that its square is not one.
    #[error(
        "feature {column} of image {row}: expected a number of at most {LARGEST:e} in magnitude, found {value}; \
         did the training that made these images diverge?"
    )]
    Feature {
        /// Which image, from 0.
        row: usize,
        /// Which of its features, from 0.
        column: usize,
        /// The number found.
        value: f32,
    },
}

/// Whether there are enough points, `[n, features]`, of numbers that can be computed with.
///
/// # Panics
/// When there are no features.
pub(super) fn check(measure: &'static str, points: ArrayView2<f32>, needed: usize) -> Result<(), MetricError> {
    assert!(points.ncols() > 0, "{measure}: points of shape {:?} have no features", points.shape());
    enough(measure, points.nrows(), needed)?;
    let unusable = points.indexed_iter().find(|(_, value)| value.is_nan() || value.abs() > LARGEST);
    unusable.map_or(Ok(()), |((row, column), &value)| Err(MetricError::Feature { row, column, value }))
}

/// Whether `found` images are enough.
pub(super) fn enough(measure: &'static str, found: usize, needed: usize) -> Result<(), MetricError> {
    if found < needed { Err(MetricError::TooFew { measure, found, needed }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn too_few_points_and_unusable_numbers_are_named() {
        let message = |points: Array2<f32>| check("radii", points.view(), 2).unwrap_err().to_string();
        assert_eq!(
            message(array![[1.0]]),
            "expected at least 2 images to measure their radii, found 1; take more of them"
        );
        for (value, text) in [(f32::NAN, "NaN"), (f32::NEG_INFINITY, "-inf"), (2e15, "2000000000000000")] {
            let expected = format!(
                "feature 1 of image 2: expected a number of at most 1e15 in magnitude, found {text}; \
                 did the training that made these images diverge?"
            );
            assert_eq!(message(array![[1.0, -1e15], [0.0, 2.0], [0.0, value]]), expected);
        }
        assert_eq!(check("radii", array![[1e15], [-1e15]].view(), 2), Ok(()));
    }

    #[test]
    #[should_panic(expected = "radii: points of shape [3, 0] have no features")]
    fn points_without_features_are_refused() {
        let _ = check("radii", Array2::zeros([3, 0]).view(), 2);
    }
}
