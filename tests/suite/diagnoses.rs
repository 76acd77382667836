//! Runs that go wrong on purpose, each told what is wrong with it and mended by what it is told to try; and a healthy one
//! that is told nothing.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::LazyLock;
use twoplayer::data::{Digits, Split};
use twoplayer::gan::{Config, Diagnosis, Observer, ObserverError, Remedy, Session, Warning, train};
use twoplayer::nn::UnitActivation;

/// Keeps every warning, and ends the run at the first of this kind.
struct Warnings {
    seen: Vec<Warning>,
    last: fn(&Diagnosis) -> bool,
}

impl Observer for Warnings {
    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        self.seen.push(warning.clone());
        Ok(())
    }

    fn pause(&mut self, _: &Session<'_>) -> Result<ControlFlow<()>, ObserverError> {
        let is_last = |warning: &Warning| (self.last)(&warning.diagnosis);
        Ok(if self.seen.iter().any(is_last) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
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

/// The same with networks as deep as collapse takes, for two epochs and a bit.
const DEEP: [(&str, &str); 3] = [
    ("        { kind = \"dense\", units = 128, activation = \"leaky-relu\" },\n", DEEP_GENERATOR),
    (
        "        { kind = \"dense\", units = 128, activation = \"leaky-relu\" },\n        { kind = \"dense\", units = 1 }",
        DEEP_DISCRIMINATOR,
    ),
    ("steps = 2500", "steps = 600"),
];
const DEEP_GENERATOR: &str = "        { kind = \"dense\", units = 96, activation = \"leaky-relu\" },
        { kind = \"dense\", units = 256, activation = \"leaky-relu\" },
        { kind = \"dense\", units = 512, activation = \"leaky-relu\" },\n";
const DEEP_DISCRIMINATOR: &str = "        { kind = \"dense\", units = 512, activation = \"leaky-relu\" },
        { kind = \"dense\", units = 256, activation = \"leaky-relu\" },
        { kind = \"dense\", units = 96, activation = \"leaky-relu\" },
        { kind = \"dense\", units = 1 }";

/// The healthy game with this changed, each `from` for its `to`.
fn changed(changes: &[(&str, &str)]) -> Config {
    let mut text = HEALTHY.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from:?} is not in {text}");
        text = text.replacen(from, to, 1);
    }
    Config::from_toml(&text, None).unwrap()
}

/// What all runs learn from.
static DIGITS: LazyLock<Digits> = LazyLock::new(|| {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist");
    Digits::load(&data, Split::Train).unwrap().first(8000)
});

/// What is said of a run until it is told one of these, or to its end.
fn warnings_until(last: fn(&Diagnosis) -> bool, config: &Config) -> Vec<Warning> {
    let mut warnings = Warnings { seen: Vec::new(), last };
    train(config, &DIGITS, &mut warnings).unwrap();
    for warning in &warnings.seen {
        println!("{warning}");
    }
    warnings.seen
}

/// What is said of a whole run.
fn warnings(config: &Config) -> Vec<Warning> {
    warnings_until(|_| false, config)
}

/// A run with a fault is told so, and what has mended such runs; and with each of that made, and nothing else, nothing
/// is wrong with it any more.
fn each_mends(config: &Config, is_fault: fn(&Diagnosis) -> bool, remedies: &[Remedy]) {
    let found = warnings_until(is_fault, config);
    let fault = found.iter().find(|warning| is_fault(&warning.diagnosis));
    let fault = fault.unwrap_or_else(|| panic!("another diagnosis: {found:?}"));
    assert_eq!(fault.remedies, remedies);
    for remedy in remedies {
        let mut mended = config.clone();
        remedy.apply(&mut mended);
        assert_eq!(warnings(&mended), [], "{remedy} does not mend it");
    }
}

/// So slow a player that it does not move.
const GENERATOR_STANDS: (&str, &str) =
    ("    [discriminator]", "    [generator.adam]\n    learning_rate = 1e-12\n    [discriminator]");

#[test]
fn a_healthy_run_is_told_nothing() {
    assert_eq!(warnings(&changed(&[])), []);
}

#[test]
fn a_discriminator_that_wins() {
    let is_fault = |diagnosis: &Diagnosis| matches!(diagnosis, Diagnosis::DiscriminatorWins { .. });
    each_mends(&changed(&[GENERATOR_STANDS]), is_fault, &[Remedy::EqualRates]);
}

fn is_alike(diagnosis: &Diagnosis) -> bool {
    matches!(diagnosis, Diagnosis::SamplesAlike { .. })
}

#[test]
fn a_generator_that_draws_one_image() {
    let tiny = ("latent_dim = 32", "latent_dim = 32\n    init = \"normal-0.02\"");
    each_mends(&changed(&[tiny, ("steps = 2500", "steps = 800")]), is_alike, &[Remedy::He]);
}

/// Both players' optimizers.
fn adam(keys: &str) -> String {
    format!("    [generator.adam]\n    {keys}\n    [discriminator.adam]\n    {keys}\n    [discriminator]")
}

#[test]
fn deep_players_that_step_too_far() {
    let far = adam("learning_rate = 1e-2");
    each_mends(&changed(&[DEEP[0], DEEP[1], DEEP[2], ("    [discriminator]", &far)]), is_alike, &[Remedy::LowerRates]);
}

#[test]
fn deep_players_whose_adam_forgets_slowly() {
    let slowly = format!("{}\n    regularisers = []", adam("beta1 = 0.9"));
    each_mends(&changed(&[DEEP[0], DEEP[1], DEEP[2], ("    [discriminator]", &slowly)]), is_alike, &[Remedy::Beta1]);
}

#[test]
fn what_is_wrong_with_the_article_is_mended_together() {
    let slowly = format!("{}\n    regularisers = []", adam("learning_rate = 1e-4\n    beta1 = 0.9"));
    let at_once = ("batch_size = 32", "batch_size = 32\n    update = \"simultaneous\"\n    schedule = \"constant\"");
    let mut config =
        changed(&[DEEP[0], DEEP[1], DEEP[2], ("    [discriminator]", &slowly), at_once, ("tanh", "sigmoid")]);
    for layer in config.generator.layers.iter_mut().chain(&mut config.discriminator.layers) {
        if let Some(activation @ UnitActivation::LeakyRelu) = layer.activation_mut() {
            *activation = UnitActivation::Relu;
        }
    }
    let found = warnings_until(is_alike, &config);
    let fault = found.iter().find(|warning| is_alike(&warning.diagnosis)).expect("it collapses");
    assert_eq!(fault.remedies, [Remedy::Tanh, Remedy::Alternating, Remedy::Beta1]);
    assert!(fault.to_string().contains("All of it") && fault.to_string().contains("the preset mlp"), "{fault}");
    fault.remedies.iter().for_each(|remedy| remedy.apply(&mut config));
    assert_eq!(warnings(&config), []);
}

#[test]
fn a_generator_that_draws_a_few_images() {
    let is_fault = |diagnosis: &Diagnosis| matches!(diagnosis, Diagnosis::SamplesRepeat { .. });
    each_mends(&changed(&[("latent_dim = 32", "latent_dim = 1")]), is_fault, &[Remedy::Latent]);
}

#[test]
fn a_generator_that_ignores_the_label() {
    let classes = ("batch_size = 32", "batch_size = 32\n    classes = 10");
    let hardly = ("    layers = [", "    layers = [\n        { kind = \"label-embedding\", units = 1 },");
    let projection = ("        { kind = \"dense\", units = 1 },", "        { kind = \"projection\" },");
    let latent = ("latent_dim = 32", "latent_dim = 128");
    let steps = ("steps = 2500", "steps = 750");
    let config = changed(&[GENERATOR_STANDS, classes, latent, hardly, projection, steps]);
    let is_fault = |diagnosis: &Diagnosis| matches!(diagnosis, Diagnosis::LabelIgnored { epoch: 2, .. });
    each_mends(&config, is_fault, &[Remedy::EqualRates]);
}

#[test]
fn a_layer_that_is_dead() {
    let relu = (
        "activation = \"leaky-relu\" },\n        { kind = \"dense\", units = 784",
        "activation = \"relu\" },\n        { kind = \"dense\", units = 784",
    );
    let fast = ("    [discriminator]", "    [generator.adam]\n    learning_rate = 1.0\n    [discriminator]");
    let config = changed(&[relu, fast, ("steps = 2500", "steps = 1500")]);
    let is_fault = |diagnosis: &Diagnosis| matches!(diagnosis, Diagnosis::LayerDead { .. });
    each_mends(&config, is_fault, &[Remedy::LowerRates, Remedy::LeakyRelu]);
}

#[test]
fn players_that_chase_each_other() {
    let slowly = format!("{}\n    regularisers = []", adam("beta1 = 0.9"));
    let wasserstein =
        ("batch_size = 32", "batch_size = 32\n    objective = \"wasserstein\"\n    schedule = \"constant\"");
    let is_fault = |diagnosis: &Diagnosis| matches!(diagnosis, Diagnosis::Oscillation { .. });
    each_mends(&changed(&[("    [discriminator]", &slowly), wasserstein]), is_fault, &[Remedy::Beta1]);
}
