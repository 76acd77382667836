"""A step as PyTorch's users write it, with the fused optimizer."""
import torch
from game import BATCH
from serve import serve
from torch_players import cross_entropy, rounds_of


def simultaneous(players):
    generator, discriminator = players.generator, players.discriminator
    everything = [(generator, players.generator_adam), (discriminator, players.discriminator_adam)]

    def step():
        with players.autocast():
            fake_logits = discriminator(generator(*players.request()))
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
    generator, discriminator, preset = players.generator, players.discriminator, players.preset
    steps = 0

    def penalty():
        x = players.real().requires_grad_(True)
        with players.autocast():
            logits = players.plain_discriminator(x, *players.labels)[:, :1].float()
        (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
        return preset.penalty_weight * slope.square().sum() / BATCH

    def discriminators_loss(fake, asked):
        at_real = players.loss(discriminator(players.real(), *players.labels), 1.0, players.labels, preset.read_real)
        return at_real + players.loss(discriminator(fake, *asked), 0.0)

    def step():
        nonlocal steps
        z, *asked = players.request()
        with players.autocast():
            fake = generator(z, *asked)
        players.discriminator_adam.zero_grad()
        with players.autocast():
            d_loss = discriminators_loss(fake.detach(), asked)
        due = preset.penalises(steps)
        (d_loss + penalty() if due else d_loss).backward()
        steps += 1
        players.discriminator_adam.step()

        players.generator_adam.zero_grad()
        discriminator.requires_grad_(False)
        with players.autocast():
            g_loss = players.loss(discriminator(fake, *asked), 1.0, asked, preset.read_fake)
        g_loss.backward()
        discriminator.requires_grad_(True)
        players.generator_adam.step()
        players.follow()
        return d_loss.item(), g_loss.item()

    return step


if __name__ == "__main__":
    serve(rounds_of(simultaneous, alternating))
