//! Games that go wrong on purpose, each by one fault, at one seed. `tests/suite/diagnoses.rs` proves every one: the fault
//! is told, its remedies are those, and with each of them nothing is wrong any more.

use super::{Diagnosis, Remedy};
use crate::gan::Config;

/// A fault of a game, what is said of it and what mends it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name, as in an address.
    pub key: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// What is done to the game, in a sentence.
    pub what: &'static str,
    /// The networks that it takes, as changes of the healthy game in TOML; none where those of that game do.
    networks: &'static str,
    /// The fault itself, as changes of that.
    changes: &'static str,
    /// How it is told.
    is_told: fn(&Diagnosis) -> bool,
    /// What mends it: each by itself, or where the fault has several causes, all of it.
    pub remedies: &'static [Remedy],
    /// Whether it has several causes, so that its remedies mend it together, none by itself.
    pub has_many_causes: bool,
}

/// Networks as deep as collapse takes, for two epochs and a bit.
const DEEP: &str = r#"
training.steps = 600
generator.layers = [
    { kind = "dense", units = 96, activation = "leaky-relu" },
    { kind = "dense", units = 256, activation = "leaky-relu" },
    { kind = "dense", units = 512, activation = "leaky-relu" },
    { kind = "dense", units = 784, activation = "tanh" },
]
discriminator.layers = [
    { kind = "dense", units = 512, activation = "leaky-relu" },
    { kind = "dense", units = 256, activation = "leaky-relu" },
    { kind = "dense", units = 96, activation = "leaky-relu" },
    { kind = "dense", units = 1 },
]
"#;

fn is_alike(diagnosis: &Diagnosis) -> bool {
    matches!(diagnosis, Diagnosis::SamplesAlike { .. })
}

impl Fault {
    /// All that have been proved.
    pub const ALL: [Fault; 9] = [
        Fault {
            key: "generator-stands",
            title: "A generator that stands",
            what: "The generator's learning rate is so small that it does not move; the discriminator learns as ever.",
            networks: "",
            changes: "generator.adam.learning_rate = 1e-12",
            is_told: |diagnosis| matches!(diagnosis, Diagnosis::DiscriminatorWins { .. }),
            remedies: &[Remedy::EqualRates],
            has_many_causes: false,
        },
        Fault {
            key: "tiny-weights",
            title: "Tiny first weights",
            what: "The generator's first weights are drawn much too small, so that every latent vector looks the same.",
            networks: "",
            changes: "training.steps = 800\ngenerator.init = \"normal-0.02\"",
            is_told: is_alike,
            remedies: &[Remedy::He],
            has_many_causes: false,
        },
        Fault {
            key: "steps-too-far",
            title: "Steps too far",
            what: "Both players are deep, and their learning rates are ten times too large.",
            networks: DEEP,
            changes: "generator.adam.learning_rate = 1e-2\ndiscriminator.adam.learning_rate = 1e-2",
            is_told: is_alike,
            remedies: &[Remedy::LowerRates],
            has_many_causes: false,
        },
        Fault {
            key: "long-memory",
            title: "A long memory",
            what: "Both players are deep, nothing penalises the discriminator's slope, and Adam remembers old gradients (beta1 0.9).",
            networks: DEEP,
            changes: "generator.adam.beta1 = 0.9\ndiscriminator.adam.beta1 = 0.9\ndiscriminator.regularisers = []",
            is_told: is_alike,
            remedies: &[Remedy::Beta1],
            has_many_causes: false,
        },
        Fault {
            key: "article",
            title: "The article's game",
            what: "Sigmoid images, players that move at once, relu, no penalty, and Adam with beta1 0.9: all of it together.",
            networks: DEEP,
            changes: r#"
training.update = "simultaneous"
training.schedule = "constant"
generator.adam = { learning_rate = 1e-4, beta1 = 0.9 }
discriminator.adam = { learning_rate = 1e-4, beta1 = 0.9 }
discriminator.regularisers = []
generator.layers = [
    { kind = "dense", units = 96, activation = "relu" },
    { kind = "dense", units = 256, activation = "relu" },
    { kind = "dense", units = 512, activation = "relu" },
    { kind = "dense", units = 784, activation = "sigmoid" },
]
discriminator.layers = [
    { kind = "dense", units = 512, activation = "relu" },
    { kind = "dense", units = 256, activation = "relu" },
    { kind = "dense", units = 96, activation = "relu" },
    { kind = "dense", units = 1 },
]
"#,
            is_told: is_alike,
            remedies: &[Remedy::Tanh, Remedy::Alternating, Remedy::Beta1],
            has_many_causes: true,
        },
        Fault {
            key: "one-number",
            title: "One random number",
            what: "The latent vector has a single number, so the generator has next to nothing to tell images apart by.",
            networks: "",
            changes: "generator.latent_dim = 1",
            is_told: |diagnosis| matches!(diagnosis, Diagnosis::SamplesRepeat { .. }),
            remedies: &[Remedy::Latent],
            has_many_causes: false,
        },
        Fault {
            key: "deaf-generator",
            title: "A generator that does not listen",
            what: "The players are told labels, but the generator hardly moves, so it draws what it likes.",
            networks: "",
            changes: r#"
training.steps = 750
training.classes = 10
generator.adam.learning_rate = 1e-12
generator.latent_dim = 128
generator.layers = [
    { kind = "label-embedding", units = 1 },
    { kind = "dense", units = 128, activation = "leaky-relu" },
    { kind = "dense", units = 784, activation = "tanh" },
]
discriminator.layers = [
    { kind = "dense", units = 128, activation = "leaky-relu" },
    { kind = "projection" },
]
"#,
            is_told: |diagnosis| matches!(diagnosis, Diagnosis::LabelIgnored { epoch: 2, .. }),
            remedies: &[Remedy::EqualRates],
            has_many_causes: false,
        },
        Fault {
            key: "dead-layer",
            title: "A dead layer",
            what: "The generator has relu units and steps so far at first that they never fire again.",
            networks: "",
            changes: r#"
training.steps = 1500
generator.adam.learning_rate = 1.0
generator.layers = [
    { kind = "dense", units = 128, activation = "relu" },
    { kind = "dense", units = 784, activation = "tanh" },
]
"#,
            is_told: |diagnosis| matches!(diagnosis, Diagnosis::LayerDead { .. }),
            remedies: &[Remedy::LowerRates, Remedy::LeakyRelu],
            has_many_causes: false,
        },
        Fault {
            key: "chase",
            title: "A chase",
            what: "A critic's scores have no scale, nothing penalises its slope, and Adam remembers old gradients.",
            networks: "",
            changes: r#"
training.objective = "wasserstein"
training.schedule = "constant"
generator.adam.beta1 = 0.9
discriminator.adam.beta1 = 0.9
discriminator.regularisers = []
"#,
            is_told: |diagnosis| matches!(diagnosis, Diagnosis::Oscillation { .. }),
            remedies: &[Remedy::Beta1],
            has_many_causes: false,
        },
    ];

    /// The small game without a fault.
    pub fn healthy() -> Config {
        Config::from_toml(include_str!("faults/healthy.toml"), None).expect("a test reads it")
    }

    /// The fault of this name.
    pub fn named(key: &str) -> Option<Fault> {
        Self::ALL.into_iter().find(|fault| fault.key == key)
    }

    /// The game with this fault.
    pub fn config(&self) -> Config {
        changed(&changed(&Self::healthy(), self.networks), self.changes)
    }

    /// Whether a diagnosis is this fault's.
    pub fn is_told_by(&self, diagnosis: &Diagnosis) -> bool {
        (self.is_told)(diagnosis)
    }
}

fn changed(game: &Config, changes: &str) -> Config {
    game.with(changes.parse().expect("TOML")).expect("a test reads it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_run_and_has_its_remedies_before_it() {
        for fault in Fault::ALL {
            let config = fault.config();
            config.validate().unwrap();
            assert_ne!(config, Fault::healthy(), "{}", fault.key);
            for remedy in fault.remedies {
                assert!(!remedy.is_in_force(&config), "{}: {remedy} is in force already", fault.key);
            }
        }
        assert_eq!(Fault::named("nothing").map(|fault| fault.key), None);
    }
}
