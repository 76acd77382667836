//! Ranges of the numbers that a person gives a layer.

use super::LayerError;

/// Refuses a number that is 0, or larger than any that makes sense of an image.
pub(super) fn at_least_one(numbers: &[(&'static str, usize)]) -> Result<(), LayerError> {
    match numbers.iter().find(|(_, number)| *number == 0) {
        Some(&(key, _)) => Err(LayerError::Zero { key }),
        None => sensible(numbers),
    }
}

/// Refuses a number that is larger than any that makes sense of an image.
pub(super) fn sensible(numbers: &[(&'static str, usize)]) -> Result<(), LayerError> {
    const LARGEST_NUMBER: usize = 1 << 16;
    match numbers.iter().find(|(_, number)| *number > LARGEST_NUMBER) {
        Some(&(key, value)) => Err(LayerError::OutOfRange { key, value: value as f64, allowed: "at most 65536" }),
        None => Ok(()),
    }
}

/// Refuses an `epsilon` that keeps no division from one by 0.
pub(super) fn epsilon(value: f64) -> Result<(), LayerError> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(LayerError::OutOfRange { key: "epsilon", value, allowed: "a finite number above 0" }),
    }
}
