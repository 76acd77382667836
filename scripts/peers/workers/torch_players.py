"""Both players, their optimizers and a batch of real images, for PyTorch."""
from functools import partial

import numpy as np
import torch
from game import BATCH, DISCRIMINATOR, GENERATOR, LATENT, PIXELS, PRESETS, layers
from serve import steps_in_rounds
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


def convolutional_generator():
    """dcgan.toml's, [batch, latent] to [batch, 1, 28, 28]."""

    def enlarge(channels, into, kernel):
        return [nn.ConvTranspose2d(channels, into, kernel, 2, 1, bias=False), nn.BatchNorm2d(into), nn.ReLU()]

    return nn.Sequential(
        nn.Linear(LATENT, 256 * 4),
        nn.Unflatten(1, (256, 2, 2)),
        nn.BatchNorm2d(256),
        nn.ReLU(),
        *enlarge(256, 128, 4),
        *enlarge(128, 64, 3),
        *enlarge(64, 32, 4),
        nn.ConvTranspose2d(32, 1, 4, 2, 1),
        nn.Tanh(),
    ).to(memory_format=torch.channels_last)


def convolutional_discriminator():
    def shrink(channels, into, kernel):
        return [nn.Conv2d(channels, into, kernel, 2, 1, bias=False), nn.BatchNorm2d(into), nn.LeakyReLU(0.2)]

    return nn.Sequential(
        nn.Conv2d(1, 32, 4, 2, 1),
        nn.LeakyReLU(0.2),
        *shrink(32, 64, 4),
        *shrink(64, 128, 3),
        *shrink(128, 256, 3),
        nn.Flatten(),
        nn.Linear(256 * 4, 1),
    ).to(memory_format=torch.channels_last)


class Players:
    """The two players of a preset."""

    def __init__(self, name):
        self.preset = preset = PRESETS[name]
        if preset.convolutional:
            self.generator, self.discriminator = convolutional_generator(), convolutional_discriminator()
        else:
            hidden = partial(nn.LeakyReLU, preset.negative_slope) if preset.negative_slope else nn.ReLU
            self.generator = network(GENERATOR, hidden, nn.Sigmoid if preset.last == "sigmoid" else nn.Tanh)
            self.discriminator = network(DISCRIMINATOR, hidden, nn.Identity)
        self.plain_discriminator = self.discriminator  # by itself, where `discriminator` is compiled
        betas = (preset.beta1, preset.beta2)
        # On a processor, too, the fused optimizer is the fastest that PyTorch has.
        adam = partial(torch.optim.Adam, lr=preset.learning_rate, betas=betas, fused=True)
        self.generator_adam = adam(self.generator.parameters())
        self.discriminator_adam = adam(self.discriminator.parameters())
        self.average = [p.detach().clone() for p in self.generator.parameters()]
        self.images = np.random.default_rng(0).random((BATCH, PIXELS), dtype=np.float32)

    def real(self):
        images = torch.from_numpy(self.images)
        if not self.preset.convolutional:
            return images
        return images.view(BATCH, 1, 28, 28).contiguous(memory_format=torch.channels_last)

    @torch.no_grad()
    def follow(self):
        """Moves the average towards the generator's present weights."""
        torch._foreach_lerp_(self.average, list(self.generator.parameters()), self.preset.average_share)


def rounds_of(simultaneous, alternating):
    """What a worker sets up: rounds of the step that the preset plays, made for its players."""

    def set_up(options):
        settle(options.threads)
        players = Players(options.preset)
        step = simultaneous(players) if players.preset.simultaneous else alternating(players)
        return steps_in_rounds(step, options.steps)

    return set_up


def latent_vectors():
    return torch.randn(BATCH, LATENT)


def cross_entropy(logits, label):
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
