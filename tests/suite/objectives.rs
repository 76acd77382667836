//! Every game that a configuration can name: it runs, it is the same each time, and each part does its
//! part.

use rand::RngExt;
use twoplayer::autodiff::Tape;
use twoplayer::gan::{
    Config, Objective, Pairing, Ramp, Regulariser, Schedule, Scores, Trainer, UpdateRule, latent_vectors, play, train,
};
use twoplayer::nn::layers::Dropout;
use twoplayer::nn::{LayerSpec, Mode, Network, UnitActivation};
use twoplayer::random::Stream;
use twoplayer::{data, parallel};

const fn dense(units: usize, activation: UnitActivation) -> LayerSpec {
    LayerSpec::dense(units, activation)
}

/// Two small players for images of 6 × 6 pixels.
fn small() -> Config {
    use UnitActivation::{Identity, LeakyRelu, Tanh};
    let mut config = Config::preset("mlp").unwrap();
    config.training.batch_size = 16;
    config.generator.latent_dim = 5;
    config.generator.image_shape = [6, 6];
    config.generator.layers = vec![dense(24, LeakyRelu), dense(36, Tanh)];
    config.discriminator.layers = vec![dense(24, LeakyRelu), Dropout { rate: 0.2 }.into(), dense(1, Identity)];
    config
}

/// One of each kind, their weights changing over the run.
fn each_regulariser() -> [Regulariser; 5] {
    let falling = Ramp::Changing { from: 1.0, to: 0.1, schedule: Schedule::Cosine };
    [
        Regulariser::R1 { gamma: falling, every: 2 },
        Regulariser::R2 { gamma: falling, every: 1 },
        Regulariser::WganGp { weight: falling, every: 1 },
        Regulariser::Dragan { weight: falling, deviation: 0.2, every: 3 },
        Regulariser::WeightClipping { limit: 0.05 },
    ]
}

/// Twenty steps on noise; the scores of each, and all weights at the end.
fn twenty_steps(config: &Config) -> (Vec<Scores>, Vec<f32>) {
    config.validate().unwrap();
    let mut trainer = Trainer::<f32>::new(config).unwrap();
    let mut pixels = Stream::Shuffle.of(config.seed);
    let mut one_step = |step| {
        trainer.set_progress(f64::from(step) / 20.0);
        trainer.step(|real, _| real.iter_mut().for_each(|x| *x = pixels.random_range(-1.0..1.0)))
    };
    let scores = (0..20).map(&mut one_step).collect();
    (scores, weights(&trainer))
}

fn weights(trainer: &Trainer) -> Vec<f32> {
    let players = [trainer.generator(), trainer.discriminator()];
    players.iter().flat_map(|player| &player.parameters).flat_map(|p| p.value.iter().copied()).collect()
}

#[test]
fn every_game_runs_and_is_the_same_each_time() {
    let mut games = 0;
    for objective in Objective::ALL {
        for pairing in [Pairing::None, Pairing::Relativistic] {
            for (index, regulariser) in each_regulariser().into_iter().enumerate() {
                let mut config = small();
                config.training.objective = objective;
                config.training.pairing = pairing;
                config.training.update = [UpdateRule::Simultaneous, UpdateRule::Alternating][games % 2];
                config.training.critic_steps = 1 + index as u64 % 2;
                config.training.label_smoothing = objective.has_labels().then_some(0.9);
                config.discriminator.regularisers = vec![regulariser];
                let on = |threads| parallel::on_threads(threads, || twenty_steps(&config)).unwrap();
                let (scores, weights) = on(1);
                assert!(scores.iter().all(Scores::are_finite), "{config:?}: {scores:?}");
                assert!(weights.iter().all(|w| w.is_finite()), "{config:?}");
                assert!(on(2) == (scores, weights), "{config:?}: another run on two threads");
                games += 1;
            }
        }
    }
    assert_eq!(games, 50);
}

/// The weights after twenty steps of the small game with one thing changed.
fn after(change: impl FnOnce(&mut Config)) -> Vec<f32> {
    let mut config = small();
    change(&mut config);
    twenty_steps(&config).1
}

#[test]
fn every_choice_makes_another_game() {
    for update in [UpdateRule::Simultaneous, UpdateRule::Alternating] {
        let mut outcomes = vec![after(|c| c.training.update = update)];
        let mut add = |change: &dyn Fn(&mut Config)| {
            outcomes.push(after(|c| {
                c.training.update = update;
                change(c);
            }));
        };
        for objective in &Objective::ALL[1..] {
            add(&|c| c.training.objective = *objective);
        }
        for regulariser in each_regulariser() {
            add(&|c| c.discriminator.regularisers = vec![regulariser]);
        }
        add(&|c| c.training.pairing = Pairing::Relativistic);
        add(&|c| c.training.label_smoothing = Some(0.9));
        add(&|c| c.training.critic_steps = 2);
        add(&|c| c.training.schedule = Schedule::Cosine);
        add(&|c| c.training.learning_rate_floor = 0.5);
        add(&|c| c.generator.adam.beta2 = Ramp::Changing { from: 0.9, to: 0.99, schedule: Schedule::Linear });
        add(&|c| c.discriminator.adam.beta1 = Ramp::Changing { from: 0.0, to: 0.5, schedule: Schedule::Cosine });
        for (i, outcome) in outcomes.iter().enumerate() {
            assert!(!outcomes[..i].contains(outcome), "{update:?}: game {i} is one of those before");
        }
    }
}

#[test]
fn clipped_weights_are_within_their_limit() {
    for update in [UpdateRule::Simultaneous, UpdateRule::Alternating] {
        let mut config = small();
        config.training.update = update;
        config.discriminator.regularisers = vec![Regulariser::WeightClipping { limit: 0.05 }];
        let mut trainer = Trainer::<f32>::new(&config).unwrap();
        trainer.step(|real, _| real.fill(0.5));
        let largest = |player: &Network| {
            player.parameters.iter().flat_map(|p| p.value.iter()).fold(0.0, |largest: f32, w| largest.max(w.abs()))
        };
        assert_eq!(largest(trainer.discriminator()), 0.05);
        assert!(largest(trainer.generator()) > 0.05, "the generator's weights are its own affair");
    }
}

#[test]
fn a_step_takes_as_many_batches_as_the_critic_has_steps() {
    for update in [UpdateRule::Simultaneous, UpdateRule::Alternating] {
        let mut config = small();
        config.training.update = update;
        config.training.critic_steps = 5;
        let mut trainer = Trainer::<f32>::new(&config).unwrap();
        let before = weights(&trainer);
        let mut batches = 0;
        trainer.step(|real, _| {
            real.fill(0.5);
            batches += 1;
        });
        assert_eq!(batches, 5);
        // Adam moves a weight of steady gradient by about its learning rate: the generator's once, the
        // discriminator's five times.
        let (moved, rate) = (|i: usize| (weights(&trainer)[i] - before[i]).abs(), 1e-3);
        let generator_weights = trainer.generator().parameter_count();
        assert!((0..generator_weights).all(|i| moved(i) <= 1.001 * rate), "{update:?}");
        let most = (generator_weights..before.len()).map(moved).fold(0.0, f32::max);
        assert!(most > 4.0 * rate && most < 7.0 * rate, "{update:?}: {most}");
    }
}

/// What the trainer reports is what its rules make of its own players: the discriminator's loss before
/// anybody moved, the generator's before the same discriminator, or before the one that has moved.
#[test]
fn each_player_answers_the_other_as_it_is() {
    for (objective, pairing) in
        Objective::ALL.into_iter().flat_map(|o| [(o, Pairing::None), (o, Pairing::Relativistic)])
    {
        for update in [UpdateRule::Simultaneous, UpdateRule::Alternating] {
            let mut config = small();
            config.training.objective = objective;
            config.training.pairing = pairing;
            config.training.update = update;
            config.discriminator.layers.remove(1); // the dropout
            let mut trainer = Trainer::<f32>::new(&config).unwrap();
            let (generator, old) = (trainer.generator().clone(), trainer.discriminator().clone());
            let write_real =
                |real: &mut [f32], _: &mut [u8]| real.iter_mut().enumerate().for_each(|(i, x)| *x = (i as f32).sin());
            let scores = trainer.step(write_real);
            let losses_before = |discriminator: &Network| {
                let tape = Tape::new();
                let z = latent_vectors(&tape, 16, 5, &mut Stream::Latent.of(config.seed));
                let generated = generator.on(&tape).forward(z, &mut Mode::Evaluate);
                let real = tape.fill(&[16, 36], |real| write_real(real, &mut []));
                let game = play(&discriminator.on(&tape), real, generated, &mut Mode::Evaluate);
                let rules = config.training.rules();
                let generator_loss = rules.generator_loss(game.fake, || game.real).item();
                [rules.discriminator_loss(game.real, game.fake).item(), generator_loss].map(f64::from)
            };
            let answered = if update == UpdateRule::Alternating { trainer.discriminator() } else { &old };
            let expected = [losses_before(&old)[0], losses_before(answered)[1]];
            let found = [scores.discriminator_loss, scores.generator_loss];
            let close = found.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 1e-5);
            assert!(close, "{objective:?} {pairing:?} {update:?}: {found:?} {expected:?}");
        }
    }
}

#[test]
fn an_epoch_is_one_pass_over_the_images_however_many_the_critic_takes() {
    #[derive(Default)]
    struct Epochs(Vec<(u64, u64)>);
    impl twoplayer::gan::Observer for Epochs {
        fn epoch_end(&mut self, end: &twoplayer::gan::EpochEnd<'_>) -> Result<(), twoplayer::gan::ObserverError> {
            self.0.push((end.epoch, end.step));
            Ok(())
        }
    }
    let directory = tempfile::TempDir::new().unwrap();
    let idx = |shape: Vec<usize>, name: &str| {
        let bytes = (0..shape.iter().product::<usize>()).map(|i| (i % 10) as u8).collect();
        data::Idx { shape, bytes }.write(&directory.path().join(name)).unwrap();
    };
    idx(vec![56, 6, 6], "train-images-idx3-ubyte");
    idx(vec![56], "train-labels-idx1-ubyte");
    let digits = data::Digits::load(directory.path(), data::Split::Train).unwrap();
    let ends = |critic_steps, epochs| {
        let mut config = small();
        config.training.batch_size = 8; // seven batches an epoch
        config.training.epochs = epochs;
        config.training.critic_steps = critic_steps;
        let mut seen = Epochs::default();
        train(&config, &digits, &mut seen).unwrap();
        seen.0
    };
    assert_eq!(ends(1, 2), [(0, 0), (1, 7), (2, 14)]);
    // Steps of batches 1-3, 4-6, 7-9, 10-12, 13-15.
    assert_eq!(ends(3, 2), [(0, 0), (1, 3), (2, 5)]);
}
