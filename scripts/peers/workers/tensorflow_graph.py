"""The step of `tensorflow_step.py` as a graph of TensorFlow's own operations, without XLA."""
from functools import partial

from serve import serve
from tensorflow_step import set_up

if __name__ == "__main__":
    serve(partial(set_up, xla=False))
