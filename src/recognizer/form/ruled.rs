//! Paper with lines on it.

use super::plane::Plane;

/// A ruled line runs over so much of the picture's width,
const SPAN: f32 = 0.9;
/// and is at most this part of the picture's height thick, or three pixels.
const THICK: f32 = 0.02;
/// Ink above or below a line that is stronger than this belongs to a stroke, which goes on through the line.
const STROKE: f32 = 0.3;

/// A picture without the lines that run across all of it, but where a stroke crosses them; none where there are none.
pub(super) fn unruled(plane: &Plane) -> Option<Plane> {
    let bands = bands(plane);
    if bands.is_empty() {
        return None;
    }
    let mut levels = plane.levels.clone();
    for (top, bottom) in bands {
        let row = |y: Option<usize>| y.and_then(|y| plane.rows().nth(y));
        let beyond = [row(top.checked_sub(1)), row(Some(bottom))];
        let crosses = |x: usize| {
            let near = x.saturating_sub(1)..(x + 2).min(plane.width);
            beyond.iter().flatten().any(|row| row[near.clone()].iter().any(|&level| level > STROKE))
        };
        for x in (0..plane.width).filter(|&x| !crosses(x)) {
            (top..bottom).for_each(|y| levels[y * plane.width + x] = 0.0);
        }
    }
    Some(Plane::new(plane.width, plane.height, levels))
}

/// The rows of each line: its first, and the one after its last.
fn bands(plane: &Plane) -> Vec<(usize, usize)> {
    let is_ruled = |row: &[f32]| {
        let longest =
            row.chunk_by(|&a, &b| (a > 0.0) == (b > 0.0)).filter(|part| part[0] > 0.0).map(<[f32]>::len).max();
        longest.is_some_and(|longest| longest as f32 >= SPAN * plane.width as f32)
    };
    let ruled: Vec<bool> = plane.rows().map(is_ruled).collect();
    let thickest = 3.max((plane.height as f32 * THICK) as usize);
    let mut bands = Vec::new();
    let mut top = 0;
    for part in ruled.chunk_by(|a, b| a == b) {
        let bottom = top + part.len();
        if part[0] && part.len() <= thickest {
            // Its soft edges are a part of it.
            bands.push((top.saturating_sub(1), (bottom + 1).min(plane.height)));
        }
        top = bottom;
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_and_the_stroke_across_it_stays() {
        let (width, height) = (60, 50);
        let level = |x: usize, y: usize| {
            let (line, stroke) = (y == 30 || y == 31, (20..24).contains(&x) && (10..45).contains(&y));
            if line || stroke { 1.0 } else { 0.0 }
        };
        let pixels = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let plane = Plane::new(width, height, pixels().map(|(x, y)| level(x, y)).collect());
        let left = unruled(&plane).unwrap();
        let inked = |plane: &Plane| plane.levels.iter().filter(|&&level| level > 0.0).count();
        assert!((4 * 35..4 * 35 + 12).contains(&inked(&left)), "{}", inked(&left));
        assert!((10..45).all(|y| left.levels[y * width + 21] > 0.0), "the stroke is whole");
        assert_eq!(unruled(&left), None);
    }

    #[test]
    fn a_thick_bar_is_no_line() {
        let plane = Plane::new(30, 30, (0..900).map(|i| if (5..12).contains(&(i / 30)) { 1.0 } else { 0.0 }).collect());
        assert_eq!(unruled(&plane), None);
    }
}
