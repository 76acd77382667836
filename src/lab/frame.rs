//! What the page shows of a moment.

use super::clinic;
use super::moment::Moment;
use crate::autodiff::{Tape, Tensor};
use crate::data::{PixelRange, fill};
use crate::gan::{Config, Objective, Players, Scores, Session, UpdateRule, draw_from, latent_vectors, score};
use crate::nn::LayerSpec;
use crate::random::Stream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// Images of each kind on a page.
pub const IMAGES: usize = 16;
/// Numbers of a latent vector on a page.
const LATENT: usize = 64;

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
    /// Whether somebody has changed it on the way.
    pub edited: bool,
    players: Players<Vec<String>>,
    parameters: Players<usize>,
}

impl Run {
    /// What a page is told of a session's run.
    pub fn of(session: &Session<'_>, name: &str, edited: bool) -> Self {
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
    /// The epoch of the last one, from 1; 0 before the first.
    pub epoch: u64,
    /// Whether it goes on by itself.
    pub playing: bool,
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
        let Scores { discriminator_loss, generator_loss, real, fake } = scores;
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
    pub fn of(session: &Session<'_>, faces: &Faces) -> Self {
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

/// Labels, where the players look at any.
pub fn labels_for<'l>(session: &Session<'_>, labels: &'l [u8]) -> &'l [u8] {
    if session.config().training.classes > 0 { labels } else { &[] }
}

/// The images that a page looks at again and again.
pub struct Faces {
    /// `[IMAGES, latent_dim]`.
    pub latent: Tensor,
    /// Classes of the generated images, where there are any.
    pub fake_labels: Vec<u8>,
    /// Real images, `[IMAGES, pixels]`.
    pub reals: Vec<f32>,
    /// Their classes.
    pub real_labels: Vec<u8>,
}

impl Faces {
    /// Those of a session: the same for the same seed.
    pub fn of(session: &Session<'_>) -> Self {
        let (config, digits) = (session.config(), session.digits());
        let tape = Tape::new();
        let mut rng = Stream::Preview.of(config.seed);
        let latent = latent_vectors(&tape, IMAGES, config.generator.latent_dim, &mut rng).value();
        let indices: Vec<usize> = (0..IMAGES).map(|i| i % digits.len()).collect();
        let mut reals = vec![0.0; IMAGES * digits.pixels()];
        fill(digits, &indices, session.pixel_range(), &mut reals);
        let classes = config.training.classes;
        Self {
            latent,
            fake_labels: if classes > 0 { (0..IMAGES).map(|i| (i % classes) as u8).collect() } else { Vec::new() },
            reals,
            real_labels: indices.iter().map(|&index| digits.label(index)).collect(),
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
