#!/usr/bin/env python3
"""What losses, scores and gradients are like in a healthy run of each preset: the ranges that `twoplayer train` and a run's report
show beside them.

    cargo build --release
    python3 scripts/tables/usual.py --out runs/usual > src/gan/health/usual.toml

Trains each preset that does not collapse for some hundred steps, with a row of metrics at every fifth, and says between
which values nine tenths of them lie once the first steps are over. What is finished in --out is not done again.
"""
import csv
import statistics
import sys
import time

from presets import preset_names
from runs import Runs, parser

# By their names in the file: the columns of metrics.csv.
COLUMNS = {"discriminator_loss": "discriminator_loss", "generator_loss": "generator_loss", "real": "d_real", "fake": "d_fake"}
PLAYERS = ("generator", "discriminator")
COLLAPSES = ("article",)
# Play as best does, for five times as long and half as long.
LIKE = {"best-hour": "best", "digits": "best"}


def rows(file, skip):
    return [row for row in csv.DictReader(file.open()) if int(row["step"]) > skip]


def gradients(norms, player):
    """The norm of a player's whole gradient at each step."""
    squares = {}
    for row in norms:
        if row["parameter"].startswith(player):
            squares[row["step"]] = squares.get(row["step"], 0) + float(row["gradient"]) ** 2
    return [square**0.5 for square in squares.values()]


def ranges(out, skip):
    """Of each figure, from its 5th percentile to its 95th."""
    metrics, norms = rows(out / "metrics.csv", skip), rows(out / "norms.csv", skip)
    figures = {name: [float(row[column]) for row in metrics] for name, column in COLUMNS.items()}
    figures |= {f"{player}_gradient": gradients(norms, player) for player in PLAYERS}
    cuts = {name: statistics.quantiles(values, n=20) for name, values in figures.items()}
    return {name: [cut[0], cut[-1]] for name, cut in cuts.items()}


def main():
    options = parser(__doc__)
    options.add_argument("--steps", type=int, default=400, help="of each run (%(default)s)")
    options.add_argument("--skip", type=int, default=150, help="steps that do not count yet (%(default)s)")
    chosen = options.parse_args()
    runs = Runs(chosen)

    def usual(name):
        out = chosen.out / name
        if not (out / "metrics.csv").exists() or max(int(row["step"]) for row in rows(out / "metrics.csv", -1)) < chosen.steps:
            if out.exists():  # stopped half-way
                out.rename(chosen.out / f"stopped-{name}-{time.time_ns()}")
            length = ("--steps", chosen.steps, "--log-every", 5, "--evaluate-every", 0)
            runs.call("train", "--preset", name, *length, "--out", out, "--quiet").check_returncode()
        print(f"{name}: trained", file=sys.stderr, flush=True)
        return ranges(out, chosen.skip)

    names = [name for name in preset_names(chosen.program) if name not in COLLAPSES]
    own = [name for name in names if name not in LIKE]
    found = dict(zip(own, runs.together(usual, own)))
    print("# Made by scripts/tables/usual.py: nine tenths of the rows of a healthy run lie between these.")
    for name in names:
        print(f"\n[{name}]")
        for key, (low, high) in found[LIKE.get(name, name)].items():
            print(f"{key} = [{low:.3g}, {high:.3g}]")


if __name__ == "__main__":
    main()
