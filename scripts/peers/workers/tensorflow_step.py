"""A step of `article` as one function, which XLA compiles, with the fused optimizer."""
import os
from functools import partial

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import numpy as np
import tensorflow as tf
from game import BATCH, DISCRIMINATOR, GENERATOR, LATENT, PIXELS, PRESETS, layers
from serve import serve, steps_in_rounds


class Player:
    """A network's weights, He's at the beginning, with Adam's two moments."""

    def __init__(self, widths):
        self.weights = []
        for fan_in, fan_out in layers(widths):
            w = (2 / fan_in) ** 0.5 * tf.random.normal([fan_in, fan_out])
            self.weights += [tf.Variable(w), tf.Variable(tf.zeros(fan_out))]
        self.first, self.second = ([tf.Variable(tf.zeros_like(w)) for w in self.weights] for _ in range(2))

    def move(self, gradients, t, preset):
        b1, b2 = preset.beta1, preset.beta2
        for w, m, v, g in zip(self.weights, self.first, self.second, gradients):
            tf.raw_ops.ResourceApplyAdam(
                var=w.handle, m=m.handle, v=v.handle, beta1_power=b1**t, beta2_power=b2**t,
                lr=preset.learning_rate, beta1=b1, beta2=b2, epsilon=1e-8, grad=g,
            )


def cross_entropy(logits, label):
    return tf.reduce_mean(tf.nn.softplus(logits if label == 0 else -logits))


def make_step(preset, precision, xla):
    generator, discriminator = Player(GENERATOR), Player(DISCRIMINATOR)
    real = tf.constant(np.random.default_rng(0).random((BATCH, PIXELS), dtype=np.float32))
    steps = tf.Variable(0.0)

    def product(x, w):
        if precision == "f32":
            return x @ w
        return tf.cast(tf.cast(x, tf.bfloat16) @ tf.cast(w, tf.bfloat16), tf.float32)

    def network(player, x):
        *hidden, (w, b) = zip(player.weights[::2], player.weights[1::2])
        for weight, bias in hidden:
            x = tf.nn.relu(product(x, weight) + bias)
        return product(x, w) + b

    @tf.function(jit_compile=xla)
    def step():
        t = steps.assign_add(1.0)
        with tf.GradientTape(persistent=True) as tape:
            fake = tf.sigmoid(network(generator, tf.random.normal([BATCH, LATENT])))
            logits = network(discriminator, fake)
            d_loss = cross_entropy(network(discriminator, real), 1) + cross_entropy(logits, 0)
            g_loss = cross_entropy(logits, 1)
        of_generator = tape.gradient(g_loss, generator.weights)
        of_discriminator = tape.gradient(d_loss, discriminator.weights)
        generator.move(of_generator, t, preset)
        discriminator.move(of_discriminator, t, preset)
        return d_loss, g_loss

    return lambda: [float(loss) for loss in step()]


def set_up(options, xla):
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return steps_in_rounds(make_step(PRESETS[options.preset], options.precision, xla), options.steps)


if __name__ == "__main__":
    serve(partial(set_up, xla=True))
