//! Numbers against their ranges.

use super::error::ConfigError;

/// The most that anything is counted to: steps, epochs, images. A run of a billion steps of a millisecond takes eleven
/// days; and products of two such numbers are far from where 64 bits end.
pub(in crate::gan) const MOST: u64 = 1_000_000_000;

/// Refuses a number of things that is 0, or above [`MOST`].
pub(in crate::gan) fn check_count(key: &str, count: u64) -> Result<(), ConfigError> {
    check((1..=MOST).contains(&count), key, &count, "at least 1 and at most 1000000000")
}

/// Refuses a value that is not fine.
pub(in crate::gan) fn check(
    fine: bool,
    key: &str,
    value: &dyn ToString,
    allowed: &'static str,
) -> Result<(), ConfigError> {
    match fine {
        true => Ok(()),
        false => Err(ConfigError::OutOfRange { key: key.into(), value: value.to_string(), allowed }),
    }
}
