//! A network's weights on disk, in the safetensors format: a JSON header of names, shapes and
//! offsets, then the numbers. PyTorch reads it with `safetensors.torch.load_file`.

use super::RunError;
use crate::data::write_atomically;
use crate::nn::{Network, Parameter};
use ndarray::ArrayD;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::fs;
use std::path::Path;

/// Writes the parameters and statistics of networks under their names.
///
/// # Errors
/// When the file cannot be written; what was there before is then still there.
pub fn save_weights(networks: &[&Network], path: &Path) -> Result<(), RunError> {
    let all = || networks.iter().flat_map(|network| arrays(network));
    let bytes: Vec<Vec<u8>> = all().map(|p| p.value.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let views = all().zip(&bytes).map(|(parameter, bytes)| {
        let view = TensorView::new(Dtype::F32, parameter.value.shape().to_vec(), bytes);
        (parameter.name.as_str(), view.expect("four bytes an element"))
    });
    let file = safetensors::serialize(views, None).expect("names and shapes fit a header");
    Ok(write_atomically(path, |out| out.write_all(&file))?)
}

/// Reads the parameters and statistics of networks, by their names, into them.
///
/// # Errors
/// When the file cannot be read, is damaged, or holds another architecture; what has been loaded into the networks
/// is then of no use.
pub fn load_weights(networks: &mut [&mut Network], path: &Path) -> Result<(), RunError> {
    let damaged = |reason: String| RunError::Weights { path: path.into(), reason };
    let file = fs::read(path).map_err(|reason| RunError::Read { path: path.into(), reason })?;
    let tensors = SafeTensors::deserialize(&file).map_err(|error| damaged(error.to_string()))?;
    let find = |name: &str| {
        let tensor = tensors.tensor(name).ok().filter(|tensor| tensor.dtype() == Dtype::F32)?;
        let (numbers, _) = tensor.data().as_chunks::<4>();
        ArrayD::from_shape_vec(tensor.shape(), numbers.iter().map(|&x| f32::from_le_bytes(x)).collect()).ok()
    };
    networks.iter_mut().try_for_each(|network| network.load(find)).map_err(|error| damaged(error.to_string()))?;
    match networks.iter().flat_map(|network| arrays(network)).find(|p| p.value.iter().any(|x| !x.is_finite())) {
        Some(parameter) => Err(damaged(format!("{} has elements that are no finite numbers", parameter.name))),
        None => Ok(()),
    }
}

/// Everything that makes one network differ from another of the same layers.
fn arrays(network: &Network) -> impl Iterator<Item = &Parameter> {
    network.parameters.iter().chain(&network.statistics)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Init, LayerSpec, UnitActivation};
    use rand::SeedableRng;

    /// Two dense layers and a normalisation, its running averages not the first ones.
    fn network(seed: u64, units: usize) -> Network {
        let dense = |units| LayerSpec::dense(units, UnitActivation::Relu);
        let activation = UnitActivation::Identity;
        let norm = LayerSpec::BatchNorm { momentum: 0.1, epsilon: 1e-5, conditional: false, activation };
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut network = Network::new("n", 2, &[dense(3), dense(units), norm], Init::He, &mut rng).unwrap();
        std::sync::Arc::make_mut(&mut network.statistics[0].value).fill(seed as f32);
        network
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("n.safetensors");
        let (saved, mut loaded) = (network(1, 4), network(2, 4));
        save_weights(&[&saved], &path).unwrap();
        load_weights(&mut [&mut loaded], &path).unwrap();
        assert_eq!(arrays(&loaded).count(), 8);
        for (a, b) in arrays(&saved).zip(arrays(&loaded)) {
            assert_eq!((&a.name, &a.value), (&b.name, &b.value));
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
