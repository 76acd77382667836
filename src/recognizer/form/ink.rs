//! The ink of a picture: what stands out from its background.

use thiserror::Error;

use super::lighting::{Background, border};
use super::plane::Plane;

/// Why a picture shows no digit.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum NoDigit {
    /// Nothing stands out from the background.
    #[error(
        "nothing stands out: expected ink at least {limit:.0} levels (of 255) off the background, \
         found {contrast:.0}; use a darker pen, more light, or cut out the digit"
    )]
    Blank {
        /// How far the darkest part is off the background, or the lightest.
        contrast: f32,
        /// How far it would have to be.
        limit: f32,
    },

    /// Ink runs all along the edge, and nothing is within: a frame, or a picture without background.
    #[error(
        "too much ink: expected at most {:.0} % of the picture's edge to be ink, found {:.0} %; \
         leave some background around the digit", 100.0 * .limit, 100.0 * .share
    )]
    Full {
        /// The part of the edge that is ink, 0 to 1.
        share: f32,
        /// The most that a digit covers, even one that was cut out tightly.
        limit: f32,
    },

    /// There are only specks.
    #[error(
        "only specks: expected a digit at least {limit} pixels wide or high, found {width} × {height}; \
         write larger or cut out the digit"
    )]
    Speck {
        /// Columns of the largest speck.
        width: usize,
        /// Its rows.
        height: usize,
        /// How large a digit's longer side must be.
        limit: usize,
    },
}

/// The least that ink is off the background, in levels: a hard pencil on paper is off by 40 or more.
const LEAST_CONTRAST: f32 = 20.0;
/// The least that it is off, in standard deviations of the background's own noise.
const LEAST_SIGNAL: f32 = 3.0;
/// What is fainter than this part of full ink is dirt.
const FAINT: f32 = 0.1;

/// What stands out from the background.
pub(super) struct Ink {
    /// 0 where there is none, up to 1, full ink.
    pub plane: Plane,
    /// Levels from this on are ink for sure, others only beside such ones.
    pub sure: f32,
}

/// Tells the ink from the background, whichever of them is darker.
///
/// Ink is what is off the background by Otsu's threshold or more; full ink is what the darker tenth
/// of it reaches. Levels between the two stay what they are, so that edges stay soft.
///
/// # Errors
/// [`NoDigit::Blank`] when there is no contrast.
pub(super) fn ink(picture: &Plane) -> Result<Ink, NoDigit> {
    let background = Background::of(picture);
    let off = off(picture, &background);
    let threshold = otsu(&off.levels);
    let mut inked: Vec<f32> = off.levels.iter().copied().filter(|&level| level >= threshold).collect();
    let sum = inked.iter().fold(0.0, |sum, &level| sum + f64::from(level));
    let contrast = (sum / inked.len().max(1) as f64) as f32;
    let limit = LEAST_CONTRAST.max(LEAST_SIGNAL * background.noise);
    if contrast < limit {
        return Err(NoDigit::Blank { contrast, limit });
    }
    let tenth = inked.len() * 9 / 10;
    let full = *inked.select_nth_unstable_by(tenth, f32::total_cmp).1;
    let faint = (FAINT * full).max(3.0 * background.noise).min(threshold);
    let level = |&level: &f32| if level < faint { 0.0 } else { (level / full).min(1.0) };
    let levels = off.levels.iter().map(level).collect();
    Ok(Ink { plane: Plane::new(off.width, off.height, levels), sure: threshold / full })
}

/// How far each pixel is off the background, in levels, towards the side on which the ink is: dark or
/// light, whichever has the larger sum of squares. The border has no say, so that a frame has none.
fn off(picture: &Plane, background: &Background) -> Plane {
    let mut levels = Vec::with_capacity(picture.levels.len());
    for (y, row) in picture.rows().enumerate() {
        levels.extend(row.iter().enumerate().map(|(x, level)| level - background.level(x, y)));
    }
    let mut off = Plane::new(picture.width, picture.height, levels);
    let sign = if leans_to_light(&off, border(picture)) { 1.0 } else { -1.0 };
    off.levels.iter_mut().for_each(|level| *level = (*level * sign).max(0.0));
    off
}

fn leans_to_light(off: &Plane, border: usize) -> bool {
    let inner = |length: usize| if length > 2 * border { border..length - border } else { 0..length };
    let (columns, rows) = (inner(off.width), inner(off.height));
    let rows = off.rows().skip(rows.start).take(rows.len());
    let levels = rows.flat_map(|row| &row[columns.clone()]);
    levels.map(|&level| f64::from(level) * f64::from(level).abs()).sum::<f64>() > 0.0
}

/// The threshold that parts levels into two classes so that the variance between them, `w₀ w₁ (μ₀ − μ₁)²`,
/// is largest (Otsu 1979, *A threshold selection method from gray-level histograms*, equation 14). Where
/// several do, as between two heaps with nothing in between, it is the middle one.
///
/// `levels` are 0 to 255; a level belongs to the upper class from the threshold on.
fn otsu(levels: &[f32]) -> f32 {
    let mut counts = [0_u64; 256];
    levels.iter().for_each(|&level| counts[level.clamp(0.0, 255.0) as usize] += 1);
    let moment = |(level, &count): (usize, &u64)| level as f64 * count as f64;
    let total = counts.iter().sum::<u64>() as f64;
    let sum: f64 = counts.iter().enumerate().map(moment).sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let (mut first, mut last, mut best) = (0, 0, -1.0);
    for (level, &count) in counts.iter().enumerate() {
        below += count as f64;
        sum_below += moment((level, &count));
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let difference = sum_below / below - (sum - sum_below) / above;
        let variance = below * above * difference * difference;
        if variance > best {
            (first, best) = (level, variance);
        }
        if variance == best {
            last = level;
        }
    }
    // Levels of a bin lie between its number and the next.
    ((first + last) / 2 + 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Grey;

    /// A square of ink on lit paper, 60 × 40, the corner farthest from the light `shade` levels darker.
    fn square_on_paper(paper: f32, ink: f32, shade: f32) -> Plane {
        let level = |x: usize, y: usize| {
            let inked = (20..35).contains(&x) && (10..30).contains(&y);
            (if inked { ink } else { paper }) - shade * (x + y) as f32 / 98.0
        };
        Plane::new(60, 40, (0..40).flat_map(|y| (0..60).map(move |x| level(x, y))).collect())
    }

    fn is_the_square(ink: &Ink) -> bool {
        ink.plane.rows().enumerate().all(|(y, row)| {
            row.iter().enumerate().all(|(x, &level)| {
                let inked = (20..35).contains(&x) && (10..30).contains(&y);
                if inked { level > 0.9 } else { level == 0.0 }
            })
        })
    }

    #[test]
    fn dark_or_light_evenly_lit_or_not_the_ink_is_found() {
        for (paper, stroke, shade) in
            [(255.0, 0.0, 0.0), (0.0, 255.0, 0.0), (240.0, 180.0, 120.0), (130.0, 200.0, 100.0)]
        {
            let ink = ink(&square_on_paper(paper, stroke, shade)).unwrap();
            assert!(is_the_square(&ink), "paper {paper}, ink {stroke}, shade {shade}");
            assert!((0.1..1.0).contains(&ink.sure), "{}", ink.sure);
        }
    }

    #[test]
    fn a_frame_does_not_pass_for_the_background() {
        for thick in [1, 5] {
            let mut picture = square_on_paper(230.0, 60.0, 0.0);
            for (i, level) in picture.levels.iter_mut().enumerate() {
                let (x, y) = (i % 60, i / 60);
                if x.min(59 - x).min(y).min(39 - y) < thick {
                    *level = 0.0;
                }
            }
            let ink = ink(&picture).unwrap();
            assert!(ink.plane.levels[12 * 60 + 12] == 0.0 && ink.plane.levels[20 * 60 + 25] > 0.7, "{thick}");
        }
    }

    #[test]
    fn without_contrast_there_is_nothing() {
        let faint = square_on_paper(200.0, 185.0, 0.0);
        assert!(matches!(ink(&faint), Err(NoDigit::Blank { contrast, .. }) if contrast > 10.0));
        for level in [0, 128, 255] {
            let plain = Plane::of(&Grey::new(9, 7, vec![level; 63]), 100);
            let error = ink(&plain).err().unwrap();
            assert_eq!(error, NoDigit::Blank { contrast: 0.0, limit: LEAST_CONTRAST });
            assert!(error.to_string().contains("at least 20 levels (of 255) off the background, found 0"));
        }
        // Nothing but grain, however coarse.
        let grain = (0..4000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as f32).collect();
        assert!(matches!(ink(&Plane::new(80, 50, grain)), Err(NoDigit::Blank { .. })));
    }

    #[test]
    fn otsu_parts_two_heaps() {
        let mut levels: Vec<f32> = [3.0, 5.0, 7.0, 100.0, 110.0].repeat(20);
        assert!((7.0..=100.0).contains(&otsu(&levels)));
        // One level far off is no heap.
        levels.push(255.0);
        assert!((7.0..=100.0).contains(&otsu(&levels)));
        // As the sum of squares within the classes has it, computed by hand for {0, 1, 10}: {0, 1} and {10}.
        // All thresholds from 2 to 10 do that.
        assert_eq!(otsu(&[0.0, 1.0, 10.0]), 6.0);
    }
}
