//! Keeping the discriminator's slope in check.
//!
//! The slope of the logit at an image is itself a gradient, so the tape differentiates twice: once
//! with respect to the image here, then with respect to the weights. A penalty knows the
//! discriminator only as a function, [`ToLogits`].

use crate::autodiff::{Real, Var};
use crate::nn::Input;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// The discriminator as a penalty sees it: from images `[batch, pixels]`, with their labels where it looks at them, to
/// logits `[batch, 1]`, each from its own image alone.
pub type ToLogits<'c, 't, T> = dyn FnMut(Input<'t, T>) -> Var<'t, T> + 'c;

/// `R1 = γ/2 · E‖∇ₓ logit(x)‖²` over the real images `[batch, pixels]` (Mescheder et al. 2018,
/// equation 9).
///
/// Where the generator's images come close to the real ones, a steep discriminator drives them
/// past the mark and the players circle for ever; a flat one lets them come to rest.
pub fn r1<'t, T: Real>(to_logits: &mut ToLogits<'_, 't, T>, real: Input<'t, T>, gamma: f64) -> Var<'t, T> {
    let batch = real.batch() as f64;
    slope(to_logits, real).powi(2).sum() * T::from_f64(gamma / 2.0 / batch)
}

/// `R2 = γ/2 · E‖∇ₓ logit(x)‖²` over the generated images `[batch, pixels]` (Mescheder et al. 2018,
/// equation 10).
pub fn r2<'t, T: Real>(to_logits: &mut ToLogits<'_, 't, T>, generated: Input<'t, T>, gamma: f64) -> Var<'t, T> {
    r1(to_logits, generated, gamma)
}

/// `λ · E(‖∇ₓ logit(x̂)‖ − 1)²` at `x̂ = ε·x + (1 − ε)·G(z)`, somewhere between a real image and a
/// generated one, `ε` uniform in [0, 1) for each pair (Gulrajani et al. 2017, equation 3), judged with the real image's
/// label: the best critic of the Wasserstein game has slope 1 there.
pub fn wgan_gp<'t, T: Real>(
    to_logits: &mut ToLogits<'_, 't, T>,
    real: Input<'t, T>,
    generated: Input<'t, T>,
    lambda: f64,
    rng: &mut impl Rng,
) -> Var<'t, T> {
    let batch = real.batch();
    let write = |share: &mut [T]| share.iter_mut().for_each(|share| *share = T::from_f64(rng.random()));
    let share = real.x.tape().fill(&[batch, 1], write); //           ε, [batch, 1]
    let between = (real.x - generated.x) * share + generated.x; // [batch, pixels]
    distance_from_one(slope(to_logits, Input { x: between, ..real })) * T::from_f64(lambda)
}

/// `λ · E(‖∇ₓ logit(x + δ)‖ − 1)²` around real images `x`, `δ` from N(0, deviation²) for each pixel
/// (Kodali et al. 2017, *On Convergence and Stability of GANs*, with `k = 1`): sharp edges of the
/// discriminator around the data are where games get stuck.
pub fn dragan<'t, T: Real>(
    to_logits: &mut ToLogits<'_, 't, T>,
    real: Input<'t, T>,
    deviation: f64,
    lambda: f64,
    rng: &mut impl Rng,
) -> Var<'t, T> {
    let mut normal = || T::from_f64(deviation * rng.sample::<f64, _>(StandardNormal));
    let noise = real.x.tape().fill(&real.x.shape(), |noise| noise.iter_mut().for_each(|x| *x = normal()));
    distance_from_one(slope(to_logits, Input { x: real.x + noise, ..real })) * T::from_f64(lambda)
}

/// `∇ₓ logit(x)` at each image, `[batch, pixels]`, to be differentiated again. Each logit depends on
/// its own image alone, so the sum's gradient holds each one's.
fn slope<'t, T: Real>(to_logits: &mut ToLogits<'_, 't, T>, images: Input<'t, T>) -> Var<'t, T> {
    let logits = to_logits(images); //                             [batch, 1]
    images.x.tape().differentiable_gradients(logits.sum(), &[images.x])[0]
}

/// Added under the root of a norm, whose derivative at 0 would else be infinite.
const TINY: f64 = 1e-12;

/// `E(‖s‖ − 1)²` over the rows `s` of `[batch, pixels]`.
fn distance_from_one<T: Real>(slopes: Var<'_, T>) -> Var<'_, T> {
    let norms = (slopes.powi(2).sum_axis(1) + T::from_f64(TINY)).sqrt(); //  [batch, 1]
    (norms - T::ONE).powi(2).mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use ndarray::{ArrayD, array};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(4)
    }

    fn images() -> [ArrayD<f64>; 2] {
        [array![[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]].into_dyn(), array![[0.5, -0.2, 0.0], [-1.0, 0.7, 2.0]].into_dyn()]
    }

    type Penalty = for<'t> fn(&mut ToLogits<'_, 't, f64>, [Input<'t, f64>; 2]) -> Var<'t, f64>;

    /// The penalty of `logit = wᵀx + 3`, and its gradient with respect to `w`.
    fn of_linear(w: [f64; 3], penalty: Penalty) -> (f64, [f64; 3]) {
        let tape = Tape::new();
        let w = tape.leaf(array![w].into_dyn());
        let images = images().map(|x| tape.leaf(x).into());
        let value = penalty(&mut |images| images.x.matmul_nt(w) + 3.0, images);
        let gradient = tape.gradients(value, &[w])[0].value();
        (value.item(), [0, 1, 2].map(|i| gradient[[0, i]]))
    }

    fn assert_close((value, gradient): (f64, [f64; 3]), expected: f64, expected_gradient: [f64; 3]) {
        assert!((value - expected).abs() <= 1e-10, "{value} is not {expected}");
        let close = gradient.iter().zip(&expected_gradient).all(|(a, b)| (a - b).abs() <= 1e-10);
        assert!(close, "{gradient:?} is not {expected_gradient:?}");
    }

    const W: [f64; 3] = [2.0, -1.0, 2.0]; // of norm 3

    #[test]
    fn the_squared_slope_of_a_linear_discriminator_is_its_weights_norm() {
        // ∇ₓ(wᵀx + b) = w everywhere: γ/2·‖w‖², of gradient γ·w.
        assert_close(of_linear(W, |d, [real, _]| r1(d, real, 0.5)), 2.25, [1.0, -0.5, 1.0]);
        assert_close(of_linear(W, |d, [_, generated]| r2(d, generated, 2.0)), 9.0, [4.0, -2.0, 4.0]);
    }

    #[test]
    fn two_sided_penalties_of_a_linear_discriminator_have_a_closed_form() {
        // λ(‖w‖ − 1)², of gradient 2λ(‖w‖ − 1)·w/‖w‖.
        let (value, gradient) = (10.0 * 4.0, W.map(|w| 20.0 * 2.0 * w / 3.0));
        assert_close(of_linear(W, |d, [x, y]| wgan_gp(d, x, y, 10.0, &mut rng())), value, gradient);
        assert_close(of_linear(W, |d, [x, _]| dragan(d, x, 0.5, 10.0, &mut rng())), value, gradient);
    }

    #[test]
    fn a_flat_discriminator_has_a_penalty_and_a_finite_gradient() {
        let flat = |penalty| of_linear([0.0; 3], penalty);
        let (value, gradient) = flat(|d, [x, y]| wgan_gp(d, x, y, 1.0, &mut rng()));
        assert!((value - 1.0).abs() < 1e-5 && gradient == [0.0; 3], "{value} {gradient:?}");
    }

    /// Where a penalty looks, as the discriminator is shown it.
    fn looked_at(penalty: Penalty) -> ArrayD<f64> {
        let tape = Tape::new();
        let mut seen = Vec::new();
        let images = images().map(|x| tape.leaf(x).into());
        let to_logits: &mut ToLogits<f64> = &mut |images| {
            seen.push(images.x.value().to_owned());
            images.x.sum_axis(1)
        };
        penalty(to_logits, images);
        seen.remove(0)
    }

    #[test]
    fn each_penalty_looks_where_it_says() {
        let [real, generated] = images();
        assert_eq!(looked_at(|d, [x, _]| r1(d, x, 1.0)), real);
        assert_eq!(looked_at(|d, [_, y]| r2(d, y, 1.0)), generated);
        let between = looked_at(|d, [x, y]| wgan_gp(d, x, y, 1.0, &mut rng()));
        let shares = (&between - &generated) / (&real - &generated); // one for each row
        let mut drawn = rng();
        for row in shares.rows() {
            let share: f64 = drawn.random();
            assert!(row.iter().all(|x| (x - share).abs() <= 1e-12), "{shares:?}");
        }
        let around = looked_at(|d, [x, _]| dragan(d, x, 0.01, 1.0, &mut rng()));
        let noise = around - real;
        assert!(noise.iter().all(|x| *x != 0.0 && x.abs() < 0.05), "{noise:?}");
    }
}
