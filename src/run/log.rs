//! A CSV file that grows row by row.

use super::RunError;
use crate::data::{WriteError, file};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// A CSV file, open at its end.
pub(super) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// A new file with this header.
    pub fn create(path: PathBuf, header: &str) -> Result<Self, RunError> {
        let file = File::create(&path).map_err(|reason| WriteError { path: path.clone(), reason })?;
        let mut log = Self { path, file };
        log.row(header)?;
        Ok(log)
    }

    /// The file of a run that had written `length` bytes to it by a checkpoint; nothing of it changes yet.
    ///
    /// # Errors
    /// When it is shorter, or not there, or cannot be written to.
    pub fn open(path: PathBuf, length: u64) -> Result<Self, RunError> {
        let shortened = |found| RunError::Shortened { path: path.clone(), found, expected: length };
        match file::check_regular(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(shortened(None)),
            Err(reason) => return Err(RunError::Read { path, reason }),
            Ok(()) => {}
        }
        let failed = |reason| WriteError { path: path.clone(), reason };
        let file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?.len();
        match found < length {
            true => Err(shortened(Some(found))),
            false => Ok(Self { path, file }),
        }
    }

    /// Cuts off what the run wrote after its first `length` bytes, for it will be written again.
    pub fn cut(&mut self, length: u64) -> Result<(), WriteError> {
        let cut = self.file.set_len(length).and_then(|()| self.file.seek(SeekFrom::End(0)));
        cut.map(drop).map_err(|reason| WriteError { path: self.path.clone(), reason })
    }

    /// One line, written through to the system: a killed process loses none.
    pub fn row(&mut self, row: &str) -> Result<(), WriteError> {
        let written = self.file.write_all(format!("{row}\n").as_bytes());
        written.map_err(|reason| WriteError { path: self.path.clone(), reason })
    }

    /// Has every row on the disk, and says how many bytes they are.
    pub fn sync(&mut self) -> Result<u64, WriteError> {
        let length = self.file.sync_data().and_then(|()| self.file.stream_position());
        length.map_err(|reason| WriteError { path: self.path.clone(), reason })
    }
}
