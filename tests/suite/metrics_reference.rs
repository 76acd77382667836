//! The measures of generated images against other programs': the Fréchet distance as pytorch-fid computes it, and
//! precision, recall, density and coverage of the package `prdc`. `scripts/reference/metrics.py` has stored them.

use ndarray::Array2;
use safetensors::tensor::SafeTensors;
use std::collections::BTreeSet;
use twoplayer::metrics::{Gaussian, Manifold, density_coverage, frechet_distance, precision_recall};

static FILE: &[u8] = include_bytes!("../reference/metrics.safetensors");
const KS: [usize; 3] = [1, 3, 5];

fn stored() -> SafeTensors<'static> {
    SafeTensors::deserialize(FILE).unwrap()
}

fn cases() -> BTreeSet<String> {
    let cases: BTreeSet<String> = stored().names().iter().map(|name| name.split('/').next().unwrap().into()).collect();
    assert_eq!(cases.len(), 6);
    cases
}

/// A set of points, `[n, features]`.
fn points(case: &str, set: &str) -> Array2<f32> {
    let file = stored();
    let tensor = file.tensor(&format!("{case}/{set}")).unwrap();
    let values = tensor.data().as_chunks().0.iter().map(|&x| f32::from_le_bytes(x)).collect();
    Array2::from_shape_vec([tensor.shape()[0], tensor.shape()[1]], values).unwrap()
}

fn expected(case: &str, what: &str) -> Vec<f64> {
    let file = stored();
    let tensor = file.tensor(&format!("{case}/{what}")).unwrap();
    tensor.data().as_chunks().0.iter().map(|&x| f64::from_le_bytes(x)).collect()
}

#[track_caller]
fn assert_close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let difference = (found - expected).abs();
    assert!(difference <= tolerance * (1.0 + expected.abs()), "{what}: {found}, expected {expected}");
}

#[test]
fn frechet_distances_agree() {
    for case in cases() {
        let [real, generated] = ["real", "generated"].map(|set| Gaussian::fit(points(&case, set).view()).unwrap());
        assert_close(&case, frechet_distance(&real, &generated), expected(&case, "frechet")[0], 1e-10);
    }
}

#[test]
fn precision_recall_density_and_coverage_agree() {
    for case in cases() {
        let [real, generated] = ["real", "generated"].map(|set| points(&case, set));
        let [real, generated] = [&real, &generated].map(|set| Manifold::of(set.view(), 5).unwrap());
        for k in KS {
            let (quality, spread) = (precision_recall(&real, &generated, k), density_coverage(&real, &generated, k));
            let found = [quality.precision, quality.recall, spread.density, spread.coverage];
            let expected = expected(&case, &format!("k={k}"));
            for (i, what) in ["precision", "recall", "density", "coverage"].into_iter().enumerate() {
                assert_close(&format!("{case}, k {k}, {what}"), found[i], expected[i], 1e-14);
            }
        }
    }
}
