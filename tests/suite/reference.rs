//! Values and first gradients of operations against PyTorch's, which `scripts/reference/operations.py` has
//! stored: the one test that does not take our own word for what an operation is called.

use ndarray::ArrayD;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::BTreeSet;
use twoplayer::autodiff::{Activation, Real, Tape, Var, Window};

static FILE: &[u8] = include_bytes!("../reference/operations.safetensors");
const LABELS: [u32; 5] = [2, 0, 4, 2, 1];

type Function<T> = for<'t> fn(&[Var<'t, T>]) -> Var<'t, T>;

const fn window(stride: usize, padding: usize) -> Window {
    Window { stride, padding }
}

#[rustfmt::skip]
fn cases<T: Real>() -> Vec<(&'static str, Function<T>)> {
    const LEAKY: Activation = Activation::LeakyRelu { slope: 0.2 };
    vec![
        ("conv 3x3", |x| x[0].conv(x[1], window(1, 1))),
        ("conv 4x4 stride 2", |x| x[0].conv(x[1], window(2, 1))),
        ("conv 5x3 stride 2", |x| x[0].conv(x[1], window(2, 2))),
        ("conv 1x1", |x| x[0].conv(x[1], window(1, 0))),
        ("conv 2x2 stride 3, pixels left over", |x| x[0].conv(x[1], window(3, 0))),
        ("conv 7x7 to one pixel", |x| x[0].conv(x[1], window(1, 0))),
        ("conv 3x3, many channels", |x| x[0].conv(x[1], window(1, 1))),
        ("conv 4x4 stride 2, many channels", |x| x[0].conv(x[1], window(2, 1))),
        ("conv layer", |x| x[0].conv_layer(x[1], x[2], window(2, 1), LEAKY)),
        ("conv_transpose 4x4 stride 2", |x| x[0].conv_transpose(x[1], window(2, 1), [8, 6])),
        // PyTorch's output padding o makes images of (h − 1)·stride − 2·padding + kernel + o.
        ("conv_transpose 3x3 stride 2, output padding", |x| x[0].conv_transpose(x[1], window(2, 1), [8, 6])),
        ("conv_transpose 5x5 stride 3, output padding", |x| x[0].conv_transpose(x[1], window(3, 2), [9, 12])),
        ("conv_transpose 7x7 from one pixel", |x| x[0].conv_transpose(x[1], window(1, 0), [7, 7])),
        ("conv_transpose 4x4 stride 2, many channels", |x| x[0].conv_transpose(x[1], window(2, 1), [8, 8])),
        ("conv_transpose layer", |x| x[0].conv_transpose_layer(x[1], x[2], window(2, 1), [6, 8], Activation::Tanh)),
        ("batch_norm", |x| x[0].batch_norm_layer(x[1], x[2], 1e-5, Activation::Identity).value),
        ("batch_norm, features", |x| x[0].batch_norm_layer(x[1], x[2], 1e-5, Activation::Identity).value),
        ("batch_norm, moments", |x| { let batch = x[0].batch_norm(1e-5); batch.mean.concat_rows(batch.variance) }),
        ("layer_norm", |x| x[0].layer_norm(1e-5)),
        ("group_norm", |x| x[0].group_norm(3, 1e-5)),
        ("instance_norm", |x| x[0].group_norm(6, 1e-5)),
        ("upsample_nearest", |x| x[0].upsample_nearest(2)),
        ("upsample_bilinear", |x| x[0].upsample_bilinear()),
        ("downsample_bilinear", |x| x[0].downsample_bilinear()),
        ("avg_pool", |x| x[0].avg_pool(3)),
        ("max_pool", |x| x[0].max_pool(2, 2)),
        ("max_pool, windows overlap, equal pixels", |x| x[0].max_pool(3, 2)),
        ("embedding", |x| x[0].gather_rows(LABELS)),
        ("log_softmax", |x| x[0].log_softmax()),
        ("cross_entropy", |x| x[0].cross_entropy_of_labels(&LABELS)),
        ("cross_entropy, soft targets", |x| x[0].softmax_cross_entropy(x[1])),
        ("spectral_norm", |x| x[0].spectral_norm(x[1]).0),
    ]
}

fn numbers<T: Real>(tensor: &TensorView) -> ArrayD<T> {
    let values: Vec<f64> = match tensor.dtype() {
        Dtype::F32 => tensor.data().as_chunks().0.iter().map(|&x| f32::from_le_bytes(x).into()).collect(),
        Dtype::F64 => tensor.data().as_chunks().0.iter().map(|&x| f64::from_le_bytes(x)).collect(),
        other => panic!("an array of {other:?}"),
    };
    ArrayD::from_shape_vec(tensor.shape(), values.into_iter().map(T::from_f64).collect()).unwrap()
}

/// Fails unless every number is within `tolerance` of PyTorch's, absolutely or relative to it.
fn assert_close<T: Real>(what: &str, ours: &ArrayD<T>, expected: &ArrayD<f64>, tolerance: f64) {
    assert_eq!(ours.shape(), expected.shape(), "{what}");
    for ((place, ours), expected) in ours.indexed_iter().zip(expected) {
        let difference = (ours.as_f64() - expected).abs();
        assert!(difference <= tolerance * (1.0 + expected.abs()), "{what} at {place:?}: {ours}, PyTorch {expected}");
    }
}

fn assert_all_agree<T: Real>(tolerance: f64) {
    let file = SafeTensors::deserialize(FILE).unwrap();
    for (name, function) in cases::<T>() {
        let find = |part: &str| file.tensor(&format!("{name}/{part}")).ok();
        let tape = Tape::<T>::new();
        let inputs = (0..).map_while(|i| find(&format!("input.{i}")));
        let x: Vec<Var<T>> = inputs.map(|input| tape.leaf(numbers(&input))).collect();
        let expected = |part: &str| numbers::<f64>(&find(part).unwrap_or_else(|| panic!("no {name}/{part}")));

        let y = function(&x);
        assert_close(&format!("{name}, output"), &y.value().to_owned(), &expected("output"), tolerance);
        let weights = tape.leaf(numbers(&find("weights").unwrap()));
        for (i, gradient) in tape.gradients((y * weights).sum(), &x).into_iter().enumerate() {
            let expected = expected(&format!("gradient.{i}"));
            assert_close(&format!("{name}, gradient {i}"), &gradient.value().to_owned(), &expected, tolerance);
        }
    }
}

#[test]
fn single_precision_agrees_with_pytorch() {
    assert_all_agree::<f32>(1e-5);
}

#[test]
fn double_precision_agrees_with_pytorch() {
    assert_all_agree::<f64>(1e-11);
}

#[test]
fn every_stored_case_is_compared() {
    let file = SafeTensors::deserialize(FILE).unwrap();
    let stored: BTreeSet<&str> = file.names().into_iter().map(|name| name.split('/').next().unwrap()).collect();
    let compared: BTreeSet<&str> = cases::<f32>().into_iter().map(|(name, _)| name).collect();
    assert_eq!(stored, compared);
}
