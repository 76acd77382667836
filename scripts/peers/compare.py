#!/usr/bin/env python3
"""Times a training step of twoplayer and its peers in turn, on this machine, and prints a report.

It builds twoplayer and installs the peers (a few GB) into an environment that it deletes at the end. Linux only.
The same networks, objective, penalty, update rule, optimizer and moving average, as many threads for each.
"""
import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from contenders import Program
from machine import ALL, ROOT, USUAL, Peers, build, processor_name, processors
from report import count
from sections import Comparison
from workers.game import PRESETS


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"compare.py: {message}; --help explains the options\n")


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def options(cores, available):
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=list(PRESETS), default="article", help="the game (%(default)s)")
    about = "of the operands of products: f32, or bf16 with sums and weights in f32 (%(default)s)"
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32", help=about)
    about = "PyTorch and JAX, or also TensorFlow, candle and burn, which play article only (%(default)s)"
    parser.add_argument("--peers", choices=["usual", "all"], default="usual", help=about)
    parser.add_argument("--threads", type=positive, default=cores, help="for each contender (one a core: %(default)s)")
    parser.add_argument("--rounds", type=positive, default=7, help="that all take part in (%(default)s)")
    parser.add_argument("--steps", type=positive, default=60, help="timed in each round (%(default)s)")
    parser.add_argument("--program", type=Path, metavar="PATH", help="a built twoplayer, in place of building it")
    parser.add_argument("--venv", type=Path, metavar="DIR", help="keep the peers there, and find them there again")
    chosen = parser.parse_args()
    if chosen.threads > available:
        parser.error(f"--threads {chosen.threads}: there are {available} processors here")
    if chosen.peers == "all" and chosen.preset != "article":
        parser.error(f"--peers all with --preset {chosen.preset}: only article is played by all")
    return chosen


def main():
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("compare.py: this needs Linux, where a process can be kept to some of the cores")
    available, cores = processors()
    chosen = options(cores, len(available))
    program = Program(chosen.program.resolve() if chosen.program else build())
    os.chdir(ROOT)  # where our program finds the digits
    with tempfile.TemporaryDirectory(prefix="twoplayer-compare-") as folder:
        folder = Path(folder)
        names = ALL if chosen.peers == "all" else USUAL
        peers = Peers(chosen.venv.resolve() if chosen.venv else folder / "venv", names)
        os.sched_setaffinity(0, available[: chosen.threads])  # which every contender inherits
        comparison = Comparison(chosen, program, peers, folder)
        kernel = program.bench(preset=chosen.preset, precision=chosen.precision, steps=1)["kernel"]
        version = program.run("--version")[0].strip()
        print(f"{processor_name()}, {count(cores, 'core')}, {count(chosen.threads, 'thread')}")
        print(", ".join([f"{version} (kernel {kernel})", *peers.versions()]))
        rounds, steps = count(chosen.rounds, "round"), count(chosen.steps, "step")
        print(f"preset {chosen.preset}, batch 128, {chosen.precision}; {rounds}, each the median of {steps}")
        if PRESETS[chosen.preset].gamma > 0:
            every = PRESETS[chosen.preset].every
            print(f"(the penalty is due at one step in {every}: these are medians of the steps without it)")
        print("ratios are taken round by round; twoplayer is faster below 1 in ms, above 1 in GFLOP/s\n")
        for section in comparison.step_and_products():
            print(section, end="\n\n", flush=True)
        if not PRESETS[chosen.preset].convolutional:
            print(comparison.sampling(), end="\n\n", flush=True)
        if chosen.threads > 1:
            print(comparison.threads_of_ours(), end="\n\n", flush=True)
        print(comparison.memory())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # not before the environment is deleted
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
