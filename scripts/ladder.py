#!/usr/bin/env python3
"""The ladder of objectives: the same networks, the same time, one table.

    cargo build --release
    python3 scripts/ladder.py --out runs/ladder

Each rung plays the preset lsgan's networks (without labels, so that nobody is told what to draw) by another
objective and with other regularisers. A short run tells how many steps of it fit the time; then each seed is trained
for so many steps and evaluated by `twoplayer evaluate`. Runs stay in --out, and what is finished there is not done
again: the same command goes on where it was stopped.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

R1 = 'kind = "r1"\ngamma = 0.1\nevery = 4'
R1_AND_R2 = ['kind = "r1"\ngamma = 0.1', 'kind = "r2"\ngamma = 0.1']
WGAN_GP = 'kind = "wgan-gp"\nweight = 10.0'

# Name, keys of [training], regularisers.
RUNGS = [
    ("minimax, R1", {"objective": "minimax"}, [R1]),
    ("non-saturating, R1", {"objective": "non-saturating"}, [R1]),
    ("non-saturating, no penalty", {"objective": "non-saturating"}, []),
    ("least squares, R1", {"objective": "least-squares"}, [R1]),
    ("hinge, R1", {"objective": "hinge"}, [R1]),
    ("Wasserstein, R1", {"objective": "wasserstein"}, [R1]),
    ("Wasserstein, WGAN-GP, 5 critic steps", {"objective": "wasserstein", "critic_steps": 5}, [WGAN_GP]),
    ("relativistic, R1 and R2", {"objective": "non-saturating", "pairing": "relativistic"}, R1_AND_R2),
]


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the runs go")
    parser.add_argument("--minutes", type=float, default=5, help="for each run (%(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="from 0 on (%(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="of each run; 0 means one a core (%(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time (%(default)s)")
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/twoplayer", help="(%(default)s)")
    return parser.parse_args()


def configuration(training, regularisers):
    lines = ['preset = "lsgan"', "[training]", *(f"{key} = {json.dumps(value)}" for key, value in training.items())]
    tables = [f"[[discriminator.regularisers]]\n{text}" for text in regularisers]
    return "\n".join(lines + (tables or ["[discriminator]", "regularisers = []"])) + "\n"


class Ladder:
    def __init__(self, chosen):
        self.chosen = chosen
        chosen.out.mkdir(parents=True, exist_ok=True)

    def train(self, config, out, steps, seed):
        command = [self.chosen.program, "train", "--config", config, "--steps", steps, "--seed", seed, "--out", out]
        command += ["--threads", self.chosen.threads]
        return subprocess.run([*map(str, command)], capture_output=True, text=True)

    def steps(self, folder, config):
        """How many steps of this rung the time is enough for, measured once and kept."""
        kept = folder / "steps"
        if not kept.exists():
            seconds = []
            for steps in (10, 110):
                out = folder / f"timed-{steps}-{time.time_ns()}"
                start = time.perf_counter()
                self.train(config, out, steps, 0).check_returncode()
                seconds.append(time.perf_counter() - start)
            kept.write_text(str(max(1, round(60 * self.chosen.minutes / ((seconds[1] - seconds[0]) / 100)))))
        return int(kept.read_text())

    def run(self, rung, seed):
        """The figures of one seed; none where it came to no end."""
        name, training, regularisers = RUNGS[rung]
        folder = self.chosen.out / f"{rung}-{name.replace(', ', '-').replace(' ', '-').lower()}"
        folder.mkdir(exist_ok=True)
        config, out, result = folder / "config.toml", folder / f"seed-{seed}", folder / f"seed-{seed}.json"
        config.write_text(configuration(training, regularisers))
        if not result.exists():
            steps = self.steps(folder, config)
            if out.exists():  # stopped half-way
                out.rename(folder / f"stopped-{seed}-{time.time_ns()}")
            trained = self.train(config, out, steps, seed)
            if trained.returncode != 0:
                figures = {"steps": steps, "failed": trained.stderr.strip().splitlines()[-1]}
            else:
                command = [self.chosen.program, "evaluate", out, "--json", "--threads", self.chosen.threads]
                evaluated = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True)
                figures = {"steps": steps} | json.loads(evaluated.stdout)["generated"]
            result.write_text(json.dumps(figures))
        figures = json.loads(result.read_text())
        said = figures.get("failed") or f"Fréchet distance {figures['frechet']:.2f}"
        print(f"{name}, seed {seed}, {figures['steps']} steps: {said}", file=sys.stderr, flush=True)
        return figures


def row(name, results):
    ended = [figures for figures in results if "failed" not in figures]
    steps = results[0]["steps"]
    if not ended:
        return f"{name:38} {steps:6}  no seed came to an end"
    middle = lambda key: statistics.median(figures[key] for figures in ended)
    distances = [figures["frechet"] for figures in ended]
    spread = f"({min(distances):.1f} to {max(distances):.1f})"
    smallest = min(min(figures["shares"]) for figures in ended)
    lost = len(results) - len(ended)
    return (
        f"{name:38} {steps:6} {middle('frechet'):8.2f} {spread:>18} {middle('precision'):6.3f} {middle('recall'):6.3f}"
        f" {100 * smallest:7.1f} %" + (f"  {lost} diverged" if lost else "")
    )


def main():
    chosen = options()
    ladder = Ladder(chosen)
    with ThreadPoolExecutor(chosen.jobs) as pool:
        # Seed by seed, so that a table is there early.
        tasks = {(rung, seed): pool.submit(ladder.run, rung, seed) for seed in range(chosen.seeds) for rung in range(len(RUNGS))}
        results = {key: task.result() for key, task in tasks.items()}
    print(f"{'objective':38} {'steps':>6} {'Fréchet':>8} {'(seeds)':>18} {'prec.':>6} {'recall':>6} {'rarest digit':>9}")
    for rung, (name, *_) in enumerate(RUNGS):
        print(row(name, [results[rung, seed] for seed in range(chosen.seeds)]))


if __name__ == "__main__":
    main()
