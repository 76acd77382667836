//! What the turns of one step did: the players before it and after it, on the same images.

use super::easel::signed;
use super::faces::{Faces, labels_for};
use super::frame::{base64, bytes};
use super::look::json;
use super::refusal::Answer;
use crate::gan::{Objective, Players, Session, draw_from, generator_slopes, input_gradients, score};
use serde::Serialize;

/// Images of each kind.
const IMAGES: usize = 8;

#[derive(Serialize)]
struct Turns {
    generator: GeneratorsTurn,
    discriminator: DiscriminatorsTurn,
    /// The generator's loss under both objectives that are probabilities, where its own is one of them.
    compare: Option<Vec<Steepness>>,
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

/// How steep the generator's loss was under an objective.
#[derive(Serialize)]
struct Steepness {
    objective: Objective,
    norm: f64,
    slopes: Vec<f32>,
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
pub fn turns(before: &Session, after: &Session, faces: &Faces) -> Answer {
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
    let players = Players { generator: before.trainer().generator(), discriminator: d_new };
    let steepness = |objective| {
        let numbers = latent.as_slice().expect("values of a tape are contiguous");
        let (slopes, norm) = generator_slopes(players, numbers, fake_labels, objective);
        Steepness { objective, norm, slopes: slopes.into_iter().map(f32::abs).collect() }
    };
    let objective = before.config().training.objective;
    let compared = [Objective::NonSaturating, Objective::Minimax];
    json(&Turns {
        compare: objective.is_of_probabilities().then(|| compared.map(steepness).into()),
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
