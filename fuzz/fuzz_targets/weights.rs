//! Files of weights: whatever the bytes, all arrays of the network or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use twoplayer::nn::{LayerSpec, Network, UnitActivation};
use twoplayer::run::parse_weights;

fuzz_target!(|bytes: &[u8]| {
    let layers = [LayerSpec::dense(3, UnitActivation::Relu)];
    let mut network = Network::blank("n", 2, &layers).expect("a dense layer");
    if parse_weights(&mut [&mut network], bytes, Path::new("fuzz")).is_ok() {
        assert!(network.parameters.iter().flat_map(|parameter| parameter.value.iter()).all(|x| x.is_finite()));
    }
});
