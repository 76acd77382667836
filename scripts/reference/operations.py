#!/usr/bin/env python3
"""Writes what PyTorch makes of some random inputs, for tests/suite/reference.rs to compare with.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install torch numpy safetensors
    /tmp/reference/bin/python scripts/reference/operations.py

For every case the file tests/reference/operations.safetensors holds

    CASE/input.0, CASE/input.1, ...  random numbers, f32
    CASE/weights                     random numbers, f32, of the output's shape
    CASE/output                      what PyTorch gives for the inputs in f64
    CASE/gradient.0, ...             the gradients of (output * weights).sum(), f64

all in twoplayer's layout: images [n, h, w, c], kernels [kernel h, kernel w, in, out]. PyTorch's are
[n, c, h, w] and [out, in, kernel h, kernel w]; a transposed convolution's is [from, to, kernel h, kernel w]
there and [kernel h, kernel w, to, from] here, which is the same permutation.

A new case goes to the end of CASES, so that the random numbers of the others stay, and to tests/suite/reference.rs.
"""
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch.nn.utils.spectral_norm import SpectralNorm

FILE = Path(__file__).resolve().parents[2] / "tests/reference/operations.safetensors"
SEED = 1
LABELS = torch.tensor([2, 0, 4, 2, 1])


def to_torch(x):
    """[n, h, w, c] to [n, c, h, w]."""
    return x.permute(0, 3, 1, 2).contiguous()


def from_torch(x):
    """[n, c, h, w] to [n, h, w, c]."""
    return x.permute(0, 2, 3, 1)


def kernel(w):
    """[kernel h, kernel w, in, out] to [out, in, kernel h, kernel w]."""
    return w.permute(3, 2, 0, 1).contiguous()


def on_images(f):
    """A function of [n, c, h, w] as one of [n, h, w, c]."""
    return lambda x, *others: from_torch(f(to_torch(x), *others))


def conv(stride, padding):
    return on_images(lambda x, w, b=None: F.conv2d(x, kernel(w), b, stride, padding))


def conv_transpose(stride, padding, output_padding=0):
    return on_images(lambda x, w, b=None: F.conv_transpose2d(x, kernel(w), b, stride, padding, output_padding))


def batch_norm(x, scale, shift):
    return F.batch_norm(x, None, None, scale, shift, training=True, eps=1e-5)


def moments(x):
    return torch.cat([x.mean((0, 1, 2)), x.var((0, 1, 2), unbiased=False)])


def blur_and_halve(x):
    """Depthwise, with the outer product of [1, 3, 3, 1] / 8."""
    taps, channels = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype) / 8, x.shape[1]
    return F.conv2d(x, torch.outer(taps, taps).expand(channels, 1, 4, 4), None, 2, 1, groups=channels)


def spectral_norm(weight, u):
    """One step of the power iteration from u, then weight / sigma."""
    module = SimpleNamespace(weight_orig=kernel(weight), weight_u=u.detach().clone(), weight_v=torch.empty(0))
    matrix = module.weight_orig.flatten(1)
    module.weight_v = torch.zeros(matrix.shape[1], dtype=matrix.dtype)
    normalised = SpectralNorm("weight", n_power_iterations=1).compute_weight(module, do_power_iteration=True)
    return normalised.permute(2, 3, 1, 0)


def of_whole_numbers(draw, shape):
    """Few different numbers, so that windows have several largest pixels."""
    return np.round(draw(shape))


# Name, shapes of the inputs, function.
CASES = [
    ("conv 3x3", [(2, 7, 6, 3), (3, 3, 3, 4)], conv(1, 1)),
    ("conv 4x4 stride 2", [(2, 8, 6, 2), (4, 4, 2, 5)], conv(2, 1)),
    ("conv 5x3 stride 2", [(1, 9, 8, 2), (5, 3, 2, 3)], conv(2, 2)),
    ("conv 1x1", [(2, 4, 5, 3), (1, 1, 3, 4)], conv(1, 0)),
    ("conv 2x2 stride 3, pixels left over", [(1, 8, 7, 2), (2, 2, 2, 3)], conv(3, 0)),
    ("conv 7x7 to one pixel", [(3, 7, 7, 2), (7, 7, 2, 1)], conv(1, 0)),
    ("conv 3x3, many channels", [(2, 6, 5, 17), (3, 3, 17, 19)], conv(1, 1)),
    ("conv 4x4 stride 2, many channels", [(3, 8, 8, 16), (4, 4, 16, 24)], conv(2, 1)),
    (
        "conv layer",
        [(2, 6, 6, 3), (3, 3, 3, 4), (4,)],
        lambda x, w, b: F.leaky_relu(conv(2, 1)(x, w, b), 0.2),
    ),
    ("conv_transpose 4x4 stride 2", [(2, 4, 3, 5), (4, 4, 3, 5)], conv_transpose(2, 1)),
    ("conv_transpose 3x3 stride 2, output padding", [(2, 4, 3, 2), (3, 3, 4, 2)], conv_transpose(2, 1, 1)),
    ("conv_transpose 5x5 stride 3, output padding", [(1, 3, 4, 2), (5, 5, 3, 2)], conv_transpose(3, 2, 2)),
    ("conv_transpose 7x7 from one pixel", [(3, 1, 1, 6), (7, 7, 3, 6)], conv_transpose(1, 0)),
    ("conv_transpose 4x4 stride 2, many channels", [(2, 4, 4, 24), (4, 4, 16, 24)], conv_transpose(2, 1)),
    (
        "conv_transpose layer",
        [(2, 3, 4, 3), (4, 4, 2, 3), (2,)],
        lambda x, w, b: torch.tanh(conv_transpose(2, 1)(x, w, b)),
    ),
    ("batch_norm", [(4, 5, 3, 6), (6,), (6,)], on_images(batch_norm)),
    ("batch_norm, features", [(9, 5), (5,), (5,)], batch_norm),
    ("batch_norm, moments", [(4, 5, 3, 6)], moments),
    ("layer_norm", [(3, 4, 2, 5)], lambda x: F.layer_norm(x, x.shape[1:], eps=1e-5)),
    ("group_norm", [(3, 4, 2, 6)], on_images(lambda x: F.group_norm(x, 3, eps=1e-5))),
    ("instance_norm", [(3, 4, 2, 6)], on_images(lambda x: F.instance_norm(x, eps=1e-5))),
    ("upsample_nearest", [(2, 3, 4, 2)], on_images(lambda x: F.interpolate(x, scale_factor=2, mode="nearest"))),
    (
        "upsample_bilinear",
        [(2, 3, 4, 2)],
        on_images(lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)),
    ),
    ("downsample_bilinear", [(2, 6, 8, 2)], on_images(blur_and_halve)),
    ("avg_pool", [(2, 6, 9, 2)], on_images(lambda x: F.avg_pool2d(x, 3))),
    ("max_pool", [(2, 6, 8, 3)], on_images(lambda x: F.max_pool2d(x, 2))),
    ("max_pool, windows overlap, equal pixels", [(2, 7, 8, 2)], on_images(lambda x: F.max_pool2d(x, 3, 2))),
    ("embedding", [(6, 3)], lambda table: F.embedding(LABELS, table)),
    ("log_softmax", [(4, 7)], lambda x: F.log_softmax(x, 1)),
    ("cross_entropy", [(5, 6)], lambda x: F.cross_entropy(x, LABELS, reduction="none")[:, None]),
    (
        "cross_entropy, soft targets",
        [(5, 6), (5, 6)],
        lambda x, t: F.cross_entropy(x, t, reduction="none")[:, None],
    ),
    ("spectral_norm", [(3, 2, 4, 5), (5,)], spectral_norm),
]


def case(rng, name, shapes, function):
    """The arrays of one case, by name."""
    def draw(shape):
        return rng.standard_normal(shape, dtype=np.float32)

    whole = "equal pixels" in name
    inputs = [of_whole_numbers(draw, shape) if whole else draw(shape) for shape in shapes]
    variables = [torch.from_numpy(x).double().requires_grad_() for x in inputs]
    output = function(*variables)
    weights = draw(tuple(output.shape))
    total = (output * torch.from_numpy(weights).double()).sum()
    gradients = torch.autograd.grad(total, variables, allow_unused=True)
    arrays = {"weights": weights, "output": output.detach().numpy()}
    for i, (x, gradient) in enumerate(zip(inputs, gradients)):
        arrays[f"input.{i}"] = x
        arrays[f"gradient.{i}"] = np.zeros_like(x, dtype=np.float64) if gradient is None else gradient.numpy()
    return {f"{name}/{part}": np.ascontiguousarray(array) for part, array in arrays.items()}


def main():
    rng = np.random.default_rng(SEED)
    arrays = {}
    for name, shapes, function in CASES:
        arrays |= case(rng, name, shapes, function)
    FILE.parent.mkdir(exist_ok=True)
    save_file(arrays, FILE, metadata={"torch": torch.__version__, "seed": str(SEED)})
    print(f"{len(CASES)} cases, {FILE.stat().st_size / 1024:.0f} KiB: {FILE}")


if __name__ == "__main__":
    main()
