//! Which set the files of a directory are: MNIST itself, byte for byte, or some other.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{DataError, IdxError};
use super::hash::hexadecimal;
use super::idx::Idx;
use super::mnist::{SET_FILES, SetFile};

/// Whether a file is the one that was published as MNIST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Byte for byte MNIST's own, once uncompressed.
    Mnist,
    /// A valid file of some other set.
    Other,
}

/// What [`inspect`] found out about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// Where it is.
    pub path: PathBuf,
    /// `[count, height, width]` for images, `[count]` for labels.
    pub shape: Vec<usize>,
    /// Its size on disk in bytes, compressed or not.
    pub bytes_on_disk: u64,
    /// SHA-256 of its uncompressed content, header included, in lower-case hexadecimal.
    pub sha256: String,
    /// Whether it is MNIST's.
    pub verdict: Verdict,
}

/// Reports on each of the four files in `directory`: images and labels to train on, then those to
/// test with.
///
/// # Errors
/// When one of them is missing, damaged, or holds something other than images or labels. Whether
/// images and labels go together is for [`Digits::load`](super::Digits::load) to say.
pub fn inspect(directory: &Path) -> Result<Vec<FileReport>, DataError> {
    SET_FILES.iter().map(|file| report(file, directory)).collect()
}

fn report(file: &SetFile, directory: &Path) -> Result<FileReport, DataError> {
    let (path, idx) = file.read(directory)?;
    let bytes_on_disk = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(reason) => return Err(IdxError::Open { path, reason }.into()),
    };
    let sha256 = sha256_of_content(&idx);
    let verdict = if sha256 == file.mnist_sha256 { Verdict::Mnist } else { Verdict::Other };
    Ok(FileReport { path, shape: idx.shape, bytes_on_disk, sha256, verdict })
}

/// The format leaves no freedom, so header and elements are the file's content again.
fn sha256_of_content(idx: &Idx) -> String {
    hexadecimal(Sha256::new().chain_update(idx.header()).chain_update(&idx.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_another_set_other_and_sums_the_uncompressed_content() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, shape: &[usize], bytes: &[u8]| {
            let idx = Idx { shape: shape.to_vec(), bytes: bytes.to_vec() };
            idx.write(&directory.path().join(name)).unwrap();
        };
        write("train-images-idx3-ubyte.gz", &[3, 1, 2], &[1, 2, 3, 4, 5, 6]);
        write("train-labels.idx1-ubyte", &[3], &[7, 0, 9]);
        write("t10k-images.idx3-ubyte", &[3, 1, 2], &[1, 2, 3, 4, 5, 6]);
        write("t10k-labels-idx1-ubyte.gz", &[3], &[7, 0, 9]);

        let reports = inspect(directory.path()).unwrap();
        assert!(reports.iter().all(|report| report.verdict == Verdict::Other));
        assert_eq!(reports[0].sha256, reports[2].sha256);
        assert_eq!(reports[1].sha256, reports[3].sha256);
        // printf '\0\0\10\1\0\0\0\3\7\0\11' | sha256sum
        let expected = "f56856a625e570f4360ac2c5fa7df922347bd0f5294464e12ccb68d82c63b1f5";
        assert_eq!(reports[1].sha256, expected);
        assert_eq!((&reports[1].shape[..], reports[1].bytes_on_disk), (&[3][..], 11));
    }

    #[test]
    fn a_missing_file_is_an_error_that_says_how_to_get_it() {
        let directory = tempfile::tempdir().unwrap();
        let message = inspect(directory.path()).unwrap_err().to_string();
        let command = format!("`scripts/fetch-mnist.sh {}`", directory.path().display());
        assert!(message.contains("train-images-idx3-ubyte") && message.contains(&command), "{message}");
    }
}
