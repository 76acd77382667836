#!/usr/bin/env python3
"""What rounding the operands of products to 16 bits does: to gradients, and to the digits of whole runs.

    cargo build --release
    python3 scripts/tables/precision.py --out runs/precision
    python3 scripts/tables/precision.py --out runs/precision --epochs 4 --seeds 1 mlp

First the angle between each parameter's first gradient in f32 and in bf16, and how many times as long the second is, as a
test measures them. Then each preset in both precisions, several seeds of each, by `twoplayer evaluate`. The same command
goes on where it was stopped.
"""
import re
import subprocess
import sys

from runs import HEADER, ROOT, Runs, cells, parser

PRESETS = ["mlp", "r3", "cdcgan", "best"]
GRADIENT = re.compile(r"^(\S+) +(\S+) +([\d.]+) degrees, ([\d.]+) times as long$")
TEST = ["cargo", "test", "--release", "--quiet", "--test", "suite", "gradients_of_every_preset", "--", "--nocapture"]


def gradients():
    """A line for each preset: its largest angle, and the largest and smallest ratio, with the parameters' names."""
    ran = subprocess.run(TEST, cwd=ROOT, capture_output=True, text=True)
    found = {}
    for match in filter(None, map(GRADIENT.match, ran.stdout.splitlines())):
        preset, name, angle, ratio = match.groups()
        found.setdefault(preset, []).append((float(angle), float(ratio), name))
    if not found:
        sys.exit(f"precision.py: the test printed no gradients: {ran.stderr.strip().splitlines()[-1:]}")
    print(f"{'first gradients':16} {'largest angle':>14}  {'of':28} {'length, bf16 / f32':>20}")
    for preset, of_preset in found.items():
        angle, _, name = max(of_preset)
        ratios = [ratio for _, ratio, _ in of_preset]
        print(f"{preset:16} {angle:12.2f} °  {name:28} {min(ratios):10.3f} to {max(ratios):.3f}")


def main():
    options = parser(__doc__)
    options.add_argument("--epochs", type=int, metavar="N", help="of each run (the preset's)")
    options.add_argument("presets", nargs="*", default=PRESETS, metavar="PRESET", help=f"({' '.join(PRESETS)})")
    chosen = options.parse_args()
    runs, length = Runs(chosen), ["--epochs", chosen.epochs] if chosen.epochs else []
    gradients()
    rows = [(preset, precision) for preset in chosen.presets for precision in ("f32", "bf16")]

    def figures(row, seed):
        preset, precision = row
        folder = chosen.out / f"{preset}-{precision}"
        return runs.figures(folder, seed, "--preset", preset, "--precision", precision, *length)

    results = runs.all(rows, figures)
    print(f"\n{'':16} {HEADER}")
    for preset, precision in rows:
        print(f"{preset + ', ' + precision:16} {cells(results[preset, precision])}")


if __name__ == "__main__":
    main()
