//! Convolutional and conditional players in the training step: small ones, on images of 8 × 8.

use twoplayer::autodiff::Tape;
use twoplayer::data::Digits;
use twoplayer::gan::{
    Config, Drawn, EpochEnd, Mistake, Observer, ObserverError, Trainer, UpdateRule, build_discriminator,
    build_generator, draw, draw_from, judge, play, preview_count, train,
};
use twoplayer::nn::{Input, Mode, Network, Training, one_hot};
use twoplayer::parallel;
use twoplayer::random::Stream;

const PLAYERS: &str = r#"
[training]
batch_size = 8
epochs = 1
classes = 10

[generator]
latent_dim = 5
image_shape = [8, 8]
layers = [
    { kind = "label-embedding", units = 3 },
    { kind = "dense", units = 16 },
    { kind = "reshape", shape = [2, 2, 4] },
    { kind = "batch-norm", conditional = true, activation = "relu" },
    { kind = "conv-transpose", channels = 4, kernel = 4, stride = 2, bias = false },
    { kind = "batch-norm", activation = "relu" },
    { kind = "conv-transpose", channels = 1, kernel = 4, stride = 2, activation = "tanh" },
]

[discriminator]
layers = [
    { kind = "conv", channels = 4, kernel = 4, stride = 2, activation = "leaky-relu", spectral_norm = true },
    { kind = "conv", channels = 8, kernel = 4, stride = 2 },
    { kind = "batch-norm", activation = "leaky-relu" },
    { kind = "global-sum-pool" },
    { kind = "projection" },
]
"#;

fn config(update: UpdateRule) -> Config {
    let mut config = Config::from_toml(PLAYERS, Some("mlp")).unwrap();
    config.training.update = update;
    config.validate().unwrap();
    config
}

const RULES: [UpdateRule; 2] = [UpdateRule::Simultaneous, UpdateRule::Alternating];

/// Some steps, real images all alike, of the class that their number says or of class 0.
fn train_players(update: UpdateRule, labelled: bool) -> Trainer {
    let mut trainer = Trainer::<f32>::new(&config(update)).unwrap();
    for step in 0..5 {
        let scores = trainer.step(|images, labels| {
            images.iter_mut().enumerate().for_each(|(i, pixel)| *pixel = ((i + step) as f32).sin());
            labels.iter_mut().enumerate().for_each(|(i, label)| *label = if labelled { i as u8 } else { 0 });
        });
        assert!(scores.are_finite(), "{update:?}: {scores:?}");
    }
    trainer
}

fn numbers(network: &Network) -> Vec<f32> {
    network.parameters.iter().chain(&network.statistics).flat_map(|p| p.value.iter().copied()).collect()
}

#[test]
fn a_step_moves_both_players_their_statistics_and_the_averages() {
    for update in RULES {
        let trainer = train_players(update, true);
        let fresh = [build_generator::<f32>(&config(update)), build_discriminator(&config(update))];
        for (trained, fresh) in [trainer.generator(), trainer.discriminator()].into_iter().zip(fresh) {
            let fresh = fresh.unwrap();
            let pairs = trained.parameters.iter().zip(&fresh.parameters);
            for (trained, fresh) in pairs.chain(trained.statistics.iter().zip(&fresh.statistics)) {
                assert!(trained.value != fresh.value, "{update:?}: {} has stayed as it was", trained.name);
            }
        }
        for (average, trained) in trainer.ema_generator().statistics.iter().zip(&trainer.generator().statistics) {
            assert_eq!(average.value, trained.value, "{}", trained.name);
        }
    }
}

#[test]
fn a_discriminator_that_compares_samples_sees_real_and_generated_ones_apart() {
    let discriminator = build_discriminator::<f32>(&config(UpdateRule::Alternating)).unwrap();
    let (tape, mut training) = (Tape::new(), Training::from(Stream::Dropout.of(0)));
    let d = discriminator.on(&tape);
    let batch = |scale: f32| {
        let x = tape.fill(&[4, 64], |x| x.iter_mut().enumerate().for_each(|(i, x)| *x = scale * (i as f32).sin()));
        Input { x, labels: one_hot(&tape, &[0, 1, 2, 3], 10) }
    };
    let (real, generated, mut mode) = (batch(1.0), batch(-3.0), Mode::Train(&mut training));
    let game = play(&d, real, generated, &mut mode);
    let [real, fake] = [real, generated].map(|images| d.forward(images, &mut mode).value());
    assert_eq!((game.real.value(), game.fake.value()), (real, fake));
}

#[test]
fn a_trainer_goes_on_from_its_arrays_whatever_mistake_it_makes() {
    let mistakes = [Mistake::DeadBias, Mistake::LabelsZero, Mistake::ForgottenDetach, Mistake::JointBatchNorm];
    for mistake in mistakes.map(Some).into_iter().chain([None]) {
        let mut config = config(UpdateRule::Alternating);
        config.training.mistake = mistake;
        let new = || Trainer::<f32>::new(&config).unwrap();
        let write = |images: &mut [f32], labels: &mut [u8]| {
            images.iter_mut().enumerate().for_each(|(i, x)| *x = (i as f32).sin());
            labels.fill(3);
        };
        let mut whole = new();
        for _ in 0..3 {
            whole.step(write);
        }
        let (draws, arrays) = (whole.draws(), whole.arrays());
        whole.step(write);
        let mut resumed = new();
        let find = &mut |name: &str| arrays.iter().find(|array| array.name == name).map(|array| array.value.to_owned());
        resumed.resume(config.seed, 3, draws, find).unwrap();
        resumed.step(write);
        assert!(numbers(whole.discriminator()) == numbers(resumed.discriminator()), "{mistake:?}");
        assert!(numbers(whole.generator()) == numbers(resumed.generator()), "{mistake:?}");
    }
}

#[test]
fn labels_of_real_images_matter() {
    for update in RULES {
        let [labelled, unlabelled] = [true, false].map(|labelled| train_players(update, labelled));
        assert!(numbers(labelled.discriminator()) != numbers(unlabelled.discriminator()), "{update:?}");
    }
}

#[test]
fn convolutional_players_are_the_same_for_any_number_of_threads() {
    for update in RULES {
        let run = |threads| {
            let trainer = parallel::on_threads(threads, || train_players(update, true)).unwrap();
            [numbers(trainer.generator()), numbers(trainer.discriminator())]
        };
        let one = run(1);
        assert!(one == run(2) && one == run(3), "{update:?}");
    }
}

#[test]
fn a_conditional_generator_draws_what_it_is_asked_for() {
    let generator = train_players(UpdateRule::Alternating, true).players.generator.network;
    let Drawn { latent, labels, images } = draw(&generator, 300, &mut Stream::Sample.of(1));
    assert_eq!(labels[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    assert_eq!(images, draw_from(&generator, &latent, &labels), "more than a chunk, each image with its own label");
    let zeros = draw_from(&generator, &latent, &[0; 300]);
    let differs = |i: usize| images[i * 64..][..64] != zeros[i * 64..][..64];
    assert!((0..300).all(|i| differs(i) == (labels[i] != 0)));
}

#[test]
fn players_learn_from_labelled_digits() {
    #[derive(Default)]
    struct Watch(Vec<usize>);
    impl Observer for Watch {
        fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
            self.0.push(epoch.samples.len());
            Ok(())
        }
    }
    let images = (0..32 * 64).map(|i| (i * 7 % 256) as u8).collect();
    let digits = Digits::new(images, (0..32).map(|i| i % 10).collect(), 8, 8);
    let mut watch = Watch::default();
    train(&config(UpdateRule::Simultaneous), &digits, &mut watch).unwrap();
    assert_eq!(watch.0, [preview_count(10) * 64; 2]);
}

#[test]
fn players_that_do_not_fit_their_labels_or_images_say_so() {
    let with = |from: &str, to: &str| {
        let config = Config::from_toml(&PLAYERS.replace(from, to), Some("mlp")).unwrap();
        let valid = config.validate().map_err(|error| error.to_string());
        valid.and_then(|()| Trainer::<f32>::new(&config).map(drop).map_err(|error| error.to_string())).unwrap_err()
    };
    assert_eq!(with("classes = 10", "classes = 3"), "training.classes is 3; it must be 10, the digits, or left out");
    assert_eq!(
        with("classes = 10", ""),
        "layer 0 of generator uses labels, but none are given; set training.classes, or leave the label-embedding layer out"
    );
    assert!(with("{ kind = \"projection\" }", "{ kind = \"dense\", units = 1 }").starts_with(
        "training.classes is 10, but no layer of the discriminator looks at labels; add { kind = \"label-embedding\""
    ));
    assert_eq!(
        with("image_shape = [8, 8]", "image_shape = [8, 9]"),
        "the generator draws images of [8, 8, 1], but [8, 9, 1] is what generator.image_shape and its channels say; change \
         them, or the layers"
    );
    assert!(with("image_shape", "channels = 2\nimage_shape").contains("channels is 2; it must be 1 for grey or 3"));
    assert!(with("activation = \"tanh\"", "activation = \"relu\"").contains("the last of generator.layers is Relu"));
}

#[test]
fn what_the_last_activation_leaves_open_is_symmetric() {
    use twoplayer::data::PixelRange::{Symmetric, Unit};
    let range = |last: &str| {
        let text = PLAYERS.replace(", activation = \"tanh\" }", last);
        Config::from_toml(&text, Some("mlp")).unwrap().pixel_range().unwrap()
    };
    assert_eq!(range(", activation = \"sigmoid\" }"), Unit);
    assert_eq!(range(" }"), Symmetric);
    assert_eq!(range(" },\n{ kind = \"activation\", function = \"sigmoid\" },\n{ kind = \"flatten\" }"), Unit);
}

#[test]
fn an_auxiliary_classifier_takes_a_weight_and_a_layer() {
    let text = |training: &str, layer: &str| {
        let classified = PLAYERS.replace("classes = 10", training);
        Config::from_toml(&classified.replace("{ kind = \"projection\" }", layer), Some("mlp")).unwrap()
    };
    let weights = "classes = 10\nauxiliary_classifier = { discriminator = 1.0, generator = 0.5 }";
    let layer = "{ kind = \"projection\", classifier = true }";
    assert_eq!(build_discriminator::<f32>(&text(weights, layer)).unwrap().output_width(), 11);
    for half in [text(weights, "{ kind = \"projection\" }"), text("classes = 10", layer)] {
        let message = build_discriminator::<f32>(&half).unwrap_err().to_string();
        assert!(message.starts_with("an auxiliary classifier takes both: training.auxiliary_classifier"), "{message}");
    }
    let negative = weights.replace("0.5", "-0.5");
    let message = text(&negative, layer).validate().unwrap_err().to_string();
    assert!(message.starts_with("training.auxiliary_classifier.generator is -0.5; it must be"), "{message}");
}

/// The discriminator learns to read from real images alone, and the generator to draw what it reads.
#[test]
fn a_classifier_learns_to_read_and_the_generator_to_be_read() {
    let weights = "classes = 10\nauxiliary_classifier = { discriminator = 1.0, generator = 1.0 }";
    let text = PLAYERS
        .replace("classes = 10", weights)
        .replace("{ kind = \"projection\" }", "{ kind = \"projection\", classifier = true }");
    for update in RULES {
        let mut config = Config::from_toml(&text, Some("mlp")).unwrap();
        config.training.update = update;
        config.training.batch_size = 20;
        let mut trainer = Trainer::<f32>::new(&config).unwrap();
        let digits = stripes();
        for _ in 0..300 {
            trainer.step(|images, labels| digits(images, labels));
        }
        let (mut images, mut labels) = (vec![0.0; 20 * 64], vec![0; 20]);
        digits(&mut images, &mut labels);
        let read = |images: &[f32], labels: &[u8]| {
            let tape = Tape::new();
            let x = tape.fill(&[20, 64], |x| x.copy_from_slice(images));
            let input = Input { x, labels: one_hot(&tape, labels, 10) };
            let d = trainer.discriminator().on(&tape);
            // Its statistics are still moving, so it is asked as in training.
            let mut training = Training::from(Stream::Dropout.of(0));
            let verdict = judge(&d, input, &mut Mode::Train(&mut training));
            let classes = verdict.classes.expect("it has a classifier").value();
            let best = |row: ndarray::ArrayViewD<f32>| (0..10).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
            classes.outer_iter().zip(labels).filter(|(row, label)| best(row.view()) == usize::from(**label)).count()
        };
        assert!(read(&images, &labels) >= 18, "{update:?}: {} of 20 real images", read(&images, &labels));
        let drawn = draw(trainer.generator(), 20, &mut Stream::Sample.of(0));
        let right = read(&drawn.images, &drawn.labels); // by chance, 2
        assert!(right >= 10, "{update:?}: {right} of 20 generated images");
    }
}

/// Images of 8 × 8 whose classes are bright bars at ten places.
fn stripes() -> impl Fn(&mut [f32], &mut [u8]) {
    |images, labels| {
        for (i, (image, label)) in images.chunks_exact_mut(64).zip(labels).enumerate() {
            *label = (i % 10) as u8;
            let (place, upright) = (i % 10 % 5, i % 10 < 5);
            for (p, pixel) in image.iter_mut().enumerate() {
                let at = if upright { p % 8 } else { p / 8 };
                *pixel = if at / 2 == place || (place == 4 && at % 2 == 0) { 1.0 } else { -1.0 };
            }
        }
    }
}
