"""The game that is timed, as article.toml, mlp.toml, dcgan.toml and best.toml in src/gan/config/presets/ have it."""
from typing import NamedTuple

BATCH = 128
LATENT = 100
PIXELS = 784
GENERATOR = [LATENT, 128, 256, 512, 1024, PIXELS]
DISCRIMINATOR = [PIXELS, 1024, 512, 256, 128, 1]


class Preset(NamedTuple):
    """`article` moves both players at once; the others in turn, with a moving average."""

    simultaneous: bool
    negative_slope: float  # of the hidden layers' (leaky) ReLU
    last: str  # the generator's activation
    learning_rate: float
    beta1: float
    beta2: float = 0.999
    gamma: float = 0.0  # of the penalty every · γ/2 · E‖∇ₓ logit‖²
    every: int = 4  # so many steps that penalty is due
    average_share: float = 0.0
    convolutional: bool = False
    latent: int = LATENT
    classes: int = 0  # that are asked for
    read_real: float = 0.0  # what the classes' cross-entropy at real images weighs in the discriminator's loss
    read_fake: float = 0.0  # what that at generated images weighs in the generator's

    @property
    def penalty_weight(self):
        return self.every * self.gamma / 2

    def penalises(self, steps):
        """Whether the penalty is due after so many steps."""
        return self.gamma > 0 and steps % self.every == 0


PRESETS = {
    "article": Preset(True, 0.0, "sigmoid", 1e-4, 0.9),
    "mlp": Preset(False, 0.2, "tanh", 1e-3, 0.5, gamma=0.5, average_share=1 - 0.9995),
    "dcgan": Preset(False, 0.2, "tanh", 5e-4, 0.5, gamma=5.0, average_share=1 - 0.999, convolutional=True),
    "best": Preset(
        False, 0.2, "tanh", 1e-3, 0.5, gamma=0.1, every=8, average_share=1 - 0.9995,
        convolutional=True, latent=64, classes=10, read_real=1.0, read_fake=0.2,
    ),
}


def layers(widths):
    return list(zip(widths, widths[1:]))
