//! Every value that decides a run.

pub(in crate::gan) mod check;
pub(in crate::gan) mod colour;
pub(in crate::gan) mod cost;
pub(in crate::gan) mod difference;
pub(in crate::gan) mod error;
pub(in crate::gan) mod memory;
mod merge;
mod presets;
pub(in crate::gan) mod ranges;
pub(in crate::gan) mod record;
pub(in crate::gan) mod schedule;

pub use cost::StepCost;
pub use difference::Difference;
pub use error::ConfigError;
pub use memory::MemoryEstimate;
pub use record::RecordConfig;
pub use schedule::{Ramp, Schedule};

use crate::data::PixelRange;
use crate::gan::{Augmentation, AuxiliaryClassifier, Mistake, Objective, Pairing, Regulariser, Rules, SemiSupervised};
use crate::gemm::Precision;
use crate::nn::{Init, LayerSpec, UnitActivation};
use merge::{merge, nested};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A complete description of a training run; the same text in a run's `config.toml`, in a preset
/// and in a file of one's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What runs of it are called, a preset's name if it is one: letters, digits, `-`, `_` and `.`.
    #[serde(default = "own", alias = "preset")] // as it was once written
    pub name: String,
    /// Decides all random numbers.
    pub seed: u64,
    /// The training images, if they are named: a directory, or as [`Source`](crate::data::Source) reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// The game and its length.
    pub training: TrainingConfig,
    /// From latent vector to image.
    pub generator: GeneratorConfig,
    /// From image to logit.
    pub discriminator: DiscriminatorConfig,
    /// What is written down as it goes, and how often.
    #[serde(default)]
    pub record: RecordConfig,
}

/// The name of a configuration that has none.
fn own() -> String {
    "own".into()
}

/// The game and its length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// How often the training set is gone through.
    pub epochs: u64,
    /// If given, training ends after this many steps instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// If given, only so many images of the training set, the first, are learned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examples: Option<usize>,
    /// How often an epoch goes through each training image, once if it is not said; more often where there are few, or it would be over
    /// after a few steps.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub repeats: u64,
    /// If given, only images of these digits are learned from, as in `[0, 1, 7]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<Vec<u8>>,
    /// Real images, and generated ones, at each move of the discriminator's.
    pub batch_size: usize,
    /// What the operands of matrix products and convolutions are rounded to; all else is computed in single precision.
    #[serde(default)]
    pub precision: Precision,
    /// Who moves when.
    pub update: UpdateRule,
    /// What each player minimises.
    pub objective: Objective,
    /// What a logit is compared with.
    #[serde(default)]
    pub pairing: Pairing,
    /// If given, the discriminator calls real images this instead of 1; above 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_smoothing: Option<f64>,
    /// How often the discriminator moves, each time against other images, for one move of the
    /// generator's.
    #[serde(default = "one")]
    pub critic_steps: u64,
    /// How many classes the images have, 10 for digits, if the players are to look at labels; 0, the usual
    /// value, if not.
    #[serde(default)]
    pub classes: usize,
    /// If given, the discriminator also tells classes apart; its last layer must then be a projection with a
    /// classifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auxiliary_classifier: Option<AuxiliaryClassifier>,
    /// How images are changed at random before the discriminator sees them, in this order; left out, they are not. Each is a
    /// name, or `{ kind = "rotate", strength = 5 }`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub augment: Vec<Augmentation>,
    /// How real images are changed at random, as if there were more of them; a list as that of `augment`. Left out, they
    /// are not. What is done to real images alone the generator learns to draw as well: these should be changes that
    /// people make.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variations: Vec<Augmentation>,
    /// Whether the generator is to match the mean features of real images (those before the discriminator's last layer)
    /// instead of what its objective says (Salimans et al. 2016, section 3.1); no.
    #[serde(default, skip_serializing_if = "record::is_false")]
    pub feature_matching: bool,
    /// If given, the discriminator learns to read from few labels; its last layer must then be class-logits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semi_supervised: Option<SemiSupervised>,
    /// If given, a mistake that is easily made in a program is made on purpose, for teaching.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mistake: Option<Mistake>,
    /// How the learning rates fall over the run.
    pub schedule: Schedule,
    /// The share of them that is left at the end, in [0, 1].
    #[serde(default)]
    pub learning_rate_floor: f64,
}

fn one() -> u64 {
    1
}

fn is_one(count: &u64) -> bool {
    *count == 1
}

impl TrainingConfig {
    /// The two losses.
    pub fn rules(&self) -> Rules {
        let real_label = self.label_smoothing.unwrap_or(1.0);
        Rules { objective: self.objective, pairing: self.pairing, real_label }
    }
}

/// Who moves when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum UpdateRule {
    /// Both gradients come from one forward pass, then both players move.
    Simultaneous,
    /// The discriminator moves first; the generator answers the discriminator as it now is
    /// (Goodfellow et al. 2014, algorithm 1).
    Alternating,
}

/// The generator and how it learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GeneratorConfig {
    /// Numbers in a latent vector, each from N(0, 1).
    pub latent_dim: usize,
    /// How weights are drawn.
    pub init: Init,
    /// If given, images are drawn with a moving average of the weights, of which this share is
    /// kept from step to step; in (0, 1) (Yazıcı et al. 2019).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_decay: Option<f64>,
    /// Its optimizer.
    pub adam: AdamConfig,
    /// `[height, width]` of an image.
    pub image_shape: [usize; 2],
    /// Numbers to a pixel: 1 for grey, 3 for red, green and blue.
    #[serde(default = "grey")]
    pub channels: usize,
    /// Its layers from latent vector to pixels, `height × width × channels` numbers.
    pub layers: Vec<LayerSpec>,
}

/// The discriminator and how it learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DiscriminatorConfig {
    /// How weights are drawn.
    pub init: Init,
    /// If given, a moving average of the weights is kept, as the generator's; where it reads, that is what reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_decay: Option<f64>,
    /// Its optimizer.
    pub adam: AdamConfig,
    /// What keeps its slope in check.
    #[serde(default)]
    pub regularisers: Vec<Regulariser>,
    /// Its layers from pixels to the one logit.
    pub layers: Vec<LayerSpec>,
}

/// The settings of [`Adam`](crate::nn::Adam).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AdamConfig {
    /// At the start of the run.
    pub learning_rate: f64,
    /// In [0, 1).
    pub beta1: Ramp,
    /// In [0, 1).
    pub beta2: Ramp,
}

fn grey() -> usize {
    1
}

impl Config {
    /// The preset that is used when none is named.
    pub const DEFAULT_PRESET: &str = presets::DEFAULT;

    /// The names of all presets.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        presets::names()
    }

    /// A preset by name.
    ///
    /// # Errors
    /// When there is none of that name; one of a similar name is suggested.
    pub fn preset(name: &str) -> Result<Config, ConfigError> {
        Self::preset_text(name).map(|text| toml::from_str(text).expect("presets are checked by a test"))
    }

    /// A preset's TOML with its comments: something to begin a file of one's own with.
    ///
    /// # Errors
    /// As [`preset`](Config::preset).
    pub fn preset_text(name: &str) -> Result<&'static str, ConfigError> {
        presets::text(name).ok_or_else(|| ConfigError::UnknownPreset { name: name.into() })
    }

    fn preset_table(name: &str) -> Result<toml::Table, ConfigError> {
        Ok(Self::preset_text(name)?.parse().expect("presets are checked by a test"))
    }

    /// A configuration from TOML. What the text leaves out is the preset's that it names with `preset = "…"`, or else
    /// `preset`'s; where there is neither, the text is complete, and what it leaves out has the value that its
    /// documentation names. `"off"` as a value takes away what the preset has.
    ///
    /// # Errors
    /// When the text is no TOML, names an unknown preset, or has keys or values that are none
    /// of ours; and when a key is missing that has no value of its own. Ranges are not checked: see
    /// [`validate`](Config::validate).
    pub fn from_toml(text: &str, preset: Option<&str>) -> Result<Config, ConfigError> {
        let mut changes: toml::Table = text.parse().map_err(|error| ConfigError::toml(text, &error))?;
        let base = Self::base_of(&changes).or(preset).map(str::to_owned);
        let mut table = match &base {
            Some(preset) => Self::preset_table(preset)?,
            None => toml::Table::new(),
        };
        if Self::base_of(&changes).is_some() {
            changes.remove("preset");
        }
        merge(&mut table, changes);
        Self::of_table(&table).map_err(|merged| {
            // The merged table has lost the lines. Read alone, the text fails at the same mistake,
            // unless something that the preset would have given is missed before.
            let alone = toml::from_str::<Config>(text).err();
            let at_line = alone.filter(|error| error.message() == merged.message());
            let error = match at_line {
                Some(error) => ConfigError::toml(text, &error),
                None => ConfigError::toml_without_lines(&merged),
            };
            if base.is_none() { error.without_a_preset() } else { error }
        })
    }

    /// This configuration with some values changed, as a text that names a preset changes the preset's.
    ///
    /// # Errors
    /// When there are keys or values that are none of ours. Ranges are not checked.
    pub fn with(&self, changes: toml::Table) -> Result<Config, ConfigError> {
        let mut table = self.table().map_err(|error| ConfigError::Unreadable { reason: error.to_string() })?;
        merge(&mut table, changes);
        Self::of_table(&table).map_err(|error| ConfigError::toml_without_lines(&error))
    }

    /// This configuration with another value for one key, such as `training.objective`.
    ///
    /// # Errors
    /// As [`with`](Config::with).
    pub fn with_value(&self, key: &str, value: toml::Value) -> Result<Config, ConfigError> {
        self.with(nested(key, value))
    }

    /// All values, as they are written. By way of the text, as in [`of_table`](Config::of_table): what serde compiles for
    /// all types to write and read tables as well would take a second of every build.
    fn table(&self) -> Result<toml::Table, toml::ser::Error> {
        toml::to_string(self).map(|text| text.parse().expect("what has been written can be read"))
    }

    fn of_table(table: &toml::Table) -> Result<Config, toml::de::Error> {
        toml::from_str(&table.to_string())
    }

    /// The preset from which a text takes what it leaves out, if it names one.
    pub fn base(text: &str) -> Option<String> {
        Self::base_of(&text.parse().ok()?).map(str::to_owned)
    }

    fn base_of(table: &toml::Table) -> Option<&str> {
        table.get("preset")?.as_str()
    }

    /// A configuration from TOML that is complete, whatever it says: nothing comes from a preset. That is how a run's `config.toml` is read,
    /// lest a damaged one be filled up with what the run never had.
    ///
    /// # Errors
    /// As [`from_toml`](Config::from_toml), and when a key is missing that has no value of its own.
    pub fn complete_from_toml(text: &str) -> Result<Config, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::toml(text, &error))
    }

    /// The configuration as TOML that [`from_toml`](Config::from_toml) reads back.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("a configuration is a table of plain values")
    }

    /// The range of the generator's pixels, as its last activation decides: [0, 1] after a sigmoid, [−1, 1]
    /// after a tanh, and, though the network does not keep to it, where there is none. Real images are scaled
    /// to the same.
    ///
    /// # Errors
    /// When the last activation is something else.
    pub fn pixel_range(&self) -> Result<PixelRange, ConfigError> {
        let last = self.generator.layers.iter().rev().find_map(LayerSpec::activation);
        match last.unwrap_or_default() {
            UnitActivation::Sigmoid => Ok(PixelRange::Unit),
            UnitActivation::Tanh | UnitActivation::Identity => Ok(PixelRange::Symmetric),
            other => Err(ConfigError::OutOfRange {
                key: "the activation of the last of generator.layers".into(),
                value: format!("{other:?}"),
                allowed: "\"sigmoid\", \"tanh\" or left out",
            }),
        }
    }

    /// What a black pixel is in the generator's range.
    pub(in crate::gan) fn black(&self) -> f32 {
        self.pixel_range().map_or(0.0, |range| range.numbers(&[0])[0])
    }

    /// `[height, width, channels]` of an image.
    pub fn image_shape(&self) -> [usize; 3] {
        let [height, width] = self.generator.image_shape;
        [height, width, self.generator.channels]
    }

    /// How many numbers an image has, `height × width × channels`.
    pub fn pixels(&self) -> usize {
        self.image_shape().iter().product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_complete_valid_and_reads_back() {
        for name in Config::presets() {
            let config = Config::preset(name).unwrap();
            assert_eq!(config.name, name);
            config.validate().unwrap();
            assert_eq!(Config::from_toml(&config.to_toml(), None).unwrap(), config);
            assert_eq!(Config::from_toml(Config::preset_text(name).unwrap(), None).unwrap(), config);
        }
    }

    #[test]
    fn a_file_takes_from_a_preset_only_if_it_names_one() {
        let text = Config::preset_text("mlp").unwrap();
        let penalty = "[[discriminator.regularisers]]\nkind = \"r1\"\ngamma = 0.5\nevery = 4\n";
        let without = |text: &str| Config::from_toml(&text.replace(penalty, ""), None).unwrap();
        assert!(text.contains(penalty) && without(text).discriminator.regularisers.is_empty());
        let naming = text.replace("name =", "preset =");
        assert_eq!(without(&naming), Config::preset("mlp").unwrap());
        let missing = Config::from_toml(&text.replace("[discriminator.adam]", "[discriminator.adma]"), None);
        let missing = missing.unwrap_err().to_string();
        assert!(missing.contains("unknown field `adma`"), "{missing}");
        let missing = Config::from_toml("[training]\nepochs = 3", None).unwrap_err().to_string();
        let expected = "missing field `batch_size` (a file that names no preset";
        assert!(missing.contains(expected) && missing.contains("preset = \"digits\""), "{missing}");
    }

    #[test]
    fn off_takes_away_what_a_preset_has() {
        let text =
            "preset = \"best\"\n[training]\nauxiliary_classifier = \"off\"\n[generator]\naverage_decay = \"off\"";
        let config = Config::from_toml(text, None).unwrap();
        let mut expected = Config::preset("best").unwrap();
        (expected.training.auxiliary_classifier, expected.generator.average_decay) = (None, None);
        assert_eq!(config, expected);
        assert_eq!(Config::from_toml(&config.to_toml(), None).unwrap(), expected);
    }

    #[test]
    fn a_file_changes_what_it_names() {
        let config = Config::from_toml("preset = \"article\"\n[generator.adam]\nlearning_rate = 0.5", None).unwrap();
        let mut expected = Config::preset("article").unwrap();
        expected.generator.adam.learning_rate = 0.5;
        assert_eq!(config, expected);
    }

    #[test]
    fn values_are_changed_as_a_text_changes_them() {
        let mlp = Config::preset("mlp").unwrap();
        let with = |changes: &str| mlp.with(changes.parse().unwrap());
        for text in ["seed = 4", "training.objective = \"hinge\"", "generator.average_decay = \"off\"\nname = \"x\""] {
            assert_eq!(with(text), Config::from_toml(text, Some("mlp")), "{text}");
        }
        let unknown = with("training.objectve = \"hinge\"").unwrap_err().to_string();
        assert!(
            unknown.starts_with("unknown field `objectve`, did you mean `objective`? expected one of"),
            "{unknown}"
        );
    }

    #[test]
    fn a_complete_configuration_takes_nothing_from_a_preset() {
        let config = Config::preset("best").unwrap();
        let text = config.to_toml();
        assert_eq!(Config::complete_from_toml(&text).unwrap(), config);
        for (cut, _) in text.match_indices('\n').filter(|(cut, _)| text[*cut..].contains("\n[discriminator.adam]")) {
            assert!(Config::complete_from_toml(&text[..cut]).is_err(), "{}", &text[..cut]);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let message = |text: &str| Config::from_toml(text, Some("mlp")).unwrap_err().to_string();
        assert!(
            message("[training]\nepoch = 3")
                .starts_with("line 2: unknown field `epoch`, did you mean `epochs`? expected")
        );
        assert!(message("[generator.adam]\n\nbeta3 = 1").contains("unknown field `beta3`"));
        assert!(message("[training\nepochs = 3").starts_with("line 1: "));
        assert!(message("[training]\nupdate = \"both\"").contains("unknown variant `both`"));
        let unknown = Config::preset("artcle").unwrap_err().to_string();
        let expected = "there is no preset \"artcle\", did you mean \"article\"?; the presets are: digits, mlp";
        assert!(unknown.starts_with(expected), "{unknown}");
    }
}
