//! What stands above each picture of a run's insides.

use crate::run::Legend;

/// The full colours of numbers above and below 0, and that of 0.
const ABOVE: [u8; 3] = [255, 0, 0];
const BELOW: [u8; 3] = [0, 0, 255];
const ZERO: [u8; 3] = [255; 3];

/// Of the weights of this shape, of which so many units are shown, over images `[height, width, channels]`.
pub fn filters(weight: &[usize], shown: usize, [height, width, channels]: [usize; 3]) -> Legend {
    let colour = if channels == 1 { "" } else { ", in the first colour" };
    let (units, square) = match *weight {
        [rows, columns, _, units] => {
            (units, format!("its weights on a window of {rows} × {columns} pixels that slides over the image{colour}"))
        }
        [units, inputs] if inputs == height * width * channels => {
            (units, format!("its weights on the {height} × {width} pixels of the image{colour}"))
        }
        _ => (1, "all its weights, a row a unit, a column an input".to_owned()),
    };
    let heading = "What the discriminator looks for first: the weights of its first layer on the image";
    let squares = match units {
        1 => format!("One square: {square}."),
        _ if shown < units => format!("A square for each unit, the first {shown} of {units}: {square}."),
        _ => format!("A square for each of {units} units: {square}."),
    };
    Legend::new(heading)
        .text(squares)
        .colour(ABOVE, "above 0: a bright pixel here raises what the unit gives")
        .colour(BELOW, "below 0: it lowers it")
        .colour(ZERO, "0: the unit does not look here")
        .text(
            "Normal: each another; edges and spots in a small window, strokes where a unit sees the whole image. \
             Noise in all of them: little is learned yet. Many alike: units that do the same.",
        )
        .text(own_scale())
}

/// Of real and generated digits, each row with its gradients beneath.
pub fn gradients() -> Legend {
    let effect = "their pixels' effect on the score";
    Legend::new("Where the generator's gradient comes from: through the discriminator to the pixels")
        .colour(ABOVE, "a brighter pixel here raises the discriminator's score: more like a real digit to it")
        .colour(BELOW, "a brighter pixel here lowers the score")
        .colour(ZERO, "this pixel makes no difference")
        .text(
            "The generator is moved along the last row: its weights are changed so that red pixels become brighter \
             and blue ones darker.",
        )
        .text(
            "Normal: speckled, strongest about the strokes, each square another. The same in all of them, whatever \
             the digit: the discriminator looks at something else than digits, and teaches only that.",
        )
        .text(own_scale())
        .rows(["real test digits", effect, "generated digits", "the same: the generator is moved along this"])
}

fn own_scale() -> &'static str {
    "Full colour is the largest of its own square: compare patterns from square to square, not strengths."
}
