//! Values that several layers have where a person writes none.

/// Whether a key need not be written.
pub(super) fn is_default<V: Default + PartialEq>(value: &V) -> bool {
    *value == V::default()
}

pub(super) fn one() -> usize {
    1
}

pub(super) fn two() -> usize {
    2
}

pub(super) fn yes() -> bool {
    true
}

/// What a normalisation adds to the variance.
pub(super) fn epsilon() -> f64 {
    1e-5
}
