//! What a run leaves on disk: its directory, weights, metrics and pictures. Floor five; it knows
//! nothing of the command line.

mod directory;
mod image;
mod npy;
mod recorder;
mod weights;

pub use directory::{RunDirectory, RunError};
pub use image::{GrayImage, contact_sheet, grid, to_bytes};
pub use npy::{NpyValues, write_npy};
pub use recorder::Recorder;
pub use weights::{load_weights, save_weights};
