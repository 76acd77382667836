#!/usr/bin/env python3
"""Draws the ten digits in ten fonts, for tests/suite/handwriting.rs to read.

    python3 -m venv /tmp/fonts
    /tmp/fonts/bin/pip install pillow font-amatic-sc font-fredoka-one font-intuitive font-caladea \\
        font-manrope font-source-sans-pro font-roboto
    /tmp/fonts/bin/python scripts/reference/fonts.py

Each picture has its own size, colours, place and kind of PNG, dark on light or light on dark, opaque or
not; one seed decides them all. They go to tests/pictures/fonts/FONT-DIGIT.png.

All fonts are free: DejaVu (Bitstream Vera licence, in Debian's fonts-dejavu-core) is looked for where Debian
puts it; Caladea and Roboto are under the Apache licence 2.0, the others under the SIL Open Font License 1.1.
"""
import random
from importlib import import_module
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).resolve().parents[2] / "tests/pictures/fonts"
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
FONTS = {
    "amatic": "font_amatic_sc/AmaticSC-Bold.ttf",
    "caladea": "font_caladea/Caladea-Italic.ttf",
    "dejavu-mono": "DejaVuSansMono.ttf",
    "dejavu-sans": "DejaVuSans.ttf",
    "dejavu-serif": "DejaVuSerif.ttf",
    "fredoka": "font_fredoka_one/FredokaOne-Regular.ttf",
    "intuitive": "font_intuitive/Intuitive.ttf",
    "manrope": "font_manrope/Manrope-Regular.ttf",
    "roboto-thin": "font_roboto/Roboto-Thin.ttf",
    "source-sans": "font_source_sans_pro/SourceSansPro-It.ttf",
}
KINDS = ["grey", "rgb", "palette", "bits", "alpha"]


def file_of(font):
    if "/" not in font:
        return DEJAVU / font
    package, name = font.split("/")
    return Path(import_module(package).__file__).parent / "files" / name


def colours(rng):
    """A dark and a light colour, either of them the ink."""
    dark = tuple(rng.randrange(0, 90) for _ in range(3))
    light = tuple(rng.randrange(180, 256) for _ in range(3))
    return (dark, light) if rng.random() < 0.6 else (light, dark)


def draw(font, digit, kind, rng):
    size = rng.randrange(24, 160)
    face = ImageFont.truetype(str(file_of(font)), size)
    left, top, right, bottom = face.getbbox(digit)
    width, height = (side + rng.randrange(4, 20 + size) for side in (right - left, bottom - top))
    mask = Image.new("L", (width, height), 0)
    place = (rng.randrange(2, width - (right - left) - 1), rng.randrange(2, height - (bottom - top) - 1))
    ImageDraw.Draw(mask).text((place[0] - left, place[1] - top), digit, fill=255, font=face)
    ink, paper = colours(rng)
    if kind == "alpha":
        picture = Image.new("RGBA", mask.size, (*ink, 0))
        picture.putalpha(mask)
        return picture
    picture = Image.composite(Image.new("RGB", mask.size, ink), Image.new("RGB", mask.size, paper), mask)
    return {
        "grey": lambda: picture.convert("L"),
        "rgb": lambda: picture,
        "palette": lambda: picture.quantize(8),
        "bits": lambda: picture.convert("L").convert("1", dither=Image.Dither.NONE),
    }[kind]()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    rng = random.Random(1)
    for row, font in enumerate(FONTS):
        for digit in range(10):
            picture = draw(FONTS[font], str(digit), KINDS[(row + digit) % len(KINDS)], rng)
            picture.save(FOLDER / f"{font}-{digit}.png", optimize=True)


if __name__ == "__main__":
    main()
