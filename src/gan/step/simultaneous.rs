//! Both players move at once, from one forward pass.

use super::Trainer;
use super::images::real_images;
use super::scores::Scores;
use crate::autodiff::{Gradient, Phase, Real, Var};
use crate::gan::Players;
use crate::gan::game::Game;
use crate::nn::{OnTape, learn_together};

impl<T: Real> Trainer<T> {
    /// Both gradients from one forward pass; then both players move.
    pub(super) fn simultaneous(&mut self, write_real: impl FnOnce(&mut [T], &mut [u8])) -> Scores {
        let Self { players: Players { generator, discriminator }, requests, losses, training, .. } = self;
        let scores = learn_together([generator, discriminator], training, |[generator, discriminator], training| {
            let (tape, both) = (generator.tape, [generator.name(), discriminator.name()]);
            let (real, fake, game, loss, scores) = tape.part(&both, Phase::Forward, || {
                let fake = requests.generate(generator, training); //                      [batch, pixels]
                let real = real_images(tape, fake.batch(), 0, discriminator.network.input(), write_real);
                let real = losses.varied(real).real;
                let game = losses.play(discriminator, real, fake, training);
                let discriminator = losses.of_discriminator(&game, real);
                let loss = Players { generator: losses.of_generator_in(&game, fake), discriminator };
                (real, fake, game, loss, Scores::of(&game, losses.rules.objective, discriminator, Some(loss.generator)))
            });
            // Each player's loss with respect to its own weights only.
            let Players { generator: of_generator, discriminator: of_discriminator } =
                tape.part(&both, Phase::Backward, || {
                    let players = Players { generator, discriminator };
                    let mut gradients = match discriminator.network.sums_over_samples() {
                        true => one_walk_back(&game, loss, fake.x, players),
                        false => loss.zip(players).map(|(loss, player)| tape.take_gradients(loss, &player.parameters)),
                    };
                    if let Some(penalty) = losses.penalty(discriminator, real, fake, training) {
                        let of_penalty = tape.take_gradients(penalty, &discriminator.parameters);
                        let both = gradients.discriminator.iter_mut().zip(&of_penalty);
                        both.for_each(|(gradient, more)| *gradient = gradient.plus(more, tape));
                    }
                    gradients
                });
            ([of_generator, of_discriminator], scores)
        });
        losses.regularisers.after_update(&mut discriminator.network.parameters);
        scores
    }
}

/// Each player's gradient of its own loss with respect to its own weights, from one walk back through the discriminator.
///
/// Both losses see sample `i` only through its logit `sᵢ` (with pairs each logit meets another one,
/// but still no sample does), and back-propagation is linear in the number it starts from. Started
/// from 1 at every logit, it gives `∂sᵢ/∂W` and `∂sᵢ/∂xᵢ`, and then
///
/// `∂L_D/∂W = Σᵢ (∂L_D/∂sᵢ)·∂sᵢ/∂W` and `∂L_G/∂xᵢ = (∂L_G/∂sᵢ)·∂sᵢ/∂xᵢ`,
///
/// the latter to be led on through the generator. (To start from `∂L_D/∂sᵢ` and rescale would not do:
/// it vanishes where the discriminator is sure, just where `∂L_G/∂sᵢ` does not.)
pub fn one_walk_back<'t, T: Real>(
    game: &Game<'t, T>,
    loss: Players<Var<'t, T>>,
    generated: Var<'t, T>,
    players: Players<&OnTape<'_, 't, T>>,
) -> Players<Vec<Gradient<T>>> {
    let (tape, logits) = (generated.tape(), game.logits);
    let by_logit = |loss, logits: Var<'t, T>| tape.gradients(loss, &[logits])[0]; //       [batch, 1] each
    let sources: Vec<_> = players.discriminator.parameters.iter().copied().chain([generated]).collect();
    let mut by_source = tape.take_gradients(logits.sum(), &sources);
    let by_image = by_source.pop().expect("the last source"); //                            [batch, pixels]
    let discriminator = tape.weigh_samples(&by_source, by_logit(loss.discriminator, logits));
    let at_images = tape.without_recording(|| by_image.on(tape) * by_logit(loss.generator, game.fake));
    Players { generator: tape.pull_back(generated, at_images, &players.generator.parameters), discriminator }
}
