//! Runs that go wrong on purpose, each told what is wrong with it and mended by what it is told to try; and a healthy one
//! that is told nothing.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::LazyLock;
use twoplayer::data::{Digits, Split};
use twoplayer::gan::{Config, Fault, Observer, ObserverError, Session, Warning, train};

/// Keeps every warning, and ends the run at the first of this kind.
struct Warnings {
    seen: Vec<Warning>,
    last: Option<Fault>,
}

impl Observer for Warnings {
    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        self.seen.push(warning.clone());
        Ok(())
    }

    fn pause(&mut self, _: &Session) -> Result<ControlFlow<()>, ObserverError> {
        let is_last = |warning: &Warning| self.last.is_some_and(|fault| fault.is_told_by(&warning.diagnosis));
        Ok(if self.seen.iter().any(is_last) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// What all runs learn from.
static DIGITS: LazyLock<Digits> = LazyLock::new(|| {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist");
    Digits::load(&data, Split::Train).unwrap()
});

/// What is said of a run until it is told of this fault, or to its end.
fn warnings_until(last: Option<&Fault>, config: &Config) -> Vec<Warning> {
    let mut warnings = Warnings { seen: Vec::new(), last: last.copied() };
    train(config, &DIGITS, &mut warnings).unwrap();
    for warning in &warnings.seen {
        println!("{warning}");
    }
    warnings.seen
}

/// What is said of a whole run.
fn warnings(config: &Config) -> Vec<Warning> {
    warnings_until(None, config)
}

/// A run with a fault is told so, and what has mended such runs; and with each of that made, and nothing else, nothing
/// is wrong with it any more.
fn each_mends(key: &str) {
    let fault = Fault::named(key).expect("a fault");
    let config = fault.config();
    let found = told(&fault, &config);
    assert_eq!(found.remedies, fault.remedies);
    for remedy in fault.remedies {
        let mut mended = config.clone();
        remedy.apply(&mut mended);
        assert_eq!(warnings(&mended), [], "{remedy} does not mend it");
    }
}

/// What is said of the fault.
fn told(fault: &Fault, config: &Config) -> Warning {
    let found = warnings_until(Some(fault), config);
    let told = found.iter().find(|warning| fault.is_told_by(&warning.diagnosis));
    told.unwrap_or_else(|| panic!("another diagnosis: {found:?}")).clone()
}

#[test]
fn a_healthy_run_is_told_nothing() {
    assert_eq!(warnings(&Fault::healthy()), []);
}

#[test]
fn a_discriminator_that_wins() {
    each_mends("generator-stands");
}

#[test]
fn a_generator_that_draws_one_image() {
    each_mends("tiny-weights");
}

#[test]
fn deep_players_that_step_too_far() {
    each_mends("steps-too-far");
}

#[test]
fn deep_players_whose_adam_forgets_slowly() {
    each_mends("long-memory");
}

#[test]
fn what_is_wrong_with_the_article_is_mended_together() {
    let fault = Fault::named("article").expect("a fault");
    let mut config = fault.config();
    let found = told(&fault, &config);
    assert_eq!(found.remedies, fault.remedies);
    assert!(found.to_string().contains("All of it") && found.to_string().contains("the preset mlp"), "{found}");
    fault.remedies.iter().for_each(|remedy| remedy.apply(&mut config));
    assert_eq!(warnings(&config), []);
}

#[test]
fn a_generator_that_draws_a_few_images() {
    each_mends("one-number");
}

#[test]
fn a_generator_that_ignores_the_label() {
    each_mends("deaf-generator");
}

#[test]
fn a_layer_that_is_dead() {
    each_mends("dead-layer");
}

#[test]
fn players_that_chase_each_other() {
    each_mends("chase");
}

#[test]
fn every_fault_is_proved() {
    let own = include_str!("diagnoses.rs");
    for fault in Fault::ALL {
        assert!(own.matches(&format!("\"{}\"", fault.key)).count() >= 1, "{} has no test", fault.key);
    }
}
