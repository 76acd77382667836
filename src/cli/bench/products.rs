//! The matrix products of the networks' layers, one by one.

use super::step::median;
use crate::gan::{Config, blank_discriminator, blank_generator};
use crate::gemm::{Beta, MatrixMut, MatrixRef, gemm};
use serde::Serialize;
use std::time::Instant;

/// GFLOP/s of a layer's three products.
#[derive(Serialize)]
pub struct LayerRates {
    pub layer: String,
    /// Its output, `X·Wᵀ`.
    pub output: f64,
    /// The gradient of its weights, `Gᵀ·X`.
    pub weights: f64,
    /// The gradient of its input, `G·W`.
    pub input: f64,
}

/// How often each product runs; the median counts.
const REPETITIONS: usize = 25;

/// The rates of every layer whose products are matrices, and of all products together.
pub fn rates(config: &Config) -> (Vec<LayerRates>, f64) {
    let batch = config.training.batch_size;
    let timed = "its steps have been timed";
    let generator = blank_generator::<f32>(config).expect(timed);
    let discriminator = blank_discriminator::<f32>(config).expect(timed);
    let parameters = [generator, discriminator].into_iter().flat_map(|player| player.parameters);
    let (mut operations, mut seconds) = (0.0, 0.0);
    let mut rates = Vec::new();
    for parameter in parameters {
        let &[fan_out, fan_in] = parameter.value.shape() else { continue };
        if fan_out == 1 {
            continue; // a matrix times a vector
        }
        let mut rate = |shape: [usize; 3], transposed: [bool; 2]| {
            let (flops, time) = (2.0 * shape.iter().product::<usize>() as f64, time(shape, transposed));
            (operations, seconds) = (operations + flops, seconds + time);
            1e-9 * flops / time
        };
        let network = parameter.name.split('.').next().unwrap_or_default();
        rates.push(LayerRates {
            layer: format!("{network} {fan_in}-{fan_out}"),
            output: rate([batch, fan_in, fan_out], [false, true]),
            weights: rate([fan_out, batch, fan_in], [true, false]),
            input: rate([batch, fan_out, fan_in], [false, false]),
        });
    }
    (rates, 1e-9 * operations / seconds)
}

/// The median time of `C[m, n] = A[m, k]·B[k, n]`, in seconds.
fn time([m, k, n]: [usize; 3], [a_transposed, b_transposed]: [bool; 2]) -> f64 {
    let numbers = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>();
    let (a, b, mut c) = (numbers(m * k, 0.37), numbers(k * n, 0.73), vec![0.0; m * n]);
    let matrix = |data, rows, columns, transposed| match transposed {
        true => MatrixRef::new(data, columns, rows).transposed(),
        false => MatrixRef::new(data, rows, columns),
    };
    let mut run = || {
        let (a, b) = (matrix(&a, m, k, a_transposed), matrix(&b, k, n, b_transposed));
        let start = Instant::now();
        gemm(a, b, Beta::Zero, MatrixMut::new(&mut c, m, n));
        start.elapsed().as_secs_f64()
    };
    run(); // the operands are then in the cache, as just after a layer wrote them
    median((0..REPETITIONS).map(|_| run()))
}
