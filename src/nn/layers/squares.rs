//! What layers that make one pixel of a square of pixels have in common.

use crate::autodiff::Real;
use crate::nn::build::Builder;
use crate::nn::check::at_least_one;
use crate::nn::{Extent, LayerError};

/// Makes the image that comes in `1 / size` as high and wide.
///
/// # Errors
/// When no image comes in, or one that cannot be divided into squares of this side.
pub(super) fn shrink<T: Real>(kind: &'static str, size: usize, b: &mut Builder<'_, T>) -> Result<(), LayerError> {
    at_least_one(&[("size", size)])?;
    let image @ [h, w, c] = b.image(kind)?;
    if !(h.is_multiple_of(size) && w.is_multiple_of(size)) {
        return Err(LayerError::Pool { image, size });
    }
    b.extent = Extent::Image([h / size, w / size, c]);
    Ok(())
}
