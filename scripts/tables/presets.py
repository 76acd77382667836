#!/usr/bin/env python3
"""Every preset at its default length, several seeds of each, one table.

    cargo build --release
    python3 scripts/tables/presets.py --out runs/presets

Trains what is not yet in --out, evaluates it by `twoplayer evaluate`, and says how long a run takes: its steps times
the time of one, measured in a short run. The same command goes on where it was stopped.
"""
import csv
import subprocess

from runs import HEADER, Runs, cells, parser


def steps(folder):
    """How many a finished run has made, by the last row of its metrics."""
    rows = list(csv.DictReader((folder / "seed-0/metrics.csv").open()))
    return int(rows[-1]["step"])


def preset_names(program):
    listed = subprocess.run([program, "presets"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line[:1].isalpha()]


def main():
    options = parser(__doc__)
    options.add_argument("presets", nargs="*", metavar="PRESET", help="only these (all)")
    chosen = options.parse_args()
    runs = Runs(chosen)
    names = chosen.presets or preset_names(chosen.program)
    results = runs.all(names, lambda name, seed: runs.figures(chosen.out / name, seed, "--preset", name))
    print(f"{'preset':10} {'minutes':>8} {HEADER}")
    for name in names:
        milliseconds = runs.milliseconds(chosen.out / name, "--preset", name)
        print(f"{name:10} {milliseconds * steps(chosen.out / name) / 60e3:8.1f} {cells(results[name])}")


if __name__ == "__main__":
    main()
