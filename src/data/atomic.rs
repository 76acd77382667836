//! Files that are either the old ones or the new ones, never half of each.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::file;
use thiserror::Error;

/// A file that could not be written; whatever stood at `path` before is untouched.
#[derive(Debug, Error)]
#[error("cannot write {path}: {reason}; {}", advice(.reason.kind()))]
pub struct WriteError {
    /// The file that was to be written (not the temporary beside it).
    pub path: PathBuf,
    /// What the operating system said.
    pub reason: io::Error,
}

/// What to do about a write that failed so.
fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "make its directory first",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "its directory must be writable",
        ErrorKind::StorageFull | ErrorKind::FileTooLarge | ErrorKind::QuotaExceeded => {
            "check that its disk has room left"
        }
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename | ErrorKind::IsADirectory => "choose another name",
        _ => "check that its directory exists, is writable and has room left",
    }
}

/// Writes a file through `fill` so that a reader, or a crash, never meets half of it.
///
/// `fill` writes to `.NAME.tmp-PID-COUNT` in the same directory. Only once every byte of that has
/// reached the disk is it renamed to `path`, and a rename within a directory is atomic. On failure
/// the temporary is removed. A symbolic link to a file is replaced, not followed; what is no file (a pipe, a device), or
/// links to none, is left alone.
///
/// # Errors
/// When the directory is missing (none is created) or not writable, when the disk is full, when there is something
/// at `path` that is no regular file, or when `fill` itself fails.
pub fn write_atomically(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), WriteError> {
    let replace = || -> io::Result<()> {
        check_replaceable(path)?;
        let temporary = temporary_beside(path)?;
        let written = write_and_sync(&temporary, fill).and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            // The first failure is the one to report, so that of the removal is dropped.
            let _ = fs::remove_file(&temporary);
        }
        written
    };
    replace().map_err(|reason| WriteError { path: path.to_path_buf(), reason })
}

/// Refuses to put a file in the place of what is none; where there is nothing yet, there is nothing to lose.
///
/// # Errors
/// As [`check_regular`](file::check_regular).
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    match file::check_regular(path) {
        Err(error) if error.kind() != ErrorKind::InvalidInput => Ok(()), // the system will say it when it is written
        found => found,
    }
}

/// Refuses a file for which there is no directory, before the work that it is to hold.
///
/// # Errors
/// As [`write_atomically`] would give it at the end.
pub fn check_directory(path: &Path) -> Result<(), WriteError> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let found = directory.map_or(Ok(true), |directory| fs::metadata(directory).map(|found| found.is_dir()));
    let found = found.and_then(|is_one| is_one.then_some(()).ok_or(ErrorKind::NotADirectory.into()));
    found.map_err(|reason| WriteError { path: path.to_path_buf(), reason })
}

/// The process id keeps two programs apart, the count two threads of one program.
fn temporary_beside(path: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    };
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".tmp-{}-{count}", std::process::id()));
    Ok(path.with_file_name(temporary))
}

/// Removes the temporaries that processes left in a directory which were killed while they wrote. There must be none
/// that writes there now.
pub fn sweep(directory: &Path) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_temporary = |name: &str| name.starts_with('.') && name.contains(".tmp-");
    for entry in entries.filter(|entry| entry.file_name().to_str().is_some_and(is_temporary)) {
        let _ = fs::remove_file(entry.path()); // left to the next
    }
}

fn write_and_sync(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut writer = BufWriter::new(File::create(path)?);
    fill(&mut writer)?;
    // Without this a power cut could leave the new name with none of the new content.
    writer.into_inner()?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(directory: &Path) -> Vec<OsString> {
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn replaces_the_old_file_and_leaves_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.txt");
        for content in ["old, and longer", "new"] {
            write_atomically(&path, |writer| writer.write_all(content.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(names_in(directory.path()), ["log.txt"]);
    }

    #[test]
    fn a_missing_directory_is_said_before_anything_is_written() {
        let directory = tempfile::tempdir().unwrap();
        check_directory(&directory.path().join("x.html")).unwrap();
        check_directory(Path::new("x.html")).unwrap();
        let missing = directory.path().join("nowhere/x.html");
        let [early, late] = [check_directory(&missing), write_atomically(&missing, |_| Ok(()))];
        assert_eq!(early.unwrap_err().to_string(), late.unwrap_err().to_string());
    }

    #[test]
    fn a_failed_write_keeps_the_old_file_and_removes_the_temporary() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.txt");
        fs::write(&path, "old").unwrap();
        let error = write_atomically(&path, |writer| {
            writer.write_all(b"half of the ne")?;
            Err(io::Error::other("the disk is full"))
        })
        .unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names_in(directory.path()), ["log.txt"]);
        assert!(error.to_string().contains("log.txt: the disk is full"), "{error}");
    }

    #[test]
    fn a_failed_rename_removes_the_temporary() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a-directory");
        fs::create_dir(&path).unwrap();
        write_atomically(&path, |writer| writer.write_all(b"new")).unwrap_err();
        assert_eq!(names_in(directory.path()), ["a-directory"]);
    }

    #[test]
    fn creates_no_directory_and_refuses_a_path_without_a_name() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        let error = write_atomically(&missing.join("log.txt"), |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("missing/log.txt"), "{error}");
        assert!(!missing.exists());
        write_atomically(&directory.path().join(".."), |_| Ok(())).unwrap_err();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_no_file_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (pipe, link) = (directory.path().join("pipe"), directory.path().join("link"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        for (path, what) in [(&pipe, "a pipe"), (&link, "a device")] {
            let error = write_atomically(path, |writer| writer.write_all(b"new")).unwrap_err().to_string();
            assert!(error.contains(what) && error.contains("choose another name"), "{error}");
        }
        assert!(!fs::symlink_metadata(&pipe).unwrap().is_file() && fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
