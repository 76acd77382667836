"""The game that is timed, as src/gan/presets/article.toml, mlp.toml and dcgan.toml have it."""
from typing import NamedTuple

BATCH = 128
LATENT = 100
PIXELS = 784
GENERATOR = [LATENT, 128, 256, 512, 1024, PIXELS]
DISCRIMINATOR = [PIXELS, 1024, 512, 256, 128, 1]


class Preset(NamedTuple):
    """`article` moves both players at once; `mlp` and `dcgan` in turn, with a moving average."""

    simultaneous: bool
    negative_slope: float  # of the hidden layers' (leaky) ReLU
    last: str  # the generator's activation
    learning_rate: float
    beta1: float
    beta2: float = 0.999
    penalty: bool = False
    average_share: float = 0.0
    convolutional: bool = False


PRESETS = {
    "article": Preset(True, 0.0, "sigmoid", 1e-4, 0.9),
    "mlp": Preset(False, 0.2, "tanh", 1e-3, 0.5, penalty=True, average_share=1 - 0.9995),
    "dcgan": Preset(False, 0.2, "tanh", 2e-4, 0.5, average_share=1 - 0.999, convolutional=True),
}

# The penalty every · γ/2 · E‖∇ₓ logit‖² is due at each fourth step, γ = 0.5.
PENALTY_EVERY = 4
PENALTY_WEIGHT = PENALTY_EVERY * 0.5 / 2


def layers(widths):
    return list(zip(widths, widths[1:]))
