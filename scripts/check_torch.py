#!/usr/bin/env python3
"""Loads generators into PyTorch and compares their pixels with twoplayer's.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch numpy safetensors
    /tmp/peers/bin/python scripts/check_torch.py RUN...
    /tmp/peers/bin/python scripts/check_torch.py --presets

With --presets it trains each preset for three steps in a temporary directory and checks what came of it; then a
network that draws in colours, and one of the kinds of layer that no preset has. A line each; the exit status is 1 if
any differs.

A function below says of each kind of layer (src/nn/layers/) what it computes in use. PyTorch has channels before
height and width, [n, c, h, w], and so have images here; twoplayer has them last, also in its files and where an image
becomes numbers in a row. A kind that only a discriminator has (projection, minibatch-stddev) is refused.
"""
import argparse
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

PROGRAM = Path(__file__).resolve().parents[1] / "target/release/twoplayer"
COUNT = 1000
# PyTorch computes in 64 bits here, so that what differs is what twoplayer's 32 bits round away: with the trained `best`
# 4.2e-6, where PyTorch's own 32 bits lose 3.1e-6.
PRECISION = torch.float64
# Of a pixel; where the last layer has no activation and pixels are larger than 1, of the largest.
TOLERANCE = 1e-5

# Few steps, but long ones: no bias stays near 0 and no gain near 1, where a mistake could not be seen.
BRIEFLY = "--steps 3 --learning-rate 0.01 --batch-size 16 --examples 200 --seed 1".split()
IN_COLOUR = ["--preset", "dcgan", "--data", "stacked-mnist"]
OTHER_KINDS = """
preset = "cdcgan"
[generator]
layers = [
    { kind = "label-embedding", units = 8 },
    { kind = "dense", units = 96, spectral_norm = true },
    { kind = "layer-norm", activation = "leaky-relu" },
    { kind = "dropout", rate = 0.3 },
    { kind = "reshape", shape = [4, 4, 6] },
    { kind = "upsample" },
    { kind = "residual", skip = "conv", layers = [
        { kind = "group-norm", groups = 3, activation = "relu" },
        { kind = "conv", channels = 8, kernel = 3, spectral_norm = true },
        { kind = "batch-norm", conditional = true },
    ] },
    { kind = "label-embedding", units = 2 },
    { kind = "conv", channels = 8, kernel = 4, stride = 2, bias = false },
    { kind = "dense", units = 96 },
    { kind = "reshape", shape = [4, 4, 6] },
    { kind = "downsample" },
    { kind = "global-sum-pool" },
    { kind = "batch-norm", conditional = true, activation = "tanh" },
    { kind = "dense", units = 216 },
    { kind = "reshape", shape = [6, 6, 6] },
    { kind = "residual", layers = [{ kind = "conv", channels = 6, kernel = 3 }, { kind = "layer-norm" }] },
    { kind = "conv-transpose", channels = 9, kernel = 3, stride = 3, output_padding = 2, spectral_norm = true },
    { kind = "activation", function = "leaky-relu" },
    { kind = "conv", channels = 5, kernel = 5, padding = 0 },
    { kind = "upsample", mode = "bilinear" },
    { kind = "max-pool" },
    { kind = "avg-pool" },
    { kind = "upsample", factor = 4 },
    { kind = "conv", channels = 1, kernel = 3, activation = "sigmoid" },
    { kind = "flatten" },
]
"""

ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": F.relu,
    "leaky-relu": lambda x: F.leaky_relu(x, 0.2),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


class Unknown(Exception):
    """What this script does not know."""


class Layer:
    """A layer's keys, its arrays and the labels, [n], of the samples."""

    def __init__(self, keys, place, arrays, labels):
        self.keys, self.place, self.arrays, self.labels = keys, place, arrays, labels

    def key(self, name, default=None):
        return self.keys.get(name, default)

    def array(self, name):
        return self.arrays[f"{self.place}.{name}"]

    def activate(self, x, key="activation"):
        name = self.key(key, "identity")
        if name not in ACTIVATIONS:
            raise Unknown(f"{self.place}: the activation {name!r} is not known here")
        return ACTIVATIONS[name](x)

    def weight(self):
        """With spectral normalisation, divided by σ = vᵀ·W·u, where W is the matrix [rows, last axis] and u and v are
        one step of the power iteration on from the file's u."""
        weight = self.array("weight")
        if not self.key("spectral_norm", False):
            return weight
        matrix = weight.reshape(-1, weight.shape[-1])
        v = F.normalize(matrix @ self.array("u"), dim=0)
        u = F.normalize(matrix.T @ v, dim=0)
        return weight / (v @ matrix @ u)

    def bias(self):
        return self.array("bias") if self.key("bias", True) else None

    def padding(self):
        return self.key("padding", (self.key("kernel") - 1) // 2)


def in_a_row(x):
    """What a dense layer makes of an image: a pixel's channels beside each other."""
    return x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x


def as_images(x, shape):
    """The reverse, for images [height, width, channels]."""
    return x.reshape(-1, *shape).permute(0, 3, 1, 2)


def channels_first(kernel):
    """[height, width, a, b] as PyTorch has it, [b, a, height, width]: conv from a to b, conv-transpose from b to a."""
    return kernel.permute(3, 2, 0, 1)


def per_channel(values, x):
    """[n, channels] as it multiplies every pixel."""
    return values[:, :, None, None] if x.dim() == 4 else values


def dense(layer, x):
    return layer.activate(F.linear(in_a_row(x), layer.weight(), layer.bias()))


def reshape(layer, x):
    return as_images(in_a_row(x), layer.key("shape"))


def flatten(layer, x):
    return in_a_row(x)


def conv(layer, x):
    stride, weight = layer.key("stride", 1), channels_first(layer.weight())
    return layer.activate(F.conv2d(x, weight, layer.bias(), stride, layer.padding()))


def conv_transpose(layer, x):
    stride, weight = layer.key("stride", 1), channels_first(layer.weight())
    y = F.conv_transpose2d(x, weight, layer.bias(), stride, layer.padding(), layer.key("output_padding", 0))
    return layer.activate(y)


def upsample(layer, x):
    factor, mode = layer.key("factor", 2), layer.key("mode", "nearest")
    if mode == "nearest":
        return F.interpolate(x, scale_factor=factor, mode="nearest")
    if mode == "bilinear":
        return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
    raise Unknown(f"{layer.place}: the mode {mode!r} is not known here")


def downsample(layer, x):
    """The filter [1, 3, 3, 1] / 8 in both directions, on a border of zeros, at every second pixel."""
    channels, line = x.shape[1], torch.tensor([1, 3, 3, 1], dtype=x.dtype) / 8
    return F.conv2d(x, torch.outer(line, line).expand(channels, 1, 4, 4), stride=2, padding=1, groups=channels)


def avg_pool(layer, x):
    return F.avg_pool2d(x, layer.key("size", 2))


def max_pool(layer, x):
    return F.max_pool2d(x, layer.key("size", 2))


def global_sum_pool(layer, x):
    return x.sum((2, 3))


def batch_norm(layer, x):
    moments, epsilon = (layer.array("running_mean"), layer.array("running_variance")), layer.key("epsilon", 1e-5)
    gain, bias = layer.array("gain"), layer.array("bias")
    if not layer.key("conditional", False):
        return layer.activate(F.batch_norm(x, *moments, gain, bias, eps=epsilon))
    gain, bias = per_channel(gain[layer.labels], x), per_channel(bias[layer.labels], x)
    return layer.activate(F.batch_norm(x, *moments, eps=epsilon) * gain + bias)


def group_norm(layer, x):
    groups, epsilon = layer.key("groups", 1), layer.key("epsilon", 1e-5)
    return layer.activate(F.group_norm(x, groups, layer.array("gain"), layer.array("bias"), epsilon))


def activation(layer, x):
    return layer.activate(x, "function")


def dropout(layer, x):
    return x


def label_embedding(layer, x):
    beside = layer.array("embedding")[layer.labels]
    if x.dim() == 4:
        beside = as_images(beside, (*x.shape[2:], layer.key("units")))
    return torch.cat([x, beside], 1)


def residual(layer, x):
    y = through(layer.key("layers"), layer.place, layer.arrays, x, layer.labels)
    if layer.key("skip") == "conv" and x.shape != y.shape:
        x = F.conv2d(x, channels_first(layer.array("skip.weight")))
    return x + y


KINDS = {
    "dense": dense,
    "reshape": reshape,
    "flatten": flatten,
    "conv": conv,
    "conv-transpose": conv_transpose,
    "upsample": upsample,
    "downsample": downsample,
    "avg-pool": avg_pool,
    "max-pool": max_pool,
    "global-sum-pool": global_sum_pool,
    "batch-norm": batch_norm,
    "layer-norm": group_norm,  # of one group
    "group-norm": group_norm,
    "activation": activation,
    "dropout": dropout,
    "label-embedding": label_embedding,
    "residual": residual,
}


def through(layers, place, arrays, x, labels):
    """What layers make of samples, one after another; the arrays of the one with number i are called PLACE.i.NAME."""
    for index, keys in enumerate(layers):
        layer = Layer(keys, f"{place}.{index}", arrays, labels)
        if keys["kind"] not in KINDS:
            raise Unknown(f"{layer.place}: a layer of the kind {keys['kind']!r} is not known here")
        x = KINDS[keys["kind"]](layer, x)
    return x


def from_0_to_1(layers):
    """Whether pixels come out in [0, 1], as a sigmoid gives them, and not in [−1, 1]."""
    last = [layer for layer in layers if layer["kind"] not in ("reshape", "flatten")][-1]
    return "sigmoid" in (last.get("activation"), last.get("function"))


def call(program, *arguments):
    done = subprocess.run([program, *map(str, arguments), "--threads", "1"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program} {arguments[0]}: {done.stderr.strip()}")


def drawn(program, run, has_labels):
    """What twoplayer draws, [n, …], and what from: latent vectors [n, latent_dim] and labels [n], or none."""
    with tempfile.TemporaryDirectory() as folder:
        pixels, latent, labels = (Path(folder) / name for name in ("pixels.npy", "latent.npy", "labels.idx"))
        ask_for_labels = ["--labels", labels] if has_labels else []
        call(program, "sample", run, "--count", COUNT, "--seed", 5, "-o", pixels, "--latent", latent, *ask_for_labels)
        # A header of 8 bytes, then a byte each.
        classes = torch.from_numpy(np.fromfile(labels, np.uint8)[8:]).long() if has_labels else None
        return torch.from_numpy(np.load(pixels)), torch.from_numpy(np.load(latent)), classes


def check(program, run, name):
    """Prints whether PyTorch's pixels are twoplayer's, and returns it."""
    config = tomllib.loads((run / "config.toml").read_text())
    layers = config["generator"]["layers"]
    ours, latent, labels = drawn(program, run, config["training"].get("classes", 0) > 0)
    arrays = {key: array.to(PRECISION) for key, array in load_file(run / "generator.safetensors").items()}
    try:
        theirs = in_a_row(through(layers, "generator", arrays, latent.to(PRECISION), labels))
    except Unknown as unknown:
        print(f"{name:12} not checked: {unknown}", flush=True)
        return False
    if not from_0_to_1(layers):
        theirs = (theirs + 1) / 2

    difference = (ours.reshape(COUNT, -1) - theirs).abs().max().item()
    limit = TOLERANCE * max(1, ours.abs().max().item())
    agrees = difference <= limit  # not so if it is no number
    size, verdict = "×".join(map(str, ours.shape[1:])), "agrees" if agrees else "DIFFERS"
    found = f"largest difference {difference:.2e}, {verdict} (limit {limit:.2g})"
    print(f"{name:12} {COUNT} images of {size}: {found}", flush=True)
    return agrees


def brief_runs(program, folder):
    """Trains what --presets checks, one after another: (directory, name) each."""
    listed = subprocess.run([program, "presets"], check=True, capture_output=True, text=True).stdout
    other_kinds = folder / "other-kinds.toml"
    other_kinds.write_text(OTHER_KINDS)
    names = [line.split()[0] for line in listed.splitlines() if line[:1].isalpha()]  # the rest is what they say of themselves
    trained = {name: ["--preset", name] for name in names}
    trained |= {"in colour": IN_COLOUR, "other kinds": ["--config", other_kinds]}
    for name, arguments in trained.items():
        run = folder / name.replace(" ", "-")
        call(program, "train", *arguments, *BRIEFLY, "--quiet", "--out", run)
        yield run, name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="*", metavar="RUN", help="a run's directory")
    parser.add_argument("--presets", action="store_true", help="train every preset briefly, and check it")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="twoplayer (%(default)s)")
    chosen = parser.parse_args()
    if not chosen.runs and not chosen.presets:
        parser.error("which RUN? or --presets")
    if not chosen.program.is_file():
        parser.error(f"{chosen.program} is not there: build it, or name another with --program")
    for run in chosen.runs:
        if not (run / "config.toml").is_file():
            parser.error(f"{run} is no run: it has no config.toml")

    program = chosen.program.resolve()
    agree = [check(program, run, str(run)) for run in chosen.runs]
    if chosen.presets:
        with tempfile.TemporaryDirectory() as folder:
            agree += [check(program, *run) for run in brief_runs(program, Path(folder))]
    sys.exit(0 if all(agree) else 1)


if __name__ == "__main__":
    with torch.no_grad():
        main()
