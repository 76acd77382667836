//! Handwritten digits from anywhere, brought into the form of MNIST's.
//!
//! In the order of the work: [`mnist_form`] tells the story; `lighting` and `ink` tell the stroke
//! from the paper, `pieces` the digit from the specks, `stroke` makes a hairline as thick as a pen's,
//! and `plane` changes sizes.

mod ink;
mod lighting;
mod mnist_form;
mod pieces;
mod plane;
mod stroke;

pub use ink::NoDigit;
pub use mnist_form::{PIXELS, SIDE, mnist_form};
