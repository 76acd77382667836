"""The 27 products of a step's large layers, in GFLOP/s, timed as `twoplayer bench` times its own.

In bf16 the results, too, are rounded to it.
"""
import torch
from game import BATCH, DISCRIMINATOR, GENERATOR, layers
from serve import median_ms, serve
from torch_players import TYPES, settle

REPETITIONS = 25  # as in src/cli/bench/products.rs


def products(dtype):
    """The operations of each product, and a call that does it, into memory of its own."""
    for fan_in, fan_out in layers(GENERATOR) + layers(DISCRIMINATOR)[:-1]:  # the last is no matrix product
        shapes = [(BATCH, fan_in), (fan_out, fan_in), (BATCH, fan_out)]
        x, w, g = (torch.randn(*shape, dtype=dtype) for shape in shapes)
        for a, b in (x, w.t()), (g.t(), x), (g, w):  # the output, the weights' gradient, the input's gradient
            c = torch.empty(a.shape[0], b.shape[1], dtype=dtype)
            yield 2 * a.shape[0] * a.shape[1] * b.shape[1], lambda a=a, b=b, c=c: torch.mm(a, b, out=c)


def median_after_one(call):
    call()  # the operands are then in the cache, as just after a layer wrote them
    return median_ms(call, REPETITIONS)


def set_up(options):
    settle(options.threads)
    torch.set_grad_enabled(False)
    every = list(products(TYPES[options.precision]))

    def gflops():
        return 1e-6 * sum(work for work, _ in every) / sum(median_after_one(call) for _, call in every)

    gflops()
    return gflops


if __name__ == "__main__":
    serve(set_up)
