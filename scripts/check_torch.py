#!/usr/bin/env python3
"""Loads a run's generator into PyTorch and compares its pixels with twoplayer's.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch numpy safetensors
    /tmp/peers/bin/python scripts/check_torch.py RUN

The weights are [out, in], as PyTorch lays them out, so that they load as they are.
"""
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

PROGRAM = Path(__file__).resolve().parents[1] / "target/release/twoplayer"
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(0.2),
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "identity": nn.Identity,
}
TOLERANCE = 1e-5


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    run = Path(sys.argv[1])
    config = tomllib.loads((run / "config.toml").read_text())["generator"]
    weights = load_file(run / "generator.safetensors")

    with tempfile.TemporaryDirectory() as folder:
        pixels, latent = f"{folder}/pixels.npy", f"{folder}/latent.npy"
        call = [PROGRAM, "sample", run, "--count", "1000", "--seed", "5", "-o", pixels, "--latent", latent]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
        ours, x = np.load(pixels).reshape(1000, -1), torch.from_numpy(np.load(latent))

    for index, layer in enumerate(config["layers"]):
        if layer["kind"] != "dense":
            continue
        weight, bias = weights[f"generator.{index}.weight"], weights[f"generator.{index}.bias"]
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.load_state_dict({"weight": weight, "bias": bias})
        with torch.no_grad():
            x = ACTIVATIONS[layer.get("activation", "identity")]()(linear(x))
    if config["layers"][-1]["activation"] == "tanh":
        x = (x + 1) / 2

    difference = np.abs(ours - x.numpy()).max()
    verdict = "agrees" if difference <= TOLERANCE else "DIFFERS"
    print(f"{ours.shape[0]} images of {ours.shape[1]} pixels: largest difference {difference:.2e}, {verdict} (limit {TOLERANCE:g})")
    sys.exit(0 if difference <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
