"""Files that never end or never come, wherever a file is read."""
from functools import partial

from . import harm
from .cases import EITHER, FAILS, kind
from .made import digit_png
from .runs import FILES, FOLDERS, READERS, read_by
from .watch import Streams


@kind("endless", "only regular files within bounds are read; other kinds one line")
def endless(random):
    def read(place, name, damage, command):
        run = place.run()
        damage(run / name)
        read_by(place, command, run)

    for name in FILES + FOLDERS:
        for damage, way in harm.REPLACED.items():
            if name in FOLDERS and damage in ("a directory", "a sparse file"):
                continue
            # One reader each, in turn, and all of them for those that hang.
            commands = READERS[name] if damage in ("a FIFO", "zeros") else [random.choice(READERS[name])]
            for command in commands:
                yield f"{name} {damage}, {command}", partial(read, name=name, damage=way, command=command)

    def as_input(place, arguments, damage, expect):
        way = harm.REPLACED.get(damage)
        if way:
            way(place / "it.png")
        place.call(*(place / "it.png" if word == "IT" else word(place) if callable(word) else word for word in arguments), expect=expect)

    run, data = (lambda place: place.made.runs["whole"]), (lambda place: place.made.set)
    inputs = {
        "--config": ["train", "--config", "IT", "--steps", "1"],
        "recognize": ["recognize", "IT"],
        "recognize --labels": ["recognize", lambda place: place.made.samples, "--labels", "IT"],
        "evaluate --samples": ["evaluate", "--samples", "IT", "--data", data],
        "evaluate --labels": ["evaluate", "--samples", lambda place: place.made.samples, "--labels", "IT", "--data", data],
        "recognizer": ["recognize", lambda place: place.made.samples, "--recognizer", "IT"],
        "--data": ["data", "--data", "IT"],
        "run": ["sample", "IT", "-o", "x.png"],
        "runs": ["runs", "IT"],
    }
    for name, arguments in inputs.items():
        for damage in harm.REPLACED:
            works = name == "runs" and damage == "a directory"
            yield f"{name} {damage}", partial(as_input, arguments=arguments, damage=damage, expect=EITHER if works else FAILS)

    def of_set(place, name, damage, command):
        folder = place.set()
        harm.REPLACED[damage](folder / name)
        more = {"data": [], "train": ["--config", place.made.plain, "--out", place / "begun"]}[command]
        place.call(command, "--data", folder, *more, expect=FAILS)

    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"):
        for damage in harm.REPLACED:
            yield f"{name} {damage}", partial(of_set, name=name, damage=damage, command=random.choice(["data", "train"]))

    def from_pipe(place, arguments, content):
        ended = place.call(*(word(place) if callable(word) else word for word in arguments), streams=Streams(stdin=content(place)))
        if "Illegal seek" in ended.err or "check the disk" in ended.err:
            place.problem("wrong", "it speaks of the disk")

    pipe = "/dev/stdin"
    for name, arguments, content in (
        ("recognize a picture", ["recognize", pipe], lambda place: digit_png()),
        ("recognize an IDX file", ["recognize", pipe], lambda place: place.made.samples.read_bytes()),
        ("recognize nothing", ["recognize", pipe], lambda place: b""),
        ("evaluate", ["evaluate", "--samples", pipe, "--data", data], lambda place: place.made.samples.read_bytes()),
        ("--config", ["train", "--config", pipe, "--steps", "1", "--data", data, "--out", "begun"], lambda place: place.made.plain.read_bytes()),
        ("labels", ["recognize", lambda place: place.made.samples, "--labels", pipe], lambda place: place.made.sample_labels.read_bytes()),
    ):
        yield f"a pipe: {name}", partial(from_pipe, arguments=arguments, content=content)
