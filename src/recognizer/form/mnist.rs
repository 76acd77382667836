//! One digit, brought into the form.

use super::ink::{NoDigit, ink};
use super::pieces::{Pieces, digit};
use super::plane::Plane;
use super::stroke::thickened;
use crate::data::Grey;

/// Rows, and columns, of MNIST's pictures.
pub const SIDE: usize = 28;
/// Pixels of one.
pub const PIXELS: usize = SIDE * SIDE;
/// The longer side of a digit in them.
const BOX: usize = 20;
/// Where its centre of mass is, counted from the middle of the first column and of the first row. Half a
/// pixel right of and below the middle of the picture: so it is in MNIST, where all centres of mass are
/// within half a pixel of this.
const CENTRE: f32 = 14.0;
/// Pictures with a longer side than this many pixels are shrunk at once. It saves time, not quality.
pub(super) const LONGEST: usize = 2048;
/// What is fainter than this, of 1, does not count for the box around a stroke that was made thicker.
const EDGE: f32 = 0.25;

/// Brings a picture of one handwritten digit into MNIST's form: `[28, 28]` in C order, 0 background to 255 ink.
///
/// The picture may be of any size, light on dark or dark on light, with the digit anywhere. It is not
/// turned, and it is not divided: two digits beside each other come out as two small ones; [`figures`](super::figures) divides it.
///
/// # Errors
/// [`NoDigit`] says why there is no digit: nothing stands out, or only specks or a frame.
pub fn mnist_form(picture: &Grey) -> Result<[u8; PIXELS], NoDigit> {
    let ink = ink(&Plane::of(picture, LONGEST))?;
    let (digit, _) = digit(&ink, &Pieces::of(&ink.plane))?;
    Ok(form(digit))
}

/// The form of a digit that has been cut out.
pub(super) fn form(digit: Plane) -> [u8; PIXELS] {
    centred(&fitted(&thickened(digit)))
}

/// Scaled so that the digit just fits the box, and its strongest level is 1, as it is in MNIST.
fn fitted(digit: &Plane) -> Plane {
    let digit = digit.box_above(EDGE).map_or_else(|| digit.clone(), |bounds| digit.cropped(bounds));
    let mut fitted = digit.scaled(BOX as f64 / digit.width.max(digit.height) as f64);
    let strongest = fitted.strongest();
    fitted.levels.iter_mut().for_each(|level| *level /= strongest);
    fitted
}

/// `[28, 28]` bytes, the centre of mass moved by whole pixels to the centre, or as near as the edges allow.
fn centred(digit: &Plane) -> [u8; PIXELS] {
    let [x, y] = centre_of_mass(digit);
    let margin = |centre: f32, length: usize| ((CENTRE - centre).round().max(0.0) as usize).min(SIDE - length);
    let (left, top) = (margin(x, digit.width), margin(y, digit.height));
    let mut form = [0; PIXELS];
    for (row, levels) in form.chunks_exact_mut(SIDE).skip(top).zip(digit.rows()) {
        for (pixel, level) in row[left..].iter_mut().zip(levels) {
            *pixel = (level * 255.0).round() as u8;
        }
    }
    form
}

/// Column and row, counted from the middle of the first.
fn centre_of_mass(plane: &Plane) -> [f32; 2] {
    let (mut mass, mut x_mass, mut y_mass) = (0.0, 0.0, 0.0);
    for (y, row) in plane.rows().enumerate() {
        for (x, level) in row.iter().enumerate() {
            mass += level;
            x_mass += level * x as f32;
            y_mass += level * y as f32;
        }
    }
    [x_mass / mass, y_mass / mass]
}
