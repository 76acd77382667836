//! One step of the game.

use super::classifier::with_classes;
use super::game::{gradients_for_both, judge, play};
use super::norms::norms;
use super::phases::Clock;
use super::schedule::Pace;
use super::{
    AuxiliaryClassifier, Average, BuildError, Config, GradientNorms, Judge, Phases, Regularisers, Rules, Stream,
    UpdateRule,
};
use super::{build_discriminator, build_generator};
use crate::autodiff::{Gradient, Real, Tape, Var};
use crate::nn::{Adam, Input, InputShape, Mode, Network, Training, one_hot};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::mem;

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
    pub(super) generator_optimizer: Adam<T>,
    pub(super) discriminator_optimizer: Adam<T>,
    pace: Pace,
    rules: Rules,
    classifier: AuxiliaryClassifier,
    pub(super) regularisers: Regularisers,
    update: UpdateRule,
    pub(super) critic_steps: u64,
    batch_size: usize,
    phases: Phases,
    pub(super) latent_rng: ChaCha8Rng,
    pub(super) label_rng: ChaCha8Rng,
    pub(super) training: Training<T>,
    tape: Tape<T>,
    discriminator_tape: Tape<T>,
    norms: Option<GradientNorms>,
}

/// What a step cost and how the discriminator scored its images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// The discriminator's loss, before the step.
    pub discriminator_loss: f64,
    /// The generator's loss, before the generator moved.
    pub generator_loss: f64,
    /// The mean [score](super::Objective::score) `D(x)` of the real images.
    pub real: f64,
    /// The mean score `D(G(z))` of the generated images.
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
        let discriminator = build_discriminator(config)?;
        let adam = |network: &Network<T>, c: &super::AdamConfig| {
            Adam::new(&network.parameters, c.learning_rate, c.beta1.at(0.0), c.beta2.at(0.0))
        };
        Ok(Self {
            average: g.average_decay.map(|decay| Average::new(&generator, decay)),
            generator_optimizer: adam(&generator, &g.adam),
            discriminator_optimizer: adam(&discriminator, &d.adam),
            generator,
            discriminator,
            pace: Pace {
                schedule: config.training.schedule,
                floor: config.training.learning_rate_floor,
                generator: g.adam.clone(),
                discriminator: d.adam.clone(),
            },
            rules: config.training.rules(),
            classifier: config.training.auxiliary_classifier.unwrap_or_default(),
            regularisers: Regularisers::new(&d.regularisers, seed),
            update: config.training.update,
            critic_steps: config.training.critic_steps,
            batch_size: config.training.batch_size,
            phases: Phases::default(),
            latent_rng: Stream::Latent.of(seed),
            label_rng: Stream::Labels.of(seed),
            training: Stream::Dropout.of(seed).into(),
            tape: Tape::new(),
            discriminator_tape: Tape::new(),
            norms: None,
        })
    }

    /// Says which part of the run is over, from 0 to 1: learning rates, Adam's betas and the weights
    /// of penalties may depend on it. A new trainer is at the beginning, and stays there until told.
    pub fn set_progress(&mut self, progress: f64) {
        self.pace.set(progress, [&mut self.generator_optimizer, &mut self.discriminator_optimizer]);
        self.regularisers.set_progress(progress);
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

    /// One step of both players. `write_real` writes a batch of real images, `[batch, pixels]`, and
    /// their labels, `[batch]`, or `[]` if the players look at none, into the buffers it is given; it
    /// is called once for each move of the discriminator's.
    pub fn step(&mut self, mut write_real: impl FnMut(&mut [T], &mut [u8])) -> Scores {
        self.phases = Phases::default();
        for _ in 1..self.critic_steps {
            self.extra_turn(&mut write_real);
        }
        let scores = match self.update {
            UpdateRule::Simultaneous => self.step_simultaneously(write_real),
            UpdateRule::Alternating => self.step_in_turn(write_real),
        };
        if let Some(average) = &mut self.average {
            let mut clock = Clock::start();
            average.follow(&self.generator);
            clock.lap(&mut self.phases.update);
        }
        scores
    }

    /// Has the norms of the gradients measured in the next steps, or not.
    pub fn measure_gradients(&mut self, measure: bool) {
        self.norms = measure.then(GradientNorms::default);
    }

    /// The norms of the last step's gradients, if they were measured.
    pub fn gradient_norms(&self) -> Option<&GradientNorms> {
        self.norms.as_ref()
    }

    /// Where the time of the last step went.
    pub fn phases(&self) -> &Phases {
        &self.phases
    }

    /// Both gradients from one forward pass; then both players move.
    fn step_simultaneously(&mut self, write_real: impl FnOnce(&mut [T], &mut [u8])) -> Scores {
        let mut clock = Clock::start();
        let tape = &self.tape;
        let mut mode = Mode::Train(&mut self.training);
        let (g, d) = (self.generator.leaves(tape), self.discriminator.leaves(tape));

        // Forward: z → G(z), then the discriminator's logits for real and generated images.
        let asked = asked_of(&self.generator, tape, self.batch_size, &mut self.latent_rng, &mut self.label_rng);
        let generated = Input { x: self.generator.forward(&g, asked, &mut mode), ..asked }; // [batch, pixels]
        let real = real_images(tape, self.batch_size, self.discriminator.input(), write_real);
        let game = play(&self.discriminator, &d, real, generated, &mut mode);
        let discriminator_loss = self.rules.discriminator_loss(game.real, game.fake);
        let discriminator_loss =
            with_classes(discriminator_loss, self.classifier.discriminator, game.real_classes, real.labels);
        let generator_loss = self.rules.generator_loss(game.fake, || game.real);
        let generator_loss =
            with_classes(generator_loss, self.classifier.generator, game.fake_classes, generated.labels);
        clock.lap(&mut self.phases.forward);

        // Backward: each player's loss with respect to its own weights only.
        let losses = [discriminator_loss, generator_loss];
        let mut gradients = match self.discriminator.sums_over_samples() {
            true => gradients_for_both(&game, losses, &d, generated.x, &g),
            false => [tape.gradients(discriminator_loss, &d), tape.gradients(generator_loss, &g)],
        };
        let slope_of: &mut Judge<'_, '_, T> = &mut |images| judge(&self.discriminator, &d, images, &mut mode).logits;
        if let Some(penalty) = self.regularisers.penalty(slope_of, real, generated) {
            let of_penalty = tape.gradients(penalty, &d);
            gradients[0].iter_mut().zip(of_penalty).for_each(|(gradient, more)| *gradient = *gradient + more);
        }
        let [d_gradients, g_gradients] = gradients.map(|all| all.into_iter().map(Gradient::from).collect::<Vec<_>>());
        let [real, fake] = game.mean_scores(self.rules.objective);
        let (discriminator_loss, generator_loss) = (discriminator_loss.item().as_f64(), generator_loss.item().as_f64());
        clock.lap(&mut self.phases.backward);

        // Update, once the tape has let go of the weights.
        self.generator.keep(&mut self.training);
        self.discriminator.keep(&mut self.training);
        self.tape.reset();
        if let Some([of_generator, of_discriminator]) = &mut self.norms {
            *of_generator = norms(&self.generator.parameters, &g_gradients);
            *of_discriminator = norms(&self.discriminator.parameters, &d_gradients);
        }
        self.discriminator_optimizer.step(&mut self.discriminator.parameters, &d_gradients);
        self.regularisers.after_update(&mut self.discriminator.parameters);
        self.generator_optimizer.step(&mut self.generator.parameters, &g_gradients);
        self.tape.recycle(d_gradients.into_iter().chain(g_gradients));
        clock.lap(&mut self.phases.update);
        Scores { discriminator_loss, generator_loss, real, fake }
    }

    /// The discriminator moves first; then the generator answers the discriminator as it now is.
    fn step_in_turn(&mut self, write_real: impl FnOnce(&mut [T], &mut [u8])) -> Scores {
        let mut clock = Clock::start();
        let mut tape = mem::take(&mut self.tape); // out of the discriminator's way, and back at the end
        let g = self.generator.leaves(&tape);
        let [real, generated] = self.images(&tape, &g, write_real);
        clock.lap(&mut self.phases.forward);
        let (discriminator_loss, [mean_real, mean_fake]) = self.discriminator_turn(real, generated);

        // The generator's turn, with the same images before the new discriminator.
        let mut clock = Clock::start();
        let mut mode = Mode::Train(&mut self.training);
        let d = self.discriminator.leaves(&tape);
        let fake = judge(&self.discriminator, &d, generated, &mut mode); //      [batch, 1]
        let partners = || tape.without_recording(|| judge(&self.discriminator, &d, real, &mut mode).logits);
        let loss = self.rules.generator_loss(fake.logits, partners);
        let loss = with_classes(loss, self.classifier.generator, fake.classes, generated.labels);
        clock.lap(&mut self.phases.forward);
        let gradients = tape.take_gradients(loss, &g);
        let generator_loss = loss.item().as_f64();
        clock.lap(&mut self.phases.backward);
        self.generator.keep(&mut self.training);
        self.discriminator.keep(&mut self.training);
        tape.reset();
        if let Some([of_generator, _]) = &mut self.norms {
            *of_generator = norms(&self.generator.parameters, &gradients);
        }
        self.generator_optimizer.step(&mut self.generator.parameters, &gradients);
        tape.recycle(gradients);
        self.tape = tape;
        clock.lap(&mut self.phases.update);
        Scores { discriminator_loss, generator_loss, real: mean_real, fake: mean_fake }
    }

    /// The discriminator moves against images of its own; the generator does not answer.
    fn extra_turn(&mut self, write_real: impl FnOnce(&mut [T], &mut [u8])) {
        let mut clock = Clock::start();
        let mut tape = mem::take(&mut self.tape);
        let g = self.generator.leaves(&tape);
        let [real, generated] = tape.without_recording(|| self.images(&tape, &g, write_real));
        clock.lap(&mut self.phases.forward);
        self.discriminator_turn(real, generated);
        self.generator.keep(&mut self.training);
        tape.reset();
        self.tape = tape;
    }

    /// A batch of real images and one of generated images, `[batch, pixels]` each.
    fn images<'t>(
        &mut self,
        tape: &'t Tape<T>,
        g: &[Var<'t, T>],
        write_real: impl FnOnce(&mut [T], &mut [u8]),
    ) -> [Input<'t, T>; 2] {
        let asked = asked_of(&self.generator, tape, self.batch_size, &mut self.latent_rng, &mut self.label_rng);
        let x = self.generator.forward(g, asked, &mut Mode::Train(&mut self.training));
        [real_images(tape, self.batch_size, self.discriminator.input(), write_real), Input { x, ..asked }]
    }

    /// The discriminator's turn, on a tape of its own, where all images are constants: it moves. Gives
    /// its loss before that, and what it made of real and of generated images.
    fn discriminator_turn(&mut self, real: Input<'_, T>, generated: Input<'_, T>) -> (f64, [f64; 2]) {
        let mut clock = Clock::start();
        let tape = &self.discriminator_tape;
        let mut mode = Mode::Train(&mut self.training);
        let d = self.discriminator.leaves(tape);
        let [real, generated] = [real, generated].map(|images| on_another(tape, images));
        let game = play(&self.discriminator, &d, real, generated, &mut mode);
        let loss = self.rules.discriminator_loss(game.real, game.fake);
        let loss = with_classes(loss, self.classifier.discriminator, game.real_classes, real.labels);
        let slope_of: &mut Judge<'_, '_, T> = &mut |images| judge(&self.discriminator, &d, images, &mut mode).logits;
        let penalty = self.regularisers.penalty(slope_of, real, generated);
        let penalised = penalty.map_or(loss, |penalty| loss + penalty);
        clock.lap(&mut self.phases.forward);
        let gradients = tape.take_gradients(penalised, &d);
        let (loss, scores) = (loss.item().as_f64(), game.mean_scores(self.rules.objective));
        clock.lap(&mut self.phases.backward);
        self.discriminator.keep(&mut self.training);
        self.discriminator_tape.reset();
        if let Some([_, of_discriminator]) = &mut self.norms {
            *of_discriminator = norms(&self.discriminator.parameters, &gradients);
        }
        self.discriminator_optimizer.step(&mut self.discriminator.parameters, &gradients);
        self.regularisers.after_update(&mut self.discriminator.parameters);
        self.discriminator_tape.recycle(gradients);
        clock.lap(&mut self.phases.update);
        (loss, scores)
    }
}

/// The same images and labels as constants of another tape.
fn on_another<'t, T: Real>(tape: &'t Tape<T>, Input { x, labels }: Input<'_, T>) -> Input<'t, T> {
    let constant = |x: Var<'_, T>| tape.share(&x.value());
    Input { x: constant(x), labels: labels.map(constant) }
}

/// What the generator is asked for: latent vectors, and classes where there are any.
fn asked_of<'t, T: Real>(
    generator: &Network<T>,
    tape: &'t Tape<T>,
    count: usize,
    latent_rng: &mut impl Rng,
    label_rng: &mut impl Rng,
) -> Input<'t, T> {
    let labels = random_labels(count, generator.classes(), label_rng);
    let x = latent_vectors(tape, count, generator.input_width(), latent_rng);
    Input { x, labels: one_hot(tape, &labels, generator.classes()) }
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
