//! Files from outside: opened only where they are files, read only as far as sense goes.
//!
//! A path may name a pipe that nobody writes to, a device that never ends, a directory, or a file of a size that no
//! program ever wrote under that name. Whoever opens it blindly waits for ever or runs out of memory.

use std::fs::{self, File, FileType};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The most bytes of a text that people or programs write: a configuration, a summary, figures.
pub const LONGEST_TEXT: u64 = 1 << 20;

/// Opens a regular file to read it.
///
/// # Errors
/// When there is none, it may not be read, or it is something else: a directory, a pipe, a device.
pub fn open(path: &Path) -> io::Result<File> {
    check_regular(path)?; // before it is opened: a pipe that nobody writes to is not open before somebody does
    File::open(path)
}

/// Refuses what is there and is no regular file; links are followed.
///
/// # Errors
/// The system's, when there is nothing; [`ErrorKind::InvalidInput`] when there is something else.
pub fn check_regular(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    match kind.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(ErrorKind::InvalidInput, format!("it is {}, not a regular file", named(kind)))),
    }
}

/// Reads a regular file of at most `most` bytes.
///
/// # Errors
/// As [`open`], and when it is longer.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(ErrorKind::InvalidData, format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

/// Reads a regular file of at most `most` bytes of UTF-8.
///
/// # Errors
/// As [`read`], and when it is no UTF-8; where that begins is said.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        io::Error::new(ErrorKind::InvalidData, format!("it is no text: no UTF-8 at offset {offset}"))
    })
}

/// What something is that is no regular file.
fn named(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    if kind.is_dir() { "a directory" } else { "something else" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_within_its_bounds_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read_text(&path, 5).unwrap(), "12345");
        assert!(read(&path, 4).unwrap_err().to_string().contains("more than 4 bytes"));
        fs::write(&path, b"ab\xff").unwrap();
        assert!(read_text(&path, 5).unwrap_err().to_string().contains("offset 2"));
        assert!(read(directory.path(), 5).unwrap_err().to_string().contains("it is a directory"));
        assert_eq!(read(&directory.path().join("missing"), 5).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_never_ends_or_never_comes_is_named() {
        assert!(read(Path::new("/dev/zero"), 5).unwrap_err().to_string().contains("it is a device"));
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(open(&pipe).unwrap_err().to_string().contains("it is a pipe"));
    }
}
