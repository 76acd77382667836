"""A step as PyTorch's users write it, with the fused optimizer."""
import torch
from game import BATCH
from serve import serve
from torch_players import cross_entropy, latent_vectors, rounds_of


def simultaneous(players):
    generator, discriminator = players.generator, players.discriminator
    everything = [(generator, players.generator_adam), (discriminator, players.discriminator_adam)]

    def step():
        fake_logits = discriminator(generator(latent_vectors()))
        real_logits = discriminator(players.real())
        d_loss = cross_entropy(real_logits, 1.0) + cross_entropy(fake_logits, 0.0)
        g_loss = cross_entropy(fake_logits, 1.0)
        # `backward` would also compute the gradient of each player's loss for the other's weights.
        gradients = [
            torch.autograd.grad(g_loss, list(generator.parameters()), retain_graph=True),
            torch.autograd.grad(d_loss, list(discriminator.parameters())),
        ]
        for (player, adam), own in zip(everything, gradients):
            for parameter, gradient in zip(player.parameters(), own):
                parameter.grad = gradient
            adam.step()
        return d_loss.item(), g_loss.item()

    return step


def alternating(players):
    generator, discriminator = players.generator, players.discriminator
    steps = 0

    def penalty():
        x = players.real().requires_grad_(True)
        (slope,) = torch.autograd.grad(players.plain_discriminator(x).sum(), x, create_graph=True)
        return players.preset.penalty_weight * slope.square().sum() / BATCH

    def step():
        nonlocal steps
        fake = generator(latent_vectors())
        players.discriminator_adam.zero_grad()
        d_loss = cross_entropy(discriminator(players.real()), 1.0) + cross_entropy(discriminator(fake.detach()), 0.0)
        due = players.preset.penalises(steps)
        (d_loss + penalty() if due else d_loss).backward()
        steps += 1
        players.discriminator_adam.step()

        players.generator_adam.zero_grad()
        discriminator.requires_grad_(False)
        g_loss = cross_entropy(discriminator(fake), 1.0)
        g_loss.backward()
        discriminator.requires_grad_(True)
        players.generator_adam.step()
        players.follow()
        return d_loss.item(), g_loss.item()

    return step


if __name__ == "__main__":
    serve(rounds_of(simultaneous, alternating))
