//! The plane: players whose images are points, small enough to see all of what they do.

use super::refusal::Refusal;
use crate::data::Digits;
use crate::gan::{Config, Objective, UpdateRule};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

/// Real points that are learned from.
const POINTS: usize = 4096;
/// The most that somebody may draw.
const MOST_DRAWN: usize = 2000;
/// What is played with points.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the real points are.
    data: Shape,
    /// Points that somebody has drawn, from −1 to 1, in the place of those.
    points: Option<Vec<[f32; 2]>>,
    /// What each player minimises.
    pub objective: Objective,
    /// Who moves when.
    pub update: Rule,
    /// Whether the discriminator's slope is penalised.
    pub penalty: Penalty,
}

/// Where real points are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    /// Eight Gaussians on a circle.
    #[default]
    Ring,
    /// Five by five.
    Grid,
}

/// Who moves when; in turn, if nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rule(pub UpdateRule);

impl Default for Rule {
    fn default() -> Self {
        Self(UpdateRule::Alternating)
    }
}

/// Whether there is a penalty; there is, if nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Penalty(pub bool);

impl Default for Penalty {
    fn default() -> Self {
        Self(true)
    }
}

impl Settings {
    /// From words for the objective, the update rule and the penalty; what is left out is as usual.
    ///
    /// # Errors
    /// When a word is none of theirs.
    pub fn of_words([objective, update, penalty]: [Option<&str>; 3]) -> Result<Self, Refusal> {
        let mut map = serde_json::Map::new();
        let mut put = |key: &str, value: serde_json::Value| map.insert(key.to_owned(), value);
        objective.map(|word| put("objective", word.into()));
        update.map(|word| put("update", word.into()));
        penalty.map(|word| put("penalty", word.parse::<bool>().map_or_else(|_| word.into(), Into::into)));
        serde_json::from_value(map.into()).map_err(|error| Refusal::bad(error.to_string()))
    }

    /// What its points are called.
    pub fn data(&self) -> &'static str {
        match (&self.points, self.data) {
            (Some(_), _) => "drawn",
            (None, Shape::Ring) => "ring",
            (None, Shape::Grid) => "grid",
        }
    }

    /// The game, and what it learns from.
    ///
    /// # Errors
    /// When there are no points, too many, or points outside of the plane.
    pub fn game(&self) -> Result<(Config, Digits), Refusal> {
        let mut config = Config::from_toml(include_str!("plane.toml"), None).expect("a test reads it");
        (config.training.objective, config.training.update) = (self.objective, self.update.0);
        if !self.penalty.0 {
            config.discriminator.regularisers.clear();
        }
        Ok((config, self.digits()?))
    }

    /// Real points, as images of two pixels.
    fn digits(&self) -> Result<Digits, Refusal> {
        let points: Vec<[f32; 2]> = match &self.points {
            None => self.data.points(),
            Some(drawn) => {
                let is_inside = |point: &[f32; 2]| point.iter().all(|x| (-1.0..=1.0).contains(x));
                if !(1..=MOST_DRAWN).contains(&drawn.len()) || !drawn.iter().all(is_inside) {
                    return Err(Refusal::bad(format!(
                        "points must be 1 to {MOST_DRAWN} pairs of numbers from -1 to 1"
                    )));
                }
                drawn.iter().copied().cycle().take(POINTS).collect()
            }
        };
        let byte = |x: &f32| ((x + 1.0) * 127.5).round() as u8;
        let count = points.len();
        Ok(Digits::new(points.as_flattened().iter().map(byte).collect(), vec![0; count], 1, 2))
    }
}

impl Shape {
    fn points(self) -> Vec<[f32; 2]> {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let (centres, deviation): (Vec<[f32; 2]>, f32) = match self {
            Shape::Ring => {
                let on_circle = |i: u8| (TAU * f32::from(i) / 8.0).sin_cos();
                ((0..8).map(|i| [0.7 * on_circle(i).1, 0.7 * on_circle(i).0]).collect(), 0.04)
            }
            Shape::Grid => {
                let at = |i: u8| 0.35 * (f32::from(i) - 2.0);
                ((0..25).map(|i| [at(i % 5), at(i / 5)]).collect(), 0.03)
            }
        };
        let mut near = |x: f32| (x + deviation * rng.sample::<f32, _>(StandardNormal)).clamp(-1.0, 1.0);
        (0..POINTS).map(|i| centres[i % centres.len()].map(&mut near)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_with_what_is_usual() {
        let settings: Settings = serde_json::from_str(r#"{"objective":"wasserstein","penalty":false}"#).unwrap();
        assert_eq!((settings.objective, settings.update.0), (Objective::Wasserstein, UpdateRule::Alternating));
        let (config, digits) = settings.game().unwrap();
        config.validate().unwrap();
        assert!(config.discriminator.regularisers.is_empty() && digits.len() == POINTS);
        assert_eq!(Settings::of_words([Some("hinge"), None, Some("true")]).unwrap().objective, Objective::Hinge);
        assert_eq!(Settings::of_words([None, Some("never"), None]).unwrap_err().status, 400);
        assert!(serde_json::from_str::<Settings>(r#"{"radius":2}"#).is_err());
    }

    #[test]
    fn drawn_points_are_learned_from_and_those_outside_refused() {
        let drawn = |points: Vec<[f32; 2]>| Settings { points: Some(points), ..Settings::default() }.digits();
        let digits = drawn(vec![[-1.0, 1.0], [0.0, 0.5]]).unwrap();
        assert_eq!((digits.image(0), digits.image(1)), (&[0, 255][..], &[128, 191][..]));
        for wrong in [vec![], vec![[0.0, 1.1]], vec![[f32::NAN, 0.0]], vec![[0.0; 2]; MOST_DRAWN + 1]] {
            assert_eq!(drawn(wrong).unwrap_err().status, 400);
        }
    }

    #[test]
    fn a_ring_has_eight_places() {
        let points = Shape::Ring.points();
        assert!(points.iter().all(|[x, y]| (x.hypot(*y) - 0.7).abs() < 0.25));
        let places: std::collections::BTreeSet<i32> =
            points.iter().map(|[x, y]| (y.atan2(*x) / TAU * 8.0).round().rem_euclid(8.0) as i32).collect();
        assert_eq!(places.len(), 8);
    }
}
