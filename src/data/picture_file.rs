//! Pictures from files, whichever of the two formats they are in.

use super::error::{PictureError, PngError};
use super::file;
use super::grey::Grey;
use std::io::Read;
use std::path::Path;

/// What every JPEG file begins with: the marker of a picture's start, and the first byte of the next one (ITU-T T.81,
/// section B.2.1).
const JPEG: [u8; 3] = [0xff, 0xd8, 0xff];

impl Grey {
    /// Reads the PNG or JPEG file at `path`, told apart by how it begins, not by its name.
    ///
    /// # Errors
    /// Those of [`Grey::read_png`] and [`Grey::read_jpeg`].
    pub fn read(path: &Path) -> Result<Grey, PictureError> {
        let open = |reason| PngError::Open { path: path.into(), reason };
        let mut start = Vec::new();
        let file = file::open(path).map_err(open)?;
        file.take(JPEG.len() as u64)
            .read_to_end(&mut start)
            .map_err(|reason| PngError::Read { path: path.into(), reason })?;
        match start == JPEG {
            true => Ok(Grey::read_jpeg(path)?),
            false => Ok(Grey::read_png(path)?),
        }
    }
}
