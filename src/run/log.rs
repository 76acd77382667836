//! A CSV file that grows row by row.

use super::RunError;
use crate::data::WriteError;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

/// A CSV file, open at its end.
pub(super) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// The file at `path` with what a run had written to it by a checkpoint, `length` bytes; what it wrote after that is
    /// cut off, for it will be written again. Without anything, a new file with this header.
    pub fn open(path: PathBuf, header: &str, length: u64) -> Result<Self, RunError> {
        let failed = |reason| WriteError { path: path.clone(), reason };
        if length == 0 {
            let file = File::create(&path).map_err(failed)?;
            let mut log = Self { path, file };
            log.row(header)?;
            return Ok(log);
        }
        let mut file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?.len();
        if found < length {
            return Err(RunError::Shortened { path, found, expected: length });
        }
        file.set_len(length).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        Ok(Self { path, file })
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
