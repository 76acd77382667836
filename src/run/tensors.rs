//! Named arrays on disk, in the safetensors format: a JSON header of names, shapes and offsets, then the numbers.
//! PyTorch reads it with `safetensors.torch.load_file`.

use crate::data::{WriteError, file, hexadecimal, write_atomically};
use crate::nn::Parameter;
use ndarray::ArrayD;
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;

/// The one key of the header's metadata (of several, their order would differ from file to file).
const KEY: &str = "twoplayer";
/// What other programs write there.
const FORMAT: &str = "format";

/// Bytes of the number that says how long the header is.
const LENGTH: u64 = 8;
/// The longest header that is read: thousands of arrays, where a network has some dozens.
const LONGEST_HEADER: u64 = 1 << 22;

/// What stands under ours, as JSON.
#[derive(Serialize, Deserialize)]
struct Seal {
    /// What the file says beside its arrays.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    note: Value,
    /// Of the note and the arrays, in hexadecimal.
    sha256: String,
}

/// What can be wrong with a file of arrays.
#[derive(Debug, thiserror::Error)]
pub(super) enum TensorsError {
    /// The system does not let it be read.
    #[error("cannot read: {0}")]
    Read(io::Error),
    /// It is no such file, or not a whole one.
    #[error("not a whole safetensors file ({0})")]
    Format(String),
    /// Some byte of it is not what was written.
    #[error("its contents are not what was written (the hash in its header is another)")]
    Hash,
    /// It has numbers of another kind.
    #[error("{name} holds {found:?} numbers; they must be F32")]
    Type { name: String, found: Dtype },
    /// A NaN or an infinity.
    #[error("{0} has elements that are no finite numbers")]
    NotFinite(String),
}

/// Arrays by name, and what their file says beside them.
pub(super) struct Tensors {
    arrays: HashMap<String, ArrayD<f32>>,
    /// Null where it says nothing.
    pub note: Value,
}

impl Tensors {
    /// The array of a name, once.
    pub fn take(&mut self, name: &str) -> Option<ArrayD<f32>> {
        self.arrays.remove(name)
    }

    /// Reads a file of at most so many numbers.
    pub fn read(path: &Path, most: usize) -> Result<Self, TensorsError> {
        let most = LENGTH + LONGEST_HEADER + 4 * most as u64;
        Self::parse(&file::read(path, most).map_err(TensorsError::Read)?)
    }

    /// Reads the bytes of a file, and checks that they are what [`write`] made, unless something else made them.
    pub fn parse(file: &[u8]) -> Result<Self, TensorsError> {
        let format = |error: SafeTensorError| TensorsError::Format(error.to_string());
        if let Some(length) =
            file.first_chunk().copied().map(u64::from_le_bytes).filter(|&length| length > LONGEST_HEADER)
        {
            return Err(TensorsError::Format(format!("its header would have {length} bytes, more than any network's")));
        }
        let (_, header) = SafeTensors::read_metadata(file).map_err(format)?;
        let tensors = SafeTensors::deserialize(file).map_err(format)?;
        let mut note = Value::Null;
        let metadata = header.metadata().clone().unwrap_or_default();
        if let Some(key) = metadata.keys().find(|key| ![KEY, FORMAT].contains(&key.as_str())) {
            return Err(TensorsError::Format(format!("unknown metadata {key:?}"))); // ours, with a bit turned?
        }
        if let Some(seal) = metadata.get(KEY) {
            let seal: Seal = serde_json::from_str(seal).map_err(|error| TensorsError::Format(error.to_string()))?;
            let mut all = tensors.tensors();
            all.sort_by(|(a, _), (b, _)| a.cmp(b));
            let mut hash = Hash::of(&seal.note);
            for (name, view) in &all {
                hash.begin(name, view.shape());
                hash.0.update(view.data());
            }
            if hash.finish() != seal.sha256 {
                return Err(TensorsError::Hash);
            }
            note = seal.note;
        }
        let arrays = tensors.iter().map(|(name, view)| Ok((name.to_owned(), array(name, &view)?)));
        Ok(Self { arrays: arrays.collect::<Result<_, _>>()?, note })
    }
}

/// The note of a file alone, without its arrays, and unchecked; none where that cannot be read.
pub(super) fn read_note(path: &Path) -> Option<Value> {
    let mut file = file::open(path).ok()?;
    let mut length = [0; LENGTH as usize];
    file.read_exact(&mut length).ok()?;
    let length = u64::from_le_bytes(length);
    let mut header = Vec::new();
    file.take(length.min(LONGEST_HEADER)).read_to_end(&mut header).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    let seal: Seal = serde_json::from_str(header["__metadata__"][KEY].as_str()?).ok()?;
    Some(seal.note)
}

/// Writes arrays and a note, so that a reader or a crash never meets half of the file.
pub(super) fn write<'p>(
    arrays: impl Iterator<Item = &'p Parameter>,
    note: Value,
    path: &Path,
) -> Result<(), WriteError> {
    let mut all: Vec<&Parameter> = arrays.collect();
    all.sort_by(|a, b| a.name.cmp(&b.name)); // as the format has them
    let mut hash = Hash::of(&note);
    for parameter in &all {
        hash.begin(&parameter.name, parameter.value.shape());
        in_bytes(parameter, |bytes| {
            hash.0.update(bytes);
            Ok(())
        })
        .expect("nothing is written");
    }
    let seal = serde_json::to_string(&Seal { sha256: hash.finish(), note }).expect("plain values");
    let headings = all.iter().map(|parameter| (parameter.name.as_str(), Heading(parameter)));
    let header = safetensors::serialize(headings, Some([(KEY.into(), seal)].into())).expect("names and shapes fit");
    write_atomically(path, |out| {
        out.write_all(&header)?;
        all.iter().try_for_each(|parameter| in_bytes(parameter, |bytes| out.write_all(bytes)))
    })
}

/// An array as a file's header speaks of it. Its numbers are written by themselves: the file as a whole need not be in
/// memory.
struct Heading<'p>(&'p Parameter);

impl View for Heading<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.0.value.shape()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&[])
    }

    fn data_len(&self) -> usize {
        4 * self.0.value.len()
    }
}

/// The numbers of an array as bytes, some thousands at a time.
fn in_bytes(parameter: &Parameter, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut bytes = Vec::new();
    for numbers in parameter.value.as_slice().expect("parameters are contiguous").chunks(1 << 14) {
        bytes.clear();
        bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
        take(&bytes)?;
    }
    Ok(())
}

/// SHA-256 of all that a file says: its note, then its arrays in the order of their names.
struct Hash(Sha256);

impl Hash {
    fn of(note: &Value) -> Self {
        Self(Sha256::new_with_prefix(note.to_string()))
    }

    /// The next array; its bytes follow.
    fn begin(&mut self, name: &str, shape: &[usize]) {
        self.0.update(format!("{name:?} {shape:?}"));
    }

    /// In hexadecimal.
    fn finish(self) -> String {
        hexadecimal(self.0)
    }
}

/// The numbers of a tensor.
fn array(name: &str, view: &TensorView<'_>) -> Result<ArrayD<f32>, TensorsError> {
    if view.dtype() != Dtype::F32 {
        return Err(TensorsError::Type { name: name.into(), found: view.dtype() });
    }
    let (numbers, _) = view.data().as_chunks::<4>();
    let numbers: Vec<f32> = numbers.iter().map(|&x| f32::from_le_bytes(x)).collect();
    if numbers.iter().any(|x| !x.is_finite()) {
        return Err(TensorsError::NotFinite(name.into()));
    }
    ArrayD::from_shape_vec(view.shape(), numbers).map_err(|error| TensorsError::Format(error.to_string()))
}
