//! Images with a border of zeros.

use crate::gemm::lane::{Lane, Number};
use crate::gemm::lay::{lanes, lay_along};
use crate::gemm::vectorised;

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
    /// Operands in a row.
    pub fn row<P: Lane>(&self) -> usize {
        self.extent[1] * lanes::<P>(self.channels)
    }

    /// Operands in all of it.
    pub fn len<P: Lane>(&self) -> usize {
        self.extent[0] * self.row::<P>()
    }

    /// The image `x` as operands where it lies, if it needs no border and operands are numbers as they are.
    pub fn in_place<'x, P: Lane>(&self, x: &'x [P::Number]) -> Option<&'x [P]> {
        if self.is_image() { P::in_place(x) } else { None }
    }

    /// Whether it is the image itself.
    pub fn is_image(&self) -> bool {
        self.before == [0, 0] && self.extent == self.image
    }

    /// Sets the image `x` into `padded`, each pixel's channels laid out as operands.
    pub fn write<P: Lane>(&self, x: &[P::Number], padded: &mut [P]) {
        let zero = P::of(|_| P::Number::ZERO);
        self.write_as(x, lanes::<P>(self.channels), zero, padded, |x, laid| lay_along(x, self.channels, laid));
    }

    /// Sets the image `x` into `padded`, its numbers one by one as exactly as operands hold them.
    pub fn write_singles<P: Lane>(&self, x: &[P::Number], padded: &mut [P::Single]) {
        self.write_as(x, self.channels, P::Single::default(), padded, |x, laid| {
            vectorised(|| x.iter().zip(laid).for_each(|(&x, laid)| *laid = P::single(x)));
        });
    }

    /// Sets the image `x` into `padded`, where a pixel has so many places and `lay` fills those of neighbours.
    fn write_as<N, S: Copy>(&self, x: &[N], pixel: usize, zero: S, padded: &mut [S], lay: impl Fn(&[N], &mut [S])) {
        let ([_, width], [top, left], [_, extent]) = (self.image, self.before, self.extent);
        let start = left.min(extent);
        let count = width.min(extent - start);
        for (i, row) in padded.chunks_exact_mut(extent * pixel).enumerate() {
            let source = i.checked_sub(top).and_then(|i| x.chunks_exact(width * self.channels).nth(i));
            match source {
                None => row.fill(zero),
                Some(x) => {
                    let (before, rest) = row.split_at_mut(start * pixel);
                    let (inside, after) = rest.split_at_mut(count * pixel);
                    before.fill(zero);
                    lay(&x[..count * self.channels], inside);
                    after.fill(zero);
                }
            }
        }
    }
}
