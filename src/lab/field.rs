//! What players whose images are points make of the plane.

use super::faces::Faces;
use super::plane::{Penalty, Rule, Settings};
use crate::autodiff::Tape;
use crate::gan::{Objective, Session, draw_from, input_gradients, latent_vectors, score};
use crate::random::Stream;
use serde::Serialize;

/// Real points on a page, generated ones, and those with an arrow.
const SHOWN: [usize; 3] = [400, 256, 64];
/// Points along a side of the discriminator's surface, and along a side of the generator's grid.
const SIDES: [usize; 2] = [32, 13];
/// How far the grid of latent vectors reaches.
const REACH: f32 = 2.0;

/// What the players make of the plane.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    reals: Vec<[f32; 2]>,
    fakes: Vec<[f32; 2]>,
    pull: Vec<[f32; 2]>,
    surface: Surface,
    warp: Option<Warp>,
    settings: Option<Told>,
}

#[derive(Clone, Debug, Serialize)]
struct Surface {
    side: usize,
    logits: Vec<f32>,
}

#[derive(Clone, Debug, Serialize)]
struct Warp {
    side: usize,
    points: Vec<[f32; 2]>,
}

/// What was chosen, as a page is told of it.
#[derive(Clone, Debug, Serialize)]
struct Told {
    objective: Objective,
    update: Rule,
    penalty: Penalty,
    data: &'static str,
}

impl Field {
    /// None where images are no points.
    pub fn of(session: &Session, faces: &Faces, settings: Option<&Settings>) -> Option<Self> {
        let (config, trainer) = (session.config(), session.trainer());
        if config.image_shape() != [1, 2, 1] || config.training.classes > 0 {
            return None;
        }
        let latent_dim = config.generator.latent_dim;
        let latent = latent_vectors(&Tape::new(), SHOWN[1], latent_dim, &mut Stream::Preview.of(config.seed)).value();
        let fakes = draw_from(trainer.ema_generator(), &latent, &faces.fake_labels);
        let count = SHOWN[0].min(session.digits().len());
        let reals = session.pixel_range().numbers(&session.digits().images()[..2 * count]);
        let pull = input_gradients(trainer.discriminator(), &fakes[..2 * SHOWN[2]], &[]);
        let down = grid(SIDES[0], 1.0).into_iter().map(|[x, y]| [x, -y]).collect::<Vec<_>>();
        let warp = (latent_dim == 2).then(|| {
            let z = grid(SIDES[1], REACH);
            let z = ndarray::ArrayD::from_shape_vec(ndarray::IxDyn(&[z.len(), 2]), z.concat()).expect("it fits");
            Warp { side: SIDES[1], points: pairs(&draw_from(trainer.ema_generator(), &z.into_shared(), &[])) }
        });
        Some(Self {
            reals: pairs(&reals),
            fakes: pairs(&fakes),
            pull: pairs(&pull),
            surface: Surface { side: SIDES[0], logits: score(trainer.discriminator(), down.as_flattened(), &[]) },
            warp,
            settings: settings.map(|settings| Told {
                objective: settings.objective,
                update: settings.update,
                penalty: settings.penalty,
                data: settings.data(),
            }),
        })
    }
}

fn pairs(numbers: &[f32]) -> Vec<[f32; 2]> {
    numbers.as_chunks().0.to_vec()
}

/// Points in rows from `−reach` to `reach`, `x` first.
fn grid(side: usize, reach: f32) -> Vec<[f32; 2]> {
    let at = |i: usize| reach * (2.0 * i as f32 / (side - 1) as f32 - 1.0);
    (0..side * side).map(|i| [at(i % side), at(i / side)]).collect()
}
