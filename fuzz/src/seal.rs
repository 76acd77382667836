//! Files of arrays with the seal that the program puts on its own, written down a second time.

use safetensors::SafeTensors;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A safetensors file of a header without metadata, some numbers and a note, sealed; left without a seal where the
/// parts make no such file.
pub fn sealed(header: &[u8], numbers: &[u8], note: &[u8]) -> Vec<u8> {
    let plain = file(header, numbers);
    let (Ok(tensors), Ok(note)) = (SafeTensors::deserialize(&plain), serde_json::from_slice::<Value>(note)) else {
        return plain;
    };
    let mut all = tensors.tensors();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut hash = Sha256::new();
    hash.update(note.to_string());
    for (name, view) in &all {
        hash.update(format!("{name:?} {:?}", view.shape()));
        hash.update(view.data());
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let seal = json!({ "note": note, "sha256": hash }).to_string();
    let metadata = json!({ "twoplayer": seal }).to_string();
    let rest = header.trim_ascii_start().strip_prefix(b"{").unwrap_or_default();
    let comma: &[u8] = if all.is_empty() { b"" } else { b"," };
    file(&[b"{\"__metadata__\":", metadata.as_bytes(), comma, rest].concat(), numbers)
}

/// The parts of a file in their order.
fn file(header: &[u8], numbers: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header, numbers].concat()
}
