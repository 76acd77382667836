//! What is said of a picture, as JSON or for people.

use super::pictures::Shape;
use crate::recognizer::{Distance, Reading};
use serde::Serialize;

/// What is said of something in a picture.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    pub file: &'a str,
    #[serde(flatten)]
    pub found: Found,
    #[serde(flatten)]
    pub place: Option<At>,
}

/// A digit, or why there is none.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Found {
    Digit {
        digit: u8,
        probability: f32,
        runner_up: u8,
        runner_up_probability: f32,
        /// How far it is from all digits; a digit's is about 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        distance: Option<f32>,
        /// Why it may be another one.
        #[serde(skip_serializing_if = "Option::is_none")]
        uncertain: Option<&'static str>,
    },
    /// Something stands there; which digit it is like, if it were one.
    Unknown { reason: &'static str, likest: u8, probability: f32, distance: f32, limit: f32 },
    /// Nothing stands there.
    Nothing { reason: String },
}

/// Where something stands in a picture.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct At {
    /// From 1, at the top.
    pub line: usize,
    /// `[left, top, width, height]` in pixels.
    #[serde(rename = "box")]
    pub bounds: [usize; 4],
}

/// What is less probable is not sure.
const SURE: f32 = 0.5;
const TOUCHING: &str = "as wide as several digits that touch";
const DOUBTFUL: &str = "no digit is probable";
const UNKNOWN: &str = "no digit that the recognizer knows";

impl Found {
    /// What the recognizer makes of a shape.
    pub fn of(shape: &Shape, reading: &Reading) -> Self {
        let [digit, runner_up, ..] = reading.ranking();
        let [probability, runner_up_probability] =
            [digit, runner_up].map(|digit| reading.probabilities[usize::from(digit)]);
        if let Some(Distance { found: distance, limit }) = reading.distance.filter(|_| !reading.is_a_digit()) {
            let reason = if shape.is_wide { TOUCHING } else { UNKNOWN };
            return Found::Unknown { reason, likest: digit, probability, distance, limit };
        }
        let uncertain = match () {
            () if shape.is_wide => Some(TOUCHING),
            () if probability < SURE => Some(DOUBTFUL),
            () => None,
        };
        let distance = reading.distance.map(|distance| distance.found);
        Found::Digit { digit, probability, runner_up, runner_up_probability, distance, uncertain }
    }

    /// The digit, if it is one.
    pub fn digit(&self) -> Option<u8> {
        match self {
            Found::Digit { digit, .. } => Some(*digit),
            _ => None,
        }
    }

    /// It in a line of others: `?` for what is no digit, and behind one that is uncertain.
    pub fn sign(&self) -> String {
        match self {
            Found::Digit { digit, uncertain, .. } => format!("{digit}{}", if uncertain.is_some() { "?" } else { "" }),
            _ => "?".into(),
        }
    }
}

impl At {
    /// Of a shape; none where it is the whole picture.
    pub fn of(shape: &Shape) -> Option<Self> {
        let (place, line) = shape.place?;
        Some(Self { line: line + 1, bounds: [place.left, place.top, place.width, place.height] })
    }
}

/// What is said of a picture, in lines.
pub fn lines(answers: &[Answer<'_>], json: bool) -> Vec<String> {
    let lines = answers.iter().map(|answer| match json {
        true => serde_json::to_string(answer).expect("plain values"),
        false => in_words(answer, answers.len() > 1),
    });
    let Some(last) = answers.last().and_then(|answer| answer.place).filter(|_| answers.len() > 1 && !json) else {
        return lines.collect();
    };
    // First what a person would copy out, line by line.
    let signs = |line: usize| {
        let own = answers.iter().filter(|answer| answer.place.is_some_and(|at| at.line == line));
        own.map(|answer| answer.found.sign()).collect::<Vec<_>>().join(" ")
    };
    let file = answers[0].file;
    let heads = (1..=last.line).map(|line| format!("{file}  line {line}: {}", signs(line)));
    heads.chain(lines).collect()
}

fn in_words(Answer { file, found, place }: &Answer<'_>, is_one_of_several: bool) -> String {
    let said = match found {
        Found::Digit { digit, probability, runner_up, runner_up_probability, uncertain, .. } => {
            let [first, second] = [probability, runner_up_probability].map(|p| 100.0 * p);
            let doubt = uncertain.map_or(String::new(), |why| format!("   uncertain: {why}"));
            format!("{digit}  {first:.1} %   (then {runner_up}, {second:.1} %){doubt}")
        }
        Found::Unknown { reason, distance, limit, .. } => {
            format!("no digit: {reason} ({distance:.2} from all of them; digits are within {limit:.2})")
        }
        Found::Nothing { reason } => format!("no digit: {reason}"),
    };
    match place.filter(|_| is_one_of_several) {
        Some(At { line, bounds: [left, top, width, height] }) => {
            format!("  line {line}, {width} × {height} at {left}, {top}:  {said}")
        }
        None => format!("{file}  {said}"),
    }
}
