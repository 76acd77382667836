//! The two networks that a configuration describes.

use crate::autodiff::Real;
use crate::data::CLASSES;
use crate::gan::{Config, Players};
use crate::nn::{Compiled, Extent, Footprint, InputShape, LayerSpec, Network, NetworkError};
use crate::random::Stream;

/// A configuration whose players do not fit the images or each other.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// A player's layers do not form a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The generator's last layer has another width than an image.
    #[error("the generator draws {width} pixels, an image has {pixels}; give its last layer {pixels} units")]
    Pixels {
        /// What it draws.
        width: usize,
        /// What an image has.
        pixels: usize,
    },
    /// The generator's images have another shape.
    #[error(
        "the generator draws images of {found:?}, but {expected:?} is what generator.image_shape and its channels say; \
         change them, or the layers"
    )]
    Image {
        /// `[height, width, channels]` of what it draws.
        found: [usize; 3],
        /// Those of an image.
        expected: [usize; 3],
    },
    /// A player has classes to tell apart and no layer that does.
    #[error(
        "training.classes is {classes}, but no layer of the {player} looks at labels; add {{ kind = \"label-embedding\", \
         units = 16 }} as its first, or leave training.classes out"
    )]
    LabelsUnused {
        /// Which one.
        player: &'static str,
        /// How many classes there are.
        classes: usize,
    },
    /// The discriminator gives more than one logit.
    #[error("the discriminator's last layer has {width} units; it must have 1, the logit")]
    Logits {
        /// How many it gives.
        width: usize,
    },
    /// There is a classifier and nothing is made of it, or the other way round.
    #[error(
        "an auxiliary classifier takes both: training.auxiliary_classifier, and as the discriminator's last layer \
         {{ kind = \"projection\", classifier = true }}"
    )]
    Classifier,
    /// There are logits of classes and nothing is made of it, or the other way round.
    #[error(
        "reading takes both: training.semi_supervised, and as the discriminator's last layer \
         {{ kind = \"class-logits\", classes = 10 }}"
    )]
    ClassLogits,
}

/// The configuration's generator with the weights that a run begins with.
///
/// # Errors
/// When its layers do not form a network, or draw another number of pixels than an image has.
pub fn build_generator<T: Compiled>(config: &Config) -> Result<Network<T>, BuildError> {
    let c = &config.generator;
    let mut rng = Stream::GeneratorWeights.of(config.seed);
    let mut generator = Network::new("generator", latent(config), &c.layers, c.init, &mut rng)?;
    config.training.mistake.iter().for_each(|mistake| mistake.in_weights(&mut generator));
    fitting(generator, config)
}

/// The configuration's discriminator with the weights that a run begins with.
///
/// # Errors
/// When its layers do not form a network, or do not end in one logit.
pub fn build_discriminator<T: Compiled>(config: &Config) -> Result<Network<T>, BuildError> {
    let c = &config.discriminator;
    let mut rng = Stream::DiscriminatorWeights.of(config.seed);
    judging(Network::new("discriminator", image(config), &c.layers, c.init, &mut rng)?, config)
}

/// The configuration's generator, its weights zero, to load others.
///
/// # Errors
/// As [`build_generator`].
pub fn blank_generator<T: Compiled>(config: &Config) -> Result<Network<T>, BuildError> {
    fitting(Network::blank("generator", latent(config), &config.generator.layers)?, config)
}

/// The configuration's discriminator, its weights zero, to load others.
///
/// # Errors
/// As [`build_discriminator`].
pub fn blank_discriminator<T: Compiled>(config: &Config) -> Result<Network<T>, BuildError> {
    judging(Network::blank("discriminator", image(config), &config.discriminator.layers)?, config)
}

/// What the generator is given.
fn latent(config: &Config) -> InputShape {
    InputShape::from(config.generator.latent_dim).with_classes(config.training.classes)
}

/// What the discriminator is given.
fn image(config: &Config) -> InputShape {
    InputShape::from(config.image_shape()).with_classes(config.training.classes)
}

/// What the generator and the discriminator take and multiply; nothing is allocated for it.
///
/// # Errors
/// When the layers cannot form networks.
pub fn footprints(config: &Config) -> Result<Players<Footprint>, NetworkError> {
    Ok(Players {
        generator: Network::<f32>::footprint("generator", latent(config), &config.generator.layers)?,
        discriminator: Network::<f32>::footprint("discriminator", image(config), &config.discriminator.layers)?,
    })
}

/// The generator, if it draws as many pixels as an image has, of the class it is asked for.
fn fitting<T: Real>(mut generator: Network<T>, config: &Config) -> Result<Network<T>, BuildError> {
    check_labels("generator", &generator)?;
    generator.precision = config.training.precision;
    match (generator.output(), image(config).extent) {
        (Extent::Image(found), Extent::Image(expected)) if found != expected => {
            Err(BuildError::Image { found, expected })
        }
        (width, pixels) if width.width() != pixels.width() => {
            Err(BuildError::Pixels { width: width.width(), pixels: pixels.width() })
        }
        _ => Ok(generator),
    }
}

/// The discriminator, if it gives one logit, that of an image as one of its class, and those of the classes just
/// where the configuration makes something of them.
fn judging<T: Real>(mut discriminator: Network<T>, config: &Config) -> Result<Network<T>, BuildError> {
    check_labels("discriminator", &discriminator)?;
    discriminator.precision = config.training.precision;
    let classes = discriminator.classes();
    let reads = matches!(config.discriminator.layers.last(), Some(LayerSpec::ClassLogits(_)));
    if reads || config.training.semi_supervised.is_some() {
        let both = reads && config.training.semi_supervised.is_some() && discriminator.output_width() == 1 + CLASSES;
        return if both { Ok(discriminator) } else { Err(BuildError::ClassLogits) };
    }
    match (discriminator.output_width(), config.training.auxiliary_classifier) {
        (1, None) => Ok(discriminator),
        (width, Some(_)) if classes > 0 && width == 1 + classes => Ok(discriminator),
        (width, _) if width == 1 || width == 1 + classes => Err(BuildError::Classifier),
        (width, _) => Err(BuildError::Logits { width }),
    }
}

/// Refuses a player that is given labels and looks at none.
fn check_labels<T: Real>(player: &'static str, network: &Network<T>) -> Result<(), BuildError> {
    match network.classes() {
        classes if classes > 0 && !network.uses_labels() => Err(BuildError::LabelsUnused { player, classes }),
        _ => Ok(()),
    }
}
