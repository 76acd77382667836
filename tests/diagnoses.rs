//! Runs that go wrong on purpose, each told what is wrong with it, and a healthy one that is told nothing.

use std::path::Path;
use twoplayer::data::{Digits, Split};
use twoplayer::gan::{Config, Observer, ObserverError, Warning, train};

/// Keeps every warning.
#[derive(Default)]
struct Warnings(Vec<Warning>);

impl Observer for Warnings {
    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        self.0.push(warning.clone());
        Ok(())
    }
}

/// A small game on real digits that goes well.
const HEALTHY: &str = r#"
    preset = "mlp"
    [training]
    steps = 2500
    batch_size = 32
    [generator]
    latent_dim = 32
    layers = [
        { kind = "dense", units = 128, activation = "leaky-relu" },
        { kind = "dense", units = 784, activation = "tanh" },
    ]
    [discriminator]
    layers = [
        { kind = "dense", units = 128, activation = "leaky-relu" },
        { kind = "dense", units = 1 },
    ]
"#;

/// What is said of the healthy game with this changed, each `from` for its `to`.
fn warnings(changes: &[(&str, &str)]) -> Vec<Warning> {
    let mut text = HEALTHY.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from:?} is not in {text}");
        text = text.replacen(from, to, 1);
    }
    let config = Config::from_toml(&text, Config::DEFAULT_PRESET).unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist");
    let digits = Digits::load(&data, Split::Train).unwrap().first(8000);
    let mut watch = Warnings::default();
    train(&config, &digits, &mut watch).unwrap();
    for warning in &watch.0 {
        println!("{warning}");
    }
    watch.0
}

/// So slow a player that it does not move.
const GENERATOR_STANDS: (&str, &str) =
    ("    [discriminator]", "    [generator.adam]\n    learning_rate = 1e-12\n    [discriminator]");

#[test]
fn a_healthy_run_is_told_nothing() {
    assert_eq!(warnings(&[]), []);
}

#[test]
fn a_discriminator_that_wins() {
    let found = warnings(&[GENERATOR_STANDS]);
    assert!(found.iter().any(|warning| matches!(warning, Warning::DiscriminatorWins { .. })), "{found:?}");
}

#[test]
fn a_generator_that_draws_one_image() {
    let tiny = ("latent_dim = 32", "latent_dim = 32\n    init = \"normal-0.02\"");
    let found = warnings(&[GENERATOR_STANDS, tiny, ("steps = 2500", "steps = 300")]);
    assert!(matches!(found[..], [Warning::SamplesAlike { epoch: 1, .. }, ..]), "{found:?}");
}

#[test]
fn a_generator_that_draws_a_few_images() {
    let found = warnings(&[("latent_dim = 32", "latent_dim = 1")]);
    assert!(found.iter().any(|warning| matches!(warning, Warning::SamplesRepeat { .. })), "{found:?}");
}

#[test]
fn a_generator_that_ignores_the_label() {
    let classes = ("batch_size = 32", "batch_size = 32\n    classes = 10");
    let hardly = ("    layers = [", "    layers = [\n        { kind = \"label-embedding\", units = 1 },");
    let projection = ("        { kind = \"dense\", units = 1 },", "        { kind = \"projection\" },");
    let latent = ("latent_dim = 32", "latent_dim = 128");
    let found = warnings(&[GENERATOR_STANDS, classes, latent, hardly, projection, ("steps = 2500", "steps = 750")]);
    assert!(found.iter().any(|warning| matches!(warning, Warning::LabelIgnored { epoch: 2, .. })), "{found:?}");
}

#[test]
fn a_layer_that_is_dead() {
    let relu = (
        "units = 128, activation = \"leaky-relu\" },\n        { kind = \"dense\", units = 784",
        "units = 16, activation = \"relu\" },\n        { kind = \"dense\", units = 784",
    );
    let fast = ("    [discriminator]", "    [generator.adam]\n    learning_rate = 3.0\n    [discriminator]");
    let found = warnings(&[relu, fast]);
    assert!(found.iter().any(|warning| matches!(warning, Warning::LayerDead { .. })), "{found:?}");
}

#[test]
fn players_that_chase_each_other() {
    let no_penalty = (
        "    layers = [\n        { kind = \"dense\", units = 128, activation = \"leaky-relu\" },\n        { kind = \"dense\", units = 1 }",
        "    regularisers = []\n    layers = [\n        { kind = \"dense\", units = 128, activation = \"leaky-relu\" },\n        { kind = \"dense\", units = 1 }",
    );
    let momentum =
        "    [generator.adam]\n    beta1 = 0.9\n    [discriminator.adam]\n    beta1 = 0.9\n    [discriminator]";
    let found = warnings(&[
        ("    [discriminator]", momentum),
        ("steps = 2500", "steps = 2500\n    objective = \"wasserstein\"\n    schedule = \"constant\""),
        no_penalty,
    ]);
    assert!(found.iter().any(|warning| matches!(warning, Warning::Oscillation { .. })), "{found:?}");
}
