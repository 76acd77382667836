//! What the turns of one step did: the players before it and after it, on the same images.

use super::easel::signed;
use super::edits::Edits;
use super::frame::{Faces, base64, bytes, labels_for};
use super::look::json;
use super::refusal::Answer;
use crate::data::Digits;
use crate::gan::{Observer, ObserverError, Session, Snapshot, TrainError, draw_from, input_gradients, score};
use serde::Serialize;
use std::ops::ControlFlow;

/// Images of each kind.
const IMAGES: usize = 8;

#[derive(Serialize)]
struct Turns {
    generator: GeneratorsTurn,
    discriminator: DiscriminatorsTurn,
}

#[derive(Serialize)]
struct GeneratorsTurn {
    shape: [usize; 3],
    count: usize,
    before: String,
    pull: String,
    after: String,
    logits_before: Vec<f32>,
    logits_after: Vec<f32>,
}

#[derive(Serialize)]
struct DiscriminatorsTurn {
    count: usize,
    reals: String,
    fakes: String,
    real_before: Vec<f32>,
    real_after: Vec<f32>,
    fake_before: Vec<f32>,
    fake_after: Vec<f32>,
}

/// Compares a session with itself, a step before.
pub fn turns(before: &Session<'_>, after: &Session<'_>, faces: &Faces) -> Answer {
    let pixels = before.config().pixels();
    let latent = faces.latent.slice(ndarray::s![..IMAGES, ..]).to_owned().into_dyn().into_shared();
    let fake_labels = &faces.fake_labels[..faces.fake_labels.len().min(IMAGES)];
    let real_labels = labels_for(before, &faces.real_labels[..IMAGES]);
    let reals = &faces.reals[..IMAGES * pixels];
    let [old, new] = [before, after].map(|session| draw_from(session.trainer().generator(), &latent, fake_labels));
    let [d_old, d_new] = [before, after].map(|session| session.trainer().discriminator());
    let range = before.pixel_range();
    // The generator answers the discriminator as it has become.
    let pull = input_gradients(d_new, &old, fake_labels);
    json(&Turns {
        generator: GeneratorsTurn {
            shape: before.config().image_shape(),
            count: IMAGES,
            before: base64(&bytes(range, &old)),
            pull: base64(&signed(&pull)),
            after: base64(&bytes(range, &new)),
            logits_before: score(d_new, &old, fake_labels),
            logits_after: score(d_new, &new, fake_labels),
        },
        discriminator: DiscriminatorsTurn {
            count: IMAGES,
            reals: base64(&bytes(range, reals)),
            fakes: base64(&bytes(range, &old)),
            real_before: score(d_old, reals, real_labels),
            real_after: score(d_new, reals, real_labels),
            fake_before: score(d_old, &old, fake_labels),
            fake_after: score(d_new, &old, fake_labels),
        },
    })
}

/// A session as it stood after so many steps: from this snapshot on, they are made again, with the same edits.
///
/// # Errors
/// When it cannot go on from there.
pub fn rewound<'d>(from: &Snapshot, edits: &Edits, steps: u64, digits: &'d Digits) -> Result<Session<'d>, TrainError> {
    let mut session = from.session(edits.at(from.step()), digits)?;
    while session.step() < steps {
        session.run(&mut OneStep)?;
        let config = edits.at(session.step());
        if session.config() != config {
            session = session.snapshot().session(config, digits)?;
        }
    }
    Ok(session)
}

/// Asks for an end after one step.
struct OneStep;

impl Observer for OneStep {
    fn pause(&mut self, session: &Session<'_>) -> Result<ControlFlow<()>, ObserverError> {
        Ok(if session.step() > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
