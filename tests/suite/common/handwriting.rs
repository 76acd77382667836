//! Pictures of digits that are not MNIST's: printed in ten fonts, and drawn here with a round brush.

use std::fs;
use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use twoplayer::data::Grey;

/// A picture and the digit that it shows.
pub struct Sample {
    pub picture: Grey,
    pub label: u8,
    /// What to call it when something is wrong with it.
    pub name: String,
}

/// The pictures of tests/pictures/fonts, by name: ten fonts (see scripts/reference/fonts.py), ten digits each.
pub fn printed() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/fonts");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let sample = |path: &Path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let label = name.rsplit('-').next().unwrap().parse().unwrap();
        Sample { picture: Grey::read_png(path).unwrap(), label, name }
    };
    paths.iter().map(|path| sample(path)).collect()
}

/// So many pictures drawn at random, the digits in turn: of any size, slant, thickness and place, dark on light or
/// light on dark, every other one on paper that is grainy and unevenly lit.
pub fn drawn(seed: u64, count: usize) -> Vec<Sample> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let sample = |i: usize| {
        let label = (i % 10) as u8;
        let picture = draw(label, i / 10 % 2 == 1, &mut rng);
        Sample { picture, label, name: format!("drawing {i} of seed {seed}, a {label}") }
    };
    (0..count).map(sample).collect()
}

pub type Point = [f32; 2];

/// The strokes of a digit in a box of 1 × 1, y downwards, each by points that its curve is drawn towards; a point
/// that stands twice is a corner.
pub fn strokes(digit: u8) -> Vec<Vec<Point>> {
    match digit {
        0 => vec![vec![
            [0.5, 0.0],
            [0.1, 0.05],
            [0.0, 0.5],
            [0.1, 0.95],
            [0.5, 1.05],
            [0.95, 0.95],
            [1.0, 0.5],
            [0.9, 0.05],
            [0.5, 0.0],
        ]],
        1 => vec![vec![[0.5, 0.0], [0.5, 1.0]]],
        2 => vec![vec![
            [0.05, 0.25],
            [0.15, 0.0],
            [0.7, -0.05],
            [0.95, 0.25],
            [0.7, 0.55],
            [0.0, 1.0],
            [0.0, 1.0],
            [1.0, 1.0],
        ]],
        3 => vec![vec![
            [0.05, 0.12],
            [0.4, -0.08],
            [0.95, 0.05],
            [0.85, 0.42],
            [0.4, 0.48],
            [0.4, 0.48],
            [0.95, 0.52],
            [1.0, 0.95],
            [0.4, 1.08],
            [0.0, 0.88],
        ]],
        4 => vec![vec![[0.2, 0.0], [0.0, 0.58], [0.0, 0.58], [1.0, 0.55]], vec![[0.8, 0.05], [0.72, 1.0]]],
        // The bar is a stroke of its own, and does not quite touch.
        5 => vec![
            vec![
                [0.15, 0.08],
                [0.1, 0.45],
                [0.1, 0.45],
                [0.6, 0.35],
                [1.0, 0.55],
                [0.95, 0.98],
                [0.4, 1.05],
                [0.0, 0.9],
            ],
            vec![[0.3, 0.02], [1.0, 0.0]],
        ],
        6 => vec![vec![
            [0.8, 0.0],
            [0.25, 0.2],
            [0.0, 0.7],
            [0.15, 1.02],
            [0.75, 1.05],
            [0.95, 0.7],
            [0.6, 0.5],
            [0.08, 0.72],
        ]],
        7 => vec![vec![[0.0, 0.02], [1.0, 0.0], [1.0, 0.0], [0.35, 1.0]]],
        8 => vec![vec![
            [0.85, 0.12],
            [0.45, -0.08],
            [0.05, 0.12],
            [0.25, 0.42],
            [0.8, 0.58],
            [1.0, 0.88],
            [0.5, 1.1],
            [0.0, 0.88],
            [0.2, 0.58],
            [0.75, 0.42],
            [0.85, 0.12],
        ]],
        _ => vec![vec![
            [0.92, 0.15],
            [0.5, -0.08],
            [0.02, 0.1],
            [0.05, 0.5],
            [0.5, 0.58],
            [0.92, 0.15],
            [0.92, 0.15],
            [0.85, 1.0],
        ]],
    }
}

/// Every corner cut at a quarter and at three quarters of its sides, three times (Chaikin 1974); the ends stay.
pub fn smooth(mut points: Vec<Point>) -> Vec<Point> {
    for _ in 0..3 {
        let mix = |a: Point, b: Point, part: f32| [0, 1].map(|i| a[i] + part * (b[i] - a[i]));
        let cut = points.windows(2).flat_map(|pair| [mix(pair[0], pair[1], 0.25), mix(pair[0], pair[1], 0.75)]);
        let ends = (points[0], *points.last().unwrap());
        points = std::iter::once(ends.0).chain(cut).chain([ends.1]).collect();
    }
    points
}

fn draw(digit: u8, on_rough_paper: bool, rng: &mut ChaCha8Rng) -> Grey {
    let tall = rng.random_range(20.0..300.0_f32);
    let (wide, slant) = (tall * rng.random_range(0.45..0.85), rng.random_range(-0.1..0.3));
    let radius = (tall * rng.random_range(0.003..0.09)).max(0.5);
    let mut place = |[x, y]: Point| {
        let [x, y] = [x, y].map(|number| number + rng.random_range(-0.03..0.03_f32));
        [x * wide + (1.0 - y) * slant * tall, y * tall]
    };
    let strokes: Vec<_> =
        strokes(digit).into_iter().map(|points| smooth(points.into_iter().map(&mut place).collect())).collect();
    let all = || strokes.iter().flatten();
    let lowest = [0, 1].map(|i| all().map(|point| point[i]).fold(f32::INFINITY, f32::min));
    let highest = [0, 1].map(|i| all().map(|point| point[i]).fold(f32::NEG_INFINITY, f32::max));
    let mut margin = || radius + 2.0 + tall * rng.random_range(0.02..0.6_f32);
    let offset = [0, 1].map(|i| margin() - lowest[i]);
    let size = [0, 1].map(|i| (highest[i] + offset[i] + margin()) as usize);
    let colours = [rng.random_range(0..90), rng.random_range(170..=255)].map(|level| level as f32);
    let [ink, paper] = if rng.random() { colours } else { [colours[1], colours[0]] };
    let [grain, slope_x, slope_y] = if on_rough_paper { [6.0, 25.0, 25.0] } else { [0.0; 3] };
    let mut levels = Vec::with_capacity(size[0] * size[1]);
    for y in 0..size[1] {
        for x in 0..size[0] {
            let place = [x as f32 - offset[0], y as f32 - offset[1]];
            let cover = (radius + 0.5 - distance(place, &strokes)).clamp(0.0, 1.0);
            let light = slope_x * (x as f32 / size[0] as f32 - 0.5) + slope_y * (y as f32 / size[1] as f32 - 0.5);
            let level = paper + cover * (ink - paper) + light + grain * normal(rng);
            levels.push(level.round() as u8);
        }
    }
    Grey::new(size[0], size[1], levels)
}

/// How far a place is from the nearest stroke.
pub fn distance(place: Point, strokes: &[Vec<Point>]) -> f32 {
    let segments = strokes.iter().flat_map(|points| points.windows(2));
    let squares = segments.map(|pair| {
        let along = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        let to = [place[0] - pair[0][0], place[1] - pair[0][1]];
        let length = (along[0] * along[0] + along[1] * along[1]).max(1e-9);
        let part = ((to[0] * along[0] + to[1] * along[1]) / length).clamp(0.0, 1.0);
        (to[0] - part * along[0]).powi(2) + (to[1] - part * along[1]).powi(2)
    });
    squares.fold(f32::INFINITY, f32::min).sqrt()
}

/// Normal to the eye: the sum of twelve uniform numbers, less six.
pub fn normal(rng: &mut impl Rng) -> f32 {
    (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0
}
