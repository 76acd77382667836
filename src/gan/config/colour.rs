//! Players for images in colour.

use crate::gan::config::check::check;
use crate::gan::{Config, ConfigError};
use crate::nn::LayerSpec;
use crate::nn::layers::{Conv, ConvTranspose, Dense, Reshape};

/// Red, green and blue.
const COLOURS: usize = 3;

impl Config {
    /// The same players for images in colour, such as [stacked](crate::data::Digits::stacked) digits: the last layers
    /// of the generator make three numbers where they made one. Players that draw in colour already stay as they are.
    ///
    /// # Errors
    /// When the players look at labels, for there are a thousand kinds of stacked digits, or the generator ends in a
    /// layer of which this cannot be told.
    pub fn in_colour(mut self) -> Result<Config, ConfigError> {
        let unlabelled = "left out for stacked digits, which are of 1,000 classes; choose a preset without labels";
        check(self.training.classes == 0, "training.classes", &self.training.classes, unlabelled)?;
        if self.generator.channels != COLOURS {
            self.generator.channels = COLOURS;
            triple(&mut self.generator.layers)?;
        }
        Ok(self)
    }
}

/// Makes the last layer with weights, and what rearranges its output, three times as wide.
fn triple(layers: &mut [LayerSpec]) -> Result<(), ConfigError> {
    for layer in layers.iter_mut().rev() {
        match layer {
            LayerSpec::Dense(Dense { units: numbers, .. })
            | LayerSpec::Conv(Conv { channels: numbers, .. })
            | LayerSpec::ConvTranspose(ConvTranspose { channels: numbers, .. }) => {
                *numbers *= COLOURS;
                return Ok(());
            }
            LayerSpec::Reshape(Reshape { shape: [_, _, channels] }) => *channels *= COLOURS,
            LayerSpec::Flatten(_) | LayerSpec::Activation(_) | LayerSpec::Upsample(_) => (),
            _ => break,
        }
    }
    Err(ConfigError::OutOfRange {
        key: "the last of generator.layers".into(),
        value: "one whose colours cannot be guessed".into(),
        allowed: "dense or a convolution; or set generator.channels = 3 and generator.layers yourself",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::{build_discriminator, build_generator};

    #[test]
    fn every_preset_without_labels_can_draw_in_colour() {
        for name in Config::presets() {
            let grey = Config::preset(name).unwrap();
            if grey.training.classes > 0 {
                assert!(
                    grey.in_colour().unwrap_err().to_string().contains("training.classes is 10; it must be left out")
                );
                continue;
            }
            let pixels = grey.pixels();
            let colour = grey.in_colour().unwrap();
            colour.validate().unwrap();
            let generator = build_generator::<f32>(&colour).unwrap();
            build_discriminator::<f32>(&colour).unwrap();
            assert_eq!((colour.pixels(), generator.output_width()), (3 * pixels, 3 * pixels), "{name}");
            assert_eq!(colour.clone().in_colour().unwrap(), colour, "{name}: a second time changes nothing");
        }
    }

    #[test]
    fn what_comes_after_the_last_layer_with_weights_follows_it() {
        let layers = |layers: &str| {
            let text = format!("[generator]\nlayers = [{layers}]");
            Config::from_toml(&text, Some("mlp")).unwrap().generator.layers
        };
        let ending = |units: usize, channels: usize| {
            let first = format!(r#"{{ kind = "dense", units = {units} }}"#);
            let second = format!(r#"{{ kind = "reshape", shape = [2, 2, {channels}] }}"#);
            layers(&format!(
                r#"{first}, {second}, {{ kind = "upsample" }}, {{ kind = "activation", function = "tanh" }}"#
            ))
        };
        let mut found = ending(4, 1);
        triple(&mut found).unwrap();
        assert_eq!(found, ending(12, 3));
        let mut pooled = layers(r#"{ kind = "dense", units = 4 }, { kind = "global-sum-pool" }"#);
        assert!(triple(&mut pooled).unwrap_err().to_string().contains("the last of generator.layers is one whose"));
    }
}
