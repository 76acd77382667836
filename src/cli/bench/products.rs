//! The matrix products and convolutions of the networks' layers, one by one.

use super::step::median;
use crate::gan::{Config, footprints};
use crate::gemm::{
    Beta, ConvShape, Kernel, MatrixMut, MatrixRef, convolve, convolve_transposed, convolve_weights, gemm_with, kernel,
};
use crate::nn::Products;
use serde::Serialize;
use std::time::Instant;

/// GFLOP/s of a layer's three products.
#[derive(Serialize)]
pub struct LayerRates {
    pub layer: String,
    /// Its output: `X·Wᵀ`, or the convolution.
    pub output: f64,
    /// The gradient of its weights: `Gᵀ·X`, or the kernel's.
    pub weights: f64,
    /// The gradient of its input: `G·W`, or the transposed convolution.
    pub input: f64,
    /// All three together.
    pub together: f64,
}

/// What was measured.
pub struct Rates {
    /// Of each layer's.
    pub layers: Vec<LayerRates>,
    /// GFLOP/s of all matrix products together; none where the networks have no dense layers to speak of.
    pub matrices: Option<f64>,
    /// Of all matrix products and convolutions together.
    pub all: f64,
}

/// How often each product runs; the median counts.
const REPETITIONS: usize = 25;

/// Operations, and the time that they take.
#[derive(Clone, Copy, Default)]
struct Work {
    operations: f64,
    seconds: f64,
}

impl Work {
    fn gflops(self) -> f64 {
        1e-9 * self.operations / self.seconds
    }
}

impl std::iter::Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let add = |a: Self, b: Self| Self { operations: a.operations + b.operations, seconds: a.seconds + b.seconds };
        all.fold(Self::default(), add)
    }
}

/// The rates of every layer of both players.
pub fn rates(config: &Config) -> Rates {
    let (batch, kernel) = (config.training.batch_size, kernel(config.training.precision));
    let players = footprints(config).expect("its steps have been timed");
    let mut layers = Vec::new();
    let (mut matrices, mut all) = (Vec::new(), Vec::new());
    for layer in [players.generator, players.discriminator].into_iter().flat_map(|player| player.layers) {
        let network = layer.name.split('.').next().unwrap_or_default();
        for products in layer.products {
            let work = match products {
                Products::Dense { outputs: 1, .. } => continue, // a matrix times a vector
                Products::Dense { inputs, outputs } => of_matrices(kernel, [batch, inputs, outputs]),
                Products::Convolution(shape) => of_convolutions(kernel, &ConvShape { batch, ..shape }),
                Products::Transposed(shape) => {
                    let [forwards, weights, transposed] = of_convolutions(kernel, &ConvShape { batch, ..shape });
                    [transposed, weights, forwards]
                }
            };
            if matches!(products, Products::Dense { .. }) {
                matrices.extend(work);
            }
            all.extend(work);
            let together = work.into_iter().sum::<Work>().gflops();
            let [output, weights, input] = work.map(Work::gflops);
            layers.push(LayerRates {
                layer: format!("{network} {}", named(&products)),
                output,
                weights,
                input,
                together,
            });
        }
    }
    let gflops = |work: Vec<Work>| work.into_iter().sum::<Work>().gflops();
    Rates { layers, matrices: (!matrices.is_empty()).then(|| gflops(matrices)), all: gflops(all) }
}

/// Such as `784-1024` and, with the kernel's size and the stride, `14x14x64-7x7x128 k4 s2`.
fn named(products: &Products) -> String {
    let ends = |shape: &ConvShape| {
        let ([h, w], [height, width]) = (shape.image, shape.output().unwrap_or([0, 0]));
        [format!("{h}x{w}x{}", shape.inputs), format!("{height}x{width}x{}", shape.outputs)]
    };
    let kernel = |shape: &ConvShape| match shape.stride {
        1 => format!("k{}", shape.kernel[0]),
        stride => format!("k{} s{stride}", shape.kernel[0]),
    };
    match products {
        Products::Dense { inputs, outputs } => format!("{inputs}-{outputs}"),
        Products::Convolution(shape) => format!("{} {}", ends(shape).join("-"), kernel(shape)),
        Products::Transposed(shape) => {
            let [x, y] = ends(shape);
            format!("{y}-{x} {}", kernel(shape))
        }
    }
}

/// The output, the gradient of the weights and that of the input of a dense layer.
fn of_matrices(kernel: Kernel, [batch, inputs, outputs]: [usize; 3]) -> [Work; 3] {
    let time = |shape: [usize; 3], transposed| Work {
        operations: 2.0 * shape.iter().product::<usize>() as f64,
        seconds: time_of_product(kernel, shape, transposed),
    };
    [
        time([batch, inputs, outputs], [false, true]),
        time([outputs, batch, inputs], [true, false]),
        time([batch, outputs, inputs], [false, false]),
    ]
}

/// The median time of `C[m, n] = A[m, k]·B[k, n]`, in seconds.
fn time_of_product(kernel: Kernel, [m, k, n]: [usize; 3], [a_transposed, b_transposed]: [bool; 2]) -> f64 {
    let (a, b, mut c) = (wave(m * k, 0.37), wave(k * n, 0.73), vec![0.0; m * n]);
    let matrix = |data, rows, columns, transposed| match transposed {
        true => MatrixRef::new(data, columns, rows).transposed(),
        false => MatrixRef::new(data, rows, columns),
    };
    time(|| {
        let (a, b) = (matrix(&a, m, k, a_transposed), matrix(&b, k, n, b_transposed));
        gemm_with(kernel, a, b, Beta::Zero, MatrixMut::new(&mut c, m, n));
    })
}

/// The convolution, the gradient of its kernel and its transpose.
fn of_convolutions(kernel: Kernel, shape: &ConvShape) -> [Work; 3] {
    let (mut x, mut w, mut y) = (wave(shape.x_len(), 0.37), wave(shape.w_len(), 0.73), wave(shape.y_len(), 0.53));
    let seconds = [
        time(|| convolve(kernel, shape, &x, &w, &mut y, &|_| ())),
        time(|| convolve_weights(kernel, shape, &x, &y, &mut w)),
        time(|| convolve_transposed(kernel, shape, &y, &w, &mut x, &|_| ())),
    ];
    seconds.map(|seconds| Work { operations: shape.operations() as f64, seconds })
}

fn wave(count: usize, step: f32) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * step).sin()).collect()
}

/// The median time, in seconds.
fn time(mut run: impl FnMut()) -> f64 {
    run(); // the operands are then in the cache, as just after a layer wrote them
    let mut timed = || {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    median((0..REPETITIONS).map(|_| timed()))
}
