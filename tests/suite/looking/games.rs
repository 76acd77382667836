//! One small game of each kind that there is a preset of, on images of 8 by 8 pixels.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use twoplayer::autodiff::Watcher;
use twoplayer::gan::{Config, Scores, Trainer};
use twoplayer::nn::Network;

/// The games by name; `REST` is what they have in common.
pub const GAMES: [(&str, &str); 5] = [
    ("dense, simultaneous", DENSE),
    ("dense, critic steps and a penalty", CRITIC),
    ("convolutional, batch normalisation", CONVOLUTIONAL),
    ("conditional, spectral normalisation", CONDITIONAL),
    ("residual", RESIDUAL),
];

const DENSE: &str = r#"
    training = { epochs = 1, batch_size = 6, schedule = "constant", update = "simultaneous", objective = "non-saturating" }
    generator.layers = [
        { kind = "dense", units = 12, activation = "leaky-relu" },
        { kind = "dense", units = 64, activation = "sigmoid" },
    ]
    generator.average_decay = 0.9
    discriminator.layers = [
        { kind = "dense", units = 12, activation = "leaky-relu" },
        { kind = "dropout", rate = 0.3 },
        { kind = "dense", units = 1 },
    ]
    discriminator.regularisers = [{ kind = "r1", gamma = 0.5, every = 4 }]
"#;

const CRITIC: &str = r#"
    training = { epochs = 1, batch_size = 6, schedule = "constant", update = "alternating", objective = "wasserstein", critic_steps = 3 }
    generator.layers = [
        { kind = "dense", units = 12, activation = "leaky-relu" },
        { kind = "dense", units = 64, activation = "tanh" },
    ]
    discriminator.layers = [
        { kind = "dense", units = 12, activation = "leaky-relu" },
        { kind = "dense", units = 8, activation = "tanh" },
        { kind = "dense", units = 1 },
    ]
    discriminator.regularisers = [{ kind = "wgan-gp", weight = 10.0 }]
"#;

const CONVOLUTIONAL: &str = r#"
    training = { epochs = 1, batch_size = 6, schedule = "constant", update = "alternating", objective = "non-saturating" }
    generator.layers = [
        { kind = "dense", units = 16 },
        { kind = "reshape", shape = [2, 2, 4] },
        { kind = "batch-norm", activation = "relu" },
        { kind = "conv-transpose", channels = 3, kernel = 4, stride = 2, bias = false },
        { kind = "batch-norm", activation = "relu" },
        { kind = "conv-transpose", channels = 1, kernel = 4, stride = 2, activation = "tanh" },
    ]
    discriminator.layers = [
        { kind = "conv", channels = 3, kernel = 4, stride = 2, activation = "leaky-relu" },
        { kind = "conv", channels = 4, kernel = 4, stride = 2, bias = false },
        { kind = "batch-norm", activation = "leaky-relu" },
        { kind = "minibatch-stddev" },
        { kind = "dense", units = 1 },
    ]
"#;

const CONDITIONAL: &str = r#"
    training = { epochs = 1, batch_size = 6, schedule = "constant", update = "alternating", objective = "hinge", classes = 10, auxiliary_classifier = { discriminator = 1.0, generator = 0.2 } }
    generator.layers = [
        { kind = "label-embedding", units = 3 },
        { kind = "dense", units = 16 },
        { kind = "reshape", shape = [2, 2, 4] },
        { kind = "batch-norm", activation = "leaky-relu" },
        { kind = "conv-transpose", channels = 3, kernel = 4, stride = 2, activation = "leaky-relu" },
        { kind = "conv-transpose", channels = 1, kernel = 4, stride = 2, activation = "tanh" },
    ]
    discriminator.layers = [
        { kind = "conv", channels = 3, kernel = 4, stride = 2, activation = "leaky-relu", spectral_norm = true },
        { kind = "conv", channels = 4, kernel = 3, stride = 2, activation = "leaky-relu", spectral_norm = true },
        { kind = "flatten" },
        { kind = "projection", spectral_norm = true, classifier = true },
    ]
"#;

const RESIDUAL: &str = r#"
    training = { epochs = 1, batch_size = 6, schedule = "constant", update = "alternating", objective = "non-saturating", pairing = "relativistic" }
    generator.layers = [
        { kind = "dense", units = 64, activation = "leaky-relu" },
        { kind = "reshape", shape = [4, 4, 4] },
        { kind = "residual", last_init_scale = 0.5, layers = [
            { kind = "conv", channels = 4, kernel = 1, activation = "leaky-relu" },
            { kind = "conv", channels = 4, kernel = 3, bias = false },
        ] },
        { kind = "upsample", mode = "bilinear" },
        { kind = "conv", channels = 1, kernel = 3 },
    ]
    generator.average_decay = 0.9
    discriminator.layers = [
        { kind = "conv", channels = 4, kernel = 3 },
        { kind = "downsample" },
        { kind = "residual", last_init_scale = 0.5, layers = [
            { kind = "conv", channels = 4, kernel = 1, activation = "leaky-relu" },
            { kind = "conv", channels = 4, kernel = 3, bias = false },
        ] },
        { kind = "downsample" },
        { kind = "dense", units = 8, activation = "leaky-relu" },
        { kind = "dense", units = 1 },
    ]
    discriminator.regularisers = [{ kind = "r1", gamma = 0.5 }, { kind = "r2", gamma = 0.5 }]
"#;

/// What all games have in common.
const REST: &str = r#"
    name = "small"
    seed = 7
    generator.latent_dim = 5
    generator.image_shape = [8, 8]
    generator.init = "he"
    generator.adam = { learning_rate = 2e-3, beta1 = 0.5, beta2 = 0.99 }
    discriminator.init = "he"
    discriminator.adam = { learning_rate = 2e-3, beta1 = 0.5, beta2 = 0.99 }
"#;

/// All that decides a game.
pub fn config(game: &str) -> Config {
    let config = Config::complete_from_toml(&format!("{REST}{game}")).expect("the game is complete");
    config.validate().expect("the game is in range");
    config
}

/// Trains a game for some steps on made-up images, and tells these of it.
pub fn played(game: &str, steps: usize, watchers: &[Watcher]) -> (Trainer, Vec<Scores>) {
    let config = config(game);
    let mut trainer = Trainer::<f32>::new(&config).expect("its layers form networks");
    trainer.set_watchers(watchers);
    let mut rng = ChaCha8Rng::seed_from_u64(19);
    let mut step = || {
        trainer.step(|images, labels| {
            images.fill_with(|| rng.random_range(-1.0..1.0));
            labels.fill_with(|| rng.random_range(0..10));
        })
    };
    let scores = (0..steps).map(|_| step()).collect();
    (trainer, scores)
}

/// The bytes of all that a game has learned: the weights and statistics of both players and of the average.
pub fn bytes(trainer: &Trainer) -> Vec<u8> {
    let average = trainer.averages.generator.as_ref().map(|average| &average.network);
    let networks = [trainer.generator(), trainer.discriminator()].into_iter().chain(average);
    let arrays = networks.flat_map(|network: &Network| network.parameters.iter().chain(&network.statistics));
    arrays.flat_map(|array| array.value.iter().flat_map(|x| x.to_le_bytes())).collect()
}
