"""What the workers share: they wait, idle, for a line, do one round, and answer with a line of JSON."""
import argparse
import json
import os
import statistics
import sys
import time

from game import PRESETS


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--preset", choices=list(PRESETS), default="article")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--steps", type=int, default=60)
    return parser.parse_args()


def serve(set_up):
    """Answers once when `set_up(arguments)` is done, then with one call of what it returned for each line.

    A compiler that is not there, a library that does not load: whatever goes wrong, whoever compares can go on
    without this worker, so the reason is an answer too.
    """
    # Libraries print what they like; this channel is for answers only.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**fields):
        print(json.dumps(fields), file=answers, flush=True)

    try:
        one_round = set_up(arguments())
        answer(ready=True)
        for _ in sys.stdin:
            answer(result=one_round())
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        answer(not_available=reason if len(reason) <= 150 else reason[:147] + "...")


def milliseconds(call):
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)


def median_ms(call, times):
    return statistics.median(milliseconds(call) for _ in range(times))


def steps_in_rounds(step, steps):
    """A round of so many steps; twenty before the first, for compilers and caches."""
    for _ in range(20):
        step()
    return lambda: median_ms(step, steps)
