//! What a run leaves on disk (here: pictures and arrays).

mod image;
mod npy;

pub use image::{GrayImage, contact_sheet, grid, to_bytes};
pub use npy::{NpyValues, write_npy};
