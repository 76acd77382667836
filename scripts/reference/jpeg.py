#!/usr/bin/env python3
"""Makes JPEG files of every kind for tests/suite/figures.rs to read: all show 2475.

    python3 -m venv /tmp/jpeg
    /tmp/jpeg/bin/pip install pillow
    /tmp/jpeg/bin/python scripts/reference/jpeg.py

turned-1 to turned-8 are stored as a camera would store them, and say by EXIF's tag `Orientation` how they are to be turned.
They go to tests/pictures/jpeg. The font is DejaVu Sans (Bitstream Vera licence, Debian's fonts-dejavu-core).
"""
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).resolve().parents[2] / "tests/pictures/jpeg"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
ORIENTATION = 0x0112
# What undoes each orientation: from the upright picture to the one that is stored.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    upright = Image.new("RGB", (220, 90), (246, 240, 222))
    ImageDraw.Draw(upright).text((18, 14), "2475", fill=(25, 40, 120), font=ImageFont.truetype(FONT, 56))
    for orientation in range(1, 9):
        stored = upright.transpose(STORED[orientation]) if orientation in STORED else upright
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        stored.save(FOLDER / f"turned-{orientation}.jpg", quality=80, exif=exif)
    upright.save(FOLDER / "progressive.jpg", quality=75, progressive=True)
    upright.save(FOLDER / "coarse.jpeg", quality=12)
    upright.save(FOLDER / "every-colour.jpg", quality=85, subsampling=0)
    upright.convert("L").save(FOLDER / "grey.jpg", quality=80)
    upright.convert("CMYK").save(FOLDER / "four-inks.jpg", quality=80)


if __name__ == "__main__":
    main()
