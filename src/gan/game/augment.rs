//! Images changed at random before the discriminator sees them, so that few do not become known by heart.
//!
//! The discriminator sees real and generated images through the same random changes, and the generator's gradient passes
//! through them (Zhao et al. 2020, *Differentiable Augmentation for Data-Efficient GAN Training*). So the generator is
//! never asked to draw changed images: it wins where its images, changed, look like real ones that were changed alike.

use crate::autodiff::{Places, Real, Var};
use crate::gan::ConfigError;
use crate::gan::config::check::check;
use crate::parallel::in_rows;
use crate::random::words_drawn;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A change of an image. In a file: its name, or `{ kind = "rotate", strength = 5 }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "Written", into = "Written")]
#[cfg_attr(test, schemars(with = "Change"))]
pub struct Augmentation {
    /// What is done.
    pub kind: Change,
    /// How much of it at most, in units of the kind's.
    pub strength: f64,
}

/// What may be done to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is moved, in either direction by up to this share of its side; 0.1.
    Translate,
    /// It is made up to so much larger, or smaller by the same factor, each side by itself: by a fifth at 0.2, its value.
    Scale,
    /// It is slanted: by up to so many pixels from row to row; 0.2.
    Shear,
    /// It is turned by up to so many degrees either way; 10.
    Rotate,
    /// A square in it, up to so large a share of its side, is made black; 0.4.
    Cutout,
    /// It is bent: places some pixels apart are moved by so many pixels, the standard deviation, and what lies between follows;
    /// 0.8.
    Elastic,
}

/// How an augmentation stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected \"translate\", \"scale\", \"shear\", \"rotate\", \"cutout\" or \"elastic\", or { kind = …, strength = NUMBER }"
)]
enum Written {
    /// With the usual strength.
    Usual(Change),
    /// With one of its own.
    Own { kind: Change, strength: f64 },
}

impl From<Written> for Augmentation {
    fn from(written: Written) -> Self {
        match written {
            Written::Usual(kind) => Self { kind, strength: kind.usual_strength() },
            Written::Own { kind, strength } => Self { kind, strength },
        }
    }
}

impl From<Augmentation> for Written {
    fn from(Augmentation { kind, strength }: Augmentation) -> Self {
        if strength == kind.usual_strength() { Self::Usual(kind) } else { Self::Own { kind, strength } }
    }
}

impl Change {
    fn usual_strength(self) -> f64 {
        match self {
            Change::Translate => 0.1,
            Change::Scale | Change::Shear => 0.2,
            Change::Rotate => 10.0,
            Change::Cutout => 0.4,
            Change::Elastic => 0.8,
        }
    }

    /// The largest strength that makes sense.
    fn most(self) -> f64 {
        match self {
            Change::Translate | Change::Shear | Change::Cutout => 1.0,
            Change::Scale => 4.0,
            Change::Rotate => 180.0,
            Change::Elastic => 100.0,
        }
    }
}

impl Augmentation {
    /// Checks the strength against its range.
    pub(in crate::gan) fn validate(&self, key: &str) -> Result<(), ConfigError> {
        let key = format!("strength of a change in {key}");
        let is_sensible = (0.0..=self.kind.most()).contains(&self.strength);
        check(is_sensible, &key, &self.strength, "at least 0 and of a sensible size")
    }
}

/// Knots of an elastic change along a side.
const KNOTS: usize = 5;

/// What is done to one image.
#[derive(Clone, Debug)]
struct Drawn {
    /// From a pixel to its place, `[yy, yx, xy, xx]`, both counted from the middle.
    matrix: [f32; 4],
    /// Added to that.
    offset: [f32; 2],
    /// The middle of a black square and half its side.
    hole: Option<([f32; 2], f32)>,
    /// How far each knot is moved.
    bend: Option<Box<[[f32; 2]; KNOTS * KNOTS]>>,
}

/// Changes images at random.
#[derive(Debug)]
pub struct Augment {
    list: Vec<Augmentation>,
    /// `[height, width, channels]`.
    shape: [usize; 3],
    /// What is seen outside an image.
    black: f32,
    rng: ChaCha8Rng,
    /// Places that are written anew when no tape needs them any more.
    used: Vec<Arc<Places>>,
}

impl Augment {
    /// These changes, in this order, of images `[height, width, channels]` whose black is `black`.
    pub fn new(list: &[Augmentation], shape: [usize; 3], black: f32, rng: ChaCha8Rng) -> Self {
        Self { list: list.to_vec(), shape, black, rng, used: Vec::new() }
    }

    /// How many words have been drawn.
    pub(in crate::gan) fn words_drawn(&self) -> u64 {
        words_drawn(&self.rng)
    }

    /// Goes on with these random numbers.
    pub(in crate::gan) fn resume(&mut self, rng: ChaCha8Rng) {
        self.rng = rng;
    }

    /// Images `[n, pixels]`, each changed by chance; as they are where nothing is to be done.
    pub fn view<'t, T: Real>(&mut self, images: Var<'t, T>) -> Var<'t, T> {
        if self.list.is_empty() {
            return images;
        }
        let ([height, width, channels], rows) = (self.shape, images.shape());
        let places = self.places(rows[0]);
        images.reshape(&[rows[0], height, width, channels]).warp(places, self.black).reshape(&rows)
    }

    /// Where each pixel of `n` images comes from.
    fn places(&mut self, n: usize) -> Arc<Places> {
        let [height, width, _] = self.shape;
        let drawn: Vec<Drawn> = (0..n).map(|_| self.draw()).collect();
        let reusable = self.used.iter().position(|places| Arc::strong_count(places) == 1);
        let places = reusable.map_or_else(Arc::default, |index| self.used.swap_remove(index));
        let mut places = Arc::try_unwrap(places).unwrap_or_default();
        places.write([n, height, width], |at| {
            in_rows(at, height * width, |image, at| drawn[image].write(at, [height, width]));
        });
        let places = Arc::new(places);
        self.used.push(Arc::clone(&places));
        places
    }

    /// What is done to the next image.
    fn draw(&mut self) -> Drawn {
        let [height, width, _] = self.shape.map(|side| side as f32);
        let mut drawn = Drawn { matrix: [1.0, 0.0, 0.0, 1.0], offset: [0.0; 2], hole: None, bend: None };
        for &Augmentation { kind, strength } in &self.list {
            let rng = &mut self.rng;
            let s = strength as f32;
            let mut either_way = || rng.random_range(-1.0..=1.0f32);
            match kind {
                Change::Translate => {
                    let [y, x] = [height, width].map(|side| side * s * either_way());
                    drawn.offset = [drawn.offset[0] + y, drawn.offset[1] + x];
                }
                Change::Scale => {
                    let [y, x] = [0; 2].map(|_| (1.0 + s).powf(either_way()));
                    drawn.then([y, 0.0, 0.0, x]);
                }
                Change::Shear => drawn.then([1.0, 0.0, s * either_way(), 1.0]),
                Change::Rotate => {
                    let (sin, cos) = (s * either_way()).to_radians().sin_cos();
                    drawn.then([cos, -sin, sin, cos]);
                }
                Change::Cutout => {
                    let half = s * height.min(width) * rng.random::<f32>() / 2.0;
                    drawn.hole = Some(([height, width].map(|side| side * rng.random::<f32>()), half));
                }
                Change::Elastic => {
                    let mut knots = Box::new([[0.0; 2]; KNOTS * KNOTS]);
                    knots.as_flattened_mut().iter_mut().for_each(|by| *by = s * rng.sample::<f32, _>(StandardNormal));
                    drawn.bend = Some(knots);
                }
            }
        }
        drawn
    }
}

impl Drawn {
    /// What is done, and before it this matrix.
    fn then(&mut self, [a, b, c, d]: [f32; 4]) {
        let [yy, yx, xy, xx] = self.matrix;
        self.matrix = [yy * a + yx * c, yy * b + yx * d, xy * a + xx * c, xy * b + xx * d];
    }

    /// The place of each pixel, `[height, width]`.
    fn write(&self, at: &mut [[f32; 2]], [height, width]: [usize; 2]) {
        let [yy, yx, xy, xx] = self.matrix;
        let middle = [height, width].map(|side| (side as f32 - 1.0) / 2.0);
        for (i, place) in at.iter_mut().enumerate() {
            let pixel = [(i / width) as f32, (i % width) as f32];
            if self.hole.is_some_and(|(hole, half)| (0..2).all(|axis| (pixel[axis] - hole[axis]).abs() < half)) {
                *place = [f32::NAN; 2];
                continue;
            }
            let [y, x] = [pixel[0] - middle[0], pixel[1] - middle[1]];
            *place = [middle[0] + yy * y + yx * x + self.offset[0], middle[1] + xy * y + xx * x + self.offset[1]];
            if let Some(knots) = &self.bend {
                let [dy, dx] = between(knots, [pixel[0] / height as f32, pixel[1] / width as f32]);
                *place = [place[0] + dy, place[1] + dx];
            }
        }
    }
}

/// How far a pixel is moved whose place between the knots, in each direction, is this share of the way.
fn between(knots: &[[f32; 2]; KNOTS * KNOTS], share: [f32; 2]) -> [f32; 2] {
    let [y, x] = share.map(|share| share * (KNOTS - 1) as f32);
    let (row, column) = ((y as usize).min(KNOTS - 2), (x as usize).min(KNOTS - 2));
    let (down, right) = (y - row as f32, x - column as f32);
    let knot = |dy: usize, dx: usize| knots[(row + dy) * KNOTS + column + dx];
    let along = |a: [f32; 2], b: [f32; 2], part: f32| [0, 1].map(|axis| a[axis] + part * (b[axis] - a[axis]));
    along(along(knot(0, 0), knot(0, 1), right), along(knot(1, 0), knot(1, 1), right), down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use rand::SeedableRng;

    const SIDE: usize = 16;

    fn augment(list: &[(Change, f64)]) -> Augment {
        let list: Vec<_> = list.iter().map(|&(kind, strength)| Augmentation { kind, strength }).collect();
        Augment::new(&list, [SIDE, SIDE, 1], -1.0, ChaCha8Rng::seed_from_u64(5))
    }

    /// What becomes of `n` pictures of an upright bar, 3 wide and 8 high, in the middle, white on black: numbers from 0 to 1.
    fn bars(augment: &mut Augment, n: usize) -> Vec<Vec<f64>> {
        let tape = Tape::<f64>::new();
        let is_bar = |i: usize| (4..12).contains(&(i / SIDE % SIDE)) && (7..10).contains(&(i % SIDE));
        let x = tape.fill(&[n, SIDE * SIDE], |x| {
            x.iter_mut().enumerate().for_each(|(i, x)| *x = if is_bar(i) { 1.0 } else { -1.0 });
        });
        let seen = augment.view(x).value();
        seen.rows().into_iter().map(|row| row.iter().map(|x| (x + 1.0) / 2.0).collect()).collect()
    }

    /// Ink, its middle `[y, x]`, and its spread `[yy, yx, xx]`.
    fn moments(image: &[f64]) -> (f64, [f64; 2], [f64; 3]) {
        let ink: f64 = image.iter().sum();
        let mean = |f: &dyn Fn(f64, f64) -> f64| {
            let weigh = |(i, x): (usize, &f64)| x * f((i / SIDE) as f64, (i % SIDE) as f64);
            image.iter().enumerate().map(weigh).sum::<f64>() / ink
        };
        let (y, x) = (mean(&|y, _| y), mean(&|_, x| x));
        let spread =
            [mean(&|v, _| (v - y) * (v - y)), mean(&|v, u| (v - y) * (u - x)), mean(&|_, u| (u - x) * (u - x))];
        (ink, [y, x], spread)
    }

    #[test]
    fn nothing_to_do_draws_nothing() {
        let mut none = augment(&[]);
        assert_eq!(moments(&bars(&mut none, 1)[0]).0, 24.0);
        assert_eq!(none.words_drawn(), 0);
    }

    #[test]
    fn each_change_does_what_it_says_and_no_more_than_it_may() {
        let (ink, [y, x], [yy, _, xx]) = moments(&bars(&mut augment(&[]), 1)[0]);
        let changed = |kind, strength| {
            let images = bars(&mut augment(&[(kind, strength)]), 200);
            images.iter().map(|image| moments(image)).collect::<Vec<_>>()
        };
        let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);

        let moved = changed(Change::Translate, 0.125);
        let furthest = largest(&mut moved.iter().map(|(_, [v, u], _)| (v - y).abs().max((u - x).abs())));
        assert!((1.8..=2.001).contains(&furthest), "{furthest} of 2 pixels");
        assert!(moved.iter().all(|(other, ..)| (other - ink).abs() < 1e-4));

        let scaled = changed(Change::Scale, 0.25);
        let heights: Vec<f64> = scaled.iter().map(|(.., [v, ..])| (v / yy).sqrt()).collect();
        let (low, high) = (-largest(&mut heights.iter().map(|height| -height)), largest(&mut heights.iter().copied()));
        assert!((0.78..0.85).contains(&low) && (1.2..1.3).contains(&high), "{low} to {high}");

        let slants = changed(Change::Shear, 0.2);
        let steepest = largest(&mut slants.iter().map(|(.., [v, across, _])| (across / v).abs()));
        assert!((0.17..0.21).contains(&steepest), "{steepest}");
        assert!(slants.iter().all(|(_, _, [v, ..])| (v / yy - 1.0).abs() < 0.02), "no higher");

        // Turned by φ, the covariance of a bar is (yy − xx)·sin φ·cos φ.
        let turned = changed(Change::Rotate, 10.0);
        let furthest = largest(&mut turned.iter().map(|(.., [_, across, _])| (across / (yy - xx)).abs()));
        let most = 10f64.to_radians().sin() * 10f64.to_radians().cos();
        assert!((0.9 * most..1.05 * most).contains(&furthest), "{furthest} of {most}");

        let cut = changed(Change::Cutout, 0.5);
        assert!(cut.iter().all(|(other, ..)| *other <= ink) && cut.iter().any(|(other, ..)| *other < 0.7 * ink));

        let bent = changed(Change::Elastic, 0.5);
        let mean = bent.iter().map(|(_, [v, _], _)| v - y).sum::<f64>() / 200.0;
        assert!(mean.abs() < 0.1 && bent.iter().any(|(_, [v, _], _)| (v - y).abs() > 0.3), "{mean}");
    }

    #[test]
    fn where_it_stopped_it_goes_on() {
        let list = [(Change::Cutout, 0.4), (Change::Elastic, 1.0), (Change::Scale, 0.3)];
        let mut whole = augment(&list);
        bars(&mut whole, 3);
        let mut resumed = augment(&list);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        rng.set_word_pos(whole.words_drawn().into());
        resumed.resume(rng);
        assert_eq!(bars(&mut resumed, 2), bars(&mut whole, 2));
    }

    #[test]
    fn a_change_is_a_name_or_a_table() {
        #[derive(Serialize, Deserialize, Debug, PartialEq)]
        struct File {
            augment: Vec<Augmentation>,
        }
        let text = "augment = [\"translate\", { kind = \"rotate\", strength = 5.0 }]";
        let file: File = toml::from_str(text).unwrap();
        assert_eq!(file.augment[0], Augmentation { kind: Change::Translate, strength: 0.1 });
        assert_eq!(file.augment[1], Augmentation { kind: Change::Rotate, strength: 5.0 });
        assert_eq!(toml::from_str::<File>(&toml::to_string(&file).unwrap()).unwrap(), file);
        for mistake in ["augment = [\"turn\"]", "augment = [{ kind = \"rotate\" }]", "augment = [3]"] {
            let error = toml::from_str::<File>(mistake).unwrap_err();
            assert!(error.message().starts_with("expected \"translate\""), "{mistake}: {error}");
        }
    }
}
