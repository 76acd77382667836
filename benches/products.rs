//! The matrix products that training consists of, with this crate's kernel in either precision and with the portable
//! one, `matrixmultiply`, under the same split among threads.
//!
//! A dense layer `in-out` has three products: its output `X·Wᵀ`, the gradient of its weights `Gᵀ·X`
//! and the gradient of its input `G·W`. Three layers of the MNIST networks stand for all: a large
//! one, one that is wider than deep, and a small one. `X` and `G` are batches of 128.
//!
//!     cargo bench --bench products                       # about a minute
//!     cargo bench --bench products -- 784-1024           # one layer
//!     cargo bench --bench products -- 'output/1 thread'  # the same product of each layer
//!
//! How to read it: a line is `LAYER PRODUCT/THREADS/PRECISION on KERNEL`, and an element is one multiplication or
//! addition, so Gelem/s are GFLOP/s. The first line says what the processor could do at most.
//! Compare figures of one run, kernel against kernel: absolute ones move with the machine.

mod timing;

use timing::{THREADS, bench, say_the_peak, timed};
use twoplayer::gemm::{Beta, Kernel, MatrixMut, MatrixRef, Precision, gemm_with, kernel};

const BATCH: usize = 128;
/// `[in, out]`.
const LAYERS: [[usize; 2]; 3] = [[784, 1024], [512, 1024], [256, 128]];

/// `C[m, n] = A[m, k]·B[k, n]`.
struct Product {
    name: String,
    shape: [usize; 3], // m, k, n
    a_transposed: bool,
    b_transposed: bool,
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
}

impl Product {
    fn new(name: String, [m, k, n]: [usize; 3], [a_transposed, b_transposed]: [bool; 2]) -> Self {
        let numbers = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect();
        let (a, b) = (numbers(m * k, 0.37), numbers(k * n, 0.73));
        Self { name, shape: [m, k, n], a_transposed, b_transposed, a, b, c: vec![0.0; m * n] }
    }

    fn multiply(&mut self, kernel: Kernel) {
        let [m, k, n] = self.shape;
        let matrix = |data, rows, columns, transposed| match transposed {
            true => MatrixRef::new(data, columns, rows).transposed(),
            false => MatrixRef::new(data, rows, columns),
        };
        let (a, b) = (matrix(&self.a, m, k, self.a_transposed), matrix(&self.b, k, n, self.b_transposed));
        gemm_with(kernel, a, b, Beta::Zero, MatrixMut::new(&mut self.c, m, n));
    }

    fn operations(&self) -> usize {
        2 * self.shape.iter().product::<usize>()
    }
}

/// The three products of a layer.
fn of_layer([fan_in, fan_out]: [usize; 2]) -> [Product; 3] {
    let product = |name, shape, transposed| Product::new(format!("{fan_in}-{fan_out} {name}"), shape, transposed);
    [
        product("output", [BATCH, fan_in, fan_out], [false, true]),
        product("weights", [fan_out, BATCH, fan_in], [true, false]),
        product("input", [BATCH, fan_out, fan_in], [false, false]),
    ]
}

fn main() {
    say_the_peak();
    let mut kernels = vec![kernel(Precision::F32), kernel(Precision::Bf16), Kernel::portable()];
    kernels.dedup(); // where ours cannot run
    for mut product in LAYERS.into_iter().flat_map(of_layer) {
        for (on, threads) in THREADS {
            for &kernel in &kernels {
                let name = format!("{}/{on}/{} on {}", product.name, kernel.precision(), kernel.instructions());
                bench(&name, threads, product.operations(), || timed(|| product.multiply(kernel)));
            }
        }
    }
}
