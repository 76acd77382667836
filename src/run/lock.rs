//! One process on a run's directory, and no other.

use super::RunError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Holds a directory until it is dropped, or its process is gone, however it went: the lock is the system's, on the
/// file `lock`, which says whose it is and stays behind.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the directory.
    ///
    /// # Errors
    /// When another process has it, or the file cannot be written.
    pub fn take(root: &Path) -> Result<Self, RunError> {
        let path = root.join("lock");
        let failed = |reason| crate::data::WriteError { path: path.clone(), reason };
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).to_owned();
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                let process = file.read_to_string(&mut process).ok().and(process.trim().parse().ok());
                return Err(RunError::InUse { path: root.into(), process });
            }
            Err(TryLockError::Error(reason)) => return Err(failed(reason).into()),
        }
        let mark = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        mark(&mut file).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Whether a process holds a directory.
pub(super) fn is_held(root: &Path) -> bool {
    let file = OpenOptions::new().read(true).write(true).open(root.join("lock"));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is_and_comes_in_when_that_one_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let first = Lock::take(directory.path()).unwrap();
        let refused = Lock::take(directory.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        Lock::take(directory.path()).unwrap();
    }
}
