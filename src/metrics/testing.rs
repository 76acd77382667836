//! Points for the tests of this floor.

use crate::parallel::on_threads;
use crate::random::Stream;
use ndarray::Array2;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt::Debug;

/// Points from a normal distribution around 0 of variance 1, `[n, features]`.
pub fn cloud(n: usize, features: usize, seed: u64) -> Array2<f32> {
    let mut rng = Stream::Sample.of(seed);
    Array2::from_shape_simple_fn([n, features], || rng.sample(StandardNormal))
}

/// A rotation, `[n, n]`: turns of one radian in each plane of two neighbouring axes.
pub fn rotation(n: usize) -> Array2<f32> {
    let (sine, cosine) = 1.0_f32.sin_cos();
    (1..n).fold(Array2::eye(n), |turned, i| {
        let mut turn = Array2::<f32>::eye(n);
        (turn[[i - 1, i - 1]], turn[[i, i]]) = (cosine, cosine);
        (turn[[i - 1, i]], turn[[i, i - 1]]) = (sine, -sine);
        turned.dot(&turn)
    })
}

/// What the work gives on one thread, and, to the last bit, on three.
pub fn on_each_number_of_threads<R: Send + PartialEq + Debug>(work: impl Fn() -> R + Sync) -> R {
    let [one, three] = [1, 3].map(|threads| on_threads(threads, &work).expect("threads can be had"));
    assert_eq!(one, three);
    one
}
