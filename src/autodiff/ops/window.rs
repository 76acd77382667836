//! How a kernel lies on an image.

use crate::gemm::conv_output;

/// How a kernel moves over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Pixels from one place to the next; at least 1.
    pub stride: usize,
    /// Pixels of value zero added to each side of the image.
    pub padding: usize,
}

impl Window {
    /// `[height, width]` that a convolution with a kernel of this `[height, width]` makes of an image: `⌊(image +
    /// 2·padding − kernel) / stride⌋ + 1`. Nothing where the kernel is larger than the padded image.
    pub fn output(self, image: [usize; 2], kernel: [usize; 2]) -> Option<[usize; 2]> {
        conv_output(image, kernel, self.stride, self.padding)
    }

    /// The pixel of `x` that place `i, j` of the kernel lies on, in a formula: `x[n, 2·p + i − 1, 2·q + j − 1, c]`.
    pub(super) fn pixel(self, x: &str) -> String {
        let step = if self.stride == 1 { String::new() } else { format!("{}·", self.stride) };
        let back = if self.padding == 0 { String::new() } else { format!(" − {}", self.padding) };
        format!("{x}[n, {step}p + i{back}, {step}q + j{back}, c]")
    }
}
