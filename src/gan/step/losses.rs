//! What each player minimises, and the discriminator's turn.

use super::images::RealImages;
use super::scores::Scores;
use crate::autodiff::{Real, Var};
use crate::gan::game::classifier::with_classes;
use crate::gan::game::judge::{judge_by_features, play_jointly};
use crate::gan::game::semi_supervised::Lesson;
use crate::gan::game::{Game, judge, play};
use crate::gan::{Augment, AuxiliaryClassifier, Mistake, Regularisers, Rules};
use crate::nn::{Input, Learner, Mode, OnTape, Training};

/// All that a configuration says of both losses.
#[derive(Debug)]
pub(in crate::gan) struct Losses {
    pub rules: Rules,
    pub classifier: AuxiliaryClassifier,
    /// Whether the generator matches features, whatever the rules say.
    pub feature_matching: bool,
    /// How real images are changed to be more.
    pub variations: Augment,
    /// How images are changed before the discriminator sees them.
    pub augment: Augment,
    /// What the discriminator learns beside the game.
    pub lesson: Option<Lesson>,
    pub regularisers: Regularisers,
    pub mistake: Option<Mistake>,
}

impl Losses {
    /// How many images with labels a step takes beside the others.
    pub fn labelled_images(&self) -> usize {
        self.lesson.as_ref().map_or(0, Lesson::batch_size)
    }

    /// The discriminator's turn, on its own tape, where all images are constants: it moves. Gives what it scored before
    /// that; the generator's loss is not among it.
    pub fn teach_discriminator<T: Real>(
        &mut self,
        discriminator: &mut Learner<T>,
        RealImages { real, labelled }: RealImages<'_, T>,
        fake: Input<'_, T>,
        training: &mut Training<T>,
    ) -> Scores {
        let scores = discriminator.learn(training, |discriminator, training| {
            let on_tape = |images: Input<'_, T>, name| {
                let images = images.on(discriminator.tape);
                Input { x: images.x.named(name), ..images }
            };
            let (real, fake) = (on_tape(real, "real images"), on_tape(fake, "generated images"));
            let labelled = labelled.map(|images| on_tape(images, "images with labels"));
            let taught = self.lesson.as_mut().zip(labelled).map(|(lesson, labelled)| {
                lesson.teach(discriminator, labelled, [real, fake], &mut self.augment, training)
            });
            let game = match &taught {
                Some(taught) => taught.game,
                None => self.play(discriminator, real, fake, training),
            };
            let loss = self.of_discriminator(&game, real);
            let learned = taught.as_ref().map_or(loss, |taught| loss * T::from_f64(taught.weight) + taught.loss);
            let reading = taught.map(|taught| taught.reading);
            let penalty = self.penalty(discriminator, real, fake, training);
            let penalised = penalty.map_or(learned, |penalty| learned + penalty);
            (penalised, Scores { reading, ..Scores::of(&game, self.rules.objective, loss, None) })
        });
        self.regularisers.after_update(&mut discriminator.network.parameters);
        scores
    }

    /// The discriminator before both kinds of images.
    pub fn play<'t, T: Real>(
        &mut self,
        discriminator: &OnTape<'_, 't, T>,
        real: Input<'t, T>,
        fake: Input<'t, T>,
        training: &mut Training<T>,
    ) -> Game<'t, T> {
        let mode = &mut Mode::Train(training);
        let [real, fake] = [real, fake].map(|images| self.view(images));
        match self.mistake {
            Some(Mistake::JointBatchNorm) => play_jointly(discriminator, real, fake, mode),
            _ => play(discriminator, real, fake, mode),
        }
    }

    /// Real images as if there were more of them.
    pub fn varied<'t, T: Real>(&mut self, images: RealImages<'t, T>) -> RealImages<'t, T> {
        let real = Input { x: self.variations.view(images.real.x), ..images.real };
        RealImages { real, ..images }
    }

    /// These images as the discriminator is to see them.
    fn view<'t, T: Real>(&mut self, images: Input<'t, T>) -> Input<'t, T> {
        Input { x: self.augment.view(images.x), ..images }
    }

    /// Where generated images have not been detached, the discriminator moves as the generator wants it to.
    pub fn mislead<T: Real>(
        &mut self,
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
        &mut self,
        discriminator: &OnTape<'_, 't, T>,
        real: Input<'t, T>,
        fake: Input<'t, T>,
        training: &mut Training<T>,
    ) -> Var<'t, T> {
        let (seen, tape, matches_features) = (self.view(fake), discriminator.tape, self.feature_matching);
        let (judged, features) = judge_by_features(discriminator, seen, &mut Mode::Train(training)); //    [batch, 1]
        let rules = self.rules;
        let mut judge_real =
            || tape.without_recording(|| judge_by_features(discriminator, self.view(real), &mut Mode::Train(training)));
        let loss = if matches_features {
            // ‖E φ(x) − E φ(G(z))‖²
            (judge_real().1.mean_axis(0) - features.mean_axis(0)).powi(2).sum()
        } else {
            rules.generator_loss(judged.logits, || judge_real().0.logits)
        };
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
        let Self { regularisers, augment, .. } = self;
        let logits = &mut |images: Input<'t, T>| {
            let seen = Input { x: augment.view(images.x), ..images };
            judge(discriminator, seen, &mut Mode::Train(training)).logits
        };
        regularisers.penalty(logits, real, fake)
    }
}
