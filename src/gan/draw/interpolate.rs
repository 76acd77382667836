//! Ways through the space of latent vectors.

use crate::autodiff::{Tape, Tensor};
use crate::gan::{draw_from, latent_vectors};
use crate::nn::Network;
use crate::random::Stream;

/// The images on the way from one seed's latent vector to another's, both ends included: `[rows, steps, pixels]`
/// with a row for each of `labels`, or one row where the generator takes none. A seed's vector is the first that
/// [`draw`](crate::gan::draw) takes from its [`Stream::Sample`]. All vectors are multiplied by `truncation`, as
/// [`Request`](crate::gan::Request) has it.
///
/// # Panics
/// When there are fewer than two steps, or the labels do not fit the generator.
pub fn interpolate(generator: &Network, seeds: [u64; 2], steps: usize, labels: &[u8], truncation: f32) -> Vec<f32> {
    assert!(steps >= 2, "interpolate: {steps} steps; a way has two ends");
    let latent_dim = generator.input_width();
    let [from, to] =
        seeds.map(|seed| first_latent_vector(latent_dim, seed).iter().map(|z| truncation * z).collect::<Vec<_>>());
    let rows = labels.len().max(1);
    let way: Vec<f32> = (0..steps).flat_map(|step| slerp(&from, &to, step as f64 / (steps - 1) as f64)).collect(); // [steps, latent_dim]
    let latent = Tensor::from_shape_vec(vec![rows * steps, latent_dim], way.repeat(rows)).expect("a way for each row");
    let labels: Vec<u8> = labels.iter().flat_map(|&label| std::iter::repeat_n(label, steps)).collect();
    draw_from(generator, &latent, &labels)
}

fn first_latent_vector(latent_dim: usize, seed: u64) -> Vec<f32> {
    latent_vectors(&Tape::new(), 1, latent_dim, &mut Stream::Sample.of(seed)).value().iter().copied().collect()
}

/// The vector at `t`, from 0 to 1, of the way between two that turns evenly from the one's direction into the
/// other's while its length changes in proportion.
///
/// Between directions `u` and `v` that is Shoemake's spherical interpolation (1985, *Animating Rotation with
/// Quaternion Curves*), `sin((1−t)Ω)/sin Ω · u + sin(tΩ)/sin Ω · v` with the angle `Ω` between them; here it is
/// written as `cos(tΩ)·u + sin(tΩ)·w`, `w` being `v`'s direction across `u`, which also holds where `sin Ω` is 0.
/// A straight line would cut through the middle, where vectors are shorter than any that the generator has seen:
/// nearly all of N(0, 1)ⁿ lies at a distance of about √n (White 2016, *Sampling Generative Networks*, section 2.1).
///
/// Of the many ways between opposite vectors it is one; to or from 0 it is the straight line.
///
/// # Panics
/// When the vectors differ in length.
pub fn slerp(from: &[f32], to: &[f32], t: f64) -> Vec<f32> {
    assert_eq!(from.len(), to.len(), "slerp: vectors of {} and {} numbers", from.len(), to.len());
    if t == 0.0 || t == 1.0 {
        return if t == 0.0 { from } else { to }.to_vec(); // to the last bit
    }
    let [from, to] = [from, to].map(|vector| vector.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>());
    let [from_length, to_length] = [&from, &to].map(|vector| norm(vector));
    let vector = match from_length.min(to_length) > 0.0 {
        false => combination(1.0 - t, &from, t, &to),
        true => {
            let [u, v] = [(&from, from_length), (&to, to_length)].map(|(x, length)| scaled(1.0 / length, x));
            let length = (1.0 - t) * from_length + t * to_length;
            scaled(length, &turned(&u, &v, t))
        }
    };
    vector.into_iter().map(|x| x as f32).collect()
}

/// The direction at `t` between the directions `u` and `v`.
fn turned(u: &[f64], v: &[f64], t: f64) -> Vec<f64> {
    let cosine = dot(u, v);
    let across = combination(1.0, v, -cosine, u);
    let sine = norm(&across);
    let w = if sine > 1e-6 { scaled(1.0 / sine, &across) } else { perpendicular(u) };
    let angle = t * sine.atan2(cosine);
    combination(angle.cos(), u, angle.sin(), &w)
}

/// Some direction perpendicular to the direction `u`: that of the axis farthest from it, less what it has of `u`. There
/// is none, and this is 0, on a line.
fn perpendicular(u: &[f64]) -> Vec<f64> {
    let farthest = (0..u.len()).min_by(|&i, &j| u[i].abs().total_cmp(&u[j].abs())).unwrap_or(0);
    let mut across = scaled(-u[farthest], u);
    across[farthest] += 1.0;
    let length = norm(&across);
    if length > 0.0 { scaled(1.0 / length, &across) } else { across }
}

/// `a·x + b·y`.
fn combination(a: f64, x: &[f64], b: f64, y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| a * x + b * y).collect()
}

fn scaled(factor: f64, x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| factor * x).collect()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::draw;
    use crate::nn::{Init, LayerSpec, UnitActivation};

    fn length(vector: &[f32]) -> f64 {
        norm(&vector.iter().map(|&x| f64::from(x)).collect::<Vec<_>>())
    }

    #[track_caller]
    fn assert_near(found: &[f32], expected: &[f32]) {
        let near = found.iter().zip(expected).all(|(x, y)| (x - y).abs() <= 1e-6);
        assert!(near && found.len() == expected.len(), "{found:?} is not {expected:?}");
    }

    #[test]
    fn it_turns_evenly_and_its_length_changes_in_proportion() {
        let (half, degrees) = (0.5_f32.sqrt(), |x: f32| x.to_radians());
        assert_near(&slerp(&[1.0, 0.0], &[0.0, 1.0], 0.5), &[half, half]);
        assert_near(
            &slerp(&[2.0, 0.0], &[0.0, 4.0], 1.0 / 3.0),
            &[degrees(30.0).cos(), degrees(30.0).sin()].map(|x| x * 8.0 / 3.0),
        );
        let obtuse = [degrees(150.0).cos(), degrees(150.0).sin()];
        assert_near(&slerp(&[1.0, 0.0], &obtuse, 0.2), &[degrees(30.0).cos(), degrees(30.0).sin()]);
    }

    #[test]
    fn ends_are_exact_and_lengths_between_those_of_the_ends() {
        let [from, to] = [1, 2].map(|seed| first_latent_vector(100, seed));
        assert_eq!((slerp(&from, &to, 0.0), slerp(&from, &to, 1.0)), (from.clone(), to.clone()));
        let (low, high) = (length(&from).min(length(&to)), length(&from).max(length(&to)));
        for step in 1..20 {
            let between = length(&slerp(&from, &to, f64::from(step) / 20.0));
            assert!(between >= low - 1e-5 && between <= high + 1e-5, "{low} {between} {high}");
        }
    }

    #[test]
    fn equal_opposite_and_zero_vectors_have_a_way_between_them_too() {
        let [a, opposite] = [[3.0, 0.0, 4.0], [-3.0, 0.0, -4.0]];
        assert_near(&slerp(&a, &a, 0.3), &a);
        for t in [0.25, 0.5, 0.75] {
            assert!((length(&slerp(&a, &opposite, t)) - 5.0).abs() < 1e-6);
        }
        assert_near(&slerp(&a, &[0.0; 3], 0.5), &[1.5, 0.0, 2.0]);
        assert_near(&slerp(&[0.0; 3], &[0.0; 3], 0.5), &[0.0; 3]);
        assert_near(&slerp(&[1.0], &[-1.0], 0.5), &[0.0]);
    }

    #[test]
    fn the_ends_of_a_way_are_the_seeds_first_images() {
        let layers = [LayerSpec::dense(4, UnitActivation::Tanh)];
        let generator = Network::new("generator", 3, &layers, Init::He, &mut Stream::GeneratorWeights.of(0)).unwrap();
        let way = interpolate(&generator, [5, 6], 4, &[], 1.0);
        let first = |seed| draw(&generator, 1, &mut Stream::Sample.of(seed)).images;
        assert_eq!((way.len(), &way[..4], &way[12..]), (16, &first(5)[..], &first(6)[..]));
    }
}
