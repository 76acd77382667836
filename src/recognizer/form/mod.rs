//! Any picture of a digit in the form that MNIST's have.
//!
//! MNIST's authors took black and white scans, brought each digit to a size at which it just fits a
//! box of 20 × 20 pixels, its proportions kept, so that edges became grey, and put its centre of mass
//! into the middle of 28 × 28 pixels (LeCun, Bottou, Bengio and Haffner 1998, *Gradient-based learning
//! applied to document recognition*, section III.A). A network that has only seen such digits knows
//! only such digits. So a picture from elsewhere is brought into that form first:
//!
//! 1. tell the ink from the background, dark or light, evenly lit or not (`ink`, `lighting`);
//! 2. drop specks and frames, cut out the digit (`pieces`);
//! 3. thicken a stroke that would vanish (`stroke`);
//! 4. scale, centre.
//!
//! Where there are several, the pieces are put together to digits, and these into lines, first (`groups`, `figures`).
//!
//! MNIST's own digits are in that form, and pass through this as good as unchanged: the mean difference is
//! about 1 level of 255. Only the hundredth of them with the thinnest strokes comes out thicker.

mod figures;
mod groups;
mod ink;
mod lighting;
mod mnist;
mod pieces;
mod plane;
mod ruled;
mod stroke;

pub use figures::{Figure, Place, WIDE, figures};
pub use ink::NoDigit;
pub use mnist::{PIXELS, SIDE, mnist_form};
