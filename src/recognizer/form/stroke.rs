//! How thick a stroke is, and how a thin one is made thicker.

use super::plane::Plane;

/// The stroke width of MNIST's digits by [`width`]: the mean of the training set is 2.48 pixels of the 20
/// that the longer side measures, and 99 of 100 digits have more than 1.43.
const USUAL: f32 = 2.48 / 20.0;
/// Below this a stroke counts as too thin.
const THIN: f32 = 1.43 / 20.0;
/// The longer side, in pixels, below which a digit is enlarged before it is made thicker, so that its new
/// outline is smooth.
const ROOM: usize = 160;
/// What belongs to a stroke that is about to be made thicker, as a part of its strongest level.
const INSIDE: f32 = 0.4;

/// The mean width of a stroke in pixels: twice its area by its perimeter, as for a long rectangle.
///
/// The area is the sum of the levels (0 to 1). The perimeter is their total variation, the sum of the
/// lengths of all gradients (by the co-area formula, Federer 1959, it is the mean length of the contours
/// at all levels), which grey edges do not disturb. Outside there is no ink.
pub(super) fn width(digit: &Plane) -> f32 {
    let padded = digit.padded(1);
    let mut variation = 0.0;
    for (row, next) in padded.rows().zip(padded.rows().skip(1)) {
        for x in 0..padded.width - 1 {
            variation += (row[x + 1] - row[x]).hypot(next[x] - row[x]);
        }
    }
    2.0 * digit.levels.iter().sum::<f32>() / variation
}

/// Makes the stroke as thick as MNIST's usual one, if it is thinner than nearly all of them; what is thick
/// enough comes back as it is.
pub(super) fn thickened(digit: Plane) -> Plane {
    let side = |digit: &Plane| digit.width.max(digit.height);
    if width(&digit) >= THIN * side(&digit) as f32 {
        return digit;
    }
    let scale = (ROOM as f64 / side(&digit) as f64).max(1.0);
    let digit = if scale > 1.0 { digit.padded(1).scaled(scale) } else { digit };
    // Growing by r on every side must make (width + 2 r) / (side + 2 r) the usual part.
    let missing = USUAL * side(&digit) as f32 - width(&digit);
    dilated(&digit, (missing / (2.0 * (1.0 - USUAL))).max(0.0))
}

/// Everything within `radius` pixels of the stroke, with an edge one pixel soft.
fn dilated(digit: &Plane, radius: f32) -> Plane {
    let padded = digit.padded(radius.ceil() as usize + 1);
    let squares = squared_distances(&padded);
    let levels = squares.iter().map(|square| (radius + 0.5 - square.sqrt()).clamp(0.0, 1.0)).collect();
    Plane::new(padded.width, padded.height, levels)
}

/// The squared distance of every pixel to the nearest one inside the stroke, `[height, width]`, exact
/// (Felzenszwalb and Huttenlocher 2012, *Distance Transforms of Sampled Functions*): along every row, then
/// along every column.
fn squared_distances(plane: &Plane) -> Vec<f32> {
    let mut distances: Vec<f32> = plane.levels.iter().map(|&level| if level > INSIDE { 0.0 } else { FAR }).collect();
    distances.chunks_exact_mut(plane.width).for_each(lower_envelope);
    let mut column = vec![0.0; plane.height];
    for x in 0..plane.width {
        let pixels = (0..plane.height).map(|y| y * plane.width + x);
        column.iter_mut().zip(pixels.clone()).for_each(|(number, pixel)| *number = distances[pixel]);
        lower_envelope(&mut column);
        pixels.zip(&column).for_each(|(pixel, &number)| distances[pixel] = number);
    }
    distances
}

/// More than any squared distance, and small enough to be subtracted from without loss.
const FAR: f32 = 1e9;

/// Replaces each number by the smallest of `(x − q)² + number[q]` over all `q`: the lower envelope of the
/// parabolas that stand on the numbers (their algorithm 1).
fn lower_envelope(numbers: &mut [f32]) {
    // Which parabolas make up the envelope, and from where on each does.
    let mut parts: Vec<(usize, f32)> = Vec::with_capacity(numbers.len());
    let height = |q: usize, numbers: &[f32]| numbers[q] + (q * q) as f32;
    for q in 0..numbers.len() {
        let meets = |p: usize| (height(q, numbers) - height(p, numbers)) / (2 * (q - p)) as f32;
        while parts.last().is_some_and(|&(p, from)| meets(p) <= from) {
            parts.pop();
        }
        let from = parts.last().map_or(f32::NEG_INFINITY, |&(p, _)| meets(p));
        parts.push((q, from));
    }
    let values: Vec<f32> = parts.iter().map(|&(q, _)| numbers[q]).collect();
    let mut part = 0;
    for (x, number) in numbers.iter_mut().enumerate() {
        while parts.get(part + 1).is_some_and(|&(_, from)| from < x as f32) {
            part += 1;
        }
        let across = x as f32 - parts[part].0 as f32;
        *number = across * across + values[part];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar from row 3 on, `thick` pixels thick, that spans all of `length` columns.
    fn bar(thick: usize, length: usize) -> Plane {
        let height = thick + 6;
        let level = |y: usize| if (3..3 + thick).contains(&y) { 1.0 } else { 0.0 };
        Plane::new(length, height, (0..height).flat_map(|y| vec![level(y); length]).collect())
    }

    #[test]
    fn the_width_of_a_bar_is_its_thickness() {
        for thick in [1, 3, 10] {
            let width = width(&bar(thick, 1000));
            assert!((width - thick as f32).abs() < 0.02 * thick as f32, "{thick}: {width}");
        }
    }

    #[test]
    fn a_soft_edge_hardly_changes_the_width() {
        let mut soft = bar(6, 1000);
        for x in 0..1000 {
            for (y, level) in [(2, 0.25), (3, 0.75), (8, 0.75), (9, 0.25)] {
                soft.levels[y * 1000 + x] = level;
            }
        }
        assert!((width(&soft) - 6.0).abs() < 0.12, "{}", width(&soft));
    }

    #[test]
    fn a_hairline_becomes_usual_and_a_pens_stroke_stays() {
        for (length, thick) in [(300, 1), (60, 1), (1000, 20)] {
            let thickened = thickened(bar(thick, length));
            let bounds = thickened.box_above(0.5).unwrap();
            let part = bounds.height() as f32 / bounds.width() as f32;
            assert!((part - USUAL).abs() < 0.02, "{length} × {thick}: {part}");
        }
        // Smooth, because it was enlarged.
        assert!(thickened(bar(1, 30)).width >= ROOM);
        let pen = bar(30, 300);
        assert_eq!(thickened(pen.clone()), pen);
    }

    #[test]
    fn distances_are_those_of_the_nearest_pixel() {
        let (width, height) = (23, 17);
        let inside = |i: usize| i.wrapping_mul(2_654_435_761) >> 7 & 31 == 0;
        let levels: Vec<f32> = (0..width * height).map(|i| if inside(i) { 1.0 } else { 0.3 }).collect();
        let found = squared_distances(&Plane::new(width, height, levels.clone()));
        for (i, &square) in found.iter().enumerate() {
            let to = |j: usize| (i % width).abs_diff(j % width).pow(2) + (i / width).abs_diff(j / width).pow(2);
            let nearest = (0..levels.len()).filter(|&j| levels[j] == 1.0).map(to).min().unwrap();
            assert_eq!(square, nearest as f32, "pixel {i}");
        }
    }
}
