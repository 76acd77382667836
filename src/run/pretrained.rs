//! What comes with the program, trained.

use super::RunError;
use std::path::{Path, PathBuf};

/// Where it lies, here or in the source tree.
const PLACE: &str = "data/pretrained";

/// The directory of a run that comes with the program, `best` or `recognizer`: data/pretrained/NAME here, or else in
/// the source tree.
///
/// # Errors
/// When it is in neither.
pub fn pretrained(name: &str) -> Result<PathBuf, RunError> {
    let here = Path::new(PLACE).join(name);
    let in_source = Path::new(env!("CARGO_MANIFEST_DIR")).join(&here);
    let found = [&here, &in_source].into_iter().find(|path| path.is_dir()).cloned();
    found.ok_or(RunError::NotPretrained { path: here })
}
