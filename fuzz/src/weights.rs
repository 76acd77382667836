//! Files of weights: whatever the bytes, all arrays of the network or an error.
//!
//! Bytes that begin with a brace are a file's header, its end a zero, and its numbers; the rest, which a change in them
//! would break, is put around them: the header's length and the seal.

use super::seal::sealed;
use std::path::Path;
use twoplayer::nn::{LayerSpec, Network, UnitActivation};
use twoplayer::run::parse_weights;

pub fn take(bytes: &[u8]) {
    let layers = [LayerSpec::dense(3, UnitActivation::Relu)];
    let mut network = Network::blank("n", 2, &layers).expect("a dense layer");
    let file = file(bytes);
    if parse_weights(&mut [&mut network], &file, Path::new("fuzz")).is_ok() {
        assert!(network.parameters.iter().flat_map(|parameter| parameter.value.iter()).all(|x| x.is_finite()));
    }
}

/// The file that the bytes stand for.
pub fn file(bytes: &[u8]) -> Vec<u8> {
    if !bytes.starts_with(b"{") {
        return bytes.into();
    }
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let [header, numbers] = [(); 2].map(|()| parts.next().unwrap_or_default());
    sealed(header, numbers, b"null")
}
