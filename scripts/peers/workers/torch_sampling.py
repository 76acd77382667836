"""The generator's forward pass for 10,000 latent vectors, in the chunks that suit PyTorch best."""
import torch
from game import LATENT
from serve import median_ms, serve
from torch_players import TYPES, Players, settle

COUNT = 10_000
REPETITIONS = 3


def set_up(options):
    settle(options.threads)
    torch.set_grad_enabled(False)
    dtype = TYPES[options.precision]
    generator = Players("article").generator.to(dtype)
    z = torch.randn(COUNT, LATENT, dtype=dtype)

    def draw(chunk):
        for part in z.split(chunk):
            generator(part)

    time = lambda chunk: median_ms(lambda: draw(chunk), REPETITIONS)
    time(COUNT)
    fastest = min([COUNT, 1000, 256], key=time)
    return lambda: time(fastest)


if __name__ == "__main__":
    serve(set_up)
