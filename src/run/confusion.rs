//! Which digits are taken for which, as a picture.

use super::grid::{grid, text_tile};
use super::{Legend, Picture};
use ndarray::Array2;

/// Height and width of a tile: four figures fit.
const TILE: usize = 27;

/// A confusion matrix `[asked, read]`: a row for each digit that an image shows, a column for each that is read, and
/// in each place how many images it holds, the brighter the larger their share of the row. What is not on the diagonal
/// is a mistake. Above it stands how to read it.
pub fn confusion_picture(counts: &Array2<u64>, scale: usize) -> Picture {
    let legend = Legend::new("Which digits are taken for which")
        .text(
            "A row for each digit that is shown, a column for each that is read, and in each square how many \
             pictures that are: the brighter, the larger their share of the row.",
        )
        .text("Good: nothing but the squares from the top left to the bottom right. All others are mistakes.");
    legend.around(&matrix(counts, scale))
}

fn matrix(counts: &Array2<u64>, scale: usize) -> Picture {
    let classes = counts.nrows();
    let mut tiles = vec![text_tile("", TILE, 0)];
    tiles.extend((0..classes).map(|class| text_tile(&class.to_string(), TILE, HEADER)));
    for (class, row) in counts.rows().into_iter().enumerate() {
        let most = row.sum().max(1) as f64;
        tiles.push(text_tile(&class.to_string(), TILE, HEADER));
        tiles.extend(row.iter().map(|&count| match count {
            0 => text_tile("", TILE, 0),
            _ => text_tile(&count.to_string(), TILE, brightness(count as f64 / most)),
        }));
    }
    grid(tiles.iter().map(Vec::as_slice), [TILE, TILE, 1], classes + 1, scale)
}

/// The grey of row and column names.
const HEADER: u8 = 64;

/// Of a share: its square root, so that a single mistake among hundreds is seen.
fn brightness(share: f64) -> u8 {
    (255.0 * share.sqrt()).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_share_of_a_row_is_brighter() {
        let counts = ndarray::array![[9, 1], [0, 0]];
        let picture = matrix(&counts, 1);
        let side = 3 * TILE + 2 * 2;
        assert_eq!(picture.shape(), [side, side, 1]);
        let corner = |row: usize, column: usize| picture.pixels()[row * (TILE + 2) * side + column * (TILE + 2)];
        assert_eq!(corner(1, 1), brightness(0.9));
        assert_eq!(corner(1, 2), brightness(0.1));
        assert!(corner(1, 1) > corner(1, 2) && corner(1, 2) > corner(2, 1));
        assert_eq!([corner(2, 1), corner(2, 2), corner(0, 1)], [0, 0, HEADER]);
        let [height, width, _] = confusion_picture(&counts, 1).shape();
        assert!(height > side && width > side, "without its legend");
    }
}
