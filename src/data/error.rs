//! What can be wrong with data, said so that the reader knows which file, where, and what to do.
//!
//! The operating system's own words are part of each message (the field is called `reason`, not
//! `source`), so that one line tells everything and a chain of causes does not tell it twice.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::atomic::WriteError;

/// Why an IDX file could not be read or written.
///
/// Every offset counts bytes of the *uncompressed* content from 0.
#[derive(Debug, Error)]
pub enum IdxError {
    /// The file cannot be opened.
    #[error("cannot open {path}: {reason}; check the path and its permissions")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },

    /// The operating system failed while reading.
    #[error("cannot read {path} beyond offset {offset}: {reason}; check the disk and the path")]
    Read {
        /// The file.
        path: PathBuf,
        /// Where the bytes that could be read end.
        offset: u64,
        /// What the operating system said.
        reason: io::Error,
    },

    /// The gzip stream is corrupt, ends early, has a wrong checksum, or something follows it.
    #[error(
        "{path}: damaged gzip stream at or after uncompressed offset {offset}: {reason}; \
         fetch the file again"
    )]
    Gzip {
        /// The file.
        path: PathBuf,
        /// Where the content that could be inflated ends.
        offset: u64,
        /// What the decoder said.
        reason: io::Error,
    },

    /// The content does not begin like an IDX file.
    #[error(
        "{path}: not an IDX file: expected the bytes 00 00 at offset 0, \
         found {:02x} {:02x}; give a file in IDX format", .found[0], .found[1]
    )]
    BadMagic {
        /// The file.
        path: PathBuf,
        /// The first two bytes.
        found: [u8; 2],
    },

    /// The elements are not unsigned bytes.
    #[error(
        "{path}: expected element type 0x08 (unsigned byte) at offset 2, \
         found 0x{found:02x} ({}); convert the file to unsigned bytes", element_type_name(*.found)
    )]
    ElementType {
        /// The file.
        path: PathBuf,
        /// The code of the element type found.
        found: u8,
    },

    /// The rank is 0 or above 4.
    #[error(
        "{path}: expected a rank of 1 to 4 at offset 3, found {found}; \
         the file is damaged or not meant for this program"
    )]
    Rank {
        /// The file.
        path: PathBuf,
        /// The rank found.
        found: u8,
    },

    /// The content ends within the header.
    #[error(
        "{path}: the header ends at offset {found}, expected {expected} bytes of it; \
         the file was cut short, fetch it again"
    )]
    TruncatedHeader {
        /// The file.
        path: PathBuf,
        /// How many bytes should be there.
        expected: u64,
        /// How many bytes are there.
        found: u64,
    },

    /// The header asks for more than 2 GiB.
    #[error(
        "{path}: the header at offset 4 asks for {shape:?} bytes, expected at most 2 GiB in all; \
         the file is damaged, fetch it again"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The shape found.
        shape: Vec<usize>,
    },

    /// The content ends before its last element.
    #[error(
        "{path}: the content from offset {offset} was cut short: \
         expected {expected} bytes, found {found}; fetch the file again"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Where the elements begin.
        offset: u64,
        /// How many bytes should be there.
        expected: u64,
        /// How many bytes are there.
        found: u64,
    },

    /// The content goes on after its last element.
    #[error(
        "{path}: expected the end of the content at offset {offset}, found more bytes; \
         the header is wrong or something was appended, fetch the file again"
    )]
    Trailing {
        /// The file.
        path: PathBuf,
        /// Where the content should end.
        offset: u64,
    },

    /// An array that the format, or this reader, could not hold was to be written.
    #[error(
        "{path} was not written: shape {shape:?} does not describe {bytes} bytes; \
         expected 1 to 4 dimensions below 2^32 whose product is the number of bytes, at most 2 GiB"
    )]
    Shape {
        /// The file that was to be written.
        path: PathBuf,
        /// The shape that was to be written.
        shape: Vec<usize>,
        /// How many elements there are.
        bytes: usize,
    },

    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The element types of the IDX format.
fn element_type_name(code: u8) -> &'static str {
    match code {
        0x08 => "unsigned byte",
        0x09 => "signed byte",
        0x0b => "16-bit integer",
        0x0c => "32-bit integer",
        0x0d => "32-bit float",
        0x0e => "64-bit float",
        _ => "not an IDX type",
    }
}

/// Why a PNG file could not be read.
#[derive(Debug, Error)]
pub enum PngError {
    /// The file cannot be opened.
    #[error("cannot open {path}: {reason}; check the path and its permissions")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },

    /// The operating system failed while reading.
    #[error("cannot read {path}: {reason}; check the disk and the path")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },

    /// There are no bytes in the file.
    #[error("{path} is empty: expected a PNG file, found no bytes; save the picture again")]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// The file is of another format.
    #[error(
        "{path}: expected a PNG file (89 50 4e 47 0d 0a 1a 0a at offset 0), found {}{}; \
         save or convert the picture as PNG or JPEG", hexadecimal(.found), described(*.looks_like)
    )]
    NotPng {
        /// The file.
        path: PathBuf,
        /// The first bytes, at most eight.
        found: Vec<u8>,
        /// Which other format begins so, if one known does.
        looks_like: Option<&'static str>,
    },

    /// The picture has more pixels than are read.
    #[error("{path}: expected at most 64 megapixels, found {width} × {height} pixels; shrink the picture")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Columns, as the file announces them.
        width: u32,
        /// Rows, as the file announces them.
        height: u32,
    },

    /// The file ends before its picture does.
    #[error("{path}: the file was cut short: expected more of the picture, found the end; fetch or save it again")]
    Truncated {
        /// The file.
        path: PathBuf,
    },

    /// The content breaks the format's rules.
    #[error("{path}: damaged or not a valid PNG file: {reason}; fetch or save it again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },
}

/// Why a JPEG file could not be read.
#[derive(Debug, Error)]
pub enum JpegError {
    /// The operating system does not let it be read.
    #[error("cannot read {path}: {reason}; check the path and its permissions")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },

    /// The picture has more pixels than are read.
    #[error("{path}: expected at most 64 megapixels, found {width} × {height} pixels; shrink the picture")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Columns, as the file announces them.
        width: usize,
        /// Rows, as the file announces them.
        height: usize,
    },

    /// The file ends before its picture does.
    #[error("{path}: the file was cut short: expected more of the picture, found the end; fetch or save it again")]
    Truncated {
        /// The file.
        path: PathBuf,
    },

    /// The content breaks the format's rules.
    #[error("{path}: damaged or not a JPEG file that is read here: {reason}; fetch or save it again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },
}

/// Why a picture could not be read.
#[derive(Debug, Error)]
pub enum PictureError {
    /// A PNG file, or none of either format.
    #[error(transparent)]
    Png(#[from] PngError),
    /// A JPEG file.
    #[error(transparent)]
    Jpeg(#[from] JpegError),
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn described(looks_like: Option<&str>) -> String {
    looks_like.map_or_else(String::new, |name| format!(" ({name})"))
}

/// Why a set of labelled digits could not be found, loaded or divided into batches.
#[derive(Debug, Error)]
pub enum DataError {
    /// One of the files cannot be read.
    #[error(transparent)]
    Idx(#[from] IdxError),

    /// There is no directory with data.
    #[error(
        "no data directory found: tried {}; `scripts/fetch-mnist.sh` fetches MNIST into data/mnist",
        .tried.join(", ")
    )]
    NoDirectory {
        /// Each place, and why not that one.
        tried: Vec<String>,
    },

    /// The directory lacks one of the files.
    #[error(
        "a file is missing in {directory}: looked for {}; \
         `scripts/fetch-mnist.sh {}` fetches it", .names.join(", "), .directory.display()
    )]
    MissingFile {
        /// Where was looked.
        directory: PathBuf,
        /// Every name that would have done.
        names: Vec<String>,
    },

    /// Labels stand where images should be, or the other way round.
    #[error(
        "{path}: expected {} at offset 3, found the shape {shape:?}; \
         the file's name and content are at odds, rename or replace it", expected_layout(*.rank)
    )]
    WrongRank {
        /// The file.
        path: PathBuf,
        /// The rank expected.
        rank: usize,
        /// The shape found.
        shape: Vec<usize>,
    },

    /// The set has no pixels.
    #[error("{path}: expected at least one image of one pixel, found the shape {shape:?}; replace the file")]
    Empty {
        /// The file.
        path: PathBuf,
        /// The shape found.
        shape: Vec<usize>,
    },

    /// Images and labels do not go together.
    #[error(
        "{images_path} holds {images} images, but {labels_path} holds {labels} labels; \
         expected as many labels as images: take both files from the same set"
    )]
    Counts {
        /// The file of images.
        images_path: PathBuf,
        /// How many images it holds.
        images: usize,
        /// The file of labels.
        labels_path: PathBuf,
        /// How many labels it holds.
        labels: usize,
    },

    /// A label is none of the ten classes.
    #[error(
        "{path}: expected a label of 0 to 9 at offset {offset}, found {found}; \
         take a set with ten classes"
    )]
    Label {
        /// The file.
        path: PathBuf,
        /// Where in the uncompressed content the label stands.
        offset: usize,
        /// The label found.
        found: u8,
    },

    /// An epoch cannot be divided into batches of this size.
    #[error("expected a batch size of 1 to {examples} (the number of examples), found {batch_size}; choose another")]
    BatchSize {
        /// The batch size asked for.
        batch_size: usize,
        /// How many examples there are.
        examples: usize,
    },
}

fn expected_layout(rank: usize) -> &'static str {
    if rank == 3 { "rank 3 [count, height, width]" } else { "rank 1 [count]" }
}
