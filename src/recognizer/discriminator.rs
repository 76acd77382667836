//! A recognizer out of a discriminator that has learned to read.

use super::{Recognizer, RecognizerConfig, RecognizerError};
use crate::nn::{Compiled, LayerSpec, Network};

impl<T: Compiled> Recognizer<T> {
    /// What reads as this network does, which has been built of these layers for images from 0, black, to 1, white, and
    /// ends in [`class-logits`](crate::nn::layers::ClassLogits): all but that are the features, its logits of the classes the head.
    /// And the configuration of that recognizer.
    ///
    /// # Errors
    /// When the network is not of those layers.
    pub fn of_discriminator(
        network: &Network<T>,
        layers: &[LayerSpec],
        image_shape: [usize; 2],
    ) -> Result<(Self, RecognizerConfig), RecognizerError> {
        let last = layers.len().saturating_sub(1);
        let config = RecognizerConfig { image_shape, features: layers[..last].to_vec(), ..Default::default() };
        let mut recognizer = Self::blank(&config)?;
        let name = network.name();
        let find = |wanted: String| {
            let array = network.arrays().find(|array| array.name == wanted);
            array.map(|array| array.value.to_owned())
        };
        let Self { features, head } = &mut recognizer;
        features.load(|own| find(own.replacen("features", name, 1)))?;
        head.load(|own| find(own.replacen("head.0", &format!("{name}.{last}"), 1)))?;
        Ok((recognizer, config))
    }
}
