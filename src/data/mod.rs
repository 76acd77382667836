//! Handwritten digits on disk and in memory.
//!
//! In reading order: [`Idx`] is the file format, [`Digits`] the labelled images of one MNIST
//! split, [`Batches`] the order in which training visits them, and [`fill`] the step from bytes
//! to the numbers that a network sees. Pictures from elsewhere come as [`Grey`], out of PNG files and, with
//! the feature `cli`, JPEG files.
//! This floor knows nothing of autodiff or models.

mod atomic;
mod batches;
mod error;
pub mod file;
mod grey;
mod hash;
mod idx;
mod inspect;
#[cfg(feature = "cli")]
mod jpeg_file;
mod mnist;
#[cfg(feature = "cli")]
mod picture_file;
mod png_file;
mod source;

pub use atomic::{WriteError, check_directory, check_replaceable, sweep, write_atomically};
pub use batches::{Batch, Batches, PixelRange, fill};
pub use error::{DataError, IdxError, JpegError, PictureError, PngError};
pub use grey::Grey;
pub use hash::hexadecimal;
pub use idx::Idx;
pub use inspect::{FileReport, Verdict, inspect};
pub use mnist::{CLASSES, Digits, Split, locate, set_files};
pub use source::Source;
