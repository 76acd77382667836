"""The game that is timed, as src/gan/config/presets/article.toml, mlp.toml and dcgan.toml have it."""
from typing import NamedTuple

BATCH = 128
LATENT = 100
PIXELS = 784
PENALTY_EVERY = 4
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
    gamma: float = 0.0  # of the penalty every · γ/2 · E‖∇ₓ logit‖², which is due at each fourth step
    average_share: float = 0.0
    convolutional: bool = False

    @property
    def penalty_weight(self):
        return PENALTY_EVERY * self.gamma / 2

    def penalises(self, steps):
        """Whether the penalty is due after so many steps."""
        return self.gamma > 0 and steps % PENALTY_EVERY == 0


PRESETS = {
    "article": Preset(True, 0.0, "sigmoid", 1e-4, 0.9),
    "mlp": Preset(False, 0.2, "tanh", 1e-3, 0.5, gamma=0.5, average_share=1 - 0.9995),
    "dcgan": Preset(False, 0.2, "tanh", 5e-4, 0.5, gamma=5.0, average_share=1 - 0.999, convolutional=True),
}


def layers(widths):
    return list(zip(widths, widths[1:]))
