//! The discriminator before real and generated images, and the way back from its logits.

use super::Objective;
use crate::autodiff::{Real, Var};
use crate::nn::{Input, Mode, Network};
use std::ops::Range;

/// The discriminator's view of a batch, on a tape.
#[derive(Clone, Copy, Debug)]
pub struct Game<'t, T: Real> {
    /// All logits, `[2·batch, 1]`.
    pub logits: Var<'t, T>,
    /// Logits of the real images, `[batch, 1]`.
    pub real: Var<'t, T>,
    /// Logits of the generated images, `[batch, 1]`.
    pub fake: Var<'t, T>,
    /// The real images' logits for each class, `[batch, classes]`, from a discriminator that has them.
    pub real_classes: Option<Var<'t, T>>,
    /// Those of the generated images.
    pub fake_classes: Option<Var<'t, T>>,
}

/// What a discriminator says of some images.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'t, T: Real> {
    /// `[n, 1]`: whether they are real.
    pub logits: Var<'t, T>,
    /// `[n, classes]`: what they show, if it says so.
    pub classes: Option<Var<'t, T>>,
}

impl<'t, T: Real> Verdict<'t, T> {
    /// That on some of the images.
    fn slice_rows(self, rows: Range<usize>) -> Self {
        let slice = |x: Var<'t, T>| x.slice_rows(rows.clone());
        Self { logits: slice(self.logits), classes: self.classes.map(slice) }
    }
}

/// The discriminator's verdict on images `[n, pixels]`, with their labels where there are any.
pub fn judge<'t, T: Real>(
    discriminator: &Network<T>,
    parameters: &[Var<'t, T>],
    images: Input<'t, T>,
    mode: &mut Mode<'_, T>,
) -> Verdict<'t, T> {
    let output = discriminator.forward(parameters, images, mode);
    match discriminator.output_width() {
        1 => Verdict { logits: output, classes: None },
        width => Verdict { logits: output.slice_channels(0..1), classes: Some(output.slice_channels(1..width)) },
    }
}

impl<T: Real> Game<'_, T> {
    /// The mean [score](Objective::score) `D(x)` of the real images and `D(G(z))` of the generated ones.
    pub(super) fn mean_scores(&self, objective: Objective) -> [f64; 2] {
        [self.real, self.fake].map(|logits| {
            let logits = logits.value();
            logits.iter().map(|x| objective.score(x.as_f64())).sum::<f64>() / logits.len() as f64
        })
    }
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
    let (logits, real, fake) = if discriminator.mixes_samples() {
        let [real, fake] = [real, generated].map(|images| judge(discriminator, parameters, images, mode));
        (real.logits.concat_rows(fake.logits), real, fake)
    } else {
        let all = judge(discriminator, parameters, real.concat_rows(generated), mode); // [2·batch, 1]
        let (border, end) = (real.batch(), real.batch() + generated.batch());
        (all.logits, all.slice_rows(0..border), all.slice_rows(border..end))
    };
    Game { logits, real: real.logits, fake: fake.logits, real_classes: real.classes, fake_classes: fake.classes }
}

/// Each player's gradient of its own loss with respect to its own weights, `[discriminator's,
/// generator's]`, from one walk back through the discriminator.
///
/// Both losses see sample `i` only through its logit `sᵢ` (with pairs each logit meets another one,
/// but still no sample does), and back-propagation is linear in the number it starts from. Started
/// from 1 at every logit, it gives `∂sᵢ/∂W` and `∂sᵢ/∂xᵢ`, and then
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
