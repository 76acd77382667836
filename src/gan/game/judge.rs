//! The discriminator before real and generated images.

use crate::autodiff::{Real, Var};
use crate::nn::{Input, Mode, OnTape};
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

impl<'t, T: Real> Game<'t, T> {
    pub(super) fn of(logits: Var<'t, T>, real: Judgement<'t, T>, fake: Judgement<'t, T>) -> Self {
        Self { logits, real: real.logits, fake: fake.logits, real_classes: real.classes, fake_classes: fake.classes }
    }
}

/// What a discriminator says of some images.
#[derive(Clone, Copy, Debug)]
pub struct Judgement<'t, T: Real> {
    /// `[n, 1]`: whether they are real.
    pub logits: Var<'t, T>,
    /// `[n, classes]`: what they show, if it says so.
    pub classes: Option<Var<'t, T>>,
}

impl<'t, T: Real> Judgement<'t, T> {
    /// What the last layer gives, `[n, 1]` or `[n, 1 + classes]`.
    fn of(output: Var<'t, T>) -> Self {
        match output.shape()[1] {
            1 => Judgement { logits: output, classes: None },
            width => Judgement { logits: output.slice_channels(0..1), classes: Some(output.slice_channels(1..width)) },
        }
    }

    /// That on some of the images.
    pub(super) fn slice_rows(self, rows: Range<usize>) -> Self {
        let slice = |x: Var<'t, T>| x.slice_rows(rows.clone());
        Self { logits: slice(self.logits), classes: self.classes.map(slice) }
    }
}

/// The discriminator's verdict on images `[n, pixels]`, with their labels where there are any.
pub fn judge<'t, T: Real>(
    discriminator: &OnTape<'_, 't, T>,
    images: Input<'t, T>,
    mode: &mut Mode<'_, T>,
) -> Judgement<'t, T> {
    judge_by_features(discriminator, images, mode).0
}

/// The same, and what the last layer has made it from, the features `[n, …]`.
pub(in crate::gan) fn judge_by_features<'t, T: Real>(
    discriminator: &OnTape<'_, 't, T>,
    images: Input<'t, T>,
    mode: &mut Mode<'_, T>,
) -> (Judgement<'t, T>, Var<'t, T>) {
    let OnTape { network, parameters, .. } = discriminator;
    let [features, output] = network.forward_by_features(parameters, images, mode);
    (Judgement::of(output), features)
}

/// The discriminator's logits for real and for generated images, `[batch, pixels]` each: one batch to a
/// network that works row by row, so that both halves share every product; two to one that compares the
/// samples of a batch, which would else tell real from generated images by the company they are in.
pub fn play<'t, T: Real>(
    discriminator: &OnTape<'_, 't, T>,
    real: impl Into<Input<'t, T>>,
    generated: impl Into<Input<'t, T>>,
    mode: &mut Mode<'_, T>,
) -> Game<'t, T> {
    let (real, generated) = (real.into(), generated.into());
    if !discriminator.network.mixes_samples() {
        return play_jointly(discriminator, real, generated, mode);
    }
    let [real, fake] = [real, generated].map(|images| judge(discriminator, images, mode));
    Game::of(real.logits.concat_rows(fake.logits), real, fake)
}

/// The same logits from one batch, whatever the network.
pub(in crate::gan) fn play_jointly<'t, T: Real>(
    discriminator: &OnTape<'_, 't, T>,
    real: Input<'t, T>,
    generated: Input<'t, T>,
    mode: &mut Mode<'_, T>,
) -> Game<'t, T> {
    let all = judge(discriminator, real.concat_rows(generated), mode); // [2·batch, 1]
    let (border, end) = (real.batch(), real.batch() + generated.batch());
    Game::of(all.logits, all.slice_rows(0..border), all.slice_rows(border..end))
}
