//! Convolutions of the digits' networks: forwards, transposed, and the gradient of the kernel.
//!
//!     cargo bench --bench convolutions                # under a minute
//!     cargo bench --bench convolutions -- transposed  # one of the three
//!
//! How to read it: a line is `LAYER FORM/THREADS/PRECISION`, an element is one multiplication or addition, so
//! Gelem/s are GFLOP/s. The first line says what the processor could do at most.

mod timing;

use timing::{THREADS, bench, say_the_peak, timed};
use twoplayer::gemm::{self, ConvShape, Precision, convolve, convolve_transposed, convolve_weights};

/// `[pixels, kernel, in, out, stride]`, square and padded to keep or halve the size: what the networks spend
/// their time on, the layer that draws a grey image, one between few channels, and those between ever smaller images.
const LAYERS: [[usize; 5]; 8] = [
    [14, 4, 64, 128, 2],
    [28, 4, 1, 64, 2],
    [7, 3, 128, 128, 1],
    [28, 3, 64, 1, 1],
    [28, 3, 16, 16, 1],
    [14, 4, 32, 64, 2],
    [7, 3, 64, 128, 2],
    [4, 3, 128, 256, 2],
];

fn main() {
    say_the_peak();
    for [size, kernel, inputs, outputs, stride] in LAYERS {
        let padding = (kernel - 1) / 2;
        let shape = ConvShape { batch: 128, image: [size; 2], kernel: [kernel; 2], inputs, outputs, stride, padding };
        let numbers = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>();
        let (mut x, mut w, mut y) =
            (numbers(shape.x_len(), 0.37), numbers(shape.w_len(), 0.73), numbers(shape.y_len(), 0.53));
        let layer = format!("{size}x{size} {inputs}-{outputs} k{kernel} s{stride}");
        for form in ["forwards", "transposed", "weights"] {
            for ((on, threads), precision) in THREADS.into_iter().flat_map(|on| Precision::ALL.map(|p| (on, p))) {
                let kernel = gemm::kernel(precision);
                let once = || match form {
                    "forwards" => timed(|| convolve(kernel, &shape, &x, &w, &mut y, &|_| ())),
                    "transposed" => timed(|| convolve_transposed(kernel, &shape, &y, &w, &mut x, &|_| ())),
                    _ => timed(|| convolve_weights(kernel, &shape, &x, &y, &mut w)),
                };
                bench(&format!("{layer} {form}/{on}/{precision}"), threads, shape.operations(), once);
            }
        }
    }
}
