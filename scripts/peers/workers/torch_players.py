"""Both players, their optimizers and a batch of real images, for PyTorch."""
from functools import partial

import numpy as np
import torch
from game import BATCH, DISCRIMINATOR, GENERATOR, LATENT, PIXELS, PRESETS, layers
from serve import steps_in_rounds
from torch import nn

TYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


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


class BestGenerator(nn.Module):
    """best.toml's, [batch, 64] and labels to [batch, 1, 28, 28]; 251,777 parameters."""

    def __init__(self, preset, embedded=32):
        super().__init__()
        self.embedding = nn.Embedding(preset.classes, embedded)
        normalised = lambda channels: [nn.BatchNorm2d(channels), nn.LeakyReLU(0.2)]
        enlarge = lambda channels, into, kernel: nn.ConvTranspose2d(channels, into, kernel, 2, 1, bias=False)
        self.layers = nn.Sequential(
            nn.Linear(preset.latent + embedded, 128 * 4),
            nn.Unflatten(1, (128, 2, 2)),
            *normalised(128),
            enlarge(128, 64, 4),
            *normalised(64),
            enlarge(64, 64, 3),
            *normalised(64),
            enlarge(64, 32, 4),
            *normalised(32),
            nn.ConvTranspose2d(32, 1, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, z, labels):
        return self.layers(torch.cat([z, self.embedding(labels)], 1))


class BestDiscriminator(nn.Module):
    """best.toml's, images and labels to a logit and one for each class, [batch, 1 + classes]; 251,563 parameters."""

    def __init__(self, preset, width=128 * 4):
        super().__init__()
        shrink = lambda i, o: [nn.Conv2d(i, o, 3, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]
        first = [nn.Conv2d(1, 32, 4, 2, 1), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*first, *shrink(32, 64), *shrink(64, 128), *shrink(128, 128), nn.Flatten())
        self.logits = nn.Linear(width, 1 + preset.classes)  # w·φ + b, and φ·C + c
        self.embedding = nn.Embedding(preset.classes, width)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)

    def forward(self, images, labels):
        features = self.features(images)
        own, classes = self.logits(features).split([1, self.logits.out_features - 1], 1)
        return torch.cat([own + (self.embedding(labels) * features).sum(1, keepdim=True), classes], 1)


class Players:
    """The two players of a preset."""

    def __init__(self, name, precision="f32"):
        self.preset = preset = PRESETS[name]
        self.precision = precision
        if preset.classes:
            self.generator, self.discriminator = BestGenerator(preset), BestDiscriminator(preset)
            for player in self.generator, self.discriminator:
                player.to(memory_format=torch.channels_last)
        elif preset.convolutional:
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
        self.labels = self.any_labels()  # the real images'

    def autocast(self):
        """Around forward passes and losses: products in the precision that is asked for.

        PyTorch's store of weights that have been rounded does not go with torch.func, whose compiler rounds them once
        anyway.
        """
        bf16 = self.precision == "bf16"
        return torch.autocast("cpu", torch.bfloat16, enabled=bf16, cache_enabled=not torch.compiler.is_compiling())

    def any_labels(self):
        """One tensor of them, or none."""
        return [torch.randint(self.preset.classes, (BATCH,))] if self.preset.classes else []

    def request(self):
        """Latent vectors, and the classes asked for where there are any."""
        return [torch.randn(BATCH, self.preset.latent), *self.any_labels()]

    def loss(self, judged, label, labels=(), weight=0.0):
        """That of the logits `[batch, 1]`; of `[batch, 1 + classes]` also `weight` times that of the classes'."""
        if not self.preset.classes:
            return cross_entropy(judged, label)
        own = cross_entropy(judged[:, :1], label)
        return own + weight * nn.functional.cross_entropy(judged[:, 1:].float(), *labels) if weight else own

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
        players = Players(options.preset, options.precision)
        step = simultaneous(players) if players.preset.simultaneous else alternating(players)
        return steps_in_rounds(step, options.steps)

    return set_up


def cross_entropy(logits, label):
    logits = logits.float()
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
