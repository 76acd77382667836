//! What the page shows of a moment.

use super::clinic;
use super::edits::{EVERY, OwnDigit, Told};
use super::faces::{Faces, IMAGES, labels_for};
use super::field::Field;
use super::moment::Moment;
use super::rewind::Twin;
use crate::data::PixelRange;
use crate::gan::{Coin, Config, Objective, Players, Scores, Session, TrainError, UpdateRule, draw_from, score};
use crate::nn::LayerSpec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// Numbers of a latent vector on a page.
pub const LATENT: usize = 64;

/// All that a page needs to show a moment; lengths are bounded whatever the networks are.
#[derive(Clone, Debug, Serialize)]
pub struct Frame<'a> {
    /// Counts frames.
    pub number: u64,
    /// What is trained.
    pub run: &'a Run,
    /// Where the engine stands.
    pub at: At,
    /// What the last complete step cost.
    pub scores: Option<Shown>,
    /// What a coin would score.
    pub coin: Option<CoinLosses>,
    /// Step, the discriminator's loss, the generator's.
    pub curve: Vec<(u64, f64, f64)>,
    /// The pictures.
    #[serde(flatten)]
    pub scene: &'a Scene,
    /// What it means.
    pub says: String,
    /// What looks wrong.
    pub warnings: Vec<&'a str>,
    /// What somebody has changed, oldest first.
    pub edits: Vec<Told<'a>>,
    /// Where the run was written to last.
    pub saved: Option<&'a str>,
    /// Digits of one's own among the real ones.
    pub own: Option<&'a Own>,
    /// The game beside.
    pub fork: Option<&'a Beside>,
    /// Where images are points.
    pub plane: Option<&'a Field>,
    /// The fault that is played on purpose.
    pub clinic: Option<clinic::Shown<'a>>,
}

/// What is trained.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    name: String,
    seed: u64,
    pub total_steps: u64,
    batch_size: usize,
    latent_dim: usize,
    image_shape: [usize; 3],
    objective: Objective,
    /// Whether images are drawn with a moving average of the generator's weights.
    averaged: bool,
    update: UpdateRule,
    /// Both players' learning rates, before the schedule.
    rates: Players<f64>,
    /// Whether somebody has changed it on the way.
    pub edited: bool,
    players: Players<Vec<String>>,
    parameters: Players<usize>,
}

impl Run {
    /// What a page is told of a session's run.
    pub fn of(session: &Session, name: &str, edited: bool) -> Self {
        let config = session.config();
        let Config { training, generator, discriminator, .. } = config;
        let trainer = session.trainer();
        let names = |layers: &[LayerSpec]| layers.iter().map(line).collect();
        Self {
            name: name.into(),
            seed: config.seed,
            total_steps: session.total_steps(),
            batch_size: training.batch_size,
            latent_dim: generator.latent_dim,
            image_shape: config.image_shape(),
            objective: training.objective,
            averaged: generator.average_decay.is_some(),
            update: training.update,
            rates: Players { generator: generator.adam.learning_rate, discriminator: discriminator.adam.learning_rate },
            edited,
            players: Players { generator: names(&generator.layers), discriminator: names(&discriminator.layers) },
            parameters: Players {
                generator: trainer.generator().parameter_count(),
                discriminator: trainer.discriminator().parameter_count(),
            },
        }
    }
}

/// A layer in a line, as in `dense, units 128, activation leaky-relu`.
fn line(layer: &LayerSpec) -> String {
    let table: toml::Table = toml::to_string(layer).unwrap_or_default().parse().unwrap_or_default();
    let kind = table.get("kind").and_then(|kind| kind.as_str()).unwrap_or("layer").to_owned();
    let keys = table.iter().filter(|(key, value)| *key != "kind" && !value.is_table() && *key != "layers");
    keys.fold(kind, |line, (key, value)| format!("{line}, {key} {}", value.to_string().trim_matches('"')))
}

/// Where the engine stands.
#[derive(Clone, Debug, Serialize)]
pub struct At {
    /// Steps that are complete.
    pub step: u64,
    /// Events since the step began: operations, adjoints, parameters that moved, beginnings and ends of phases.
    pub event: u64,
    /// The epoch of the last one, from 1; 0 before the first.
    pub epoch: u64,
    /// Whether it goes on by itself.
    pub playing: bool,
    /// Steps a second that it is held to; 0: as fast as it goes.
    pub speed: f64,
    /// Between steps or within one.
    pub moment: Moment,
    /// Whose turn it is, within a step.
    pub turn: Option<&'static str>,
    /// The first step that one can go to.
    pub oldest: u64,
    /// The last one.
    pub newest: u64,
}

/// The scores of a step.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    d_loss: f64,
    g_loss: f64,
    real: f64,
    fake: f64,
}

impl From<Scores> for Shown {
    fn from(scores: Scores) -> Self {
        let Scores { discriminator_loss, generator_loss, real, fake, .. } = scores;
        Self { d_loss: discriminator_loss, g_loss: generator_loss, real, fake }
    }
}

/// What a coin would score.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CoinLosses {
    /// The discriminator's loss.
    pub d_loss: f64,
    /// The generator's.
    pub g_loss: f64,
}

/// The pictures of a moment between two steps.
#[derive(Clone, Debug, Serialize)]
pub struct Scene {
    fakes: Pictures,
    reals: Pictures,
    latent: Vec<f32>,
}

/// What was seen when a step was complete, to be shown until the next one is.
pub struct Seen {
    /// What is trained.
    pub run: Run,
    /// The images that are looked at.
    pub faces: Faces,
    /// What a coin would score.
    pub coin: Option<Coin>,
    /// The pictures.
    pub scene: Scene,
    /// Digits of one's own.
    pub own: Option<Own>,
    /// The game beside.
    pub beside: Option<Beside>,
    /// Where images are points.
    pub field: Option<Field>,
}

/// Some images.
#[derive(Clone, Debug, Serialize)]
pub struct Pictures {
    shape: [usize; 3],
    count: usize,
    /// A byte a pixel, in base64.
    pixels: String,
    labels: Vec<u8>,
    /// The discriminator's, one an image.
    logits: Vec<f32>,
}

impl Scene {
    /// What the players make of the images that a page looks at.
    pub fn of(session: &Session, faces: &Faces) -> Self {
        let (trainer, range) = (session.trainer(), session.pixel_range());
        let shape = session.config().image_shape();
        let pictures = |images: &[f32], labels: &[u8]| Pictures {
            shape,
            count: IMAGES,
            pixels: base64(&bytes(range, images)),
            labels: labels.to_vec(),
            logits: score(trainer.discriminator(), images, labels_for(session, labels)),
        };
        // With the average of its weights, where there is one, as `train` shows it.
        let drawn = draw_from(trainer.ema_generator(), &faces.latent, &faces.fake_labels);
        Self {
            fakes: pictures(&drawn, &faces.fake_labels),
            reals: pictures(&faces.reals, &faces.real_labels),
            latent: faces.latent.iter().copied().take(LATENT.min(session.config().generator.latent_dim)).collect(),
        }
    }
}

/// Digits of one's own among the real ones, and what the discriminator makes of them.
#[derive(Clone, Debug, Serialize)]
pub struct Own {
    #[serde(flatten)]
    pictures: Pictures,
    /// Its logits when they were added.
    was: Vec<f32>,
    /// One of so many real images has given its place to one of them.
    every: usize,
}

impl Own {
    /// None where there are none.
    pub fn of(session: &Session, own: &[OwnDigit]) -> Option<Self> {
        if own.is_empty() {
            return None;
        }
        let pixels: Vec<u8> = own.iter().flat_map(|own| own.pixels.iter().copied()).collect();
        let labels: Vec<u8> = own.iter().map(|own| own.label).collect();
        let images = session.pixel_range().numbers(&pixels);
        let pictures = Pictures {
            shape: session.config().image_shape(),
            count: own.len(),
            pixels: base64(&pixels),
            logits: score(session.trainer().discriminator(), &images, labels_for(session, &labels)),
            labels,
        };
        Some(Self { pictures, was: own.iter().map(|own| own.was).collect(), every: EVERY })
    }
}

/// The game beside, as it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Beside {
    since: u64,
    step: u64,
    scores: Option<Shown>,
    curve: Vec<(u64, f64, f64)>,
    fakes: Option<Pictures>,
    warnings: Vec<String>,
    /// What the game has that this one has not.
    changes: Vec<String>,
}

impl Beside {
    /// What a page is told of the game beside: of the session that it has come to, or why it has not.
    pub fn of(reached: Result<Session, TrainError>, twin: &Twin, until: u64, changes: Vec<String>) -> Self {
        let mut warnings: Vec<String> = twin.story.warnings(until).into_iter().map(str::to_owned).collect();
        let fakes = match &reached {
            Ok(session) => Some(Scene::of(session, &Faces::of(session)).fakes),
            Err(error) => {
                warnings.push(error.to_string());
                None
            }
        };
        let step = reached.map_or_else(|_| twin.story.newest(), |session| session.step());
        Self {
            since: twin.since,
            step,
            scores: twin.story.at(step).map(Into::into),
            curve: twin.story.curve(step),
            fakes,
            warnings,
            changes,
        }
    }
}

/// Pixels as bytes, 0 black.
pub fn bytes(range: PixelRange, images: &[f32]) -> Vec<u8> {
    images.iter().map(|&pixel| (255.0 * range.to_unit(pixel).clamp(0.0, 1.0)).round() as u8).collect()
}

/// Bytes that came as JSON has them.
pub fn bytes_of(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// As JSON takes bytes.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
