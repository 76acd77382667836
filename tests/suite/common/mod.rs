//! The program as a person calls it, for the tests that do.

pub mod handwriting;
pub mod scenes;

use std::path::Path;
use std::process::Command;
use twoplayer::data::Idx;

/// What a call answered.
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A call, from the source tree.
pub fn call(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twoplayer"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("TWOPLAYER_DATA");
    command
}

pub fn twoplayer(arguments: &[&str]) -> Answer {
    answer(&mut call(arguments))
}

/// What a call answers, of which standard output or standard error may have been put elsewhere.
pub fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The call fails with this code and one line that says all of `parts`.
#[track_caller]
pub fn refuses(arguments: &[&str], code: i32, parts: &[&str]) {
    let Answer { code: found, stderr, .. } = twoplayer(arguments);
    assert_eq!(found, code, "{arguments:?}: {stderr}");
    let errors: Vec<_> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{arguments:?}: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    for part in parts {
        assert!(errors[0].contains(part), "{arguments:?}: {part:?} is not in {stderr}");
    }
}

/// A set of ten tiny digits under the four standard names.
pub fn small_set(directory: &Path) {
    for split in ["train", "t10k"] {
        let images: Vec<u8> = (0..10 * 784).map(|i| (i % 251) as u8).collect();
        Idx { shape: vec![10, 28, 28], bytes: images }
            .write(&directory.join(format!("{split}-images-idx3-ubyte")))
            .unwrap();
        Idx { shape: vec![10], bytes: (0..10).collect() }
            .write(&directory.join(format!("{split}-labels-idx1-ubyte.gz")))
            .unwrap();
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
