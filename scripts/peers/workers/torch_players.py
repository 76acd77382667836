"""Both players, their optimizers and a batch of real images, for PyTorch."""
from functools import partial

import numpy as np
import torch
from game import BATCH, DISCRIMINATOR, GENERATOR, LATENT, PIXELS, PRESETS, layers
from torch import nn


def settle(threads):
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # numbers as small as that are slow, and twoplayer flushes them too
    torch.manual_seed(0)


def network(widths, hidden, last):
    modules = []
    for fan_in, fan_out in layers(widths):
        modules += [nn.Linear(fan_in, fan_out), hidden()]
    return nn.Sequential(*modules[:-1], last())


class Players:
    """The two players of a preset."""

    def __init__(self, name):
        self.preset = preset = PRESETS[name]
        hidden = partial(nn.LeakyReLU, preset.negative_slope) if preset.negative_slope else nn.ReLU
        self.generator = network(GENERATOR, hidden, nn.Sigmoid if preset.last == "sigmoid" else nn.Tanh)
        self.discriminator = network(DISCRIMINATOR, hidden, nn.Identity)
        betas = (preset.beta1, preset.beta2)
        # On a processor, too, the fused optimizer is the fastest that PyTorch has.
        adam = partial(torch.optim.Adam, lr=preset.learning_rate, betas=betas, fused=True)
        self.generator_adam = adam(self.generator.parameters())
        self.discriminator_adam = adam(self.discriminator.parameters())
        self.average = [p.detach().clone() for p in self.generator.parameters()]
        self.images = np.random.default_rng(0).random((BATCH, PIXELS), dtype=np.float32)

    def real(self):
        return torch.from_numpy(self.images)


def latent_vectors():
    return torch.randn(BATCH, LATENT)


def cross_entropy(logits, label):
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
