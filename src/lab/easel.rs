//! The easel: what discriminator and recognizer make of a picture that somebody has drawn.

use super::faces::IMAGES;
use super::frame::{LATENT, base64, bytes, bytes_of};
use super::look::json;
use super::refusal::{Answer, Refusal};
use crate::data::{CLASSES, Digits, PixelRange};
use crate::gan::{Session, draw, input_gradients, nearest_latent, score};
use crate::nn::Network;
use crate::random::Stream;
use crate::recognizer::Recognizer;
use crate::run::pretrained_generator;
use serde::{Deserialize, Serialize};

/// Digits that are told as what it may be.
const LIKELIEST: usize = 3;

/// A picture to be judged, as the page sends it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// A byte a pixel, 0 black, in base64.
    pub pixels: String,
    /// What it is meant to be, for players that look at labels.
    pub label: Option<u8>,
}

#[derive(Serialize)]
struct Judged {
    logit: f32,
    pull: String,
    read: Option<Vec<(usize, f32)>>,
}

/// The discriminator's logit of a picture, how it would have each pixel, and what the recognizer reads.
pub fn judge(
    picture: &Picture,
    discriminator: &Network,
    range: PixelRange,
    shape: [usize; 3],
    recognizer: &Recognizer,
) -> Answer {
    let label = picture.label.unwrap_or(0);
    let bytes = bytes_of_picture(&picture.pixels, label, shape)?;
    let labels: &[u8] = if discriminator.classes() > 0 { &[label] } else { &[] };
    let image = range.numbers(&bytes);
    let reads = recognizer.check_image_shape(shape).is_ok();
    json(&Judged {
        logit: score(discriminator, &image, labels)[0],
        pull: base64(&signed(&input_gradients(discriminator, &image, labels))),
        read: reads.then(|| likeliest(&recognizer.read(&bytes).probabilities.row(0).to_vec())),
    })
}

/// The bytes of a picture of this shape.
///
/// # Errors
/// When it is none, or its label no digit.
pub fn bytes_of_picture(pixels: &str, label: u8, shape: [usize; 3]) -> Result<Vec<u8>, Refusal> {
    let bytes = bytes_of(pixels).ok_or_else(|| Refusal::bad("pixels must be base64"))?;
    let expected: usize = shape.iter().product();
    if bytes.len() != expected {
        return Err(Refusal::bad(format!("a picture here has {expected} bytes, this one {}", bytes.len())));
    }
    if usize::from(label) >= CLASSES {
        return Err(Refusal::bad("label must be a digit, from 0 to 9"));
    }
    Ok(bytes)
}

#[derive(Serialize)]
struct NearestPicture {
    pixels: String,
    shape: [usize; 3],
    distance: f64,
    first: f64,
    latent: Vec<f32>,
    logit: f32,
    tried: usize,
}

/// The image that the generator can draw that comes nearest to a picture.
pub fn nearest(picture: &Picture, session: &Session) -> Answer {
    let (config, trainer, range) = (session.config(), session.trainer(), session.pixel_range());
    let label = picture.label.unwrap_or(0);
    let target = range.numbers(&bytes_of_picture(&picture.pixels, label, config.image_shape())?);
    let labels: &[u8] = if config.training.classes > 0 { &[label] } else { &[] };
    let found = nearest_latent(trainer.ema_generator(), &target, labels);
    let unit = f64::from(range.to_unit(1.0) - range.to_unit(0.0)); // pixels from 0 to 1
    json(&NearestPicture {
        pixels: base64(&bytes(range, &found.image)),
        shape: config.image_shape(),
        distance: unit * found.distance,
        first: unit * found.first,
        logit: score(trainer.discriminator(), &found.image, labels)[0],
        latent: found.latent.into_iter().take(LATENT).collect(),
        tried: found.tried,
    })
}

fn likeliest(probabilities: &[f32]) -> Vec<(usize, f32)> {
    let mut digits: Vec<(usize, f32)> = probabilities.iter().copied().enumerate().collect();
    digits.sort_by(|a, b| b.1.total_cmp(&a.1));
    digits.truncate(LIKELIEST);
    digits
}

/// Gradients as bytes: 128 is none, the steepest 1 or 255.
pub fn signed(gradients: &[f32]) -> Vec<u8> {
    let steepest = gradients.iter().fold(0f32, |most, slope| most.max(slope.abs()));
    let byte = |&slope: &f32| {
        let share = if steepest > 0.0 { slope / steepest } else { 0.0 };
        (128.0 + 127.0 * share).round().clamp(1.0, 255.0) as u8
    };
    gradients.iter().map(byte).collect()
}

#[derive(Serialize)]
struct Real {
    index: usize,
    of: usize,
    label: u8,
    shape: [usize; 3],
    pixels: String,
}

/// A real digit; numbers beyond the last begin again.
pub fn real(digits: &Digits, index: usize) -> Answer {
    let place = index % digits.len();
    json(&Real {
        index: place,
        of: digits.len(),
        label: digits.label(place),
        shape: [digits.height(), digits.width(), digits.channels()],
        pixels: base64(digits.image(place)),
    })
}

#[derive(Serialize)]
struct Trained {
    shape: [usize; 3],
    count: usize,
    pixels: String,
}

/// What the generator draws that comes with the program: where a game may lead.
pub fn trained() -> Answer {
    let (generator, config) = pretrained_generator();
    let drawn = draw(&generator, IMAGES, &mut Stream::Sample.of(0));
    let range = config.pixel_range().map_err(|error| Refusal::bad(error.to_string()))?;
    json(&Trained { shape: config.image_shape(), count: IMAGES, pixels: base64(&bytes(range, &drawn.images)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_become_bytes_around_128() {
        assert_eq!(signed(&[0.0, 2.0, -2.0, 1.0]), [128, 255, 1, 192]);
        assert_eq!(signed(&[0.0, 0.0]), [128, 128]);
    }

    #[test]
    fn the_likeliest_digits_come_first() {
        assert_eq!(likeliest(&[0.1, 0.5, 0.15, 0.25]), [(1, 0.5), (3, 0.25), (2, 0.15)]);
    }
}
