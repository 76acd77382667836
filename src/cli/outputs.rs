//! That no output takes the place of what is read, or of another output.

use super::usage_error::UsageError;
use crate::data::{check_replaceable, locate, set_files};
use crate::run::{RecognizerRun, RunDirectory};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The files that a call reads and those that it will write, to be checked before any work begins.
#[derive(Default)]
pub struct Files {
    read: Vec<PathBuf>,
    written: Vec<(&'static str, PathBuf)>,
}

impl Files {
    /// These are read, or kept for other reasons.
    pub fn reading(mut self, paths: impl IntoIterator<Item = PathBuf>) -> Self {
        self.read.extend(paths);
        self
    }

    /// A run is read, if one is named.
    pub fn of_run(self, root: Option<&Path>) -> Self {
        let run = root.and_then(|root| RunDirectory::open(root).ok());
        self.reading(run.map_or(Vec::new(), |run| run.own_files()))
    }

    /// A recognizer is read, if one is named.
    pub fn of_recognizer(self, root: Option<&Path>) -> Self {
        let run = root.and_then(|root| RecognizerRun::open(root).ok());
        self.reading(run.map_or(Vec::new(), |run| run.own_files()))
    }

    /// A set of images is read, from where it is named or found.
    pub fn of_data(self, directory: Option<&Path>) -> Self {
        self.reading(locate(directory).map_or(Vec::new(), |directory| set_files(&directory)))
    }

    /// This one is written, if it is given; `flag` names it.
    pub fn writing(mut self, flag: &'static str, path: Option<&Path>) -> Self {
        self.written.extend(path.map(|path| (flag, path.to_path_buf())));
        self
    }

    /// Files of these names are written into this directory, if it is given; `flag` names it.
    pub fn writing_into(self, flag: &'static str, directory: Option<&Path>, names: &[&str]) -> Self {
        let Some(directory) = directory else { return self };
        names.iter().fold(self, |files, name| files.writing(flag, Some(&directory.join(name))))
    }

    /// Refuses an output that is one of the files read, or another output, by whatever name; or that would take the place
    /// of what is no file.
    pub fn check(&self) -> Result<(), UsageError> {
        let mut taken: HashMap<Identity, String> = HashMap::new();
        for path in &self.read {
            taken.insert(Identity::of(path), format!("{} is read, or belongs to a run", path.display()));
        }
        for (flag, path) in &self.written {
            let refuse =
                |why: String| Err(UsageError(format!("{flag} {}: {why}; choose another name", path.display())));
            if let Err(reason) = check_replaceable(path) {
                return refuse(reason.to_string());
            }
            if let Some(why) = taken.insert(Identity::of(path), format!("{flag} goes there too")) {
                return refuse(why);
            }
        }
        Ok(())
    }
}

/// What two names of one file have in common.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    /// Device and inode of a file that there is.
    #[cfg(unix)]
    Node(u64, u64),
    /// The whole path.
    Path(PathBuf),
}

impl Identity {
    fn of(path: &Path) -> Self {
        #[cfg(unix)]
        if let Ok(metadata) = fs::metadata(path) {
            use std::os::unix::fs::MetadataExt;
            return Identity::Node(metadata.dev(), metadata.ino());
        }
        let path = &followed(path);
        Identity::Path(fs::canonicalize(path).ok().or_else(|| by_its_directory(path)).unwrap_or_else(|| path.into()))
    }
}

/// Where a link leads, although nothing is there yet.
fn followed(path: &Path) -> PathBuf {
    /// More links than any system follows.
    const LINKS: usize = 40;
    (0..LINKS).fold(path.to_path_buf(), |path, _| match fs::read_link(&path) {
        Ok(target) => path.parent().unwrap_or(Path::new("")).join(target),
        Err(_) => path,
    })
}

/// The path of a file that is not there yet, in a directory that is.
fn by_its_directory(path: &Path) -> Option<PathBuf> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(fs::canonicalize(directory).ok()?.join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_told_by_all_its_names() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("there"), "").unwrap();
        fs::create_dir(at("sub")).unwrap();
        let check = |read: &str, written: &[&str]| {
            let written = written.iter().map(|name| ("-o", at(name))).collect();
            Files { read: vec![at(read)], written }.check().map_err(|error| error.to_string())
        };
        assert!(check("there", &["new", "other"]).is_ok());
        assert!(check("there", &["sub/../there"]).unwrap_err().contains("is read"));
        assert!(check("there", &["new", "sub/../new"]).unwrap_err().contains("-o goes there too"));
        assert!(check("there", &["sub"]).unwrap_err().contains("it is a directory"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("there"), at("link")).unwrap();
            fs::hard_link(at("there"), at("twin")).unwrap();
            assert!(check("there", &["link"]).is_err() && check("there", &["twin"]).is_err());
            std::os::unix::fs::symlink("new", at("to-new")).unwrap();
            assert!(check("there", &["new", "to-new"]).unwrap_err().contains("-o goes there too"));
        }
    }
}
