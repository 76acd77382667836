#!/usr/bin/env python3
"""What turns `article`, which collapses, into `mlp`, which does not: one change at a time, one table.

    cargo build --release
    python3 scripts/tables/article.py --out runs/article-to-mlp --jobs 2 --threads 1

Each change is made alone (`article` with nothing but this of `mlp`'s) and left out alone (`mlp` but for this, which is
`article`'s). Every run sees the training digits twice and is then evaluated on as many digits as the test set has;
it counts as collapsed when it says so itself: its samples look alike, or it draws a few images again and again. What is
finished in --out is not done again. It needs python 3.11.
"""
import copy
import csv
import json
import statistics
import subprocess
import sys
import time
import tomllib

from runs import Runs, parser

EPOCHS = 2
COLLAPSE = ("samples look alike", "again and again")
PLAYERS = ("generator", "discriminator")


def layers(config, player, last):
    """The layers of a player that a change is about: the last one, or those before it."""
    return config[player]["layers"][-1:] if last else config[player]["layers"][:-1]


def activations(player, last):
    def change(config, source):
        for ours, theirs in zip(layers(config, player, last), layers(source, player, last)):
            ours["activation"] = theirs["activation"]
    return change


def key(table, name):
    """Takes over one key of a table, or takes it away."""
    def change(config, source):
        for part in table.split("."):
            config, source = config[part], source[part]
        if name in source:
            config[name] = source[name]
        else:
            config.pop(name, None)
    return change


def both(make):
    return [make(player) for player in PLAYERS]


# By name: what is taken over from the other preset.
CHANGES = {
    "tanh in place of sigmoid": [activations("generator", last=True)],
    "leaky-relu in place of relu": both(lambda player: activations(player, last=False)),
    "players in turn": [key("training", "update")],
    "rates 1e-3 in place of 1e-4": both(lambda player: key(f"{player}.adam", "learning_rate")),
    "rates that fall": [key("training", "schedule")],
    "beta1 0.5 in place of 0.9": both(lambda player: key(f"{player}.adam", "beta1")),
    "R1 penalty": [key("discriminator", "regularisers")],
    "moving average of the weights": [key("generator", "average_decay")],
}
# Those without which, one by one, mlp collapses: made to the article together.
TOGETHER = ["tanh in place of sigmoid", "players in turn", "beta1 0.5 in place of 0.9"]
# Both presets draw their first weights by He's rule; so this is a change of its own, made to either.
INIT = "Xavier's first weights"


def with_init(config):
    config = copy.deepcopy(config)
    for player in PLAYERS:
        config[player]["init"] = "xavier"
    return config


def changed(config, source, *names):
    config = copy.deepcopy(config)
    for name in names:
        for change in CHANGES[name]:
            change(config, source)
    return config


def text(config, path=""):
    """A table as TOML."""
    plain = {key: value for key, value in config.items() if not isinstance(value, dict)}
    lines = [f"{key} = {inline(value)}" for key, value in plain.items()]
    for key, value in config.items():
        if isinstance(value, dict):
            lines += [f"[{path}{key}]", text(value, f"{path}{key}.")]
    return "\n".join(lines)


def inline(value):
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {inline(inner)}' for key, inner in value.items())} }}"
    return json.dumps(value)


def evaluated(out):
    """The Fréchet distance in the last row of a run's metrics; none where it did not come so far."""
    metrics = out / "metrics.csv"
    rows = list(csv.DictReader(metrics.open())) if metrics.exists() else []
    return float(rows[-1]["frechet"]) if rows and rows[-1]["frechet"] else None


def figures(runs, name, config, seed):
    folder = runs.chosen.out / name.replace(" ", "-").replace("'", "").replace(":", "")
    folder.mkdir(parents=True, exist_ok=True)
    file, out = folder / "config.toml", folder / f"seed-{seed}"
    if not evaluated(out):
        if out.exists():
            out.rename(folder / f"stopped-{seed}-{time.time_ns()}")
        file.write_text(text(config))
        options = ("--epochs", EPOCHS, "--evaluate-every", EPOCHS, "--seed", seed, "--out", out)
        trained = runs.call("train", "--config", file, *options)
        if trained.returncode != 0:
            sys.exit(f"{name}, seed {seed}: {trained.stderr}")
    warnings = out / "warnings.txt"
    said = warnings.read_text() if warnings.exists() else ""
    found = {"frechet": evaluated(out), "collapsed": any(words in said for words in COLLAPSE)}
    print(f"{name}, seed {seed}: {found}", file=sys.stderr, flush=True)
    return found


def cells(results):
    distances = sorted(each["frechet"] for each in results)
    collapsed = sum(each["collapsed"] for each in results)
    spread = f"({distances[0]:.0f} to {distances[-1]:.0f})"
    return f"{statistics.median(distances):8.0f} {spread:>14} {collapsed:>6} of {len(results)}"


def main():
    chosen = parser(__doc__).parse_args()
    runs = Runs(chosen)
    preset = lambda name: tomllib.loads(subprocess.check_output([chosen.program, "presets", name], text=True))
    article, mlp = preset("article"), preset("mlp")
    rows = {"article": article, "mlp": mlp}
    for name in CHANGES:
        others = [other for other in CHANGES if other != name]
        rows[f"article: {name}"] = changed(article, mlp, name)
        rows[f"mlp but for: {name}"] = changed(article, mlp, *others)
    rows[f"article: {INIT}"], rows[f"mlp but for: {INIT}"] = with_init(article), with_init(mlp)
    rows["article: these three"] = changed(article, mlp, *TOGETHER)
    results = runs.all(rows, lambda name, seed: figures(runs, name, rows[name], seed))
    print(f"{'':31} {'Fréchet':>8} {'(seeds)':>14} {'collapsed':>11}  {'Fréchet':>8} {'(seeds)':>14} {'collapsed':>11}")
    print(f"{'article, mlp':31} {cells(results['article'])}  {cells(results['mlp'])}")
    either = [f"{to} with this of {of}'s" for to, of in (("article", "mlp"), ("mlp", "article"))]
    print(f"{'':31} {either[0]:>35}  {either[1]:>35}")
    for name in [*CHANGES, INIT]:
        print(f"{name:31} {cells(results[f'article: {name}'])}  {cells(results[f'mlp but for: {name}'])}")
    print(f"{'tanh, in turn, beta1 together':31} {cells(results['article: these three'])}")


if __name__ == "__main__":
    main()
