//! A network's weights on disk.

use super::RunError;
use super::tensors::{self, Tensors, TensorsError};
use crate::nn::Network;
use serde_json::Value;
use std::path::Path;

/// Writes the parameters and statistics of networks under their names, as safetensors.
///
/// # Errors
/// When the file cannot be written; what was there before is then still there.
pub fn save_weights(networks: &[&Network], path: &Path) -> Result<(), RunError> {
    let all = networks.iter().flat_map(|network| network.arrays());
    Ok(tensors::write(all, Value::Null, path)?)
}

/// Reads the parameters and statistics of networks, by their names, into them.
///
/// # Errors
/// When the file cannot be read, is damaged, or holds another architecture; what has been loaded into the networks
/// is then of no use.
pub fn load_weights(networks: &mut [&mut Network], path: &Path) -> Result<(), RunError> {
    /// Room for another network's arrays, so that it is named as what it is.
    const MORE: usize = 1 << 24;
    let numbers: usize = networks.iter().flat_map(|network| network.arrays()).map(|array| array.value.len()).sum();
    let tensors = Tensors::read(path, numbers + MORE).map_err(|error| unusable(path, error))?;
    load(networks, tensors, path)
}

/// The same from a file's bytes. `path` is what error messages call them; it is not opened.
///
/// # Errors
/// As [`load_weights`].
pub fn parse_weights(networks: &mut [&mut Network], bytes: &[u8], path: &Path) -> Result<(), RunError> {
    load(networks, Tensors::parse(bytes).map_err(|error| unusable(path, error))?, path)
}

fn load(networks: &mut [&mut Network], mut tensors: Tensors, path: &Path) -> Result<(), RunError> {
    let load = |network: &mut &mut Network| network.load(|name| tensors.take(name));
    let loaded = networks.iter_mut().try_for_each(load);
    loaded.map_err(|error| RunError::Weights { path: path.into(), reason: error.to_string() })
}

/// Why a file of weights is of no use.
fn unusable(path: &Path, error: TensorsError) -> RunError {
    match error {
        TensorsError::Read(reason) => RunError::Read { path: path.into(), reason },
        error => RunError::Weights { path: path.into(), reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::BatchNorm;
    use crate::nn::{Init, LayerSpec, UnitActivation};
    use rand::SeedableRng;
    use std::fs;

    /// Two dense layers and a normalisation, its running averages not the first ones.
    fn network(seed: u64, units: usize) -> Network {
        let dense = |units| LayerSpec::dense(units, UnitActivation::Relu);
        let activation = UnitActivation::Identity;
        let norm = LayerSpec::BatchNorm(BatchNorm { momentum: 0.1, epsilon: 1e-5, conditional: false, activation });
        let mut rng = rand::rngs::ChaCha8Rng::seed_from_u64(seed);
        let mut network = Network::new("n", 2, &[dense(3), dense(units), norm], Init::He, &mut rng).unwrap();
        network.statistics[0].value.fill(seed as f32);
        network
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("n.safetensors");
        let (saved, mut loaded) = (network(1, 4), network(2, 4));
        save_weights(&[&saved], &path).unwrap();
        load_weights(&mut [&mut loaded], &path).unwrap();
        assert_eq!(loaded.arrays().count(), 8);
        for (a, b) in saved.arrays().zip(loaded.arrays()) {
            assert_eq!((&a.name, &a.value), (&b.name, &b.value));
        }
    }

    #[test]
    fn no_bit_of_a_file_can_change_unnoticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("n.safetensors");
        save_weights(&[&network(1, 4)], &path).unwrap();
        let whole = fs::read(&path).unwrap();
        for bit in 0..8 * whole.len() {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &bytes).unwrap();
            let is_refused = load_weights(&mut [&mut network(1, 4)], &path).is_err();
            assert!(is_refused, "bit {} of byte {}", bit % 8, bit / 8);
        }
    }

    #[test]
    fn what_does_not_fit_or_is_damaged_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("n.safetensors");
        save_weights(&[&network(1, 4)], &path).unwrap();
        let error = load_weights(&mut [&mut network(1, 5)], &path).unwrap_err().to_string();
        assert!(
            error.contains("n.safetensors") && error.contains("n.1.weight should have shape [5, 3], found [4, 3]"),
            "{error}"
        );
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(load_weights(&mut [&mut network(1, 4)], &path).is_err());
        fs::write(&path, b"\xff\xff\xff\xff\xff\xff\xff\x7f{").unwrap();
        assert!(load_weights(&mut [&mut network(1, 4)], &path).is_err());
    }
}
