//! What a discriminator makes of images.

use crate::gan::draw::in_use::in_use;
use crate::nn::Network;

/// The discriminator's logits, `[n]`, of images `[n, pixels]` in the players' own range of pixels, with their
/// `labels`, `[n]`, if it looks at them. `σ(logit)` is the probability it gives to an image being real.
///
/// # Panics
/// When `images` is not a whole number of images, or there is not a label for each.
pub fn score(discriminator: &Network, images: &[f32], labels: &[u8]) -> Vec<f32> {
    let outputs = in_use(discriminator, images, labels);
    outputs.into_iter().step_by(discriminator.output_width()).collect() // the logits of classes left out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::Projection;
    use crate::nn::{Init, InputShape, LayerSpec, UnitActivation};
    use crate::random::Stream;

    #[test]
    fn an_image_is_scored_alike_alone_and_among_others_by_its_own_label() {
        let layers =
            [LayerSpec::dense(4, UnitActivation::Tanh), Projection { spectral_norm: false, classifier: true }.into()];
        let shape = InputShape::from(3).with_classes(2);
        let discriminator =
            Network::new("d", shape, &layers, Init::He, &mut Stream::DiscriminatorWeights.of(1)).unwrap();
        let images: Vec<f32> = (0..3 * 300).map(|i| (i as f32 * 0.7).sin()).collect();
        let labels: Vec<u8> = (0..300).map(|i| (i / 3 % 2) as u8).collect();
        let all = score(&discriminator, &images, &labels);
        assert_eq!(all.len(), 300);
        assert_eq!(score(&discriminator, &images[3 * 299..], &labels[299..]), all[299..]);
        assert_ne!(score(&discriminator, &images[3 * 299..], &[1 - labels[299]]), all[299..]);
    }
}
