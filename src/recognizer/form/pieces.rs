//! Which pieces of ink are the digit, and which are specks, crumbs and frames.

use super::ink::{Ink, NoDigit};
use super::plane::{Bounds, Plane};

/// Ink in one row, from `left` up to but not including `right`.
pub(super) struct Run {
    pub y: usize,
    pub left: usize,
    pub right: usize,
    /// Another run of the same piece, nearer to its root, or this one if it is the root.
    pub parent: usize,
}

/// Ink that hangs together.
pub(super) struct Piece {
    pub bounds: Bounds,
    /// The sum of its levels.
    pub ink: f32,
    /// Its strongest level.
    pub strongest: f32,
}

/// All pieces of ink of a picture.
pub(super) struct Pieces {
    /// The runs that they are made of.
    pub runs: Vec<Run>,
    /// The piece of every run that is a root; those of the others are empty.
    pub pieces: Vec<Piece>,
}

impl Pieces {
    pub fn of(plane: &Plane) -> Pieces {
        let runs = joined(runs(plane));
        Pieces { pieces: pieces(&runs, plane), runs }
    }
}

/// A piece with less ink than this part of the largest one's is a speck. The bar of a 5 has a tenth or more.
pub(super) const SPECK: f32 = 0.04;
/// A piece that covers more than this part of the picture's edge is a frame, or a picture without background.
const MOST_EDGE: f32 = 0.9;
/// A digit's longer side is at least so many pixels,
const LEAST_SIDE: usize = 5;
/// and at least this part of the picture's longer side.
const LEAST_PART: f32 = 0.01;

/// How large a digit's longer side is at least in such a picture, in pixels.
pub(super) fn least_side(plane: &Plane) -> usize {
    LEAST_SIDE.max((plane.width.max(plane.height) as f32 * LEAST_PART) as usize)
}

/// The digit alone, cut out: the smallest box around its pieces, without what else is in there; and that box.
///
/// A digit may consist of several pieces, as a 5 does whose bar is a stroke of its own. So all pieces
/// stay that have a fair amount of ink, except one that reaches all four sides of the picture while
/// another is left: that is a frame.
///
/// # Errors
/// [`NoDigit::Speck`] when nothing is large enough for a digit, [`NoDigit::Full`] when there is only a frame.
pub(super) fn digit(ink: &Ink, Pieces { runs, pieces }: &Pieces) -> Result<(Plane, Bounds), NoDigit> {
    let plane = &ink.plane;
    let kept = kept(pieces, ink);
    let bounds = pieces.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(piece, _)| piece.bounds);
    let Some(bounds) = bounds.reduce(|a, b| a.with(&b)) else {
        return Err(NoDigit::Speck { width: 0, height: 0, limit: LEAST_SIDE });
    };
    let limit = least_side(plane);
    if bounds.longer_side() < limit {
        return Err(NoDigit::Speck { width: bounds.width(), height: bounds.height(), limit });
    }
    let alone = alone(runs, &kept, plane);
    let share = share_of_edge(&alone);
    if share > MOST_EDGE {
        return Err(NoDigit::Full { share, limit: MOST_EDGE });
    }
    Ok((alone.cropped(bounds), bounds))
}

/// The kept pieces without the others.
fn alone(runs: &[Run], kept: &[bool], plane: &Plane) -> Plane {
    let mut alone = Plane::new(plane.width, plane.height, vec![0.0; plane.levels.len()]);
    for run in runs.iter().filter(|run| kept[run.parent]) {
        let pixels = run.y * plane.width + run.left..run.y * plane.width + run.right;
        alone.levels[pixels.clone()].copy_from_slice(&plane.levels[pixels]);
    }
    alone
}

/// How much of the first and last row and column is ink, 0 to 1.
fn share_of_edge(plane: &Plane) -> f32 {
    let (last_x, last_y) = (plane.width - 1, plane.height - 1);
    let is_edge = |pixel: usize| {
        let (x, y) = (pixel % plane.width, pixel / plane.width);
        x == 0 || y == 0 || x == last_x || y == last_y
    };
    let edge = || plane.levels.iter().enumerate().filter(|&(pixel, _)| is_edge(pixel));
    edge().filter(|&(_, &level)| level > 0.0).count() as f32 / edge().count() as f32
}

/// Which runs are the roots of pieces of the digit.
fn kept(pieces: &[Piece], ink: &Ink) -> Vec<bool> {
    let is_strong = |piece: &Piece| piece.strongest >= ink.sure;
    let largest = |pieces: &mut dyn Iterator<Item = &Piece>| pieces.map(|piece| piece.ink).fold(0.0, f32::max);
    let all = largest(&mut pieces.iter().filter(|piece| is_strong(piece)));
    let is_frame = |piece: &Piece| {
        let Bounds { left, top, right, bottom } = piece.bounds;
        (left, top, right, bottom) == (0, 0, ink.plane.width, ink.plane.height)
    };
    let inside = largest(&mut pieces.iter().filter(|piece| is_strong(piece) && !is_frame(piece)));
    let framed = inside > SPECK * all;
    let largest = if framed { inside } else { all };
    let is_kept = |piece: &Piece| is_strong(piece) && piece.ink > SPECK * largest && !(framed && is_frame(piece));
    pieces.iter().map(is_kept).collect()
}

/// All runs of ink, row by row, each its own root.
fn runs(plane: &Plane) -> Vec<Run> {
    let mut runs = Vec::new();
    for (y, row) in plane.rows().enumerate() {
        let mut left = 0;
        for part in row.chunk_by(|&a, &b| (a > 0.0) == (b > 0.0)) {
            if part[0] > 0.0 {
                runs.push(Run { y, left, right: left + part.len(), parent: runs.len() });
            }
            left += part.len();
        }
    }
    runs
}

/// Joins runs that touch, at corners too, to those of the row above; then every run's parent is its root.
fn joined(mut runs: Vec<Run>) -> Vec<Run> {
    let mut above = 0;
    for below in 0..runs.len() {
        let Run { y, left, right, .. } = runs[below];
        while runs[above].y + 1 < y || (runs[above].y + 1 == y && runs[above].right < left) {
            above += 1;
        }
        let mut touching = above;
        while runs[touching].y + 1 == y && runs[touching].left <= right {
            let (a, b) = (root(&mut runs, touching), root(&mut runs, below));
            runs[a.max(b)].parent = a.min(b);
            touching += 1;
        }
    }
    for run in 0..runs.len() {
        runs[run].parent = root(&mut runs, run);
    }
    runs
}

/// The run that stands for the whole piece; the way there is made shorter on the way (Tarjan 1975).
fn root(runs: &mut [Run], mut run: usize) -> usize {
    while runs[run].parent != run {
        runs[run].parent = runs[runs[run].parent].parent;
        run = runs[run].parent;
    }
    run
}

/// The piece of every run that is a root; those of the others are empty.
fn pieces(runs: &[Run], plane: &Plane) -> Vec<Piece> {
    let line = |run: &Run| Bounds { left: run.left, top: run.y, right: run.right, bottom: run.y + 1 };
    let start = |run: &Run| Piece { bounds: line(run), ink: 0.0, strongest: 0.0 };
    let mut pieces: Vec<Piece> = runs.iter().map(start).collect();
    for run in runs {
        let levels = &plane.levels[run.y * plane.width..][run.left..run.right];
        let piece = &mut pieces[run.parent];
        piece.bounds = piece.bounds.with(&line(run));
        piece.ink += levels.iter().sum::<f32>();
        piece.strongest = levels.iter().copied().fold(piece.strongest, f32::max);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ink where the picture has a `#`.
    fn drawn(rows: &[&str]) -> Ink {
        let levels = rows.iter().flat_map(|row| row.bytes().map(|byte| if byte == b'#' { 1.0 } else { 0.0 }));
        Ink { plane: Plane::new(rows[0].len(), rows.len(), levels.collect()), sure: 0.5 }
    }

    fn digit_of(ink: &Ink) -> Result<Plane, NoDigit> {
        Ok(digit(ink, &Pieces::of(&ink.plane))?.0)
    }

    /// The rows of what is left of it.
    fn left(rows: &[&str]) -> Vec<String> {
        let digit = digit_of(&drawn(rows)).unwrap();
        let row = |row: &[f32]| row.iter().map(|&level| if level > 0.0 { '#' } else { '.' }).collect();
        digit.rows().map(row).collect()
    }

    #[test]
    fn pieces_are_joined_through_corners_and_later_rows() {
        let rows = ["#.#.#", "#.#.#", "#.#.#", ".#.#.", "....."];
        assert_eq!(pieces_of(&rows), [11.0]);
        assert_eq!(pieces_of(&["##.##", "#...#", "#.#.#", "#...#", "#####"]), [15.0, 1.0]);
        assert_eq!(pieces_of(&["#..#", "....", "#..#"]), [1.0; 4]);
        // A spiral, whose arms meet only at its end.
        assert_eq!(pieces_of(&["#######", "#.....#", "#.###.#", "#.#...#", "#.#####"]), [23.0]);
    }

    fn pieces_of(rows: &[&str]) -> Vec<f32> {
        let ink = drawn(rows);
        let pieces = pieces(&joined(runs(&ink.plane)), &ink.plane);
        pieces.iter().map(|piece| piece.ink).filter(|&ink| ink > 0.0).collect()
    }

    #[test]
    fn a_second_stroke_stays_and_a_speck_goes() {
        let mut rows = vec!["..........".to_owned(); 12];
        (2..10).for_each(|y| rows[y] = "..####....".to_owned());
        rows[2] = "..###..###".to_owned(); // 3 of the 34: a stroke
        rows[11] = ".........#".to_owned(); // a speck
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let left = left(&rows);
        assert_eq!((left.len(), left[0].as_str()), (8, "###..###"));
    }

    #[test]
    fn a_frame_goes_when_something_is_within_and_is_no_digit_by_itself() {
        let framed = [
            "#########",
            "#.......#",
            "#..##...#",
            "#..#....#",
            "#..#....#",
            "#..#....#",
            "#..#....#",
            "#.......#",
            "#########",
        ];
        assert_eq!(left(&framed), ["##", "#.", "#.", "#.", "#."]);
        let frame = ["######", "#....#", "#....#", "#....#", "#....#", "######"];
        assert!(matches!(digit_of(&drawn(&frame)), Err(NoDigit::Full { share: 1.0, .. })));
        // A 0 that was cut out tightly.
        let zero = [".####.", "#....#", "#....#", "#....#", "#....#", ".####."];
        assert_eq!(left(&zero), zero);
    }

    #[test]
    fn specks_alone_are_no_digit() {
        let error = digit_of(&drawn(&["#.....", "##....", "......", "......", "......", "......"])).unwrap_err();
        assert_eq!(error, NoDigit::Speck { width: 2, height: 2, limit: 5 });
        assert!(error.to_string().contains("found 2 × 2"), "{error}");
    }

    #[test]
    fn faint_ink_counts_only_beside_strong() {
        let mut ink = drawn(&["#####..#####"; 6]);
        ink.plane.levels.iter_mut().enumerate().for_each(|(i, level)| *level *= if i % 12 < 6 { 0.3 } else { 1.0 });
        ink.plane.levels[11] = 0.2;
        assert_eq!(digit_of(&ink).unwrap().width, 5);
        assert!(digit_of(&ink).unwrap().levels.contains(&0.2));
    }
}
