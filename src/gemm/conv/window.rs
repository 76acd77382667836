//! Which taps of a window meet the image, and at which places: the one answer to it.

use super::shape::ConvShape;
use std::ops::Range;

/// A window that moves along one axis of an image that lies in a border: tap `t` at place `p` meets the pixel
/// `origin + stride·p + t` of the padded image.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// The pixel of the padded image that the first tap meets at the first place.
    pub origin: usize,
    /// Pixels between neighbouring places.
    pub stride: usize,
    /// Pixels of the border before the image.
    pub before: usize,
    /// Pixels of the image.
    pub image: usize,
    /// How many places the window has.
    pub places: usize,
}

impl Axis {
    /// The rows of a convolution, `axis` 0, or its columns.
    pub fn of(shape: &ConvShape, axis: usize) -> Self {
        let places = shape.output().unwrap_or([0, 0])[axis];
        Self { origin: 0, stride: shape.stride, before: shape.padding, image: shape.image[axis], places }
    }

    /// The pixel of the padded image that the first tap meets.
    pub fn first(&self, place: usize) -> usize {
        self.origin + self.stride * place
    }

    /// The pixel of the image itself that a tap meets; the first one for a tap before it.
    pub fn pixel(&self, place: usize, tap: usize) -> usize {
        (self.first(place) + tap).saturating_sub(self.before)
    }

    /// Those of `count` taps that meet the image and not its border.
    pub fn taps(&self, place: usize, count: usize) -> Range<usize> {
        let from = |pixel: usize| pixel.saturating_sub(self.first(place)).min(count);
        from(self.before)..from(self.before + self.image)
    }

    /// The places where one of these taps at least, which are not none, meets the image.
    pub fn places(&self, taps: Range<usize>) -> Range<usize> {
        // The last of them has reached the image, and the first has not left it.
        let from = |pixel: usize, tap: usize| pixel.saturating_sub(self.origin + tap).div_ceil(self.stride);
        let start = from(self.before, taps.end - 1).min(self.places);
        start..from(self.before + self.image, taps.start).min(self.places).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn taps_and_places_are_those_that_meet_the_image(
            origin in 0usize..4, stride in 1usize..4, before in 0usize..6, image in 1usize..6, places in 0usize..8,
            count in 1usize..6, first in 0usize..5, more in 0usize..5,
        ) {
            let axis = Axis { origin, stride, before, image, places };
            let meets = |place: usize, tap: usize| (before..before + image).contains(&(origin + stride * place + tap));
            for place in 0..places {
                let expected: Vec<_> = (0..count).filter(|&tap| meets(place, tap)).collect();
                prop_assert_eq!(axis.taps(place, count).collect::<Vec<_>>(), expected);
            }
            let taps = first..first + 1 + more;
            let expected: Vec<_> = (0..places).filter(|&p| taps.clone().any(|tap| meets(p, tap))).collect();
            prop_assert_eq!(axis.places(taps).collect::<Vec<_>>(), expected);
        }
    }
}
