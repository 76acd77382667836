//! Images that the discriminator sees changed, and a generator that draws them unchanged.

use rand::RngExt;
use twoplayer::autodiff::Tape;
use twoplayer::gan::{Augmentation, Change, Config, Trainer, draw_from, latent_vectors};
use twoplayer::nn::{LayerSpec, UnitActivation};
use twoplayer::random::Stream;

const SIDE: usize = 12;
const STEPS: u32 = 600;

/// Upright bars in the middle, 2 wide and 4 to 6 high.
fn write_bars(images: &mut [f32], mut height: impl FnMut() -> usize) {
    for image in images.chunks_exact_mut(SIDE * SIDE) {
        let half = height();
        for (i, x) in image.iter_mut().enumerate() {
            let is_ink = (SIDE / 2 - half..SIDE / 2 + half).contains(&(i / SIDE)) && (5..7).contains(&(i % SIDE));
            *x = if is_ink { 1.0 } else { -1.0 };
        }
    }
}

/// Of images with ink on black: mean and standard deviation of the middle's column, of the slant and of the height, in pixels.
fn shapes(images: &[f32]) -> [[f64; 2]; 3] {
    let shape = |image: &[f32]| {
        let ink: f64 = image.iter().map(|&x| f64::from(x.max(0.0))).sum();
        let mean = |f: &dyn Fn(f64, f64) -> f64| {
            let weigh = |(i, &x): (usize, &f32)| f64::from(x.max(0.0)) * f((i / SIDE) as f64, (i % SIDE) as f64);
            image.iter().enumerate().map(weigh).sum::<f64>() / ink
        };
        let (y, x) = (mean(&|y, _| y), mean(&|_, x| x));
        let (tall, across) = (mean(&|v, _| (v - y).powi(2)), mean(&|v, u| (v - y) * (u - x)));
        [x, across / tall, (12.0 * tall).sqrt()]
    };
    let all: Vec<[f64; 3]> = images.chunks_exact(SIDE * SIDE).map(shape).collect();
    [0, 1, 2].map(|which| {
        let mean = all.iter().map(|shape| shape[which]).sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|shape| (shape[which] - mean).powi(2)).sum::<f64>() / all.len() as f64;
        [mean, variance.sqrt()]
    })
}

#[test]
fn nothing_of_the_changes_leaks_into_the_samples() {
    let (leaky, tanh) = (UnitActivation::LeakyRelu, UnitActivation::Tanh);
    let mut config = Config::preset("mlp").unwrap();
    config.training.batch_size = 64;
    let change = |kind, strength| Augmentation { kind, strength };
    config.training.augment =
        vec![change(Change::Translate, 0.15), change(Change::Shear, 0.4), change(Change::Scale, 0.3)];
    config.generator.latent_dim = 8;
    config.generator.image_shape = [SIDE; 2];
    config.generator.layers = vec![LayerSpec::dense(64, leaky), LayerSpec::dense(SIDE * SIDE, tanh)];
    config.discriminator.layers =
        vec![LayerSpec::dense(128, leaky), LayerSpec::dense(64, leaky), LayerSpec::dense(1, UnitActivation::Identity)];
    config.validate().unwrap();
    let mut trainer = Trainer::<f32>::new(&config).unwrap();
    let mut heights = Stream::Shuffle.of(0);
    for step in 0..STEPS {
        trainer.set_progress(f64::from(step) / f64::from(STEPS));
        trainer.step(|images, _| write_bars(images, || heights.random_range(2..=3)));
    }

    let mut real = vec![0.0; 256 * SIDE * SIDE];
    write_bars(&mut real, || heights.random_range(2..=3));
    let tape = Tape::new();
    let latent = latent_vectors(&tape, 256, 8, &mut Stream::Sample.of(0)).value();
    let [real, drawn] = [real, draw_from(trainer.ema_generator(), &latent, &[])].map(|images| shapes(&images));
    println!("real {real:.2?}\ndrawn {drawn:.2?}");
    let [[x, x_spread], [slant, slant_spread], [height, _]] = drawn;
    assert!((x - real[0][0]).abs() < 0.3 && (slant - real[1][0]).abs() < 0.08, "moved {x}, slanted {slant}");
    // The changes alone have a deviation of 0.15·12/√3 = 1.04 pixels, and of 0.4/√3 = 0.23 in slant.
    assert!(x_spread < 0.4 && slant_spread < 0.1, "{x_spread} and {slant_spread}");
    assert!((height / real[2][0] - 1.0).abs() < 0.12, "{height} high, real ones {}", real[2][0]);
}
