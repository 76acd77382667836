//! Grey levels in a rectangle, and the same rectangle in another size.

use crate::data::Grey;

/// Numbers `[height, width]` in C order; at least one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plane {
    pub width: usize,
    pub height: usize,
    pub levels: Vec<f32>,
}

/// A rectangle of a [`Plane`]: the first column and row, and those after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl Bounds {
    pub fn width(&self) -> usize {
        self.right - self.left
    }

    pub fn height(&self) -> usize {
        self.bottom - self.top
    }

    pub fn longer_side(&self) -> usize {
        self.width().max(self.height())
    }

    pub fn shorter_side(&self) -> usize {
        self.width().min(self.height())
    }

    pub fn area(&self) -> usize {
        self.width() * self.height()
    }

    /// How many times as high as wide it is.
    pub fn tallness(&self) -> f32 {
        self.height() as f32 / self.width() as f32
    }

    /// Whether all of the other is within.
    pub fn contains(&self, other: &Bounds) -> bool {
        self.with(other) == *self
    }

    /// The smallest box around both.
    pub fn with(&self, other: &Bounds) -> Bounds {
        Bounds {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

impl Plane {
    pub fn new(width: usize, height: usize, levels: Vec<f32>) -> Plane {
        assert_eq!(levels.len(), width * height, "Plane::new: {} levels for {width} × {height}", levels.len());
        Plane { width, height, levels }
    }

    /// The picture's levels, 0 to 255. Where its longer side exceeds `longest` pixels, each level is
    /// the mean of a square of so many pixels that it no longer does (cut off at the far edges).
    pub fn of(picture: &Grey, longest: usize) -> Plane {
        let square = picture.width().max(picture.height()).div_ceil(longest);
        let (width, height) = (picture.width().div_ceil(square), picture.height().div_ceil(square));
        let mut levels = vec![0.0; width * height];
        let mut counts = vec![0.0; width * height];
        for (y, row) in picture.levels().chunks_exact(picture.width()).enumerate() {
            for (x, &level) in row.iter().enumerate() {
                let at = y / square * width + x / square;
                levels[at] += f32::from(level);
                counts[at] += 1.0;
            }
        }
        levels.iter_mut().zip(counts).for_each(|(level, count)| *level /= count);
        Plane { width, height, levels }
    }

    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.levels.chunks_exact(self.width)
    }

    /// The largest level; at least 0.
    pub fn strongest(&self) -> f32 {
        self.levels.iter().copied().fold(0.0, f32::max)
    }

    /// What is within `part`.
    pub fn cropped(&self, part: Bounds) -> Plane {
        let rows = self.rows().skip(part.top).take(part.height());
        let levels = rows.flat_map(|row| &row[part.left..part.right]).copied().collect();
        Plane::new(part.width(), part.height(), levels)
    }

    /// With `margin` zeros on every side.
    pub fn padded(&self, margin: usize) -> Plane {
        let (width, height) = (self.width + 2 * margin, self.height + 2 * margin);
        let mut levels = vec![0.0; width * height];
        for (y, row) in self.rows().enumerate() {
            levels[(y + margin) * width + margin..][..self.width].copy_from_slice(row);
        }
        Plane { width, height, levels }
    }

    /// The smallest box around all levels above `limit`, if there are any.
    pub fn box_above(&self, limit: f32) -> Option<Bounds> {
        let mut found: Option<Bounds> = None;
        for (y, row) in self.rows().enumerate() {
            let Some(left) = row.iter().position(|&level| level > limit) else { continue };
            let right = row.iter().rposition(|&level| level > limit).unwrap_or(left) + 1;
            let line = Bounds { left, top: y, right, bottom: y + 1 };
            found = Some(found.map_or(line, |so_far| so_far.with(&line)));
        }
        found
    }

    /// `scale` times as large, both ways; a pixel that is covered in part counts in part.
    ///
    /// Where it shrinks, each new level is the sum of the old ones under the new pixel, each by the
    /// area that they share (a box filter with exact overlaps); where it grows, levels in between are
    /// interpolated linearly. Levels of equal value stay, but for the last column and row, which a
    /// scaled side need not fill: there is nothing beyond.
    pub fn scaled(&self, scale: f64) -> Plane {
        // First every row, then, as rows of the transposed, every column.
        self.rows_scaled(scale).transposed().rows_scaled(scale).transposed()
    }

    fn rows_scaled(&self, scale: f64) -> Plane {
        let weights = weights(self.width, scale);
        let dot = |row: &[f32], (start, weights): &(usize, Vec<f32>)| -> f32 {
            row[*start..].iter().zip(weights).map(|(level, weight)| level * weight).sum()
        };
        let levels = self.rows().flat_map(|row| weights.iter().map(move |weights| dot(row, weights))).collect();
        Plane::new(weights.len(), self.height, levels)
    }

    fn transposed(&self) -> Plane {
        let columns = (0..self.width).flat_map(|x| (0..self.height).map(move |y| (x, y)));
        Plane::new(self.height, self.width, columns.map(|(x, y)| self.levels[y * self.width + x]).collect())
    }
}

/// For each pixel of a line `scale` times as long as `length`: the first old pixel that it is made
/// of, and the weights of that and the following ones.
fn weights(length: usize, scale: f64) -> Vec<(usize, Vec<f32>)> {
    // Rounding must not add a pixel that is covered by a millionth.
    let scaled = (length as f64 * scale - 1e-6).ceil().max(1.0) as usize;
    (0..scaled)
        .map(|pixel| if scale < 1.0 { shared(pixel, length, scale) } else { between(pixel, length, scale) })
        .collect()
}

/// How much of pixel `[p, p + 1]` each old one, `[i · scale, (i + 1) · scale]`, covers.
fn shared(pixel: usize, length: usize, scale: f64) -> (usize, Vec<f32>) {
    let (from, to) = (pixel as f64, pixel as f64 + 1.0);
    let first = ((from / scale) as usize).min(length - 1);
    let last = ((to / scale).ceil() as usize).clamp(first + 1, length);
    let cover = |i: usize| ((i + 1) as f64 * scale).min(to) - (i as f64 * scale).max(from);
    (first, (first..last).map(|i| cover(i).max(0.0) as f32).collect())
}

/// The two old pixels whose centres, `(i + ½) · scale`, are on either side of `p + ½`.
fn between(pixel: usize, length: usize, scale: f64) -> (usize, Vec<f32>) {
    let place = ((pixel as f64 + 0.5) / scale - 0.5).clamp(0.0, (length - 1) as f64);
    let first = (place as usize).min(length.saturating_sub(2));
    let beyond = (place - first as f64) as f32;
    (first, vec![1.0 - beyond, beyond])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(width: usize, levels: &[f32]) -> Plane {
        Plane::new(width, levels.len() / width, levels.to_vec())
    }

    #[test]
    fn large_pictures_become_means_of_squares() {
        let picture = Grey::new(5, 2, vec![0, 10, 20, 30, 50, 0, 10, 20, 30, 70]);
        assert_eq!(Plane::of(&picture, 3), plane(3, &[5.0, 25.0, 60.0]));
        assert_eq!(Plane::of(&picture, 5).levels[4], 50.0);
    }

    #[test]
    fn shrinking_shares_levels_out_by_area() {
        assert_eq!(plane(4, &[1.0, 3.0, 5.0, 7.0, 1.0, 3.0, 5.0, 7.0]).scaled(0.5), plane(2, &[2.0, 6.0]));
        // Three to two: the middle one is halved. Two thirds of the last row are beyond the edge.
        let scaled = plane(3, &[3.0, 6.0, 9.0]).scaled(2.0 / 3.0);
        assert_eq!((scaled.width, scaled.height), (2, 1));
        let expected = [(3.0 + 3.0) * 4.0 / 9.0, (3.0 + 9.0) * 4.0 / 9.0];
        scaled.levels.iter().zip(expected).for_each(|(found, expected)| assert!((found - expected).abs() < 1e-5));
    }

    #[test]
    fn shrinking_keeps_the_ink() {
        let levels: Vec<f32> = (0..37 * 53).map(|i| (i * 7 % 11) as f32).collect();
        for scale in [0.9, 20.0 / 53.0, 0.11] {
            let (before, after) = (plane(37, &levels), plane(37, &levels).scaled(scale));
            let sum = |plane: &Plane| plane.levels.iter().map(|&level| f64::from(level)).sum::<f64>();
            let lost = sum(&after) / (sum(&before) * scale * scale) - 1.0;
            assert!(lost.abs() < 1e-4, "{scale}: {lost}");
            assert_eq!(after.height, (53.0 * scale - 1e-6).ceil() as usize);
        }
    }

    #[test]
    fn growing_interpolates_and_one_to_one_changes_nothing() {
        assert_eq!(
            plane(2, &[0.0, 4.0]).scaled(2.0).cropped(Bounds { left: 0, top: 0, right: 4, bottom: 1 }),
            plane(4, &[0.0, 1.0, 3.0, 4.0])
        );
        let same = plane(3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(same.scaled(1.0), same);
        assert_eq!(plane(1, &[7.0]).scaled(3.0), plane(3, &[7.0; 9]));
    }

    #[test]
    fn boxes_padding_and_cropping_go_together() {
        let small = plane(2, &[1.0, 0.0, 0.2, 1.0]);
        let padded = small.padded(3);
        assert_eq!((padded.width, padded.height), (8, 8));
        let bounds = padded.box_above(0.1).unwrap();
        assert_eq!((bounds.left, bounds.top, bounds.width(), bounds.height()), (3, 3, 2, 2));
        assert_eq!(padded.cropped(bounds), small);
        assert_eq!(padded.box_above(1.0), None);
    }
}
