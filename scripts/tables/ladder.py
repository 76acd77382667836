#!/usr/bin/env python3
"""The ladder of objectives: the same networks, the same time, one table.

    cargo build --release
    python3 scripts/tables/ladder.py --out runs/ladder

Each rung plays the preset lsgan's networks (without labels, so that nobody is told what to draw) by another
objective and with other regularisers. Short runs tell how many steps of each fit the time (that is when the machine
should have nothing else to do); then each seed is trained for so many steps and evaluated by `twoplayer evaluate`.
The same command goes on where it was stopped.
"""
import json

from runs import HEADER, Runs, cells, parser

R1 = 'kind = "r1"\ngamma = 5.0\nevery = 4'
R1_AND_R2 = ['kind = "r1"\ngamma = 5.0', 'kind = "r2"\ngamma = 5.0']
WGAN_GP = 'kind = "wgan-gp"\nweight = 10.0'

# By name: the keys of [training], and the regularisers.
RUNGS = {
    "minimax, R1": ({"objective": "minimax"}, [R1]),
    "non-saturating, R1": ({"objective": "non-saturating"}, [R1]),
    "non-saturating, no penalty": ({"objective": "non-saturating"}, []),
    "least squares, R1": ({"objective": "least-squares"}, [R1]),
    "hinge, R1": ({"objective": "hinge"}, [R1]),
    "Wasserstein, R1": ({"objective": "wasserstein"}, [R1]),
    "Wasserstein, WGAN-GP, 5 critic steps": ({"objective": "wasserstein", "critic_steps": 5}, [WGAN_GP]),
    "relativistic, R1 and R2": ({"objective": "non-saturating", "pairing": "relativistic"}, R1_AND_R2),
}


def configuration(training, regularisers):
    lines = ['preset = "lsgan"', "[training]", *(f"{key} = {json.dumps(value)}" for key, value in training.items())]
    tables = [f"[[discriminator.regularisers]]\n{text}" for text in regularisers]
    return "\n".join(lines + (tables or ["[discriminator]", "regularisers = []"])) + "\n"


def main():
    options = parser(__doc__)
    options.add_argument("--minutes", type=float, default=5, help="for each run (%(default)s)")
    chosen = options.parse_args()
    runs = Runs(chosen)

    def steps_in_time(name):
        folder = chosen.out / name.replace(", ", "-").replace(" ", "-").lower()
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "config.toml"
        config.write_text(configuration(*RUNGS[name]))
        milliseconds = runs.milliseconds(folder, "--config", config)
        return folder, config, max(1, round(60e3 * chosen.minutes / milliseconds))

    rungs = dict(zip(RUNGS, runs.together(steps_in_time, RUNGS)))

    def figures(name, seed):
        folder, config, steps = rungs[name]
        return runs.figures(folder, seed, "--config", config, "--steps", steps)

    results = runs.all(RUNGS, figures)
    print(f"{'objective':38} {'steps':>6} {HEADER}")
    for name in RUNGS:
        print(f"{name:38} {rungs[name][2]:6} {cells(results[name])}")


if __name__ == "__main__":
    main()
