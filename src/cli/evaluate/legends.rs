//! What stands above each picture of an evaluation.

use crate::run::Legend;

/// Of real digits on the map.
pub const REAL: [u8; 3] = [70, 140, 255];
/// Of drawn ones.
pub const DRAWN: [u8; 3] = [255, 140, 30];
/// Where both are.
pub const BOTH: [u8; 3] = [255; 3];

/// Of the map of so many real and drawn digits, which shows so large a share of the real ones' variance.
pub fn map([real, drawn]: [usize; 2], shown: f64) -> Legend {
    Legend::new("Real and drawn digits: near each other where the recognizer finds them alike")
        .colour(REAL, format!("{real} real test digits; a number stands in the middle of those that are read as it"))
        .colour(DRAWN, format!("{drawn} drawn digits"))
        .colour(BOTH, "a real and a drawn digit in the same place")
        .text(
            "Good: blue and orange fill the same places alike. Blue alone: digits that are never drawn. Orange \
             alone: drawings that are like no real digit. Clumps of orange: the same drawing again and again.",
        )
        .text(format!(
            "It is the plane in which the real digits' features spread most, {:.0} % of their variance. What lies \
             apart in other directions may lie together here.",
            100.0 * shown
        ))
}

/// Of digits beside those of the training set, in so many columns.
pub fn nearest(columns: usize) -> Legend {
    Legend::new("Does it copy? Drawn digits, each with the training digit at its right that is nearest to it")
        .text(
            "Nearest by their pixels: the least Euclidean distance. Good: alike, but not the same strokes. A drawn \
             digit that is its neighbour dot for dot is a copy out of the training set.",
        )
        .columns((0..columns).map(|i| if i % 2 == 0 { "drawn" } else { "nearest" }))
}

/// Of those that the recognizer is least sure of, from the least to the largest probability.
pub fn least([from, to]: [f32; 2]) -> Legend {
    Legend::new("The drawn digits that the recognizer is least sure of, the least sure first")
        .text(sure(from, to))
        .text(
            "Good: odd, but a person can read them. Scribbles, and strokes of two digits in one: what it draws badly.",
        )
}

/// Of those that it is surest of, from the largest probability down.
pub fn most([from, to]: [f32; 2]) -> Legend {
    Legend::new("The drawn digits that the recognizer is surest of, the surest first")
        .text(sure(from, to))
        .text("Good: clean and each drawn another way. The same drawing again and again: it knows only a few.")
}

fn sure(from: f32, to: f32) -> String {
    format!("It gives to what it reads in them a probability of {:.1} % to {:.1} %.", 100.0 * from, 100.0 * to)
}
