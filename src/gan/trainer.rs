//! One step of the game.

use super::phases::Clock;
use super::{Average, BuildError, Config, GradientPenalty, Objective, Phases, Stream, UpdateRule};
use super::{build_discriminator, build_generator};
use crate::autodiff::{Gradient, Real, Tape, Var};
use crate::nn::{Adam, Input, InputShape, Mode, Network, Training, one_hot};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// The two players and everything that a step changes.
#[derive(Debug)]
pub struct Trainer<T: Real = f32> {
    /// From latent vectors `[n, latent_dim]` to images `[n, pixels]`.
    pub generator: Network<T>,
    /// From images `[n, pixels]` to logits `[n, 1]`; `σ(logit)` is the probability it gives to
    /// the image being real.
    pub discriminator: Network<T>,
    /// The generator's moving average, if the configuration asks for one.
    pub average: Option<Average<T>>,
    generator_optimizer: Adam<T>,
    discriminator_optimizer: Adam<T>,
    objective: Objective,
    gradient_penalty: Option<GradientPenalty>,
    update: UpdateRule,
    batch_size: usize,
    steps: u64,
    phases: Phases,
    latent_rng: ChaCha8Rng,
    label_rng: ChaCha8Rng,
    training: Training<T>,
    tape: Tape<T>,
    discriminator_tape: Tape<T>,
}

/// What a step cost and how the discriminator scored its images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// The discriminator's loss, before the step.
    pub discriminator_loss: f64,
    /// The generator's loss, before the generator moved.
    pub generator_loss: f64,
    /// The mean of `D(x)` over the real images, in [0, 1].
    pub real: f64,
    /// The mean of `D(G(z))` over the generated images, in [0, 1].
    pub fake: f64,
}

impl Scores {
    /// Whether both losses are numbers.
    pub fn are_finite(&self) -> bool {
        self.discriminator_loss.is_finite() && self.generator_loss.is_finite()
    }
}

/// The discriminator's view of a batch, on a tape.
#[derive(Clone, Copy, Debug)]
pub struct Game<'t, T: Real> {
    /// All logits, `[2·batch, 1]`.
    pub logits: Var<'t, T>,
    /// Logits of the real images, `[batch, 1]`.
    pub real: Var<'t, T>,
    /// Logits of the generated images, `[batch, 1]`.
    pub fake: Var<'t, T>,
}

impl<T: Real> Game<'_, T> {
    /// The mean of `D(x)` over the real images and of `D(G(z))` over the generated ones.
    fn mean_probabilities(&self) -> [f64; 2] {
        [self.real, self.fake].map(|logits| {
            let logits = logits.value();
            logits.iter().map(|x| x.as_f64().sigmoid()).sum::<f64>() / logits.len() as f64
        })
    }
}

impl<T: Real> Trainer<T> {
    /// Two players with fresh weights.
    ///
    /// # Errors
    /// When the configuration's layers do not form networks or do not fit an image.
    pub fn new(config: &Config) -> Result<Self, BuildError> {
        let (g, d, seed) = (&config.generator, &config.discriminator, config.seed);
        let generator = build_generator(config)?;
        let discriminator = build_discriminator(config)?;
        let adam = |network: &Network<T>, c: &super::AdamConfig| {
            Adam::new(&network.parameters, c.learning_rate, c.beta1, c.beta2)
        };
        Ok(Self {
            average: g.average_decay.map(|decay| Average::new(&generator, decay)),
            generator_optimizer: adam(&generator, &g.adam),
            discriminator_optimizer: adam(&discriminator, &d.adam),
            generator,
            discriminator,
            objective: config.training.objective,
            gradient_penalty: d.gradient_penalty,
            update: config.training.update,
            batch_size: config.training.batch_size,
            steps: 0,
            phases: Phases::default(),
            latent_rng: Stream::Latent.of(seed),
            label_rng: Stream::Labels.of(seed),
            training: Training::from(Stream::Dropout.of(seed)),
            tape: Tape::new(),
            discriminator_tape: Tape::new(),
        })
    }

    /// Sets both players' learning rates.
    pub fn set_learning_rates(&mut self, generator: f64, discriminator: f64) {
        self.generator_optimizer.learning_rate = generator;
        self.discriminator_optimizer.learning_rate = discriminator;
    }

    /// The generator that draws images: the average where there is one.
    pub fn artist(&self) -> &Network<T> {
        self.average.as_ref().map_or(&self.generator, |average| &average.network)
    }

    /// One step of both players against a batch of real images, `[batch, pixels]`, which
    /// `write_real` writes into the first buffer it is given, and their labels, which it writes into the
    /// second: `[batch]`, or empty where the configuration has no classes.
    ///
    /// # Panics
    /// When a label is not below the number of classes.
    pub fn step(&mut self, write_real: impl FnOnce(&mut [T], &mut [u8])) -> Scores {
        self.phases = Phases::default();
        let scores = match self.update {
            UpdateRule::Simultaneous => self.step_simultaneously(write_real),
            UpdateRule::Alternating => self.step_in_turn(write_real),
        };
        self.steps += 1;
        if let Some(average) = &mut self.average {
            let mut clock = Clock::start();
            average.follow(&self.generator);
            clock.lap(&mut self.phases.update);
        }
        scores
    }

    /// Where the time of the last step went.
    pub fn phases(&self) -> &Phases {
        &self.phases
    }

    /// Both gradients from one forward pass; then both players move.
    fn step_simultaneously(&mut self, write_real: impl FnOnce(&mut [T], &mut [u8])) -> Scores {
        let mut clock = Clock::start();
        let penalty = self.gradient_penalty.filter(|penalty| penalty.is_due(self.steps));
        let tape = &self.tape;
        let mut mode = Mode::Train(&mut self.training);
        let (g, d) = (self.generator.leaves(tape), self.discriminator.leaves(tape));

        // Forward: z → G(z), then the discriminator's logits for real and generated images.
        let labels = random_labels(self.batch_size, self.generator.classes(), &mut self.label_rng);
        let z = latent_vectors(tape, self.batch_size, self.generator.input_width(), &mut self.latent_rng);
        let asked = Input { x: z, labels: one_hot(tape, &labels, self.generator.classes()) };
        let generated = Input { x: self.generator.forward(&g, asked, &mut mode), ..asked }; // [batch, pixels]
        let real = real_images(tape, self.batch_size, self.discriminator.input(), write_real);
        let game = play(&self.discriminator, &d, real, generated, &mut mode);
        let discriminator_loss = self.objective.discriminator_loss(game.real, game.fake);
        let generator_loss = self.objective.generator_loss(game.fake);
        clock.lap(&mut self.phases.forward);

        // Backward: each player's loss with respect to its own weights only.
        let losses = [discriminator_loss, generator_loss];
        let mut gradients = match self.discriminator.sums_over_samples() {
            true => gradients_for_both(&game, losses, &d, generated.x, &g),
            false => [tape.gradients(discriminator_loss, &d), tape.gradients(generator_loss, &g)],
        };
        if let Some(penalty) = penalty {
            let r1 = tape.gradients(penalty.r1(&self.discriminator, &d, real, &mut mode), &d);
            gradients[0].iter_mut().zip(r1).for_each(|(gradient, r1)| *gradient = *gradient + r1);
        }
        let [d_gradients, g_gradients] = gradients.map(|all| all.into_iter().map(Gradient::from).collect::<Vec<_>>());
        let [real, fake] = game.mean_probabilities();
        let (discriminator_loss, generator_loss) = (discriminator_loss.item().as_f64(), generator_loss.item().as_f64());
        clock.lap(&mut self.phases.backward);

        // Update, once the tape has let go of the weights.
        self.generator.keep(&mut self.training);
        self.discriminator.keep(&mut self.training);
        self.tape.reset();
        self.discriminator_optimizer.step(&mut self.discriminator.parameters, &d_gradients);
        self.generator_optimizer.step(&mut self.generator.parameters, &g_gradients);
        self.tape.recycle(d_gradients.into_iter().chain(g_gradients));
        clock.lap(&mut self.phases.update);
        Scores { discriminator_loss, generator_loss, real, fake }
    }

    /// The discriminator moves first; then the generator answers the discriminator as it now is.
    fn step_in_turn(&mut self, write_real: impl FnOnce(&mut [T], &mut [u8])) -> Scores {
        let mut clock = Clock::start();
        let penalty = self.gradient_penalty.filter(|penalty| penalty.is_due(self.steps));
        let tape = &self.tape;
        let mut mode = Mode::Train(&mut self.training);
        let g = self.generator.leaves(tape);
        let labels = random_labels(self.batch_size, self.generator.classes(), &mut self.label_rng);
        let z = latent_vectors(tape, self.batch_size, self.generator.input_width(), &mut self.latent_rng);
        let asked = Input { x: z, labels: one_hot(tape, &labels, self.generator.classes()) };
        let generated = Input { x: self.generator.forward(&g, asked, &mut mode), ..asked }; // [batch, pixels]

        // The discriminator's turn is on a tape of its own, where generated images are constants.
        let turn = &self.discriminator_tape;
        let d = self.discriminator.leaves(turn);
        let real = real_images(turn, self.batch_size, self.discriminator.input(), write_real);
        let constant = |x: Var<'_, T>| turn.share(&x.value());
        let shown = Input { x: constant(generated.x), labels: generated.labels.map(constant) };
        let game = play(&self.discriminator, &d, real, shown, &mut mode);
        let loss = self.objective.discriminator_loss(game.real, game.fake);
        let r1 = penalty.map(|penalty| penalty.r1(&self.discriminator, &d, real, &mut mode));
        let penalised = r1.map_or(loss, |r1| loss + r1);
        clock.lap(&mut self.phases.forward);
        let gradients = turn.take_gradients(penalised, &d);
        let (discriminator_loss, [real, fake]) = (loss.item().as_f64(), game.mean_probabilities());
        clock.lap(&mut self.phases.backward);
        self.discriminator.keep(&mut self.training);
        self.discriminator_tape.reset();
        self.discriminator_optimizer.step(&mut self.discriminator.parameters, &gradients);
        self.discriminator_tape.recycle(gradients);
        clock.lap(&mut self.phases.update);

        // The generator's turn, with the same images before the new discriminator.
        let mut mode = Mode::Train(&mut self.training);
        let d = self.discriminator.leaves(tape);
        let logits = self.discriminator.forward(&d, generated, &mut mode); //    [batch, 1]
        let loss = self.objective.generator_loss(logits);
        clock.lap(&mut self.phases.forward);
        let gradients = tape.take_gradients(loss, &g);
        let generator_loss = loss.item().as_f64();
        clock.lap(&mut self.phases.backward);
        self.generator.keep(&mut self.training);
        self.discriminator.keep(&mut self.training);
        self.tape.reset();
        self.generator_optimizer.step(&mut self.generator.parameters, &gradients);
        self.tape.recycle(gradients);
        clock.lap(&mut self.phases.update);
        Scores { discriminator_loss, generator_loss, real, fake }
    }
}

/// Each player's gradient of its own loss with respect to its own weights, `[discriminator's,
/// generator's]`, from one walk back through the discriminator.
///
/// Both losses see sample `i` only through its logit `sᵢ`, and back-propagation is linear in the
/// number it starts from. Started from 1 at every logit, it gives `∂sᵢ/∂W` and `∂sᵢ/∂xᵢ`, and then
///
/// `∂L_D/∂W = Σᵢ (∂L_D/∂sᵢ)·∂sᵢ/∂W` and `∂L_G/∂xᵢ = (∂L_G/∂sᵢ)·∂sᵢ/∂xᵢ`,
///
/// the latter to be led on through the generator. (To start from `∂L_D/∂sᵢ` and rescale would not do:
/// it vanishes where the discriminator is sure, just where `∂L_G/∂sᵢ` does not.)
pub fn gradients_for_both<'t, T: Real>(
    game: &Game<'t, T>,
    [discriminator_loss, generator_loss]: [Var<'t, T>; 2],
    d: &[Var<'t, T>],
    generated: Var<'t, T>,
    g: &[Var<'t, T>],
) -> [Vec<Var<'t, T>>; 2] {
    let (tape, logits) = (generated.tape(), game.logits);
    let by_logit = |loss, logits: Var<'t, T>| tape.gradients(loss, &[logits])[0]; //   [batch, 1] each
    let sources: Vec<_> = d.iter().copied().chain([generated]).collect();
    let mut by_source = tape.gradients(logits.sum(), &sources);
    let by_image = by_source.split_off(d.len()); //                                     [batch, pixels]
    let d_gradients = tape.weigh_samples(&by_source, by_logit(discriminator_loss, logits));
    let at_images = tape.without_recording(|| by_image[0] * by_logit(generator_loss, game.fake));
    [d_gradients, tape.pull_back(generated, at_images, g)]
}

/// The discriminator's logits for real and for generated images, `[batch, pixels]` each: one batch to a
/// network that works row by row, so that both halves share every product; two to one that compares the
/// samples of a batch, which would else tell real from generated images by the company they are in.
pub fn play<'t, T: Real>(
    discriminator: &Network<T>,
    parameters: &[Var<'t, T>],
    real: impl Into<Input<'t, T>>,
    generated: impl Into<Input<'t, T>>,
    mode: &mut Mode<'_, T>,
) -> Game<'t, T> {
    let (real, generated) = (real.into(), generated.into());
    if discriminator.mixes_samples() {
        let [real, fake] = [real, generated].map(|images| discriminator.forward(parameters, images, mode));
        return Game { logits: real.concat_rows(fake), real, fake };
    }
    let logits = discriminator.forward(parameters, real.concat_rows(generated), mode); // [2·batch, 1]
    let batch = real.batch();
    Game { logits, real: logits.slice_rows(0..batch), fake: logits.slice_rows(batch..logits.shape()[0]) }
}

/// A batch of real images, `[batch, pixels]`, and their labels where there are classes.
fn real_images<'t, T: Real>(
    tape: &'t Tape<T>,
    batch: usize,
    InputShape { extent, classes }: InputShape,
    write: impl FnOnce(&mut [T], &mut [u8]),
) -> Input<'t, T> {
    let mut labels = vec![0; if classes > 0 { batch } else { 0 }];
    let x = tape.fill(&[batch, extent.width()], |images| write(images, &mut labels));
    Input { x, labels: one_hot(tape, &labels, classes) }
}

/// `count` classes, each as likely as any other; none where there are none.
fn random_labels(count: usize, classes: usize, rng: &mut impl Rng) -> Vec<u8> {
    let count = if classes > 0 { count } else { 0 };
    (0..count).map(|_| rng.random_range(0..classes) as u8).collect()
}

/// `count` latent vectors, `[count, latent_dim]`, each number from N(0, 1).
pub fn latent_vectors<'t, T: Real>(
    tape: &'t Tape<T>,
    count: usize,
    latent_dim: usize,
    rng: &mut impl Rng,
) -> Var<'t, T> {
    tape.fill(&[count, latent_dim], |z| z.iter_mut().for_each(|z| *z = T::from_f64(rng.sample(StandardNormal))))
}
