//! What the picture would be without the digit: its background, evenly lit or not.

use super::plane::Plane;

/// A background whose level changes slowly: a polynomial of degree two,
/// `c₀ + c₁ u + c₂ v + c₃ u v + c₄ u² + c₅ v²`, of the place, `u` and `v` from −1 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Background {
    coefficients: [f64; TERMS],
    size: [usize; 2], // [width, height]
    /// How much the background's pixels scatter about it: a standard deviation, in levels.
    pub noise: f32,
}

const TERMS: usize = 6;
/// Pixels looked at, at most about so many: more would not make it more exact.
const SAMPLES: usize = 40_000;
/// How deep the border is, as a part of the picture's shorter side.
const BORDER: f32 = 0.04;
/// Levels off the background that are always forgiven: what a JPEG file does to white paper.
const FORGIVEN: f32 = 2.0;
/// Levels off the background that nothing of it can be: lighting as uneven as this is not corrected.
const UNEVEN: f32 = 80.0;
/// More of the picture than this is not ink, but the background of a picture in a frame.
const MOST_INK: f32 = 0.6;

/// A pixel: its column, its row, its level.
type Sample = (usize, usize, f32);

impl Background {
    /// Finds the background: it is what most of the border is made of.
    ///
    /// The surface is fitted to the border first and then to the whole picture, by least squares,
    /// again and again without the pixels that lie far off (more than three standard deviations; that
    /// is told by the median of the distances, which ink, a hand's shadow or a thin frame cannot shift
    /// as long as they are the smaller part). When most of the picture then turns out to be something
    /// else, the border was a frame, and the whole picture decides.
    pub fn of(picture: &Plane) -> Background {
        let all = samples(picture, |_, _| true);
        let deep = border(picture);
        let (width, height) = (picture.width, picture.height);
        let border = samples(picture, |x, y| x.min(width - 1 - x).min(y).min(height - 1 - y) < deep);
        let size = [width, height];
        let found = Background::flat(&border, size).fitted(&border, 2).fitted(&all, 3);
        if found.share_off(&all) > MOST_INK { Background::flat(&all, size).fitted(&all, 3) } else { found }
    }

    /// One level everywhere: the median.
    fn flat(samples: &[Sample], size: [usize; 2]) -> Background {
        let level = median(samples.iter().map(|&(_, _, level)| level).collect());
        Background { coefficients: [f64::from(level), 0.0, 0.0, 0.0, 0.0, 0.0], size, noise: 0.0 }.measured(samples)
    }

    /// Least squares, so many times over, each without what was far off before.
    fn fitted(self, samples: &[Sample], times: usize) -> Background {
        (0..times).fold(self, |found, _| {
            let near: Vec<Sample> = samples.iter().copied().filter(|&sample| found.holds(sample)).collect();
            let equations = near.iter().map(|&(x, y, level)| (terms(x, y, found.size), f64::from(level)));
            match least_squares(equations) {
                Some(coefficients) => Background { coefficients, ..found }.measured(&near),
                None => found,
            }
        })
    }

    /// With the noise found: 1.4826 × the median distance, which for a normal distribution is its
    /// standard deviation and hardly depends on outliers (Rousseeuw and Croux 1993).
    fn measured(self, samples: &[Sample]) -> Background {
        let distances = samples.iter().map(|&sample| self.distance(sample).abs()).collect();
        Background { noise: 1.4826 * median(distances), ..self }
    }

    /// The background's level in a column and row.
    pub fn level(&self, x: usize, y: usize) -> f32 {
        let terms = terms(x, y, self.size);
        terms.iter().zip(self.coefficients).map(|(term, coefficient)| term * coefficient).sum::<f64>() as f32
    }

    fn distance(&self, (x, y, level): Sample) -> f32 {
        level - self.level(x, y)
    }

    /// Whether a pixel may belong to the background.
    fn holds(&self, sample: Sample) -> bool {
        self.distance(sample).abs() <= (3.0 * self.noise).clamp(FORGIVEN, UNEVEN)
    }

    fn share_off(&self, samples: &[Sample]) -> f32 {
        samples.iter().filter(|&&sample| !self.holds(sample)).count() as f32 / samples.len() as f32
    }
}

/// How many pixels deep the border is; at least one.
pub(super) fn border(picture: &Plane) -> usize {
    (picture.width.min(picture.height) as f32 * BORDER).round().max(1.0) as usize
}

/// Pixels of a regular grid over the part of the picture that is `wanted`.
fn samples(picture: &Plane, wanted: impl Fn(usize, usize) -> bool) -> Vec<Sample> {
    let step = ((picture.levels.len() as f64 / SAMPLES as f64).sqrt().ceil() as usize).max(1);
    let rows = picture.rows().enumerate();
    let pixels = rows.flat_map(|(y, row)| row.iter().enumerate().map(move |(x, &level)| (x, y, level)));
    pixels.filter(|&(x, y, _)| wanted(x, y) && (x % step, y % step) == (0, 0)).collect()
}

fn median(mut numbers: Vec<f32>) -> f32 {
    let middle = numbers.len() / 2;
    *numbers.select_nth_unstable_by(middle, f32::total_cmp).1
}

fn terms(x: usize, y: usize, [width, height]: [usize; 2]) -> [f64; TERMS] {
    let centred = |place: usize, length: usize| (2 * place + 1) as f64 / length as f64 - 1.0;
    let (u, v) = (centred(x, width), centred(y, height));
    [1.0, u, v, u * v, u * u, v * v]
}

/// The coefficients `c` that minimise `Σ (terms · c − level)²`: those of the normal equations,
/// `(Σ terms termsᵀ) c = Σ terms level`. None where there is nothing to fit.
fn least_squares(samples: impl Iterator<Item = ([f64; TERMS], f64)>) -> Option<[f64; TERMS]> {
    let mut equations = [[0.0; TERMS + 1]; TERMS];
    for (terms, level) in samples {
        for (row, term) in equations.iter_mut().zip(terms) {
            row.iter_mut().zip(terms).for_each(|(sum, other)| *sum += term * other);
            row[TERMS] += term * level;
        }
    }
    let count = equations[0][0];
    // A picture of one row knows nothing of the other direction: what it leaves open becomes zero.
    (1..TERMS).for_each(|i| equations[i][i] += 1e-9 * count);
    (count > 0.0).then(|| solved(equations))
}

/// Gauss and Jordan's elimination. The matrix is symmetric and positive definite, so it needs no pivots.
fn solved(mut equations: [[f64; TERMS + 1]; TERMS]) -> [f64; TERMS] {
    for i in 0..TERMS {
        let pivot = equations[i][i];
        equations[i].iter_mut().for_each(|number| *number /= pivot);
        let chosen = equations[i];
        for (_, row) in equations.iter_mut().enumerate().filter(|&(j, _)| j != i) {
            let factor = row[i];
            row.iter_mut().zip(chosen).for_each(|(number, other)| *number -= factor * other);
        }
    }
    equations.map(|row| row[TERMS])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 90 × 70 levels made from the place.
    fn picture(level: impl Fn(f32, f32) -> f32) -> Plane {
        Plane::new(
            90,
            70,
            (0..70).flat_map(|y| (0..90).map(move |x| (x, y))).map(|(x, y)| level(x as f32, y as f32)).collect(),
        )
    }

    fn is_ink(x: f32, y: f32) -> bool {
        (30.0..60.0).contains(&x) && (10.0..60.0).contains(&y)
    }

    #[test]
    fn a_slow_change_is_background_and_ink_is_not() {
        let curved = |x: f32, y: f32| 0.004 * (x - 40.0) * (x - 40.0) + 0.005 * (y - 30.0) * (y - 30.0) + 0.002 * x * y;
        let lit = |x: f32, y: f32| 200.0 - 0.5 * x - 0.3 * y + curved(x, y);
        let background = Background::of(&picture(|x, y| if is_ink(x, y) { 20.0 } else { lit(x, y) }));
        for (x, y) in [(0, 0), (89, 69), (45, 35), (5, 60)] {
            let (found, expected) = (background.level(x, y), lit(x as f32, y as f32));
            assert!((found - expected).abs() < 1.0, "({x}, {y}): {found}, not {expected}");
        }
    }

    #[test]
    fn flat_paper_is_found_to_the_level_and_without_noise() {
        let background = Background::of(&picture(|x, y| if is_ink(x, y) { 20.0 } else { 255.0 }));
        assert!((background.level(44, 33) - 255.0).abs() < 1e-3 && background.noise < 1e-3);
    }

    #[test]
    fn the_noise_is_a_standard_deviation_and_ink_is_none() {
        // Sums of three uniform numbers: nearly normal, with a standard deviation of 10 × ½.
        let uniform =
            |i: u32| (i.wrapping_mul(2_654_435_761) ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b) as f32 / u32::MAX as f32;
        let grain = |i: u32| 10.0 * ((0..3).map(|k| uniform(3 * i + k)).sum::<f32>() - 1.5);
        let rough = picture(|x, y| if is_ink(x, y) { 20.0 } else { 200.0 } + grain((90.0 * y + x) as u32));
        let noise = Background::of(&rough).noise;
        assert!((noise - 5.0).abs() < 0.7, "{noise}");
    }

    #[test]
    fn pictures_of_one_row_or_pixel_have_a_background_too() {
        let line = Plane::new(50, 1, (0..50).map(|x| 100.0 + x as f32).collect());
        assert!((Background::of(&line).level(25, 0) - 125.0).abs() < 1.0);
        assert!((Background::of(&Plane::new(1, 1, vec![7.0])).level(0, 0) - 7.0).abs() < 1e-3);
    }
}
