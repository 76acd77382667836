//! What a run leaves on disk: its directory, weights, metrics and pictures. Floor five; it knows
//! nothing of the command line.

mod calibration_file;
mod checkpoint;
mod confusion;
mod directory;
mod epochs;
mod error;
mod evaluator;
mod evolution;
mod grid;
mod history;
mod legend;
mod list;
mod lock;
mod log;
mod npy;
mod picture;
mod pretrained;
mod recognizer_run;
mod recorder;
mod report;
mod rows;
mod tensorboard;
mod tensors;
mod weights;

pub use checkpoint::{Checkpoint, Checkpoints};
pub use confusion::confusion_picture;
pub use directory::RunDirectory;
pub use epochs::Epochs;
pub use error::RunError;
pub use evaluator::{Evaluator, digits_missing};
pub use evolution::write_evolution;
pub use grid::{Grid, contact_sheet, grid};
pub use history::History;
pub use legend::{Legend, wrapped};
pub use list::{RunSummary, State, find_runs, summary};
pub use npy::{NpyValues, npy_bytes, write_npy, write_npy_in_pieces};
pub use picture::{Animation, Picture, TooLarge, to_bytes};
pub use pretrained::{
    pretrained_config, pretrained_discriminator, pretrained_generator, pretrained_reader, pretrained_recognizer,
};
pub use recognizer_run::{LearnedFrom, RecognizerRun, RecognizerSummary, TestResult};
pub use recorder::Recorder;
pub use report::{report, write_comparison, write_report};
pub use rows::{MetricsRow, NormRow, ReadingRow, TimeRow};
pub use tensorboard::TensorBoard;
pub use weights::{load_weights, parse_weights, save_weights};
