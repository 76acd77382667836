use super::*;
use crate::gemm::pair::rounded;
use crate::gemm::tests::kernels;
use proptest::prelude::*;

fn wave(length: usize, speed: f64) -> Vec<f64> {
    (0..length).map(|i| (speed * (i + 1) as f64).sin()).collect()
}

fn single(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

/// `sizes` are the sums of the products' absolute values: where a result is small beside them, single precision can do
/// no better than a part of them, √n roundings of 2⁻²⁴ for n products (Higham and Mary 2019, *A new approach to
/// probabilistic rounding error analysis*); n is at most a thousand here. A product left out is a thousand times as much.
fn assert_close(name: &str, shape: &ConvShape, kernel: Kernel, found: &[f32], expected: &[f64], sizes: &[f64]) {
    let scale = expected.iter().fold(1.0, |scale: f64, x| scale.max(x.abs()));
    for (i, ((&found, &expected), size)) in found.iter().zip(expected).zip(sizes).enumerate() {
        let difference = (f64::from(found) - expected).abs();
        let allowed = (2e-5 * scale).max(16.0 * f64::from(f32::EPSILON) * size);
        assert!(difference <= allowed, "{name} {kernel:?} {shape:?}: element {i} is {found}, not {expected}");
    }
}

/// What the definition makes of `x`, `w` and `y`: an `x`, a `w` and a `y`.
fn by_definition(shape: &ConvShape, [x, w, y]: [&[f64]; 3]) -> [Vec<f64>; 3] {
    let (mut by_x, mut by_w, mut by_y) = (x.to_vec(), w.to_vec(), y.to_vec());
    naive::convolve(shape, x, w, &mut by_y);
    naive::convolve_transposed(shape, y, w, &mut by_x);
    naive::convolve_weights(shape, x, y, &mut by_w);
    [by_x, by_w, by_y]
}

/// The numbers that are multiplied in this precision.
fn as_multiplied(numbers: &[f64], precision: Precision) -> Vec<f64> {
    match precision {
        Precision::F32 => numbers.to_vec(),
        Precision::Bf16 => numbers.iter().map(|&x| f64::from(rounded(x as f32))).collect(),
    }
}

/// All three forms, by every kernel in every precision, and of both number types, against the definition.
fn assert_right(shape: &ConvShape) {
    let (x, w, y) = (wave(shape.x_len(), 0.7), wave(shape.w_len(), 1.3), wave(shape.y_len(), 2.1));
    let expected = Precision::ALL.map(|precision| {
        let [x, w, y] = [&x, &w, &y].map(|values| as_multiplied(values, precision));
        by_definition(shape, [&x, &w, &y])
    });
    let [by_x, by_w, by_y] = &expected[0];
    let [abs_x, abs_w, abs_y] = [&x, &w, &y].map(|values| values.iter().map(|v| v.abs()).collect::<Vec<_>>());
    let [size_x, size_w, size_y] = by_definition(shape, [&abs_x, &abs_w, &abs_y]);

    // A buffer of the pool holds what was there before: NaN shows whatever is not written, or read.
    let nan = |length: usize| vec![f64::NAN; length];
    let (mut found_x, mut found_w, mut found_y) = (nan(x.len()), nan(w.len()), nan(y.len()));
    let double = Kernel::portable();
    convolve(double, shape, &x, &w, &mut found_y, &|_| ());
    convolve_transposed(double, shape, &y, &w, &mut found_x, &|_| ());
    convolve_weights(double, shape, &x, &y, &mut found_w);
    for (found, expected) in [(&found_x, by_x), (&found_w, by_w), (&found_y, by_y)] {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-11), "{shape:?}");
    }

    let (x, w, y) = (single(&x), single(&w), single(&y));
    for kernel in kernels() {
        let [by_x, by_w, by_y] = &expected[usize::from(kernel.precision() == Precision::Bf16)];
        let nan = |length: usize| vec![f32::NAN; length];
        let (mut found_x, mut found_w, mut found_y) = (nan(x.len()), nan(w.len()), nan(y.len()));
        convolve(kernel, shape, &x, &w, &mut found_y, &|_| ());
        convolve_transposed(kernel, shape, &y, &w, &mut found_x, &|_| ());
        convolve_weights(kernel, shape, &x, &y, &mut found_w);
        assert_close("conv", shape, kernel, &found_y, by_y, &size_y);
        assert_close("transposed", shape, kernel, &found_x, by_x, &size_x);
        assert_close("weights", shape, kernel, &found_w, by_w, &size_w);
    }
}

#[test]
fn shapes_of_networks_are_right() {
    let shape = |size: usize, kernel: usize, [inputs, outputs]: [usize; 2], stride: usize, padding: usize| ConvShape {
        batch: 3,
        image: [size; 2],
        kernel: [kernel; 2],
        inputs,
        outputs,
        stride,
        padding,
    };
    for shape in [
        shape(28, 4, [1, 64], 2, 1),
        shape(14, 4, [33, 48], 2, 1),
        shape(7, 3, [64, 64], 1, 1),
        shape(28, 3, [40, 1], 1, 1),
        shape(28, 5, [3, 20], 1, 2),
        shape(14, 1, [70, 30], 1, 0),
        shape(7, 7, [16, 16], 1, 0),
        // Runs of a window that end within a block of steps, and more blocks than are multiplied at a time.
        shape(9, 9, [40, 6], 1, 4),
        ConvShape { batch: 128, ..shape(4, 3, [20, 33], 2, 1) },
        // Sums of a thousand products that nearly cancel.
        ConvShape { batch: 15, image: [7, 6], ..shape(7, 2, [15, 1], 1, 2) },
        ConvShape { batch: 10, image: [8, 5], kernel: [5, 3], ..shape(8, 5, [17, 14], 2, 0) },
    ] {
        assert_right(&shape);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_shape_is_right(
        batch in 0usize..18,
        image in [1usize..9, 1usize..9],
        kernel in [1usize..6, 1usize..6],
        inputs in 1usize..20,
        outputs in 1usize..40,
        stride in 1usize..4,
        padding in 0usize..4,
    ) {
        let shape = ConvShape { batch, image, kernel, inputs, outputs, stride, padding };
        prop_assume!(shape.output().is_some());
        assert_right(&shape);
    }
}

/// `⟨conv x, y⟩ = ⟨x, convᵀ y⟩ = ⟨w, weights(x, y)⟩`: each is the other's adjoint.
#[test]
fn the_three_are_each_others_adjoint() {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let shape = ConvShape { batch: 2, image: [9, 8], kernel: [4, 3], inputs: 7, outputs: 6, stride: 2, padding: 1 };
    let (x, w, y) = (wave(shape.x_len(), 0.7), wave(shape.w_len(), 1.3), wave(shape.y_len(), 2.1));
    let (mut by_x, mut by_w, mut by_y) = (x.clone(), w.clone(), y.clone());
    let kernel = Kernel::portable();
    convolve(kernel, &shape, &x, &w, &mut by_y, &|_| ());
    convolve_transposed(kernel, &shape, &y, &w, &mut by_x, &|_| ());
    convolve_weights(kernel, &shape, &x, &y, &mut by_w);
    let form = dot(&by_y, &y);
    assert!((dot(&x, &by_x) - form).abs() <= 1e-10 * form.abs() && (dot(&w, &by_w) - form).abs() <= 1e-10 * form.abs());
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let large = ConvShape { batch: 5, image: [14, 14], kernel: [4, 4], inputs: 9, outputs: 20, stride: 2, padding: 1 };
    let shapes = [large, ConvShape { batch: 45, image: [4, 4], ..large }];
    for (shape, kernel) in shapes.into_iter().flat_map(|shape| kernels().map(move |kernel| (shape, kernel))) {
        let (x, w, y) = (wave(shape.x_len(), 0.7), wave(shape.w_len(), 1.3), wave(shape.y_len(), 2.1));
        let (x, w, y) = (single(&x), single(&w), single(&y));
        let compute = |threads: usize| {
            crate::parallel::on_threads(threads, || {
                let (mut by_x, mut by_w, mut by_y) = (x.clone(), w.clone(), y.clone());
                convolve(kernel, &shape, &x, &w, &mut by_y, &|_| ());
                convolve_transposed(kernel, &shape, &y, &w, &mut by_x, &|_| ());
                convolve_weights(kernel, &shape, &x, &y, &mut by_w);
                [by_x, by_w, by_y].map(|x| x.into_iter().map(f32::to_bits).collect::<Vec<_>>())
            })
            .unwrap()
        };
        assert_eq!(compute(1), compute(3), "{kernel:?} {shape:?}");
    }
}

/// Whether images are computed one by one or together is a matter of speed alone.
#[test]
fn the_size_of_the_batch_changes_no_bit() {
    let batch = ConvShape { batch: 45, image: [4, 4], kernel: [4, 4], inputs: 9, outputs: 20, stride: 2, padding: 1 };
    let one = ConvShape { batch: 1, ..batch };
    let (x, w, y) = (wave(batch.x_len(), 0.7), wave(batch.w_len(), 1.3), wave(batch.y_len(), 2.1));
    let (x, w, y) = (single(&x), single(&w), single(&y));
    for kernel in kernels() {
        let (mut by_x, mut by_y) = (x.clone(), y.clone());
        convolve(kernel, &batch, &x, &w, &mut by_y, &|_| ());
        convolve_transposed(kernel, &batch, &y, &w, &mut by_x, &|_| ());
        let (mut image, mut result) = (vec![0.0; one.x_len()], vec![0.0; one.y_len()]);
        for n in 0..batch.batch {
            let (x, y) = (&x[n * one.x_len()..][..one.x_len()], &y[n * one.y_len()..][..one.y_len()]);
            convolve(kernel, &one, x, &w, &mut result, &|_| ());
            convolve_transposed(kernel, &one, y, &w, &mut image, &|_| ());
            assert_eq!(by_y[n * one.y_len()..][..one.y_len()], result, "{kernel:?}: image {n}");
            assert_eq!(by_x[n * one.x_len()..][..one.x_len()], image, "{kernel:?}: image {n}");
        }
    }
}

#[test]
fn every_image_is_finished_once() {
    for (batch, outputs) in [(4, 2), (4, 24), (20, 24)] {
        let shape = ConvShape { batch, image: [5, 5], kernel: [3, 3], inputs: 2, outputs, stride: 1, padding: 1 };
        let (x, w) = (wave(shape.x_len(), 0.7), wave(shape.w_len(), 1.3));
        let (mut plain, mut finished) = (vec![0.0; shape.y_len()], vec![0.0; shape.y_len()]);
        let kernel = Kernel::portable();
        convolve(kernel, &shape, &x, &w, &mut plain, &|_| ());
        convolve(kernel, &shape, &x, &w, &mut finished, &|image| {
            assert_eq!(image.len() * batch, shape.y_len());
            image.iter_mut().for_each(|y| *y += 1.0);
        });
        assert!(plain.iter().zip(&finished).all(|(plain, finished)| plain + 1.0 == *finished));
    }
}
