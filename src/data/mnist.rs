//! MNIST: 70,000 handwritten digits of 28 × 28 grey pixels, each with its label.
//!
//! A set is four IDX files in one directory: images and labels, to train on and to test with. Any
//! set laid out the same way and with ten classes will load (Fashion-MNIST, say); by checksum,
//! [`inspect`](super::inspect()) tells whether it is MNIST itself.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use sha2::{Digest, Sha256};

use super::error::DataError;
use super::hash::hexadecimal;
use super::idx::Idx;

/// How many classes there are: the digits 0 to 9.
pub const CLASSES: usize = 10;

/// The environment variable that names the data directory.
const DATA_VARIABLE: &str = "TWOPLAYER_DATA";

/// Which part of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// The images to learn from, 60,000 in MNIST.
    Train,
    /// The images kept for judging, 10,000 in MNIST.
    Test,
}

/// One of the four files of a set.
pub(super) struct SetFile {
    /// How its name begins: `train-images`.
    stem: &'static str,
    /// How many dimensions it has.
    rank: usize,
    /// SHA-256 of MNIST's own file, uncompressed.
    pub(super) mnist_sha256: &'static str,
}

const TRAIN_IMAGES: SetFile = SetFile {
    stem: "train-images",
    rank: 3,
    mnist_sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
};
const TRAIN_LABELS: SetFile = SetFile {
    stem: "train-labels",
    rank: 1,
    mnist_sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
};
const TEST_IMAGES: SetFile = SetFile {
    stem: "t10k-images",
    rank: 3,
    mnist_sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
};
const TEST_LABELS: SetFile = SetFile {
    stem: "t10k-labels",
    rank: 1,
    mnist_sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
};
/// All four, in the order in which they are reported.
pub(super) const SET_FILES: [&SetFile; 4] = [&TRAIN_IMAGES, &TRAIN_LABELS, &TEST_IMAGES, &TEST_LABELS];

impl SetFile {
    /// The names in use: the published one, and the one that some archives unpack to.
    fn names(&self) -> [String; 4] {
        let SetFile { stem, rank, .. } = self;
        [
            format!("{stem}-idx{rank}-ubyte"),
            format!("{stem}-idx{rank}-ubyte.gz"),
            format!("{stem}.idx{rank}-ubyte"),
            format!("{stem}.idx{rank}-ubyte.gz"),
        ]
    }

    fn find(&self, directory: &Path) -> Result<PathBuf, DataError> {
        let names = self.names();
        let found = names.iter().map(|name| directory.join(name)).find(|path| path.is_file());
        found.ok_or_else(|| DataError::MissingFile { directory: directory.to_path_buf(), names: names.to_vec() })
    }

    /// Finds and reads the file; its rank is checked, its counts are not.
    pub(super) fn read(&self, directory: &Path) -> Result<(PathBuf, Idx), DataError> {
        let path = self.find(directory)?;
        let idx = Idx::read(&path)?;
        if idx.shape.len() != self.rank {
            return Err(DataError::WrongRank { path, rank: self.rank, shape: idx.shape });
        }
        Ok((path, idx))
    }
}

/// The files of a set that are in a directory.
pub fn set_files(directory: &Path) -> Vec<PathBuf> {
    SET_FILES.iter().filter_map(|file| file.find(directory).ok()).collect()
}

/// Labelled images of one split; never empty. A clone shares them.
#[derive(Debug, Clone)]
pub struct Digits {
    images: Arc<Vec<u8>>, // [count, height, width, channels]
    labels: Arc<Vec<u8>>, // [count]
    height: usize,
    width: usize,
    channels: usize,
}

impl Digits {
    /// Puts labelled images together: `images` is `[count, height, width]` in C order, 0 black to
    /// 255 white, and `labels` is `[count]`, each 0 to 9.
    ///
    /// # Panics
    /// When the lengths do not fit together, a label exceeds 9, or there is no pixel at all.
    pub fn new(images: Vec<u8>, labels: Vec<u8>, height: usize, width: usize) -> Digits {
        assert!(!images.is_empty(), "Digits::new: expected at least one image of one pixel");
        assert_eq!(
            images.len(),
            labels.len() * height * width,
            "Digits::new: {} image bytes for labels [{}] and images of [{height}, {width}]",
            images.len(),
            labels.len(),
        );
        assert!(labels.iter().all(|&label| is_class(label)), "Digits::new: a label exceeds 9");
        Digits { images: images.into(), labels: labels.into(), height, width, channels: 1 }
    }

    /// Loads one split from the two files of it in `directory`, compressed or not.
    ///
    /// The files are named as published (`train-images-idx3-ubyte.gz`) or as some archives unpack
    /// them (`train-images.idx3-ubyte`); without `.gz` comes first where both are there.
    ///
    /// # Errors
    /// When a file is missing or damaged, holds something other than images or labels, when there
    /// are more of the one than of the other, or when a label exceeds 9.
    pub fn load(directory: &Path, split: Split) -> Result<Digits, DataError> {
        let (images_file, labels_file) = match split {
            Split::Train => (TRAIN_IMAGES, TRAIN_LABELS),
            Split::Test => (TEST_IMAGES, TEST_LABELS),
        };
        let (images_path, images) = images_file.read(directory)?;
        let (labels_path, labels) = labels_file.read(directory)?;
        if images.bytes.is_empty() {
            return Err(DataError::Empty { path: images_path, shape: images.shape });
        }
        if images.shape[0] != labels.shape[0] {
            return Err(DataError::Counts {
                images_path,
                images: images.shape[0],
                labels_path,
                labels: labels.shape[0],
            });
        }
        check_labels(&labels, &labels_path)?;
        log::info!("digits read: {} images in {}", labels.shape[0], images_path.display());
        Ok(Digits::new(images.bytes, labels.bytes, images.shape[1], images.shape[2]))
    }

    /// Stacked MNIST: each image three of these images, drawn at random, as its red, green and blue channel, so that
    /// there are 1,000 kinds of images (Metz et al. 2017, *Unrolled Generative Adversarial Networks*, section 3.3.1).
    /// There are as many as there were before. An image's label is that of its first channel.
    ///
    /// # Panics
    /// When these have colours already.
    pub fn stacked(&self, rng: &mut impl Rng) -> Digits {
        assert_eq!(self.channels, 1, "Digits::stacked: the images are stacked already");
        let (mut images, mut labels) = (Vec::with_capacity(3 * self.images.len()), Vec::with_capacity(self.len()));
        for _ in 0..self.len() {
            let chosen = [(); 3].map(|()| rng.random_range(0..self.len()));
            let [red, green, blue] = chosen.map(|index| self.image(index));
            images.extend(red.iter().zip(green).zip(blue).flat_map(|((&r, &g), &b)| [r, g, b]));
            labels.push(self.labels[chosen[0]]);
        }
        Digits { images: images.into(), labels: labels.into(), channels: 3, ..*self }
    }

    /// The first `count` of them; all where there are not as many.
    ///
    /// # Panics
    /// When `count` is 0.
    pub fn first(&self, count: usize) -> Digits {
        assert!(count > 0, "Digits::first: none asked for");
        if count >= self.len() {
            return self.clone();
        }
        let (images, labels) = (&self.images[..count * self.pixels()], &self.labels[..count]);
        Digits { images: Arc::new(images.to_vec()), labels: Arc::new(labels.to_vec()), ..*self }
    }

    /// Those after the first `count`; none where there are no more.
    pub fn after(&self, count: usize) -> Option<Digits> {
        let labels = self.labels.get(count..).filter(|labels| !labels.is_empty())?;
        let images = &self.images[count * self.pixels()..];
        Some(Digits { images: Arc::new(images.to_vec()), labels: Arc::new(labels.to_vec()), ..*self })
    }

    /// Those of these classes, in their order; none where there is no such image.
    pub fn of_classes(&self, classes: &[u8]) -> Option<Digits> {
        let chosen: Vec<usize> = (0..self.len()).filter(|&index| classes.contains(&self.labels[index])).collect();
        if chosen.len() == self.len() {
            return Some(self.clone());
        }
        self.chosen(&chosen)
    }

    /// So many of them, as many of each class as of any other (or one more, of the first), chosen at random; none where
    /// there are not as many of a class.
    pub fn some_of_each_class(&self, count: usize, rng: &mut impl Rng) -> Option<Digits> {
        let mut chosen = Vec::new();
        for class in 0..CLASSES {
            let mut own: Vec<usize> = (0..self.len()).filter(|&i| usize::from(self.labels[i]) == class).collect();
            let wanted = (count + CLASSES - 1 - class) / CLASSES;
            let (some, _) = own.partial_shuffle(rng, wanted);
            if some.len() < wanted {
                return None;
            }
            chosen.extend_from_slice(some);
        }
        self.chosen(&chosen)
    }

    /// Those with these positions, in this order; none where none is named.
    fn chosen(&self, indices: &[usize]) -> Option<Digits> {
        let images: Vec<u8> = indices.iter().flat_map(|&index| self.image(index)).copied().collect();
        let labels: Vec<u8> = indices.iter().map(|&index| self.labels[index]).collect();
        (!indices.is_empty()).then(|| Digits { images: images.into(), labels: labels.into(), ..*self })
    }

    /// With these images and labels, one after the other and then again from the first, in the place of every
    /// `every`-th of its own; there are as many as before.
    ///
    /// # Panics
    /// When an image has another length than its own, a label exceeds 9, or `every` is 0.
    pub fn with(&self, others: &[(Vec<u8>, u8)], every: usize) -> Digits {
        let mut digits = self.clone();
        if others.is_empty() {
            return digits;
        }
        let (images, labels) = (Arc::make_mut(&mut digits.images), Arc::make_mut(&mut digits.labels));
        for (place, (image, label)) in (0..labels.len()).step_by(every).zip(others.iter().cycle()) {
            assert!(is_class(*label), "Digits::with: a label exceeds 9");
            images[place * self.pixels()..][..self.pixels()].copy_from_slice(image);
            labels[place] = *label;
        }
        digits
    }

    /// SHA-256 of all of it, in lower-case hexadecimal: the same only for the same images with the same labels in the
    /// same order.
    pub fn sha256(&self) -> String {
        let extents = [self.len(), self.height, self.width, self.channels].map(|extent| (extent as u64).to_le_bytes());
        let hash = Sha256::new().chain_update(extents.as_flattened()).chain_update(&*self.images);
        hexadecimal(hash.chain_update(&*self.labels))
    }

    /// How many labelled images there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "a set of digits is never empty")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Rows of one image.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns of one image.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Numbers in a pixel of an image: 1, or 3 where digits are [`stacked`](Digits::stacked).
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Numbers in one image, `height × width × channels`.
    pub fn pixels(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// The image at `index`: `[height, width, channels]` in C order, 0 black to 255 white.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Digits::len).
    pub fn image(&self, index: usize) -> &[u8] {
        let pixels = self.pixels();
        &self.images[index * pixels..][..pixels]
    }

    /// The label at `index`, 0 to 9.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Digits::len).
    pub fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }

    /// All images, `[count, height, width, channels]` in C order.
    pub fn images(&self) -> &[u8] {
        &self.images
    }

    /// All labels, `[count]`.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }
}

fn is_class(label: u8) -> bool {
    usize::from(label) < CLASSES
}

fn check_labels(labels: &Idx, path: &Path) -> Result<(), DataError> {
    match labels.bytes.iter().position(|&label| !is_class(label)) {
        None => Ok(()),
        Some(index) => Err(DataError::Label {
            path: path.to_path_buf(),
            offset: labels.header().len() + index,
            found: labels.bytes[index],
        }),
    }
}

/// Chooses the data directory.
///
/// The first of these that applies: `explicit` (the command line's flag); the environment variable
/// `TWOPLAYER_DATA`, unless empty; `./data/mnist`; `data/mnist` in the source tree. The first two
/// are somebody's wish and must be directories: falling back to other data would be worse than an
/// error. The last two count only if they hold at least one file of a set.
///
/// # Errors
/// [`DataError::NoDirectory`], with everything that was tried.
pub fn locate(explicit: Option<&Path>) -> Result<PathBuf, DataError> {
    let source_tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist");
    choose(explicit, env::var_os(DATA_VARIABLE), &[Path::new("data/mnist"), &source_tree])
}

fn choose(explicit: Option<&Path>, variable: Option<OsString>, defaults: &[&Path]) -> Result<PathBuf, DataError> {
    let variable = variable.filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = explicit {
        return wished(path, "as asked for");
    }
    if let Some(path) = variable {
        return wished(&path, "from TWOPLAYER_DATA");
    }
    if let Some(path) = defaults.iter().find(|path| holds_a_set_file(path)) {
        return Ok(path.to_path_buf());
    }
    let mut tried = vec![format!("{DATA_VARIABLE} (not set)")];
    tried.extend(defaults.iter().map(|path| format!("{} (no MNIST files)", path.display())));
    Err(DataError::NoDirectory { tried })
}

fn wished(path: &Path, origin: &str) -> Result<PathBuf, DataError> {
    if path.is_dir() {
        return Ok(path.to_path_buf());
    }
    let tried = vec![format!("{} ({origin}; not a directory)", path.display())];
    Err(DataError::NoDirectory { tried })
}

fn holds_a_set_file(directory: &Path) -> bool {
    SET_FILES.iter().any(|file| file.find(directory).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use tempfile::TempDir;

    fn write(directory: &TempDir, name: &str, shape: &[usize], bytes: &[u8]) {
        let idx = Idx { shape: shape.to_vec(), bytes: bytes.to_vec() };
        idx.write(&directory.path().join(name)).unwrap();
    }

    /// Three images of 1 × 2 pixels, named in every accepted way, and `labels` to go with them.
    fn small_set(labels: &[u8]) -> TempDir {
        let directory = tempfile::tempdir().unwrap();
        let pixels = [1, 2, 3, 4, 5, 6];
        write(&directory, "train-images-idx3-ubyte.gz", &[3, 1, 2], &pixels);
        write(&directory, "train-labels.idx1-ubyte", &[labels.len()], labels);
        write(&directory, "t10k-images.idx3-ubyte.gz", &[3, 1, 2], &pixels);
        write(&directory, "t10k-labels-idx1-ubyte", &[labels.len()], labels);
        directory
    }

    #[track_caller]
    fn assert_error<T>(result: Result<T, DataError>, parts: &[&str]) {
        let message = result.err().expect("expected an error").to_string();
        for part in parts {
            assert!(message.contains(part), "no {part:?} in: {message}");
        }
    }

    #[test]
    fn loads_both_splits_by_any_accepted_name() {
        let directory = small_set(&[7, 0, 9]);
        for split in [Split::Train, Split::Test] {
            let digits = Digits::load(directory.path(), split).unwrap();
            assert_eq!((digits.len(), digits.height(), digits.width()), (3, 1, 2));
            assert_eq!((digits.image(1), digits.label(2)), (&[3, 4][..], 9));
        }
    }

    #[test]
    fn stacked_digits_have_one_in_each_channel() {
        let digits = Digits::new(vec![10, 11, 20, 21, 30, 31], vec![1, 2, 3], 1, 2);
        let stacked = digits.stacked(&mut rand::rngs::ChaCha8Rng::seed_from_u64(1));
        assert_eq!((stacked.len(), stacked.channels(), stacked.pixels()), (3, 3, 6));
        for i in 0..3 {
            let image = stacked.image(i);
            assert!((0..3).all(|c| image[3 + c] == image[c] + 1), "a channel is one digit: {image:?}");
            assert_eq!(image[0], 10 * stacked.label(i));
        }
    }

    #[test]
    fn images_without_their_labels_are_an_error_that_names_both_files_and_counts() {
        let directory = small_set(&[7, 0]);
        let parts = ["train-images-idx3-ubyte.gz holds 3", "train-labels.idx1-ubyte holds 2"];
        assert_error(Digits::load(directory.path(), Split::Train), &parts);
    }

    #[test]
    fn a_label_above_9_is_an_error_with_its_offset() {
        let directory = small_set(&[7, 10, 9]);
        let parts = ["train-labels.idx1-ubyte", "offset 9", "found 10"];
        assert_error(Digits::load(directory.path(), Split::Train), &parts);
    }

    #[test]
    fn an_empty_directory_is_an_error_that_says_what_was_looked_for_and_how_to_get_it() {
        let directory = tempfile::tempdir().unwrap();
        let command = format!("`scripts/fetch-mnist.sh {}`", directory.path().display());
        let parts = ["t10k-images-idx3-ubyte.gz, t10k-images.idx3-ubyte", &command];
        assert_error(Digits::load(directory.path(), Split::Test), &parts);
    }

    #[test]
    fn labels_in_place_of_images_and_no_images_at_all_are_errors() {
        let directory = small_set(&[7, 0, 9]);
        write(&directory, "train-images-idx3-ubyte.gz", &[3], &[7, 0, 9]);
        let parts = ["train-images-idx3-ubyte.gz", "rank 3 [count, height, width]", "[3]"];
        assert_error(Digits::load(directory.path(), Split::Train), &parts);
        write(&directory, "train-images-idx3-ubyte.gz", &[0, 28, 28], &[]);
        assert_error(Digits::load(directory.path(), Split::Train), &["[0, 28, 28]"]);
    }

    #[test]
    fn a_wish_is_followed_or_refused_but_never_replaced_by_other_data() {
        let set = small_set(&[7, 0, 9]);
        let empty = tempfile::tempdir().unwrap();
        let missing = empty.path().join("missing");
        let defaults = [empty.path(), set.path()];
        assert_eq!(choose(Some(empty.path()), None, &defaults).unwrap(), empty.path());
        assert_eq!(choose(None, Some(empty.path().into()), &defaults).unwrap(), empty.path());
        assert_eq!(choose(None, Some("".into()), &defaults).unwrap(), set.path());
        assert_error(choose(Some(&missing), Some(set.path().into()), &defaults), &["missing"]);
        let parts = ["missing", "TWOPLAYER_DATA", "fetch-mnist.sh"];
        assert_error(choose(None, Some(missing.into()), &defaults), &parts);
    }

    #[test]
    fn without_data_the_error_lists_all_that_was_tried() {
        let empty = tempfile::tempdir().unwrap();
        let (first, second) = (empty.path().join("first"), empty.path().join("second"));
        let parts = ["TWOPLAYER_DATA", "first", "second"];
        assert_error(choose(None, None, &[&first, &second]), &parts);
    }
}
