//! What a run leaves on disk: its directory, weights, metrics and pictures. Floor five; it knows
//! nothing of the command line.

mod confusion;
mod directory;
mod evaluator;
mod grid;
mod npy;
mod picture;
mod pretrained;
mod recognizer_run;
mod recorder;
mod weights;

pub use confusion::confusion_picture;
pub use directory::{RunDirectory, RunError};
pub use evaluator::Evaluator;
pub use grid::{contact_sheet, grid};
pub use npy::{NpyValues, write_npy};
pub use picture::{Picture, to_bytes, write_animation};
pub use pretrained::pretrained;
pub use recognizer_run::{LearnedFrom, RecognizerRun, RecognizerSummary, TestResult};
pub use recorder::Recorder;
pub use weights::{load_weights, save_weights};
