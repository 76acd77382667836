#!/usr/bin/env python3
"""Reads a run's event file with TensorBoard's own reader, and compares it with the run's CSV files.

    pip install tensorboard
    twoplayer train --tensorboard --out runs/board
    python3 scripts/check_tensorboard.py runs/board
"""
import csv
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import IMAGES, SCALARS, EventAccumulator


def main():
    run = Path(sys.argv[1])
    events = EventAccumulator(str(run), size_guidance={SCALARS: 0, IMAGES: 0}).Reload()
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    for tag, column in [("loss/discriminator", "discriminator_loss"), ("loss/generator", "generator_loss"),
                        ("score/real", "d_real"), ("score/generated", "d_fake")]:
        scalars = {event.step: event.value for event in events.Scalars(tag)}
        assert all(abs(scalars[int(row["step"])] - float(row[column])) < 1e-5 for row in rows), tag
    norms = list(csv.DictReader((run / "norms.csv").open()))
    for row in norms:
        found = {event.step: event.value for event in events.Scalars(f"gradient/{row['parameter']}")}[int(row["step"])]
        assert abs(found - float(row["gradient"])) <= 1e-5 * abs(found), row
    images = events.Images("samples")
    for image in images:
        assert image.encoded_image_string[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", image.encoded_image_string[16:24]) == (image.width, image.height)
    grids = list((run / "samples").glob("epoch-*.png"))
    assert len(images) == len(grids), (len(images), len(grids))
    print(f"{len(rows)} rows of metrics, {len(norms)} norms and {len(images)} pictures are as in the CSV files")


if __name__ == "__main__":
    main()
