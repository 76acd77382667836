//! A picture with what was read in it.

use super::answer::{At, Found};
use crate::data::Grey;
use crate::run::{Legend, Picture};

/// The colour of a box around a digit, around one that is uncertain, and around what is no digit.
const COLOURS: [[u8; 3]; 3] = [[40, 170, 60], [235, 150, 0], [220, 40, 40]];
/// The longer side of a drawing is at least and at most about so many pixels.
const SIDES: [usize; 2] = [480, 1600];

/// The picture, with a box around each figure and the digit beside it.
pub fn drawing(picture: &Grey, found: &[(At, Found)]) -> Picture {
    let longer = picture.width().max(picture.height());
    let (larger, smaller) = ((SIDES[0] / longer).max(1), longer.div_ceil(SIDES[1]));
    let [width, height] = [picture.width(), picture.height()].map(|side| (side * larger / smaller).max(1));
    let stored = &|x: usize, y: usize| picture.levels()[y * smaller / larger * picture.width() + x * smaller / larger];
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [stored(x, y); 3]));
    let mut pixels: Vec<u8> = pixels.collect();
    let mut legend = Legend::new("What was read")
        .colour(COLOURS[0], "a digit")
        .colour(COLOURS[1], "a digit, uncertain")
        .colour(COLOURS[2], "no digit that the recognizer knows");
    for (At { bounds, .. }, found) in found {
        let [left, top, columns, rows] = bounds.map(|side| side * larger / smaller);
        let [right, bottom] = [(left + columns).min(width - 1), (top + rows).min(height - 1)];
        let colour = COLOURS[match found {
            Found::Digit { uncertain: None, .. } => 0,
            Found::Digit { .. } => 1,
            _ => 2,
        }];
        let mut dot = |x: usize, y: usize| pixels[(y * width + x) * 3..][..3].copy_from_slice(&colour);
        for thick in 0..2 {
            for x in left..=right {
                dot(x, (top + thick).min(height - 1));
                dot(x, bottom.saturating_sub(thick));
            }
            for y in top..=bottom {
                dot((left + thick).min(width - 1), y);
                dot(right.saturating_sub(thick), y);
            }
        }
        legend = legend.mark([top, left], found.sign());
    }
    legend.around(&Picture::new([height, width, 3], pixels))
}
