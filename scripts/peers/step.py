#!/usr/bin/env python3
"""Times one training step of twoplayer and of PyTorch, in turn, and prints the ratio.

The same networks, objective, penalty, update rule, optimizer (f32, PyTorch's default Adam) and moving
average, the same number of threads. Rounds alternate between the two, so that a machine whose speed drifts slows
both alike.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch numpy
    /tmp/peers/bin/python scripts/peers/step.py [--preset mlp|article] [--threads 2] [--rounds 7]
"""
import argparse
import json
import platform
import statistics
import subprocess
import time
from pathlib import Path

import torch
from torch import nn

PROGRAM = Path(__file__).resolve().parents[2] / "target/release/twoplayer"
BATCH = 128
STEPS = 60  # timed in each round


def dense(widths, hidden, last):
    layers = []
    for fan_in, fan_out in zip(widths, widths[1:]):
        layers += [nn.Linear(fan_in, fan_out), hidden()]
    return nn.Sequential(*layers[:-1], last())


def pytorch_step(preset):
    """The step as PyTorch's users write it, with the optimizer's default implementation."""
    article = preset == "article"
    hidden = nn.ReLU if article else lambda: nn.LeakyReLU(0.2)
    generator = dense([100, 128, 256, 512, 1024, 784], hidden, nn.Sigmoid if article else nn.Tanh)
    discriminator = dense([784, 1024, 512, 256, 128, 1], hidden, nn.Identity)
    adam = dict(lr=1e-4) if article else dict(lr=1e-3, betas=(0.5, 0.999))
    g_adam = torch.optim.Adam(generator.parameters(), **adam)
    d_adam = torch.optim.Adam(discriminator.parameters(), **adam)
    bce = nn.BCEWithLogitsLoss()
    real = torch.rand(BATCH, 784)
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)

    def simultaneous():
        fake = generator(torch.randn(BATCH, 100))
        fake_logits = discriminator(fake)
        d_loss = bce(discriminator(real), ones) + bce(fake_logits, zeros)
        g_loss = bce(fake_logits, ones)
        g_gradients = torch.autograd.grad(g_loss, list(generator.parameters()), retain_graph=True)
        d_gradients = torch.autograd.grad(d_loss, list(discriminator.parameters()))
        for player, gradients in ((generator, g_gradients), (discriminator, d_gradients)):
            for parameter, gradient in zip(player.parameters(), gradients):
                parameter.grad = gradient
        d_adam.step()
        g_adam.step()
        return d_loss.item(), g_loss.item()

    average = [p.detach().clone() for p in generator.parameters()]
    steps = 0

    def r1():
        """4 · γ/2 · E‖∇ₓ logit‖² with γ = 0.5, as the preset has it at every fourth step."""
        x = real.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
        return slope.square().sum() / BATCH

    def alternating():
        nonlocal steps
        fake = generator(torch.randn(BATCH, 100))
        d_adam.zero_grad()
        d_loss = bce(discriminator(real), ones) + bce(discriminator(fake.detach()), zeros)
        (d_loss + r1() if steps % 4 == 0 else d_loss).backward()
        steps += 1
        d_adam.step()
        g_adam.zero_grad()
        discriminator.requires_grad_(False)
        g_loss = bce(discriminator(fake), ones)
        g_loss.backward()
        discriminator.requires_grad_(True)
        g_adam.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, list(generator.parameters()), 0.0005)
        return d_loss.item(), g_loss.item()

    return simultaneous if article else alternating


def time_pytorch(step):
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def time_ours(preset, threads):
    command = [PROGRAM, "bench", "--json", "--preset", preset, "--batch-size", str(BATCH)]
    command += ["--threads", str(threads), "--steps", str(STEPS)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["step_ms"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=["mlp", "article"], default="mlp")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    step = pytorch_step(options.preset)
    time_pytorch(step)  # warm-up
    ours, theirs = [], []
    for _ in range(options.rounds):
        theirs.append(time_pytorch(step))
        ours.append(time_ours(options.preset, options.threads))

    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    print(f"{cpu}, {options.threads} threads, preset {options.preset}, batch {BATCH}, f32")
    print(f"{'':24} median ms   lowest   highest  (of {options.rounds} rounds' medians)")
    for name, times in (("twoplayer", ours), (f"PyTorch {torch.__version__}", theirs)):
        print(f"{name:24} {statistics.median(times):9.2f} {min(times):8.2f} {max(times):9.2f}")
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(f"twoplayer / PyTorch      {statistics.median(ratios):9.2f} {min(ratios):8.2f} {max(ratios):9.2f}")


if __name__ == "__main__":
    main()
