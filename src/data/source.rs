//! Training images by name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The name of stacked digits, alone or before `:DIR`.
const STACKED: &str = "stacked-mnist";

/// Where training images come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Whether each image is three digits, [stacked](super::Digits::stacked) as its colours.
    pub stacked: bool,
    /// Where the digits are, if that is said; else [`locate`](super::locate) finds them.
    pub directory: Option<PathBuf>,
}

impl Source {
    /// What a name means: `stacked-mnist`, `stacked-mnist:DIR`, or else a directory. One that is really called
    /// `stacked-mnist` is `./stacked-mnist`.
    pub fn of(name: Option<&Path>) -> Source {
        let stacked = name.and_then(Path::to_str).and_then(|name| name.strip_prefix(STACKED));
        match stacked.map(|rest| (rest, rest.strip_prefix(':'))) {
            Some(("", _) | (_, Some(""))) => Source { stacked: true, directory: None },
            Some((_, Some(directory))) => Source { stacked: true, directory: Some(directory.into()) },
            _ => Source { stacked: false, directory: name.map(Path::to_path_buf) },
        }
    }

    /// The name that [`of`](Source::of) reads back; none for digits of which nothing is said.
    pub fn name(&self) -> Option<PathBuf> {
        match (self.stacked, &self.directory) {
            (false, directory) => directory.clone(),
            (true, None) => Some(STACKED.into()),
            (true, Some(directory)) => {
                let mut name = OsString::from(STACKED);
                name.push(":");
                name.push(directory);
                Some(name.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_directories_or_stacked_digits_and_read_back() {
        let of = |name: &str| {
            let source = Source::of(Some(Path::new(name)));
            assert_eq!(Source::of(source.name().as_deref()), source, "{name}");
            (source.stacked, source.directory)
        };
        assert_eq!(of("stacked-mnist"), (true, None));
        assert_eq!(of("stacked-mnist:"), (true, None));
        assert_eq!(of("stacked-mnist:/data/fashion"), (true, Some("/data/fashion".into())));
        for directory in ["./stacked-mnist", "stacked-mnist-2", "data", "stacked-mnist/"] {
            assert_eq!(of(directory), (false, Some(directory.into())));
        }
        assert_eq!(Source::of(None), Source { stacked: false, directory: None });
        assert_eq!(Source::of(None).name(), None);
    }
}
