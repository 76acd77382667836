//! Images with a border of zeros.

use crate::gemm::Element;

/// How an image `[height, width, channels]` is set into a larger one.
#[derive(Clone, Copy, Debug)]
pub struct Padded {
    /// `[height, width]` of the image.
    pub image: [usize; 2],
    /// Numbers in a pixel.
    pub channels: usize,
    /// Rows of zeros above it, and columns to its left.
    pub before: [usize; 2],
    /// `[height, width]` with the border. Less than the image and what is before it if the last rows or columns
    /// are not wanted.
    pub extent: [usize; 2],
}

impl Padded {
    /// Numbers in a row.
    pub fn row(&self) -> usize {
        self.extent[1] * self.channels
    }

    /// Numbers in all of it.
    pub fn len(&self) -> usize {
        self.extent[0] * self.row()
    }

    /// Whether it is the image itself.
    pub fn is_image(&self) -> bool {
        self.before == [0, 0] && self.extent == self.image
    }

    /// Sets the image `x` into `padded`.
    pub fn write<T: Element>(&self, x: &[T], padded: &mut [T]) {
        let ([_, width], [top, left]) = (self.image, self.before);
        let x_row = width * self.channels;
        let start = (left * self.channels).min(self.row());
        let end = (start + x_row).min(self.row());
        for (i, row) in padded.chunks_exact_mut(self.row()).enumerate() {
            let source = i.checked_sub(top).and_then(|i| x.chunks_exact(x_row).nth(i));
            match source {
                None => row.fill(T::ZERO),
                Some(x) => {
                    row[..start].fill(T::ZERO);
                    row[start..end].copy_from_slice(&x[..end - start]);
                    row[end..].fill(T::ZERO);
                }
            }
        }
    }
}
