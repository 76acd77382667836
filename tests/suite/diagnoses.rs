//! Runs that go wrong on purpose, each told what is wrong with it and mended by what it is told to try; and a healthy one
//! that is told nothing.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use twoplayer::data::{Digits, Split};
use twoplayer::gan::{
    Config, Diagnosis, EpochEnd, Fault, Observer, ObserverError, Remedy, Session, TrainError, Warning, train,
};
use twoplayer::recognizer::Recognizer;
use twoplayer::run::{digits_missing, pretrained_recognizer};

/// Keeps every warning, and ends the run at the first of this kind.
struct Warnings<'r> {
    seen: Vec<Warning>,
    last: Option<Fault>,
    /// Who reads the digits that are drawn, if somebody does.
    recognizer: Option<&'r Recognizer>,
    missing: Option<Diagnosis>,
}

/// How many digits are read.
const READ: usize = 500;

impl Observer for Warnings<'_> {
    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        self.missing = self.recognizer.and_then(|recognizer| digits_missing(recognizer, epoch, READ));
        Ok(())
    }

    fn diagnosis(&mut self) -> Option<Diagnosis> {
        self.missing.take()
    }

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
fn warnings_until(last: Option<&Fault>, config: &Config, recognizer: Option<&Recognizer>) -> Vec<Warning> {
    let mut warnings = Warnings { seen: Vec::new(), last: last.copied(), recognizer, missing: None };
    match train(config, &DIGITS, &mut warnings) {
        Ok(_) => {}
        Err(TrainError::Diverged { .. }) => assert!(!warnings.seen.is_empty(), "a run ended and nothing was said"),
        Err(error) => panic!("{error}"),
    }
    for warning in &warnings.seen {
        println!("{warning}");
    }
    warnings.seen
}

/// What is said of a whole run.
fn warnings(config: &Config) -> Vec<Warning> {
    warnings_until(None, config, None)
}

/// Nothing is said of a whole run. Several faults are mended to the same one, which is then made once.
fn is_well(config: &Config, why: &str) {
    type Runs = Vec<(Config, Arc<OnceLock<Vec<Warning>>>)>;
    static RUNS: Mutex<Runs> = Mutex::new(Vec::new());
    let run = {
        let mut runs = RUNS.lock().unwrap();
        let known = runs.iter().find(|(known, _)| known == config).map(|(_, run)| run.clone());
        known.unwrap_or_else(|| {
            runs.push((config.clone(), Arc::default()));
            runs.last().unwrap().1.clone()
        })
    };
    assert_eq!(*run.get_or_init(|| warnings(config)), [], "{why}");
}

/// A run with a fault is told so, and what has mended such runs; and with each of that made, and nothing else, nothing
/// is wrong with it any more.
fn each_mends(key: &str) {
    let fault = Fault::named(key).expect("a fault");
    let config = fault.config();
    let found = told(&fault, &config, None);
    assert_eq!(found.remedies, fault.remedies);
    for remedy in fault.remedies {
        is_well(&mended(&config, *remedy), &format!("{remedy} does not mend it"));
    }
}

fn mended(config: &Config, remedy: Remedy) -> Config {
    let mut mended = config.clone();
    remedy.apply(&mut mended);
    mended
}

/// What is said of the fault.
fn told(fault: &Fault, config: &Config, recognizer: Option<&Recognizer>) -> Warning {
    let found = warnings_until(Some(fault), config, recognizer);
    let told = found.iter().find(|warning| fault.is_told_by(&warning.diagnosis));
    told.unwrap_or_else(|| panic!("another diagnosis: {found:?}")).clone()
}

#[test]
fn a_healthy_run_is_told_nothing() {
    is_well(&Fault::healthy(), "a healthy run");
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
    let found = told(&fault, &config, None);
    assert_eq!(found.remedies, fault.remedies);
    assert!(found.to_string().contains("All of it") && found.to_string().contains("the preset digits"), "{found}");
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
fn a_discriminator_whose_rate_is_ten_times_too_large() {
    each_mends("rate-times-ten");
}

#[test]
fn a_discriminator_that_moves_five_times_too_often() {
    each_mends("critic-steps");
}

#[test]
fn a_narrow_generator_before_a_discriminator_without_a_penalty() {
    each_mends("no-penalty");
}

#[test]
fn biases_that_cut_a_layer_off() {
    each_mends("dead-bias");
}

#[test]
fn digits_that_are_left_out() {
    let fault = Fault::named("digits-left-out").expect("a fault");
    let (config, recognizer) = (fault.config(), pretrained_recognizer());
    let found = told(&fault, &config, Some(&recognizer));
    assert_eq!(found.remedies, fault.remedies);
    for remedy in fault.remedies {
        assert_eq!(warnings_until(None, &mended(&config, *remedy), Some(&recognizer)), [], "{remedy} does not mend it");
    }
}

#[test]
fn labels_that_are_all_zero() {
    each_mends("labels-zero");
}

#[test]
fn a_discriminator_that_follows_the_generator_s_loss() {
    each_mends("forgotten-detach");
}

#[test]
fn real_and_generated_images_normalised_together() {
    each_mends("joint-batch-norm");
}

#[test]
fn rates_that_diverge() {
    each_mends("diverges");
}

#[test]
fn every_fault_is_proved() {
    let own = include_str!("diagnoses.rs");
    for fault in Fault::ALL {
        assert!(own.matches(&format!("\"{}\"", fault.key)).count() >= 1, "{} has no test", fault.key);
    }
}
