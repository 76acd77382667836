//! A GAN on a ring of eight Gaussians: small enough to see all of it.
//!
//!     cargo run --release --example 03_ring
//!
//! Real "images" are points in the plane, drawn from eight blobs on a circle. The generator must
//! learn to put its points on all eight. The picture it writes, ring.png, shows four moments:
//! real points in blue, generated ones in orange, and behind them the discriminator's surface,
//! the brighter the surer it is that a point there is real.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::StandardNormal;
use std::f32::consts::TAU;
use twoplayer::autodiff::Tape;
use twoplayer::gan::{Objective, latent_vectors, play};
use twoplayer::nn::UnitActivation::{Identity, LeakyRelu};
use twoplayer::nn::{Adam, Init, LayerSpec, Learner, Mode, Network, Training};

const LATENT_DIM: usize = 8;
const BATCH: usize = 256;
const GAMMA: f32 = 0.1;
const MOMENTS: [usize; 4] = [100, 400, 1500, 5000];

fn main() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let network = |name, input, output, rng: &mut ChaCha8Rng| {
        let hidden = LayerSpec::dense(128, LeakyRelu);
        let layers = [hidden.clone(), hidden, LayerSpec::dense(output, Identity)];
        Network::<f32>::new(name, input, &layers, Init::He, rng).expect("three dense layers")
    };
    let learner = |network: Network| {
        let adam = Adam::new(&network.parameters, 1e-3, 0.5, 0.99);
        Learner::new(network, adam)
    };
    let mut generator = learner(network("generator", LATENT_DIM, 2, &mut rng));
    let mut discriminator = learner(network("discriminator", 2, 1, &mut rng));
    let mut training = Training::from(ChaCha8Rng::seed_from_u64(1));
    let objective = Objective::NonSaturating;
    let mut panels = Vec::new();

    for step in 1..=MOMENTS[3] {
        // The discriminator's turn: real points are 1, generated points 0. The generator only performs.
        let fake = generator.perform(&mut training, |generator, training| {
            let z = latent_vectors(generator.tape, BATCH, LATENT_DIM, &mut rng);
            generator.forward(z, &mut Mode::Train(training)).value() //                   [batch, 2]
        });
        let d_loss = discriminator.learn(&mut training, |discriminator, training| {
            let tape = discriminator.tape;
            let real = tape.fill(&[BATCH, 2], |points| write_real_points(points, &mut rng));
            let game = play(discriminator, real, tape.share(&fake), &mut Mode::Train(training));
            let at_real = objective.discriminator_at_real(game.real, 1.0); //             [batch, 1]
            let loss = at_real.mean() + objective.discriminator_at_fake(game.fake).mean();
            // R1 = γ/2 · E‖∇ₓ logit‖² keeps the discriminator's slope at real points small; without it the
            // generator ends up chasing one blob after another (Mescheder et al. 2018, eq. 9). The slope is
            // itself a gradient, so the tape differentiates a second time.
            let slope = tape.differentiable_gradients(game.real.sum(), &[real])[0]; //    [batch, 2]
            let r1 = slope.powi(2).sum() * (GAMMA / 2.0 / BATCH as f32);
            (loss + r1, loss.item())
        });

        // The generator's turn: it wants its points to be called 1.
        let g_loss = generator.learn(&mut training, |generator, training| {
            let z = latent_vectors(generator.tape, BATCH, LATENT_DIM, &mut rng);
            let fake = generator.forward(z, &mut Mode::Train(training));
            discriminator.take_part(generator.tape, training, |discriminator, training| {
                let logits = discriminator.forward(fake, &mut Mode::Train(training)); //  [batch, 1]
                let loss = objective.generator_at_fake(logits).mean();
                (loss, loss.item())
            })
        });

        if MOMENTS.contains(&step) {
            println!("step {step:4}  loss D {d_loss:.3} (a coin's: 1.386)  G {g_loss:.3} (a coin's: 0.693)");
            panels.push(panel(&generator.network, &discriminator.network, &mut rng));
        }
    }
    write_picture("ring.png", &panels).expect("ring.png can be written here");
    println!("ring.png: after {MOMENTS:?} steps; blue real, orange generated, bright where D says real");
}

/// Points from eight Gaussians of deviation 0.05 on a circle of radius 1, as x, y, x, y, …
fn write_real_points(points: &mut [f32], rng: &mut ChaCha8Rng) {
    for point in points.chunks_exact_mut(2) {
        let (sin, cos) = (TAU * rng.random_range(0..8) as f32 / 8.0).sin_cos();
        point[0] = cos + 0.05 * normal(rng);
        point[1] = sin + 0.05 * normal(rng);
    }
}

fn normal(rng: &mut impl Rng) -> f32 {
    rng.sample(StandardNormal)
}

/// The side of a panel in pixels; it shows the square from −EXTENT to EXTENT.
const SIDE: usize = 300;
const EXTENT: f32 = 1.6;

type Color = [u8; 3];

/// One moment of the game, `[SIDE × SIDE]`.
fn panel(generator: &Network, discriminator: &Network, rng: &mut ChaCha8Rng) -> Vec<Color> {
    let tape = Tape::new();
    let coordinate = |pixel: usize| (2.0 * (pixel as f32 + 0.5) / SIDE as f32 - 1.0) * EXTENT;
    let everywhere = tape.fill(&[SIDE * SIDE, 2], |points| {
        for (pixel, point) in points.chunks_exact_mut(2).enumerate() {
            (point[0], point[1]) = (coordinate(pixel % SIDE), coordinate(pixel / SIDE));
        }
    });
    let probability = discriminator.forward(&discriminator.leaves(&tape), everywhere, &mut Mode::Evaluate).sigmoid();
    let mut picture: Vec<Color> = probability.value().iter().map(|p| [40 + (p * 180.0) as u8; 3]).collect();

    let mut dot = |point: &[f32], color: Color| {
        let pixel = |x: f32| ((x / EXTENT + 1.0) / 2.0 * SIDE as f32).round() as isize;
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (x, y) = (pixel(point[0]) + dx, pixel(point[1]) + dy);
            if (0..SIDE as isize).contains(&x) && (0..SIDE as isize).contains(&y) {
                picture[y as usize * SIDE + x as usize] = color;
            }
        }
    };
    let mut real = [0.0; 2 * 500];
    write_real_points(&mut real, rng);
    real.chunks_exact(2).for_each(|point| dot(point, [30, 100, 220]));
    let z = latent_vectors(&tape, 500, LATENT_DIM, rng);
    let generated = generator.forward(&generator.leaves(&tape), z, &mut Mode::Evaluate).value();
    generated.as_slice().expect("contiguous").chunks_exact(2).for_each(|point| dot(point, [240, 130, 20]));
    picture
}

/// The panels side by side.
fn write_picture(path: &str, panels: &[Vec<Color>]) -> Result<(), Box<dyn std::error::Error>> {
    let rows = (0..SIDE).flat_map(|y| panels.iter().flat_map(move |panel| &panel[y * SIDE..][..SIDE]));
    let bytes: Vec<u8> = rows.flatten().copied().collect();
    let file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut encoder = png::Encoder::new(file, (SIDE * panels.len()) as u32, SIDE as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&bytes)?;
    Ok(())
}
