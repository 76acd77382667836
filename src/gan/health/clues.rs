//! What else is seen where a generator draws much the same again and again.

use crate::data::PixelRange;
use crate::gan::layer_views;
use crate::nn::{LayerSpec, Network, UnitActivation};
use std::fmt::{Display, Formatter, Result};

/// What the images and the generator's units show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clues {
    /// The share of pixels that are black or white to the end of their range, in samples and in real images. A sigmoid or
    /// a tanh at its end passes no gradient on.
    pub saturated: [f64; 2],
    /// The layer of relus with the largest share of units at 0 whatever comes in, where there are such units: its place in
    /// the generator, how many of them, and of how many units. They pass no gradient on either.
    pub silent: Option<(usize, [usize; 2])>,
}

/// How near to an end of its range, in parts of the range, a pixel is as good as there.
const END: f32 = 0.005;
/// Pixels between black and white are rare where there are less than this share of those in real images.
const RARE: f64 = 0.25;
/// From this share of silent units on, a layer is worth a word.
const MANY: f64 = 0.25;

impl Clues {
    /// Looks at samples, at as many real images, and at the generator, made of `layers`, that has drawn the samples from
    /// these latent vectors and labels.
    pub fn of(
        [samples, real]: [&[f32]; 2],
        range: PixelRange,
        generator: &Network,
        layers: &[LayerSpec],
        latent: &[f32],
        labels: &[u8],
    ) -> Self {
        let saturated = [samples, real].map(|images| saturated(images, range));
        let views = layer_views(generator, layers, latent, labels);
        let relus = layers.iter().zip(views).filter(|(spec, _)| spec.activation() == Some(UnitActivation::Relu));
        let found = relus.filter_map(|(_, view)| view.silent.map(|silent| (view.place, silent)));
        let share = |&(_, [silent, units]): &(usize, [usize; 2])| silent as f64 / units as f64;
        let worst = found.filter(|layer| share(layer) > 0.0).max_by(|a, b| share(a).total_cmp(&share(b)));
        Self { saturated, silent: worst }
    }
}

/// The share of pixels that are at an end of their range.
fn saturated(images: &[f32], range: PixelRange) -> f64 {
    let is_at_an_end = |&pixel: &f32| !(END..=1.0 - END).contains(&range.to_unit(pixel));
    images.iter().filter(|pixel| is_at_an_end(pixel)).count() as f64 / images.len() as f64
}

impl Display for Clues {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let [samples, real] = self.saturated;
        if 1.0 - samples < RARE * (1.0 - real) {
            write!(
                f,
                "; {:.1} % of their pixels are black or white to the end ({:.1} % of real ones are), where they pass no \
                 gradient on",
                100.0 * samples,
                100.0 * real
            )?;
        }
        match self.silent {
            Some((place, [silent, units])) if silent as f64 > MANY * units as f64 => {
                write!(f, "; {silent} of {units} units of generator.{place} are at zero for every latent vector")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Init;
    use crate::random::Stream;

    #[test]
    fn saturated_pixels_and_silent_units_are_found_and_said() {
        let layers = [LayerSpec::dense(4, UnitActivation::Relu), LayerSpec::dense(2, UnitActivation::Sigmoid)];
        let mut generator = Network::new("g", 3, &layers, Init::He, &mut Stream::DiscriminatorWeights.of(0)).unwrap();
        let bias = &mut generator.parameters[1].value;
        bias.iter_mut().take(3).for_each(|bias| *bias = -1e6);
        let clues = Clues::of([&[0.0, 1.0], &[0.5, 1.0]], PixelRange::Unit, &generator, &layers, &[1.0, 2.0, 3.0], &[]);
        assert_eq!(clues.saturated, [1.0, 0.5]);
        let (place, [silent, units]) = clues.silent.unwrap();
        assert!((place, units) == (0, 4) && silent >= 3);
        let said = clues.to_string();
        assert!(said.contains("100.0 % of their pixels") && said.contains("of 4 units of generator.0"), "{said}");
        assert_eq!(Clues::default().to_string(), "");
    }
}
