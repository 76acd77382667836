//! What each player minimises, and the discriminator's turn.

use super::scores::Scores;
use crate::autodiff::{Real, Var};
use crate::gan::game::classifier::with_classes;
use crate::gan::game::judge::play_jointly;
use crate::gan::game::{Game, judge, play};
use crate::gan::{AuxiliaryClassifier, Mistake, Regularisers, Rules};
use crate::nn::{Input, Learner, Mode, OnTape, Training};

/// All that a configuration says of both losses.
#[derive(Debug)]
pub(in crate::gan) struct Losses {
    pub rules: Rules,
    pub classifier: AuxiliaryClassifier,
    pub regularisers: Regularisers,
    pub mistake: Option<Mistake>,
}

impl Losses {
    /// The discriminator's turn, on its own tape, where all images are constants: it moves. Gives what it scored before
    /// that; the generator's loss is not among it.
    pub fn teach_discriminator<T: Real>(
        &mut self,
        discriminator: &mut Learner<T>,
        real: Input<'_, T>,
        fake: Input<'_, T>,
        training: &mut Training<T>,
    ) -> Scores {
        let scores = discriminator.learn(training, |discriminator, training| {
            let on_tape = |images: Input<'_, T>, name| {
                let images = images.on(discriminator.tape);
                Input { x: images.x.named(name), ..images }
            };
            let (real, fake) = (on_tape(real, "real images"), on_tape(fake, "generated images"));
            let game = self.play(discriminator, real, fake, training);
            let loss = self.of_discriminator(&game, real);
            let penalised = self.penalty(discriminator, real, fake, training).map_or(loss, |penalty| loss + penalty);
            (penalised, Scores::of(&game, self.rules.objective, loss, None))
        });
        self.regularisers.after_update(&mut discriminator.network.parameters);
        scores
    }

    /// The discriminator before both kinds of images.
    pub fn play<'t, T: Real>(
        &self,
        discriminator: &OnTape<'_, 't, T>,
        real: Input<'t, T>,
        fake: Input<'t, T>,
        training: &mut Training<T>,
    ) -> Game<'t, T> {
        let mode = &mut Mode::Train(training);
        match self.mistake {
            Some(Mistake::JointBatchNorm) => play_jointly(discriminator, real, fake, mode),
            _ => play(discriminator, real, fake, mode),
        }
    }

    /// Where generated images have not been detached, the discriminator moves as the generator wants it to.
    pub fn mislead<T: Real>(
        &self,
        discriminator: &mut Learner<T>,
        real: Input<'_, T>,
        fake: Input<'_, T>,
        training: &mut Training<T>,
    ) {
        if self.mistake == Some(Mistake::ForgottenDetach) {
            discriminator.learn(training, |discriminator, training| {
                let [real, fake] = [real, fake].map(|images| images.on(discriminator.tape));
                (self.of_generator(discriminator, real, fake, training), ())
            });
        }
    }

    /// The discriminator's loss, without penalties.
    pub fn of_discriminator<'t, T: Real>(&self, game: &Game<'t, T>, real: Input<'t, T>) -> Var<'t, T> {
        let loss = self.rules.discriminator_loss(game.real, game.fake);
        with_classes(loss, self.classifier.discriminator, game.real_classes, real.labels)
    }

    /// The generator's loss before this discriminator.
    pub fn of_generator<'t, T: Real>(
        &self,
        discriminator: &OnTape<'_, 't, T>,
        real: Input<'t, T>,
        fake: Input<'t, T>,
        training: &mut Training<T>,
    ) -> Var<'t, T> {
        let mut judge = |images| judge(discriminator, images, &mut Mode::Train(training));
        let judged = judge(fake); //                                                        [batch, 1]
        let partners = || discriminator.tape.without_recording(|| judge(real).logits);
        let loss = self.rules.generator_loss(judged.logits, partners);
        with_classes(loss, self.classifier.generator, judged.classes, fake.labels)
    }

    /// The generator's loss in a game where both kinds of images have been judged.
    pub fn of_generator_in<'t, T: Real>(&self, game: &Game<'t, T>, fake: Input<'t, T>) -> Var<'t, T> {
        let loss = self.rules.generator_loss(game.fake, || game.real);
        with_classes(loss, self.classifier.generator, game.fake_classes, fake.labels)
    }

    /// The penalties on the discriminator's slope that are due at this turn, if any are.
    pub fn penalty<'t, T: Real>(
        &mut self,
        discriminator: &OnTape<'_, 't, T>,
        real: Input<'t, T>,
        fake: Input<'t, T>,
        training: &mut Training<T>,
    ) -> Option<Var<'t, T>> {
        let logits = &mut |images| judge(discriminator, images, &mut Mode::Train(training)).logits;
        self.regularisers.penalty(logits, real, fake)
    }
}
