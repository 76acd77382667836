"""A whole step as one function for JAX to compile, which may overwrite the weights that it is given."""
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from game import BATCH, DISCRIMINATOR, GENERATOR, LATENT, PIXELS, PRESETS, layers
from serve import serve, steps_in_rounds


def fresh_weights(key, widths):
    """He's: only the loss depends on them, not the time."""
    keys = jax.random.split(key, len(widths) - 1)
    return [
        ((2 / fan_in) ** 0.5 * jax.random.normal(k, (fan_in, fan_out)), jnp.zeros(fan_out))
        for k, (fan_in, fan_out) in zip(keys, layers(widths))
    ]


def player(weights):
    """A network's weights with Adam's two moments."""
    zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
    return {"weights": weights, "first": zeros(), "second": zeros()}


def cross_entropy(logits, label):
    return jax.nn.softplus(logits if label == 0 else -logits).mean()


@jax.custom_vjp
def rounded_product(a, b):
    """`a @ b` with operands rounded to bf16, sums in f32; in the gradients' products as well."""
    return jnp.matmul(a.astype(jnp.bfloat16), b.astype(jnp.bfloat16), preferred_element_type=jnp.float32)


rounded_product.defvjp(
    lambda a, b: (rounded_product(a, b), (a, b)),
    lambda operands, g: (rounded_product(g, operands[1].T), rounded_product(operands[0].T, g)),
)


def compile_step(preset, precision):
    product = rounded_product if precision == "bf16" else jnp.matmul
    hidden = partial(jax.nn.leaky_relu, negative_slope=preset.negative_slope) if preset.negative_slope else jax.nn.relu
    last = jax.nn.sigmoid if preset.last == "sigmoid" else jnp.tanh

    def network(weights, x):
        for w, b in weights[:-1]:
            x = hidden(product(x, w) + b)
        w, b = weights[-1]
        return product(x, w) + b

    def draw(weights, z):
        return last(network(weights, z))

    def moved(player, gradients, t):
        b1, b2 = preset.beta1, preset.beta2
        step_size, scale = preset.learning_rate / (1 - b1**t), 1 / (1 - b2**t)
        first = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, player["first"], gradients)
        second = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, player["second"], gradients)
        update = lambda w, m, v: w - step_size * m / (jnp.sqrt(v * scale) + 1e-8)
        return {"weights": jax.tree.map(update, player["weights"], first, second), "first": first, "second": second}

    def d_loss(weights, real, fake, penalised):
        own = cross_entropy(network(weights, real), 1) + cross_entropy(network(weights, fake), 0)
        if not penalised:
            return own, own
        slope = jax.grad(lambda x: network(weights, x).sum())(real)
        return own + preset.penalty_weight * jnp.square(slope).sum() / BATCH, own

    @partial(jax.jit, donate_argnums=0, static_argnames="penalised")
    def step(state, real, penalised):
        g, d, t = state["generator"], state["discriminator"], state["t"] + 1
        key, now = jax.random.split(state["key"])
        fake, back = jax.vjp(lambda w: draw(w, jax.random.normal(now, (BATCH, LATENT))), g["weights"])
        d_gradients, d_value = jax.grad(d_loss, has_aux=True)(d["weights"], real, fake, penalised)
        moved_d = moved(d, d_gradients, t)
        opponent = (d if preset.simultaneous else moved_d)["weights"]
        g_value, at_fake = jax.value_and_grad(lambda x: cross_entropy(network(opponent, x), 1))(fake)
        moved_g = moved(g, back(at_fake)[0], t)
        state = state | {"generator": moved_g, "discriminator": moved_d, "t": t, "key": key}
        if not preset.simultaneous:
            follow = lambda a, w: a + preset.average_share * (w - a)
            state["average"] = jax.tree.map(follow, state["average"], moved_g["weights"])
        return state, (d_value, g_value)

    return step


def set_up(options):
    preset = PRESETS[options.preset]
    # "rbg", a faster generator of random numbers than JAX's default.
    of_g, of_d, key = jax.random.split(jax.random.key(0, impl="rbg"), 3)
    generator = fresh_weights(of_g, GENERATOR)
    state = {"generator": player(generator), "discriminator": player(fresh_weights(of_d, DISCRIMINATOR)),
             "average": jax.tree.map(jnp.copy, generator), "t": jnp.float32(0), "key": key}
    real = np.random.default_rng(0).random((BATCH, PIXELS), dtype=np.float32)
    compiled, steps = compile_step(preset, options.precision), 0

    def step():
        nonlocal state, steps
        state, losses = compiled(state, real, preset.penalises(steps))
        steps += 1
        return [float(loss) for loss in losses]

    return steps_in_rounds(step, options.steps)


if __name__ == "__main__":
    serve(set_up)
