#!/usr/bin/env python3
"""How far the recognizer can be trusted: what it refuses, whether its probabilities mean what they say, what it reads back.

    cargo build --release
    python3 -m venv /tmp/fonts
    /tmp/fonts/bin/pip install pillow font-amatic-sc font-fredoka-one font-intuitive font-caladea \\
        font-manrope font-source-sans-pro font-roboto
    apt-get download dataset-fashion-mnist && dpkg -x dataset-fashion-mnist_*.deb /tmp/fashion
    /tmp/fonts/bin/python scripts/tables/trust.py \\
        --fashion /tmp/fashion/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz

Letters and digits are drawn in the ten fonts of scripts/reference/fonts.py, each in --sizes sizes and colours; shapes are
drawn here. Refused is what the program calls no digit; "at 99 %" counts again with the limit that exactly 99 of 100 test
digits keep. The expected calibration error has 15 bins (Guo et al. 2017, equation 3).
"""
import argparse
import gzip
import json
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/reference"))
from fonts import FONTS, draw  # noqa: E402

LETTERS = "ACEFHKMNPRTUVWXY"
SHAPES = 400
NOISE = 1000
BINS = 15


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/twoplayer")
    parser.add_argument("--recognizer", type=Path, help="another than the one that comes with the program")
    parser.add_argument("--fashion", type=Path, help="Fashion-MNIST's test images, an IDX file")
    parser.add_argument("--data", type=Path, default=ROOT / "data/mnist")
    parser.add_argument("--sizes", type=int, default=5)
    return parser.parse_args()


class Reader:
    """What the program says of pictures, by their names."""

    def __init__(self, chosen):
        self.call = [chosen.program, "recognize", "--json"]
        self.call += ["--recognizer", chosen.recognizer] if chosen.recognizer else []

    def read(self, path):
        lines = subprocess.run([*self.call, path], check=True, capture_output=True, text=True).stdout.splitlines()
        found = {}
        for answer in map(json.loads, lines):
            found.setdefault(answer["file"], []).append(answer)
        return found


def nearest(answers):
    """How near the nearest thing in a picture is to a digit; nothing at all is as far as can be."""
    return min(answer.get("distance", math.inf) for answer in answers)


def share(values):
    values = list(values)
    return 100 * sum(values) / len(values)


def glyphs(folder, signs, sizes, rng):
    folder.mkdir()
    for row, font in enumerate(FONTS):
        for column, sign in enumerate(signs):
            for size in range(sizes):
                kind = ["grey", "rgb", "palette", "bits", "alpha"][(row + column + size) % 5]
                draw(FONTS[font], sign, kind, rng).save(folder / f"{font}-{size}-{sign}.png")


def outline(name):
    """The corners of a shape in a box of 1 x 1."""
    if name == "star":
        return [(0.5 + 0.5 * math.sin(i * 4 * math.pi / 5), 0.5 - 0.5 * math.cos(i * 4 * math.pi / 5)) for i in range(5)]
    if name == "heart":
        def at(t):
            x = 16 * math.sin(t) ** 3
            y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
            return 0.5 + x / 34, 0.45 - y / 34
        return [at(2 * math.pi * i / 60) for i in range(60)]
    return {
        "square": [(0, 0), (1, 0), (1, 1), (0, 1)],
        "triangle": [(0.5, 0), (1, 1), (0, 1)],
        "house": [(0.1, 1), (0.1, 0.5), (0.5, 0), (0.9, 0.5), (0.9, 1)],
        "diamond": [(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)],
    }[name]


def shape(rng):
    """One of ten shapes, drawn or filled, a little turned."""
    side = rng.randrange(60, 160)
    picture = Image.new("L", (2 * side, 2 * side), 255)
    pen, draw_on = max(2, int(side * rng.uniform(0.04, 0.12))), ImageDraw.Draw(picture)
    place = lambda points: [(side * (0.5 + x), side * (0.5 + y)) for x, y in points]
    line = lambda points: draw_on.line(place(points), fill=20, width=pen, joint="curve")
    name = rng.choice(["square", "triangle", "house", "diamond", "star", "heart", "arrow", "cross", "zigzag", "spiral"])
    if name == "arrow":
        line([(0, 0.5), (1, 0.5)])
        line([(0.6, 0.1), (1, 0.5), (0.6, 0.9)])
    elif name == "cross":
        line([(0, 0), (1, 1)])
        line([(1, 0), (0, 1)])
    elif name == "zigzag":
        line([(i / 5, 0.25 + 0.5 * (i % 2)) for i in range(6)])
    elif name == "spiral":
        line([(0.5 + t / 30 * math.cos(t), 0.5 + t / 30 * math.sin(t)) for t in (i / 10 for i in range(150))])
    elif rng.random() < 0.4:
        draw_on.polygon(place(outline(name)), fill=20)
    else:
        line([*outline(name), *outline(name)[:2]])
    return picture.rotate(rng.uniform(-15, 15), Image.Resampling.BILINEAR, fillcolor=255)


def noise(path, rng):
    header = bytes([0, 0, 8, 3]) + b"".join(side.to_bytes(4, "big") for side in (NOISE, 28, 28))
    path.write_bytes(header + rng.randbytes(NOISE * 784))


def labels(data):
    file = next(data.glob("t10k-labels*"))
    return (gzip.open if file.suffix == ".gz" else open)(file, "rb").read()[8:]


def calibration_error(answers, truth):
    """In percent; of what was refused too, by what it would be."""
    bins = [[] for _ in range(BINS)]
    for answer, label in zip(answers, truth):
        digit = answer.get("digit", answer.get("likest"))
        confidence = answer["probability"]
        bins[min(int(confidence * BINS), BINS - 1)].append((confidence, digit == label))
    gap = lambda own: abs(sum(confidence - right for confidence, right in own))
    return 100 * sum(gap(own) for own in bins if own) / len(answers)


def main():
    chosen = arguments()
    reader, rng = Reader(chosen), random.Random(5)
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        glyphs(work / "digits", "0123456789", chosen.sizes, rng)
        glyphs(work / "letters", LETTERS, chosen.sizes, rng)
        (work / "shapes").mkdir()
        for i in range(SHAPES):
            shape(rng).save(work / "shapes" / f"{i:03}.png")
        noise(work / "noise.idx", rng)
        test = [answers[0] for answers in reader.read(next(chosen.data.glob("t10k-images*"))).values()]
        truth = labels(chosen.data)
        distances = sorted(map(nearest, ([answer] for answer in test)))
        limit = distances[math.ceil(0.99 * len(distances)) - 1]
        accepted = share("digit" in answer for answer in test)
        right = share(answer.get("digit", answer.get("likest")) == label for answer, label in zip(test, truth))
        print(f"{len(test)} test digits: {accepted:.2f} % accepted, {right:.2f} % most like their label")
        print(f"expected calibration error on them: {calibration_error(test, truth):.2f} %\n")
        print(f"{'refused, %':44} {'pictures':>9} {'as it is':>9} {'at 99 %':>9}")
        sets = {"letters A C E F H K M N P R T U V W X Y": work / "letters", "Fashion-MNIST's test images": chosen.fashion,
                "shapes": work / "shapes", "noise": work / "noise.idx", "digits in the same fonts": work / "digits"}
        for name, place in sets.items():
            if place is None:
                continue
            found = list(reader.read(place).values())
            as_it_is = share(all("digit" not in answer for answer in answers) for answers in found)
            at_99 = share(nearest(answers) > limit for answers in found)
            print(f"{name:44} {len(found):9} {as_it_is:9.1f} {at_99:9.1f}")
        found = reader.read(work / "digits")
        name = lambda path: int(Path(path).stem[-1])
        digits = [(answers[0].get("digit"), name(path)) for path, answers in found.items() if len(answers) == 1]
        read = [found == wanted for found, wanted in digits if found is not None]
        print(f"\n{len(found)} digits in ten fonts: {len(read)} accepted as one digit, of these {share(read):.1f} % read rightly")
        grid, right, count = work / "grid.png", 0, 0
        for seed in range(5):
            subprocess.run([chosen.program, "sample", "--digit", "each", "--seed", str(seed), "-o", grid], check=True, capture_output=True)
            answers = reader.read(grid)[str(grid)]
            count += len(answers)
            right += sum(answer.get("digit") == answer["line"] - 1 for answer in answers)
        print(f"5 grids of 100 digits (sample --digit each): {count} figures found, {right} read as what was asked for")


if __name__ == "__main__":
    main()
