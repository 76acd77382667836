//! A training run: where it stands, the loop that moves it on, and who watches it.

mod error;
mod observer;
mod snapshot;
mod state;
mod train;
mod training_loop;

pub use error::{ObserverError, TrainError};
pub use observer::{Beginning, EpochEnd, Observer, Observers, StepEnd};
pub use snapshot::{History, Snapshot};
pub use state::{PREVIEW_COLUMNS, Position, Session, preview_count};
pub use train::train;
pub use training_loop::Ended;
