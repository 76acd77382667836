//! Opening a page in whatever browser the person has.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::{env, io, thread};

/// A file that leads to the page, for as long as this lives. The address holds a secret, and what is handed to another
/// program can be seen by every user of the machine; a file that only its owner may read cannot.
pub struct Page(PathBuf);

impl Page {
    /// Opens the address, if there is a browser; whoever has none opens what was printed.
    pub fn open(address: &str) -> Self {
        let path = env::temp_dir().join(format!("twoplayer-lab-{}.html", process::id()));
        let written = write(&path, address);
        if let Err(error) = written.and_then(|()| hand_over(&path)) {
            log::info!("no browser was opened: {error}");
        }
        Self(path)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0); // it may not have been written
    }
}

fn write(path: &Path, address: &str) -> io::Result<()> {
    let _ = fs::remove_file(path); // an older program of the same number
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    write!(options.open(path)?, "<!doctype html><meta http-equiv=\"refresh\" content=\"0; url={address}\">")
}

fn hand_over(path: &Path) -> io::Result<()> {
    let (program, before): (&str, &[&str]) = match env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/c", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(before).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    thread::spawn(move || child.wait()); // lest it stay in the table of processes
    Ok(())
}
