"""A step whose gradients torch.compile makes from one graph each, with the fused optimizer.

Written with torch.func, so that forward and backward are one graph: what both losses need is computed once, and
nothing that no gradient needs. (Compiled networks with eager losses take longer than no compilation at all: their
backward pass is one piece, and computes each loss's gradient for all weights.)
"""
import torch
from game import BATCH
from serve import serve
from torch.func import functional_call, grad, grad_and_value, vjp
from torch_eager import alternating as alternating_as_written
from torch_players import cross_entropy, rounds_of

compiled = torch.compile(mode="max-autotune-no-cudagraphs", fullgraph=True)


def weights(network):
    """The network's own weights, by name, for functions that take them as an argument."""
    return {name: parameter.detach() for name, parameter in network.named_parameters()}


def move(network, adam, gradients):
    for name, parameter in network.named_parameters():
        parameter.grad = gradients[name]
    adam.step()


def simultaneous(players):
    generator, discriminator = players.generator, players.discriminator
    g_weights, d_weights = weights(generator), weights(discriminator)

    @compiled
    def gradients(g, d, real, z):
        def losses(d, fake):
            with players.autocast():
                logits = functional_call(discriminator, d, (fake,))
                real_logits = functional_call(discriminator, d, (real,))
                d_loss = cross_entropy(real_logits, 1.0) + cross_entropy(logits, 0.0)
                return d_loss, cross_entropy(logits, 1.0)

        def draw(g):
            with players.autocast():
                return functional_call(generator, g, (z,))

        fake, back_to_weights = vjp(draw, g)
        (d_loss, g_loss), back = vjp(losses, d, fake)
        one, zero = torch.ones(()), torch.zeros(())
        (d_gradients, _), (_, at_fake) = back((one, zero)), back((zero, one))
        return back_to_weights(at_fake)[0], d_gradients, d_loss, g_loss

    def step():
        g_gradients, d_gradients, *losses = gradients(g_weights, d_weights, players.real(), *players.request())
        move(discriminator, players.discriminator_adam, d_gradients)
        move(generator, players.generator_adam, g_gradients)
        return [loss.item() for loss in losses]

    return step


def convolutional(players):
    """Batch normalisation writes its running statistics, which a function of torch.func may not: so here it is the
    networks that are compiled, each with its backward pass, and the step around them is as written. A compiled network
    cannot be differentiated twice: the penalty is taken with the discriminator as it was."""
    players.generator, players.discriminator = compiled(players.generator), compiled(players.discriminator)
    return alternating_as_written(players)


def alternating(players):
    if players.preset.convolutional:
        return convolutional(players)
    generator, discriminator = players.generator, players.discriminator
    d_weights, draw = weights(discriminator), compiled(generator)
    steps = 0

    def judge(d, images):
        with players.autocast():
            return functional_call(discriminator, d, (images,)).float()

    @compiled
    def discriminators_turn(d, real, fake, penalised):
        def loss(d):
            own = cross_entropy(judge(d, real), 1.0) + cross_entropy(judge(d, fake), 0.0)
            if not penalised:
                return own, own
            slope = grad(lambda x: judge(d, x).sum())(real)
            return own + players.preset.penalty_weight * slope.square().sum() / BATCH, own

        return grad(loss, has_aux=True)(d)

    @compiled
    def generators_turn(d, fake):
        return grad_and_value(lambda x: cross_entropy(judge(d, x), 1.0))(fake)

    def step():
        nonlocal steps
        with players.autocast():
            fake = draw(*players.request())
        constant = fake.detach()
        due = players.preset.penalises(steps)
        d_gradients, d_loss = discriminators_turn(d_weights, players.real(), constant, due)
        steps += 1
        move(discriminator, players.discriminator_adam, d_gradients)

        at_fake, g_loss = generators_turn(d_weights, constant)
        players.generator_adam.zero_grad()
        fake.backward(at_fake)
        players.generator_adam.step()
        players.follow()
        return d_loss.item(), g_loss.item()

    return step


if __name__ == "__main__":
    serve(rounds_of(simultaneous, alternating))
