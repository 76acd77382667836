//! Stacked digits: how many of the thousand kinds are drawn.

use super::Arguments;
use super::subject::Subject;
use crate::cli::columns::sentences;
use crate::cli::say::{print, say};
use crate::metrics::Histogram;
use crate::recognizer::Recognizer;
use anyhow::Context;
use serde::Serialize;
use std::fmt::{Display, Formatter};

/// What is found.
#[derive(Serialize)]
pub struct Modes {
    subject: String,
    images: usize,
    /// Of 1,000.
    modes: usize,
    /// From the uniform distribution, in nats.
    kullback_leibler: f64,
}

/// Prints how many modes there are.
pub fn evaluate(subject: &Subject, recognizer: &Recognizer, arguments: &Arguments) -> anyhow::Result<()> {
    let found = modes(subject, recognizer)?;
    match arguments.json {
        true => say(serde_json::to_string_pretty(&found)?)?,
        false => print(found)?,
    }
    Ok(())
}

impl Display for Modes {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { subject, images, modes, kullback_leibler } = self;
        sentences(f, &format!("{images} stacked digits of {subject}"))?;
        writeln!(f, "{:33} {modes:>7} of 1000  ↑ three digits that it draws", "modes")?;
        writeln!(f, "{:33} {kullback_leibler:>7.3} nats     ↓ 0: all as often", "Kullback-Leibler, equal shares")?;
        sentences(f, "↓ smaller is better, ↑ larger is better.")
    }
}

/// Reads each channel of the images.
pub fn modes(subject: &Subject, recognizer: &Recognizer) -> anyhow::Result<Modes> {
    let [height, width, _] = subject.shape();
    recognizer.check_image_shape([height, width, 1]).with_context(|| subject.name.clone())?;
    let channels = [0, 1, 2].map(|channel| {
        let images: Vec<u8> = subject.images.iter().skip(channel).step_by(3).copied().collect();
        recognizer.read(&images).digits()
    });
    let stacks: Vec<[u8; 3]> = (0..subject.count()).map(|i| channels.each_ref().map(|digits| digits[i])).collect();
    let histogram = Histogram::of_stacked(&stacks)?;
    Ok(Modes {
        subject: subject.name.clone(),
        images: stacks.len(),
        modes: histogram.classes_hit(),
        kullback_leibler: histogram.divergence_from_uniform(),
    })
}
