"""Runs that a table is made of: each trained once, evaluated once, and kept."""
import argparse
import json
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def parser(description):
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the runs go")
    options.add_argument("--seeds", type=int, default=3, help="from 0 on (%(default)s)")
    options.add_argument("--threads", type=int, default=0, help="of each run; 0 means one a core (%(default)s)")
    options.add_argument("--jobs", type=int, default=1, help="runs at a time (%(default)s)")
    options.add_argument("--program", type=Path, default=ROOT / "target/release/twoplayer", help="(%(default)s)")
    return options


class Runs:
    """What is finished in the folder is not done again: the same call goes on where it was stopped."""

    def __init__(self, chosen):
        self.chosen = chosen

    def call(self, *arguments):
        command = [self.chosen.program, *arguments, "--threads", self.chosen.threads]
        return subprocess.run([*map(str, command)], capture_output=True, text=True)

    def milliseconds(self, folder, *arguments):
        """How long a step takes, measured once and kept."""
        kept = folder / "milliseconds"
        if not kept.exists():
            folder.mkdir(parents=True, exist_ok=True)
            seconds = []
            for steps in (10, 110):
                start = time.perf_counter()
                out = folder / f"timed-{steps}-{time.time_ns()}"
                self.call("train", *arguments, "--steps", steps, "--out", out).check_returncode()
                seconds.append(time.perf_counter() - start)
            kept.write_text(f"{1e3 * (seconds[1] - seconds[0]) / 100:.2f}")
        return float(kept.read_text())

    def figures(self, folder, seed, *arguments):
        """Those of one seed, as `twoplayer evaluate` gives them; {"failed": why} where it came to no end."""
        out, result = folder / f"seed-{seed}", folder / f"seed-{seed}.json"
        if not result.exists():
            folder.mkdir(parents=True, exist_ok=True)
            if out.exists():  # stopped half-way
                out.rename(folder / f"stopped-{seed}-{time.time_ns()}")
            trained = self.call("train", *arguments, "--seed", seed, "--out", out)
            if trained.returncode != 0:
                figures = {"failed": trained.stderr.strip().splitlines()[-1]}
            else:
                evaluated = self.call("evaluate", out, "--json")
                evaluated.check_returncode()
                figures = json.loads(evaluated.stdout)["generated"]
            result.write_text(json.dumps(figures))
        figures = json.loads(result.read_text())
        said = figures.get("failed") or f"Fréchet distance {figures['frechet']:.2f}"
        print(f"{folder.name}, seed {seed}: {said}", file=sys.stderr, flush=True)
        return figures

    def together(self, work, items):
        """`work(item)` for each, in their order, as many at a time as there may be runs."""
        with ThreadPoolExecutor(self.chosen.jobs) as pool:
            return list(pool.map(work, items))

    def all(self, rows, figures):
        """`figures(row, seed)` for each, seed by seed, so that something of every row is there early."""
        each = [(row, seed) for seed in range(self.chosen.seeds) for row in rows]
        results = dict(zip(each, self.together(lambda task: figures(*task), each)))
        return {row: [results[row, seed] for seed in range(self.chosen.seeds)] for row in rows}


HEADER = f"{'Fréchet':>8} {'(seeds)':>20} {'precision':>9} {'recall':>7} {'digits, % of samples':>21} {'agree':>8}"


def cells(results):
    """A row's figures: medians over the seeds, the Fréchet distance's range, the rarest and the most frequent digit."""
    ended = [figures for figures in results if "failed" not in figures]
    if not ended:
        return "no seed came to an end"
    middle = lambda key: statistics.median(figures[key] for figures in ended)
    distances = [figures["frechet"] for figures in ended]
    spread = f"({min(distances):.2f} to {max(distances):.2f})"
    rarest, commonest = min(min(f["shares"]) for f in ended), max(max(f["shares"]) for f in ended)
    agreements = [figures["agreement"]["share"] for figures in ended if figures["agreement"]]
    agree = f"{100 * statistics.median(agreements):6.2f} %" if agreements else ""
    digits = f"{100 * rarest:.1f} to {100 * commonest:.1f}"
    lost = len(results) - len(ended)
    said = f"{middle('frechet'):8.2f} {spread:>20} {middle('precision'):9.3f} {middle('recall'):7.3f} {digits:>21} {agree:>8}"
    return said.rstrip() + (f"  {lost} diverged" if lost else "")
