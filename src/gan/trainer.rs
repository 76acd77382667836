//! One step of the game.

use super::game::{gradients_for_both, play};
use super::phases::Clock;
use super::{Average, Config, GradientPenalty, Objective, Phases, Stream, UpdateRule};
use crate::autodiff::{Gradient, Real, Tape, Var};
use crate::nn::{Adam, Mode, Network, NetworkError};
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
    dropout_rng: ChaCha8Rng,
    tape: Tape<T>,
    discriminator_tape: Tape<T>,
}

/// A configuration whose players do not fit the images or each other.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// A player's layers do not form a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The generator's last layer has another width than an image.
    #[error("the generator draws {width} pixels, an image has {pixels}; give its last layer {pixels} units")]
    Pixels {
        /// What it draws.
        width: usize,
        /// What an image has.
        pixels: usize,
    },
    /// The discriminator gives more than one logit.
    #[error("the discriminator's last layer has {width} units; it must have 1, the logit")]
    Logits {
        /// How many it gives.
        width: usize,
    },
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

impl<T: Real> Trainer<T> {
    /// Two players with fresh weights.
    ///
    /// # Errors
    /// When the configuration's layers do not form networks or do not fit an image.
    pub fn new(config: &Config) -> Result<Self, BuildError> {
        let (g, d, seed) = (&config.generator, &config.discriminator, config.seed);
        let generator = build_generator(config)?;
        let mut weights = Stream::DiscriminatorWeights.of(seed);
        let discriminator = Network::new("discriminator", config.pixels(), &d.layers, d.init, &mut weights)?;
        if discriminator.output_width() != 1 {
            return Err(BuildError::Logits { width: discriminator.output_width() });
        }
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
            dropout_rng: Stream::Dropout.of(seed),
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
    /// `write_real` writes into the buffer it is given.
    pub fn step(&mut self, write_real: impl FnOnce(&mut [T])) -> Scores {
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
    fn step_simultaneously(&mut self, write_real: impl FnOnce(&mut [T])) -> Scores {
        let mut clock = Clock::start();
        let penalty = self.gradient_penalty.filter(|penalty| penalty.is_due(self.steps));
        let tape = &self.tape;
        let mut mode = Mode::Train(&mut self.dropout_rng);
        let (g, d) = (self.generator.leaves(tape), self.discriminator.leaves(tape));

        // Forward: z → G(z), then the discriminator's logits for real and generated images.
        let z = latent_vectors(tape, self.batch_size, self.generator.input_width(), &mut self.latent_rng);
        let generated = self.generator.forward(&g, z, &mut mode); //             [batch, pixels]
        let real = tape.fill(&[self.batch_size, self.discriminator.input_width()], write_real);
        let game = play(&self.discriminator, &d, real, generated, &mut mode);
        let discriminator_loss = self.objective.discriminator_loss(game.real, game.fake);
        let generator_loss = self.objective.generator_loss(game.fake);
        clock.lap(&mut self.phases.forward);

        // Backward: each player's loss with respect to its own weights only.
        let mut gradients = gradients_for_both(&game, [discriminator_loss, generator_loss], &d, generated, &g);
        if let Some(penalty) = penalty {
            let r1 = tape.gradients(penalty.r1(&self.discriminator, &d, real, &mut mode), &d);
            gradients[0].iter_mut().zip(r1).for_each(|(gradient, r1)| *gradient = *gradient + r1);
        }
        let [d_gradients, g_gradients] = gradients.map(|all| all.into_iter().map(Gradient::from).collect::<Vec<_>>());
        let [real, fake] = game.mean_probabilities();
        let (discriminator_loss, generator_loss) = (discriminator_loss.item().as_f64(), generator_loss.item().as_f64());
        clock.lap(&mut self.phases.backward);

        // Update, once the tape has let go of the weights.
        self.tape.reset();
        self.discriminator_optimizer.step(&mut self.discriminator.parameters, &d_gradients);
        self.generator_optimizer.step(&mut self.generator.parameters, &g_gradients);
        self.tape.recycle(d_gradients.into_iter().chain(g_gradients));
        clock.lap(&mut self.phases.update);
        Scores { discriminator_loss, generator_loss, real, fake }
    }

    /// The discriminator moves first; then the generator answers the discriminator as it now is.
    fn step_in_turn(&mut self, write_real: impl FnOnce(&mut [T])) -> Scores {
        let mut clock = Clock::start();
        let penalty = self.gradient_penalty.filter(|penalty| penalty.is_due(self.steps));
        let tape = &self.tape;
        let mut mode = Mode::Train(&mut self.dropout_rng);
        let g = self.generator.leaves(tape);
        let z = latent_vectors(tape, self.batch_size, self.generator.input_width(), &mut self.latent_rng);
        let generated = self.generator.forward(&g, z, &mut mode); //             [batch, pixels]

        // The discriminator's turn is on a tape of its own, where generated images are constants.
        let turn = &self.discriminator_tape;
        let d = self.discriminator.leaves(turn);
        let real = turn.fill(&[self.batch_size, self.discriminator.input_width()], write_real);
        let game = play(&self.discriminator, &d, real, turn.share(&generated.value()), &mut mode);
        let loss = self.objective.discriminator_loss(game.real, game.fake);
        let r1 = penalty.map(|penalty| penalty.r1(&self.discriminator, &d, real, &mut mode));
        let penalised = r1.map_or(loss, |r1| loss + r1);
        clock.lap(&mut self.phases.forward);
        let gradients = turn.take_gradients(penalised, &d);
        let (discriminator_loss, [real, fake]) = (loss.item().as_f64(), game.mean_probabilities());
        clock.lap(&mut self.phases.backward);
        self.discriminator_tape.reset();
        self.discriminator_optimizer.step(&mut self.discriminator.parameters, &gradients);
        self.discriminator_tape.recycle(gradients);
        clock.lap(&mut self.phases.update);

        // The generator's turn, with the same images before the new discriminator.
        let d = self.discriminator.leaves(tape);
        let logits = self.discriminator.forward(&d, generated, &mut mode); //    [batch, 1]
        let loss = self.objective.generator_loss(logits);
        clock.lap(&mut self.phases.forward);
        let gradients = tape.take_gradients(loss, &g);
        let generator_loss = loss.item().as_f64();
        clock.lap(&mut self.phases.backward);
        self.tape.reset();
        self.generator_optimizer.step(&mut self.generator.parameters, &gradients);
        self.tape.recycle(gradients);
        clock.lap(&mut self.phases.update);
        Scores { discriminator_loss, generator_loss, real, fake }
    }
}

/// The configuration's generator with the weights that a run begins with.
///
/// # Errors
/// When its layers do not form a network, or draw another number of pixels than an image has.
pub fn build_generator<T: Real>(config: &Config) -> Result<Network<T>, BuildError> {
    let c = &config.generator;
    let mut rng = Stream::GeneratorWeights.of(config.seed);
    fitting(Network::new("generator", c.latent_dim, &c.layers, c.init, &mut rng)?, config)
}

/// The configuration's generator, its weights zero, to load others.
///
/// # Errors
/// As [`build_generator`].
pub fn blank_generator<T: Real>(config: &Config) -> Result<Network<T>, BuildError> {
    let c = &config.generator;
    fitting(Network::blank("generator", c.latent_dim, &c.layers)?, config)
}

/// The generator, if it draws as many pixels as an image has.
fn fitting<T: Real>(generator: Network<T>, config: &Config) -> Result<Network<T>, BuildError> {
    match (generator.output_width(), config.pixels()) {
        (width, pixels) if width != pixels => Err(BuildError::Pixels { width, pixels }),
        _ => Ok(generator),
    }
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
