#!/usr/bin/env python3
"""Writes what other programs measure of some random sets of points, for tests/suite/metrics_reference.rs to compare with.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install numpy scipy prdc safetensors
    /tmp/reference/bin/python scripts/reference/metrics.py

For every case the file tests/reference/metrics.safetensors holds

    CASE/real, CASE/generated   the points, [n, features], f32
    CASE/frechet                the Fréchet distance as pytorch-fid computes it, f64
    CASE/k=K                    precision, recall, density and coverage of the package prdc, by the authors of
                                Naeem et al. 2020, with K neighbours, [4], f64

A new case goes to the end of CASES, so that the random numbers of the others stay.
"""
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy.linalg
from prdc import compute_prdc
from safetensors.numpy import save_file

FILE = Path(__file__).resolve().parents[2] / "tests/reference/metrics.safetensors"
SEED = 1
KS = (1, 3, 5)


def mixed(rng, n, features, shift=0.0):
    """Normally distributed points whose features depend on each other, always in the same way."""
    mixture = np.random.default_rng(features).standard_normal((features, features)) / np.sqrt(features)
    return rng.standard_normal((n, features)) @ mixture + shift


def same(rng):
    return mixed(rng, 120, 6), mixed(rng, 100, 6)


def moved_and_narrower(rng):
    return mixed(rng, 90, 8), 0.6 * mixed(rng, 110, 8, 0.3)


def far_from_zero(rng):
    return mixed(rng, 80, 5, 200.0), mixed(rng, 80, 5, 200.2)


def a_class_missing(rng):
    """Ten features like those after a ReLU; the generator draws three of four classes."""
    centres = 4 * rng.standard_normal((4, 10))
    real = centres[np.arange(160) % 4] + rng.standard_normal((160, 10))
    generated = centres[np.arange(150) % 3] + rng.standard_normal((150, 10))
    return np.maximum(real, 0), np.maximum(generated, 0)


def one_feature(rng):
    return mixed(rng, 40, 1), mixed(rng, 30, 1, 0.5)


def many_features(rng):
    return mixed(rng, 150, 70), mixed(rng, 140, 70, 0.05)


CASES = {
    "same distribution": same,
    "moved and narrower": moved_and_narrower,
    "far from zero": far_from_zero,
    "a class missing": a_class_missing,
    "one feature": one_feature,
    "many features": many_features,
}


def frechet_distance(real, generated):
    """The formula of pytorch-fid's calculate_frechet_distance, with the root by scipy."""
    (mu1, sigma1), (mu2, sigma2) = ((x.mean(0), np.atleast_2d(np.cov(x, rowvar=False))) for x in (real, generated))
    root = scipy.linalg.sqrtm(sigma1 @ sigma2)
    assert np.isfinite(root).all() and np.abs(np.imag(root)).max() < 1e-9
    return np.sum((mu1 - mu2) ** 2) + np.trace(sigma1) + np.trace(sigma2) - 2 * np.trace(np.real(root))


def case(name, sets):
    """The arrays of one case, by name. Everything is computed in f64, from what the f32 hold."""
    sets = [x.astype(np.float32) for x in sets]
    real, generated = (x.astype(np.float64) for x in sets)
    arrays = {"real": sets[0], "generated": sets[1], "frechet": np.array([frechet_distance(real, generated)])}
    for k in KS:
        found = compute_prdc(real, generated, k)
        arrays[f"k={k}"] = np.array([found[which] for which in ("precision", "recall", "density", "coverage")])
    return {f"{name}/{part}": np.ascontiguousarray(array) for part, array in arrays.items()}


def main():
    rng = np.random.default_rng(SEED)
    arrays = {}
    for name, function in CASES.items():
        arrays |= case(name, function(rng))
    FILE.parent.mkdir(exist_ok=True)
    save_file(arrays, FILE, metadata={"scipy": version("scipy"), "prdc": version("prdc"), "seed": str(SEED)})
    print(f"{len(CASES)} cases, {FILE.stat().st_size / 1024:.0f} KiB: {FILE}")


if __name__ == "__main__":
    main()
