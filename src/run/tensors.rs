//! Named arrays on disk, in the safetensors format: a JSON header of names, shapes and offsets, then the numbers.
//! PyTorch reads it with `safetensors.torch.load_file`.

use crate::data::{WriteError, file, hexadecimal, write_atomically};
use crate::nn::Parameter;
use ndarray::ArrayD;
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
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
            let arrays = all.iter().map(|(name, view)| (name.as_str(), view.shape(), view.data()));
            if hash_of(&seal.note, arrays) != seal.sha256 {
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
    let bytes_of = |p: &Parameter| p.value.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let mut all: Vec<(&Parameter, Vec<u8>)> = arrays.map(|parameter| (parameter, bytes_of(parameter))).collect();
    all.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let arrays = all.iter().map(|(p, bytes)| (p.name.as_str(), p.value.shape(), bytes.as_slice()));
    let seal = Seal { sha256: hash_of(&note, arrays.clone()), note };
    let views = arrays.map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).expect("four bytes an element"))
    });
    let seal = serde_json::to_string(&seal).expect("plain values");
    let file = safetensors::serialize(views, Some([(KEY.into(), seal)].into())).expect("names and shapes fit a header");
    write_atomically(path, |out| out.write_all(&file))
}

/// SHA-256 of all that a file says, in hexadecimal; arrays in the order of their names.
fn hash_of<'a>(note: &Value, arrays: impl Iterator<Item = (&'a str, &'a [usize], &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    hash.update(note.to_string());
    for (name, shape, bytes) in arrays {
        hash.update(format!("{name:?} {shape:?}"));
        hash.update(bytes);
    }
    hexadecimal(hash)
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
