//! One process on a run's directory, and no other.

use super::RunError;
use crate::data::{WriteError, check_replaceable, file};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Holds a directory until it is dropped, or its process is gone, however it went: the lock is the system's, on the
/// file `lock`, which says whose it is once the process has [marked](Lock::mark) it, and then stays behind.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: File,
    /// Whether the file is here only because of this lock.
    is_new: bool,
}

/// The longest that another process may have written into it: its number.
const LONGEST: u64 = 20;

impl Lock {
    /// Takes the directory; nothing that was in it changes.
    ///
    /// # Errors
    /// When another process has it, or the file cannot be opened or made.
    pub fn take(root: &Path) -> Result<Self, RunError> {
        let path = root.join("lock");
        let is_new = !path.exists();
        let failed = |reason| WriteError { path: path.clone(), reason };
        check_replaceable(&path).map_err(failed)?; // a pipe would never open
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).to_owned();
        let file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, file, is_new }),
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                let process = file.take(LONGEST).read_to_string(&mut process).ok().and(process.trim().parse().ok());
                Err(RunError::InUse { path: root.into(), process })
            }
            Err(TryLockError::Error(reason)) => Err(failed(reason).into()),
        }
    }

    /// Says in the file whose it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn mark(&mut self) -> Result<(), WriteError> {
        let mark = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        mark(&mut self.file).map_err(|reason| WriteError { path: self.path.clone(), reason })?;
        self.is_new = false;
        Ok(())
    }
}

impl Drop for Lock {
    /// A process that only looked leaves nothing.
    fn drop(&mut self) {
        if self.is_new {
            let _ = fs::remove_file(&self.path); // an empty file does no harm
        }
    }
}

/// Whether a process holds a directory.
pub(super) fn is_held(root: &Path) -> bool {
    file::open(&root.join("lock")).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is_and_comes_in_when_that_one_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let mut first = Lock::take(directory.path()).unwrap();
        first.mark().unwrap();
        let refused = Lock::take(directory.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        Lock::take(directory.path()).unwrap();
        assert!(directory.path().join("lock").exists());
    }

    #[test]
    fn who_only_looks_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        drop(Lock::take(directory.path()).unwrap());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
