//! Games that go wrong on purpose, each by one fault, at one seed. `tests/suite/diagnoses.rs` proves every one: the fault
//! is told, its remedies are those, and with each of them nothing is wrong any more.

use super::{Diagnosis, Fault, Remedy};

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

/// Units that can be cut off.
const RELU: &str = r#"
training.steps = 1500
generator.layers = [
    { kind = "dense", units = 128, activation = "relu" },
    { kind = "dense", units = 784, activation = "tanh" },
]
"#;

/// Players that are told labels. Next to nothing of what the generator is given is a label.
const LABELS: &str = r#"
training.steps = 750
training.examples = 6000
training.classes = 10
generator.latent_dim = 512
generator.layers = [
    { kind = "label-embedding", units = 1 },
    { kind = "dense", units = 128, activation = "leaky-relu" },
    { kind = "dense", units = 784, activation = "tanh" },
]
discriminator.layers = [
    { kind = "dense", units = 128, activation = "leaky-relu" },
    { kind = "projection" },
]
"#;

/// A game that a discriminator can win for good: the hinge's slope is zero where it is sure.
const SLOW_HINGE: &str = r#"
training.steps = 1000
training.objective = "hinge"
generator.adam.learning_rate = 5e-5
discriminator.adam.learning_rate = 5e-5
"#;

/// A generator so narrow that it can hardly draw more than a few images.
const NARROW: &str = r#"
training.steps = 1250
generator.layers = [
    { kind = "dense", units = 17, activation = "leaky-relu" },
    { kind = "dense", units = 784, activation = "tanh" },
]
discriminator.layers = [
    { kind = "dense", units = 256, activation = "leaky-relu" },
    { kind = "dense", units = 128, activation = "leaky-relu" },
    { kind = "dense", units = 1 },
]
"#;

/// The networks and rates of the preset lab: after three epochs the digits can be read.
const READABLE: &str = r#"
training.steps = 1000
training.examples = 16000
training.batch_size = 64
generator.adam = { learning_rate = 2e-3, beta1 = 0.0 }
discriminator.adam = { learning_rate = 2e-3, beta1 = 0.0 }
generator.layers = [
    { kind = "dense", units = 128, activation = "leaky-relu" },
    { kind = "dense", units = 256, activation = "leaky-relu" },
    { kind = "dense", units = 784, activation = "tanh" },
]
discriminator.layers = [
    { kind = "dense", units = 256, activation = "leaky-relu" },
    { kind = "dense", units = 128, activation = "leaky-relu" },
    { kind = "dense", units = 1 },
]
"#;

/// A discriminator that compares the samples of a batch.
const BATCH_NORM: &str = r#"
training.steps = 1000
discriminator.layers = [
    { kind = "dense", units = 128 },
    { kind = "batch-norm", activation = "leaky-relu" },
    { kind = "dense", units = 1 },
]
"#;

fn discriminator_wins(diagnosis: &Diagnosis) -> bool {
    matches!(diagnosis, Diagnosis::DiscriminatorWins { .. })
}

fn is_alike(diagnosis: &Diagnosis) -> bool {
    matches!(diagnosis, Diagnosis::SamplesAlike { .. })
}

fn ignores_label(diagnosis: &Diagnosis) -> bool {
    matches!(diagnosis, Diagnosis::LabelIgnored { epoch: 2, .. })
}

fn is_dead(diagnosis: &Diagnosis) -> bool {
    matches!(diagnosis, Diagnosis::LayerDead { .. })
}

impl Fault {
    /// All that have been proved.
    pub const ALL: [Fault; 18] = [
        Fault {
            key: "generator-stands",
            title: "A generator that stands",
            what: "The generator's learning rate is so small that it does not move; the discriminator learns as ever.",
            networks: "",
            changes: "generator.adam.learning_rate = 1e-12",
            is_told: discriminator_wins,
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
            networks: LABELS,
            changes: "generator.adam.learning_rate = 1e-12",
            is_told: ignores_label,
            remedies: &[Remedy::EqualRates],
            has_many_causes: false,
        },
        Fault {
            key: "dead-layer",
            title: "A dead layer",
            what: "The generator has relu units and steps so far at first that they never fire again.",
            networks: RELU,
            changes: "generator.adam.learning_rate = 1.0",
            is_told: is_dead,
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
        Fault {
            key: "rate-times-ten",
            title: "A rate ten times too large",
            what: "Both players of a hinge game learn slowly; the discriminator's learning rate is then made ten times as large.",
            networks: SLOW_HINGE,
            changes: "discriminator.adam.learning_rate = 5e-4",
            is_told: discriminator_wins,
            remedies: &[Remedy::EqualRates],
            has_many_causes: false,
        },
        Fault {
            key: "critic-steps",
            title: "Five moves too many",
            what: "The discriminator of a slow hinge game moves six times for each move of the generator's.",
            networks: SLOW_HINGE,
            changes: "training.critic_steps = 6",
            is_told: discriminator_wins,
            remedies: &[Remedy::OneCriticStep],
            has_many_causes: false,
        },
        Fault {
            key: "no-penalty",
            title: "The penalty off",
            what: "The discriminator is larger than the generator, and the penalty on its slope is taken away.",
            networks: NARROW,
            changes: "discriminator.regularisers = []",
            is_told: |diagnosis| matches!(diagnosis, Diagnosis::SamplesRepeat { .. }),
            remedies: &[Remedy::Penalty],
            has_many_causes: false,
        },
        Fault {
            key: "dead-bias",
            title: "A bias of -1000",
            what: "The generator has relu units, and the biases of its first layer begin at -1000.",
            networks: RELU,
            changes: "training.mistake = \"dead-bias\"",
            is_told: is_dead,
            remedies: &[Remedy::Correct],
            has_many_causes: false,
        },
        Fault {
            key: "digits-left-out",
            title: "Five digits",
            what: "The players learn from the digits 0 to 4 only.",
            networks: READABLE,
            changes: "training.digits = [0, 1, 2, 3, 4]",
            is_told: |diagnosis| matches!(diagnosis, Diagnosis::DigitsMissing { .. }),
            remedies: &[Remedy::AllDigits],
            has_many_causes: false,
        },
        Fault {
            key: "labels-zero",
            title: "Labels that are all 0",
            what: "The players are to heed labels, and in training they are told the label 0 whatever the digit.",
            networks: LABELS,
            changes: "training.mistake = \"labels-zero\"",
            is_told: ignores_label,
            remedies: &[Remedy::Correct],
            has_many_causes: false,
        },
        Fault {
            key: "forgotten-detach",
            title: "A forgotten detach",
            what: "In the generator's turn the discriminator's weights move as well, and they follow the generator's loss.",
            networks: "",
            changes: "training.mistake = \"forgotten-detach\"",
            is_told: |diagnosis| matches!(diagnosis, Diagnosis::DiscriminatorMisled { .. }),
            remedies: &[Remedy::Correct],
            has_many_causes: false,
        },
        Fault {
            key: "joint-batch-norm",
            title: "One batch for both kinds",
            what: "The discriminator normalises batches, and is given real and generated images as one.",
            networks: BATCH_NORM,
            changes: "training.mistake = \"joint-batch-norm\"",
            is_told: discriminator_wins,
            remedies: &[Remedy::Correct],
            has_many_causes: false,
        },
        Fault {
            key: "diverges",
            title: "A learning rate of a thousand",
            what: "Both players are deep, and their learning rates are a million times too large.",
            networks: DEEP,
            changes: "generator.adam.learning_rate = 1e3\ndiscriminator.adam.learning_rate = 1e3",
            is_told: |diagnosis| matches!(diagnosis, Diagnosis::Diverged { .. }),
            remedies: &[Remedy::LowerRates],
            has_many_causes: false,
        },
    ];

    /// The fault of this name.
    pub fn named(key: &str) -> Option<Fault> {
        Self::ALL.into_iter().find(|fault| fault.key == key)
    }
}
