//! What a convolution and its transpose have in common.

use crate::autodiff::Window;
use crate::gemm::ConvShape;
use crate::nn::LayerError;

/// How a kernel goes over an image; `⌊(kernel − 1) / 2⌋` zeros on each side unless `padding` says otherwise.
///
/// # Errors
/// When the border is so wide that windows lie in it which see nothing of the image.
pub(super) fn window(kernel: usize, stride: usize, padding: Option<usize>) -> Result<Window, LayerError> {
    let padding = padding.unwrap_or((kernel - 1) / 2);
    match padding < kernel {
        true => Ok(Window { stride, padding }),
        false => Err(LayerError::OutOfRange { key: "padding", value: padding as f64, allowed: "less than the kernel" }),
    }
}

/// The convolution of one such image, from so many channels to so many.
pub(super) fn shape_of(image: [usize; 2], kernel: usize, [inputs, outputs]: [usize; 2], window: Window) -> ConvShape {
    let Window { stride, padding } = window;
    ConvShape { batch: 1, image, kernel: [kernel, kernel], inputs, outputs, stride, padding }
}
