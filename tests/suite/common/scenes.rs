//! Pictures of several digits, as people take and paint them: each with what a person reads in it.

use super::handwriting::{Point, distance, normal, smooth, strokes};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use twoplayer::data::Grey;

/// How a picture looks. Lengths are in pixels, levels 0 black to 255 white.
#[derive(Clone)]
pub struct Look {
    pub size: [usize; 2], // [width, height]
    /// Where the first line begins: its left, its top.
    pub start: [f32; 2],
    /// How high digits are.
    pub tall: f32,
    /// The pen's radius, as a part of that.
    pub pen: f32,
    /// From the top of a line to the next, as a part of the height.
    pub leading: f32,
    /// Between two digits, as a part of their width; below 0 they overlap.
    pub gap: f32,
    /// How far a line climbs on its way to the right, as a part of its length.
    pub climb: f32,
    pub ink: f32,
    pub paper: f32,
    /// The standard deviation of the paper's grain.
    pub grain: f32,
    /// How much darker the far corner is than the near one.
    pub dusk: f32,
    /// How much darker it is in a shadow with soft edges over the right half.
    pub shadow: f32,
    /// Ruled lines: their distance and their level.
    pub ruled: Option<(usize, f32)>,
    /// A box around all lines.
    pub frame: bool,
    /// No levels between: painted by mouse, or faxed.
    pub hard: bool,
    pub seed: u64,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            size: [480, 200],
            start: [40.0, 50.0],
            tall: 80.0,
            pen: 0.05,
            leading: 1.6,
            gap: 0.45,
            climb: 0.0,
            ink: 30.0,
            paper: 240.0,
            grain: 0.0,
            dusk: 0.0,
            shadow: 0.0,
            ruled: None,
            frame: false,
            hard: false,
            seed: 1,
        }
    }
}

/// The strokes of what is no digit, as [`strokes`] has those of digits.
fn other_strokes(sign: char) -> Vec<Vec<Point>> {
    match sign {
        ',' => vec![vec![[0.5, 0.95], [0.35, 1.15]]],
        '.' => vec![vec![[0.5, 0.98], [0.5, 1.0]]],
        '-' => vec![vec![[0.0, 0.5], [1.0, 0.5]]],
        'A' => vec![vec![[0.0, 1.0], [0.5, 0.0], [0.5, 0.0], [1.0, 1.0]], vec![[0.2, 0.65], [0.8, 0.65]]],
        'E' => vec![
            vec![[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 1.0]],
            vec![[0.0, 0.5], [0.8, 0.5]],
        ],
        'M' => {
            vec![vec![[0.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.5, 0.7], [0.5, 0.7], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]]
        }
        _ => panic!("no strokes for {sign:?}"),
    }
}

/// Writes lines of digits and a few other signs on paper; a blank is a gap.
pub fn written(lines: &[&str], look: &Look) -> Grey {
    let mut rng = ChaCha8Rng::seed_from_u64(look.seed);
    let [width, height] = look.size;
    let mut cover = vec![0.0_f32; width * height];
    let wide = 0.6 * look.tall;
    for (i, line) in lines.iter().enumerate() {
        let (mut left, top) = (look.start[0], look.start[1] + i as f32 * look.leading * look.tall);
        for sign in line.chars() {
            let shape = match sign.to_digit(10) {
                Some(digit) => strokes(digit as u8),
                None if sign == ' ' => Vec::new(),
                None => other_strokes(sign),
            };
            let narrow = matches!(sign, '1' | ',' | '.');
            let own = if narrow { 0.3 * wide } else { wide };
            let top = top - look.climb * (left - look.start[0]);
            let mut place = |[x, y]: Point| {
                let [x, y] = [x, y].map(|number| number + rng.random_range(-0.025..0.025_f32));
                let lean = 0.1 * look.tall * (1.0 - y);
                [left + x * own + lean, top + y * look.tall]
            };
            let curves: Vec<Vec<Point>> =
                shape.into_iter().map(|points| smooth(points.into_iter().map(&mut place).collect())).collect();
            stamp(&mut cover, look, &curves);
            left += own + look.gap * wide;
        }
        if look.frame && i == 0 {
            let [right, bottom] = [left, top + lines.len() as f32 * look.leading * look.tall];
            let corners = [[12.0, 12.0], [right + 10.0, 12.0], [right + 10.0, bottom], [12.0, bottom], [12.0, 12.0]];
            stamp(&mut cover, &Look { pen: 2.0 / look.tall, ..look.clone() }, &[corners.to_vec()]);
        }
    }
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let levels = pixels.zip(cover).map(|((x, y), cover)| {
        let [u, v] = [x as f32 / width as f32, y as f32 / height as f32];
        let ruled = look.ruled.is_some_and(|(every, _)| y % every >= every - 2);
        let paper = look.ruled.filter(|_| ruled).map_or(look.paper, |(_, level)| level);
        let shade = ((u - 0.55) * 12.0).clamp(0.0, 1.0) * look.shadow + (u + v) / 2.0 * look.dusk;
        let cover = if look.hard { cover.round() } else { cover };
        // Light falls on ink and paper alike.
        let light = 1.0 - shade / 255.0;
        let grain = if look.grain > 0.0 { look.grain * normal(&mut rng) } else { 0.0 };
        ((paper + cover * (look.ink - paper)) * light + grain).round().clamp(0.0, 255.0) as u8
    });
    Grey::new(width, height, levels.collect())
}

/// How much of each pixel curves drawn with the pen cover, where they are.
fn stamp(cover: &mut [f32], look: &Look, curves: &[Vec<Point>]) {
    if curves.is_empty() {
        return;
    }
    let [width, height] = look.size;
    let radius = (look.pen * look.tall).max(0.5);
    let range = |i: usize, length: usize| {
        let all = || curves.iter().flatten().map(|point| point[i]);
        let first = (all().fold(f32::INFINITY, f32::min) - radius - 1.0).max(0.0) as usize;
        let last = (all().fold(0.0, f32::max) + radius + 2.0) as usize;
        first..last.min(length)
    };
    for y in range(1, height) {
        for x in range(0, width) {
            let own = (radius + 0.5 - distance([x as f32, y as f32], curves)).clamp(0.0, 1.0);
            let pixel = &mut cover[y * width + x];
            *pixel = pixel.max(own);
        }
    }
}

/// A picture and what a person reads in it: in each line the digits, `?` for what is none.
pub struct Scene {
    pub name: &'static str,
    pub picture: Grey,
    pub lines: Vec<&'static str>,
}

/// Scenes of one digit and of many, all different.
pub fn scenes() -> Vec<Scene> {
    let plain = Look::default;
    let photo = || Look { grain: 5.0, dusk: 60.0, paper: 215.0, ink: 50.0, ..plain() };
    let large = || Look { size: [4000, 3000], start: [400.0, 500.0], tall: 600.0, ..plain() };
    let sheet = || Look { size: [480, 560], start: [40.0, 30.0], tall: 50.0, leading: 1.7, ..plain() };
    let small = |left: f32| Look {
        size: [28, 28],
        start: [left, 4.0],
        tall: 19.0,
        pen: 0.065,
        ink: 0.0,
        paper: 255.0,
        hard: true,
        ..plain()
    };
    let dark = || Look { ink: 250.0, paper: 15.0, ..plain() };
    let all = "0123456789";
    let long = || Look { size: [900, 200], ..plain() };
    let of = |name, lines: &[&'static str], read: &[&'static str], look: Look| Scene {
        name,
        picture: written(lines, &look),
        lines: read.to_vec(),
    };
    let same = |name, lines: &[&'static str], look| of(name, lines, lines, look);
    vec![
        same("a hairline", &["3724"], Look { pen: 0.008, ..plain() }),
        same("a thin pen", &["3724"], Look { pen: 0.025, ..plain() }),
        same("a felt pen", &["3724"], Look { pen: 0.08, ..plain() }),
        same("a broad brush", &["3724"], Look { pen: 0.1, gap: 0.8, size: [600, 200], ..plain() }),
        same("light on dark, thin", &["3724"], Look { pen: 0.025, ..dark() }),
        same("light on dark, broad", &["3724"], Look { pen: 0.09, gap: 0.6, ..dark() }),
        same("a pencil", &["5062"], Look { ink: 170.0, paper: 235.0, pen: 0.02, grain: 3.0, ..plain() }),
        same("all digits", &[all], long()),
        same("all digits, light on dark", &[all], Look { ink: 240.0, paper: 30.0, seed: 2, ..long() }),
        same("uneven light", &[all], Look { dusk: 120.0, ..long() }),
        same("grain", &[all], Look { grain: 8.0, ..long() }),
        same("a shadow", &["8051"], Look { shadow: 60.0, ..plain() }),
        same("a photograph", &["60925"], Look { shadow: 30.0, seed: 3, ..photo() }),
        same("a photograph of dark ground", &["4713"], Look { ink: 225.0, paper: 60.0, dusk: 40.0, ..photo() }),
        same("ruled paper", &["2708", "4193"], Look { size: [480, 300], ruled: Some((62, 190.0)), ..plain() }),
        same("ruled paper, photographed", &["2708"], Look { ruled: Some((62, 150.0)), ..photo() }),
        same("a frame", &["6394"], Look { frame: true, ..plain() }),
        same("a climbing line", &["38472650"], Look { climb: 0.12, size: [700, 260], start: [40.0, 130.0], ..plain() }),
        same("a column", &["7", "2", "9", "4", "0", "3"], sheet()),
        same("a sheet", &["31415", "92653", "58979", "32384"], sheet()),
        same("a photographed sheet", &["27182", "81828", "45904", "52353"], Look { grain: 4.0, dusk: 70.0, ..sheet() }),
        of("a telephone number", &["555 0199"], &["5550199"], Look { size: [620, 200], ..plain() }),
        of("a cheque", &["1,234.56"], &["123456"], Look { ruled: Some((140, 120.0)), size: [620, 200], ..plain() }),
        of("a date", &["28-11-2026"], &["28?11?2026"], Look { size: [820, 200], seed: 4, ..plain() }),
        of("a letter", &["A"], &["?"], Look { size: [200, 200], ..plain() }),
        of("letters among digits", &["7E3M"], &["7?3?"], plain()),
        of("an M", &["M"], &["?"], Look { size: [200, 200], ..dark() }),
        same("12 megapixels", &["2026"], Look { size: [4000, 3000], ..large() }),
        same("12 megapixels, photographed", &["19", "84"], Look { grain: 6.0, dusk: 80.0, ..large() }),
        same("12 megapixels, small digits", &["13579", "24680"], Look { tall: 220.0, ..large() }),
        same("painted by mouse, 0", &["0"], small(6.0)),
        same("painted by mouse, 2", &["2"], small(6.0)),
        same("painted by mouse, 3", &["3"], small(6.0)),
        same("painted by mouse, 5", &["5"], small(6.0)),
        same("painted by mouse, 7", &["7"], small(6.0)),
        same("painted by mouse, light, 9", &["9"], Look { ink: 255.0, paper: 0.0, ..small(6.0) }),
        same("a fax", &["80173"], Look { hard: true, pen: 0.03, size: [560, 200], ..plain() }),
        same("fives whose bars stand off", &["55555"], Look { pen: 0.012, size: [560, 200], seed: 5, ..plain() }),
        same(
            "tiny digits",
            &["30862"],
            Look { tall: 16.0, size: [120, 50], start: [12.0, 14.0], pen: 0.07, ..plain() },
        ),
        same("one among much paper", &["4"], Look { size: [1200, 900], start: [700.0, 300.0], ..photo() }),
        same("a single 1", &["1"], Look { size: [100, 160], ..plain() }),
        same("ones", &["1111"], Look { gap: 0.6, ..plain() }),
    ]
}
