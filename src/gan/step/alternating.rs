//! The players move in turn.

use super::Trainer;
use super::images::real_images;
use super::scores::Scores;
use crate::autodiff::Real;
use crate::gan::Players;

impl<T: Real> Trainer<T> {
    /// The discriminator moves first; then the generator answers the discriminator as it now is (Goodfellow et al.
    /// 2014, algorithm 1, with the same latent vectors for both).
    pub(super) fn alternating(&mut self, write_real: impl FnOnce(&mut [T], &mut [u8])) -> Scores {
        let Self { players: Players { generator, discriminator }, requests, losses, training, .. } = self;
        generator.learn(training, |generator, training| {
            let fake = requests.generate(generator, training); //                          [batch, pixels]
            let (wanted, input) = (losses.labelled_images(), discriminator.network.input());
            let images = real_images(generator.tape, fake.batch(), wanted, input, write_real);
            let images = losses.varied(images);
            let before = losses.teach_discriminator(discriminator, images, fake, training);
            // Then the same images before the discriminator as it has become.
            let loss = discriminator.take_part(generator.tape, training, |discriminator, training| {
                losses.of_generator(discriminator, images.real, fake, training)
            });
            losses.mislead(discriminator, images.real, fake, training);
            (loss, Scores { generator_loss: loss.item().as_f64(), ..before })
        })
    }

    /// The discriminator moves against images of its own, and the generator does not answer.
    pub(super) fn extra_turn(&mut self, write_real: impl FnOnce(&mut [T], &mut [u8])) {
        let Self { players: Players { generator, discriminator }, requests, losses, training, .. } = self;
        generator.perform(training, |generator, training| {
            let fake = requests.generate(generator, training);
            let (wanted, input) = (losses.labelled_images(), discriminator.network.input());
            let images = real_images(generator.tape, fake.batch(), wanted, input, write_real);
            let images = losses.varied(images);
            losses.teach_discriminator(discriminator, images, fake, training);
        });
    }
}
