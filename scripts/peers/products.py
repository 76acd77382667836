#!/usr/bin/env python3
"""Times the matrix products of one training step with PyTorch: the table of benches/gemm.rs.

    python scripts/peers/products.py [--threads 2] [--batch 128 256] [--repetitions 60]

For each large dense layer [in, out] of the MNIST generator and discriminator: the forward
product X·Wᵀ + b, the weight gradient Gᵀ·X and the input gradient G·W. The fastest of many
interleaved repetitions counts, for other programs may use the cores too.
"""

import argparse
import os
import time

# Each thread on a core of its own, as in benches/gemm.rs; read when torch is loaded.
os.environ.setdefault("GOMP_CPU_AFFINITY", f"0-{os.cpu_count() - 1}")

import torch  # noqa: E402

GENERATOR = [100, 128, 256, 512, 1024, 784]
DISCRIMINATOR = [784, 1024, 512, 256, 128]  # its last layer, 128 to 1, is no matrix product


def products(batch):
    """(name, m, k, n, call) of each product; every call writes into memory of its own."""
    layers = [pair for sizes in (GENERATOR, DISCRIMINATOR) for pair in zip(sizes, sizes[1:])]
    for fan_in, fan_out in layers:
        x, w = torch.randn(batch, fan_in), torch.randn(fan_out, fan_in)
        g, bias = torch.randn(batch, fan_out), torch.randn(fan_out)
        y, dw, dx = torch.empty_like(g), torch.empty_like(w), torch.empty_like(x)
        yield (f"{fan_in}-{fan_out} forward", batch, fan_in, fan_out,
               lambda bias=bias, x=x, w=w, y=y: torch.addmm(bias, x, w.t(), out=y))
        yield (f"{fan_in}-{fan_out} weight gradient", fan_out, batch, fan_in,
               lambda g=g, x=x, dw=dw: torch.mm(g.t(), x, out=dw))
        yield (f"{fan_in}-{fan_out} input gradient", batch, fan_out, fan_in,
               lambda g=g, w=w, dx=dx: torch.mm(g, w, out=dx))


def table(batch, repetitions):
    rows = list(products(batch))
    fastest = [float("inf")] * len(rows)
    for _ in range(repetitions):
        for i, (*_, call) in enumerate(rows):
            call()  # the operands are in the cache, as they are just after a layer wrote them
            start = time.perf_counter()
            call()
            fastest[i] = min(fastest[i], time.perf_counter() - start)
    print(f"batch {batch}, {torch.get_num_threads()} threads, torch {torch.__version__}, GFLOP/s")
    work = [2e-9 * m * k * n for _, m, k, n, _ in rows]
    for (name, m, k, n, _), flops, seconds in zip(rows, work, fastest):
        print(f"{name:28} {m:5} x{k:5} x{n:5} {flops / seconds:8.1f}")
    print(f"{'total':28} {1e3 * sum(fastest):15.2f} ms {sum(work) / sum(fastest):8.1f}\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--batch", type=int, nargs="+", default=[128, 256])
    arguments.add_argument("--repetitions", type=int, default=60)
    chosen = arguments.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.set_grad_enabled(False)
    for batch in chosen.batch:
        table(batch, chosen.repetitions)


if __name__ == "__main__":
    main()
