"""Outputs over inputs, over each other, and onto what is no regular file."""
import os
from functools import partial
from pathlib import Path

from . import harm
from .cases import FAILS, kind
from .made import digit_png, idx, small_set

SPELLINGS = {
    "as it is": lambda place, path: path.relative_to(place.root),
    "absolute": lambda place, path: path,
    "./": lambda place, path: "./" + str(path.relative_to(place.root)),
    "//": lambda place, path: str(path).replace("/", "//"),
    "..": lambda place, path: path.parent / ".." / path.parent.name / path.name,
    "through a linked folder": lambda place, path: linked_folder(place, path) / path.name,
    "a link to it": lambda place, path: link(place, path),
    "another name of it": lambda place, path: other_name(place, path),
}


def linked_folder(place, path):
    folder = place / "by-link"
    folder.symlink_to(path.parent)
    return folder


def ending(path):
    return "".join(Path(path.name).suffixes) or ""


def link(place, path):
    one = place / f"link{ending(path)}"
    one.symlink_to(path)
    return one


def other_name(place, path):
    one = place / f"name{ending(path)}"
    os.link(path, one)
    return one


def prepare(place):
    run, data, reader = place.run(), small_set(place / "set", test=130), place.recognizer()  # `inspect` looks at more than ten
    files = {"RUN": run, "DATA": data, "READER": reader, "SAMPLES": place.write("samples.idx", place.made.samples.read_bytes()),
             "LABELS": place.write("labels.idx", place.made.sample_labels.read_bytes()), "PNG": place.write("pictures/seven.png", digit_png()),
             "CONFIG": place.write("mine.toml", place.made.plain.read_bytes()), "PICTURES": place / "pictures"}
    return files


# What is called, where OUT is the output, and which file that is.
OVER = {
    "data --show over the images": (["data", "--data", "DATA", "--show", "OUT"], lambda files: files["DATA"] / "train-images-idx3-ubyte"),
    "data --show over the labels": (["data", "--data", "DATA", "--show", "OUT"], lambda files: files["DATA"] / "train-labels-idx1-ubyte.gz"),
    "data --show over the test images": (["data", "--data", "DATA", "--show", "OUT"], lambda files: files["DATA"] / "t10k-images-idx3-ubyte"),
    "sample --latent over the weights": (["sample", "RUN", "-o", "x.png", "--latent", "OUT"], lambda files: files["RUN"] / "generator.safetensors"),
    "sample --latent over the configuration": (["sample", "RUN", "-o", "x.png", "--latent", "OUT"], lambda files: files["RUN"] / "config.toml"),
    "recognize --confusion over the picture": (["recognize", "PNG", "--labels", "LABELS", "--confusion", "OUT"], lambda files: files["PNG"]),
    "runs --page over the configuration": (["runs", "--diff", "RUN", "RUN", "--page", "OUT"], lambda files: files["RUN"] / "config.toml"),
    "runs --page over the metrics": (["runs", "--diff", "RUN", "RUN", "--page", "OUT"], lambda files: files["RUN"] / "metrics.csv"),
    "recognize --confusion over a picture of the folder": (["recognize", "PICTURES", "--labels", "LABELS", "--confusion", "OUT"], lambda files: files["PNG"]),
    "recognize --confusion over the digits": (["recognize", "SAMPLES", "--labels", "LABELS", "--confusion", "OUT"], lambda files: files["SAMPLES"]),
    "recognize --confusion over the labels": (["recognize", "SAMPLES", "--labels", "LABELS", "--confusion", "OUT"], lambda files: files["LABELS"]),
    "recognize --confusion over the recognizer": (["recognize", "SAMPLES", "--labels", "LABELS", "--recognizer", "READER", "--confusion", "OUT"],
                                                  lambda files: files["READER"] / "recognizer.safetensors"),
    "recognize --confusion over its summary": (["recognize", "SAMPLES", "--labels", "LABELS", "--recognizer", "READER", "--confusion", "OUT"],
                                               lambda files: files["READER"] / "recognizer.toml"),
}
EACH_OTHER = {
    "sample -o and --labels": (["sample", "RUN", "-o", "FIRST", "--labels", "OUT"], "x.idx"),
    "sample -o and --labels, packed": (["sample", "RUN", "-o", "FIRST", "--labels", "OUT"], "x.idx.gz"),
    "sample -o and --latent": (["sample", "RUN", "-o", "FIRST", "--latent", "OUT"], "x.npy"),
    "sample --labels and --latent": (["sample", "RUN", "-o", "x.png", "--labels", "FIRST", "--latent", "OUT"], "x.idx"),
    "interpolate -o and --animation": (["interpolate", "RUN", "-o", "FIRST", "--animation", "OUT"], "x.png"),
}


@kind("over-inputs", "one check for all commands, by file identity, before work begins")
def over_inputs(random):
    def over(place, words, target, spell):
        files = prepare(place)
        if words[0] == "recognize" and "PNG" in words or "PICTURES" in words:
            files["LABELS"].write_bytes(idx([1], b"\1"))
        out = spell(place, target(files))
        place.call(*(out if word == "OUT" else files.get(word, word) for word in words), expect=FAILS)

    def each_other(place, words, name, spell, is_there):
        files = prepare(place)
        first = place / "folder" / name
        place.write(f"folder/{name}", b"it was here before")
        out = spell(place, first)
        if not is_there:
            first.unlink()
        place.call(*(first if word == "FIRST" else out if word == "OUT" else files.get(word, word) for word in words), expect=FAILS)

    for spelling, spell in SPELLINGS.items():
        for name, (words, target) in OVER.items():
            yield f"{name}, {spelling}", partial(over, words=words, target=target, spell=spell)
        for name, (words, file) in EACH_OTHER.items():
            for is_there in (True, False):
                if spelling == "another name of it" and not is_there:
                    continue
                yield f"{name}, {spelling}, {'old' if is_there else 'new'}", partial(each_other, words=words, name=file, spell=spell, is_there=is_there)

    def directory(place, words, expect):
        files = prepare(place)
        known = {"RUN/": files["RUN"], "DATA/": files["DATA"], "RUN/new": files["RUN"] / "new"}
        place.call(*(known.get(word, files.get(word, word)) for word in words), expect=expect)

    for words in (["sample", "RUN", "-o", "RUN/"], ["sample", "RUN", "-o", "DATA/"], ["train", "--config", "CONFIG", "--data", "DATA", "--out", "RUN/"],
                  ["train", "--config", "CONFIG", "--data", "DATA", "--out", "DATA/"], ["recognizer", "train", "--on", "real", "--data", "DATA", "--steps", "1", "--out", "RUN/"],
                  ["recognizer", "train", "--on", "real", "--data", "DATA", "--steps", "1", "--out", "DATA/"], ["recognizer", "train", "--on", "real", "--data", "DATA", "--out", "READER", "--steps", "1"],
                  ["train", "--config", "CONFIG", "--data", "DATA", "--out", "CONFIG"], ["train", "--config", "CONFIG", "--data", "DATA", "--out", "."],
                  ["sample", "RUN", "-o", "."], ["sample", "RUN", "-o", ""], ["sample", "RUN", "-o", "/"], ["train", "--data", "DATA", "--out", ""],
                  ["inspect", "RUN", "--pictures", "CONFIG"], ["evaluate", "RUN", "--data", "DATA", "--count", "10", "--pictures", "CONFIG"]):
        yield " ".join(words), partial(directory, words=words, expect=FAILS)

    def beside(place, words, name, target):
        """The picture that a command names itself is a link to, or another name of, what it reads."""
        files = prepare(place)
        folder = place / "into"
        folder.mkdir()
        os.link(files[target] if target in files else files["RUN"] / target, folder / name)
        place.call(*(folder if word == "INTO" else files.get(word, word) for word in words), writes=[folder, files["RUN"] / "evaluation.json"])

    for target in ("generator.safetensors", "discriminator.safetensors", "config.toml"):
        for name in ("filters.png", "gradients.png"):
            yield f"inspect, {name} is {target}", partial(beside, words=["inspect", "RUN", "--data", "DATA", "--pictures", "INTO"], name=name, target=target)
    for name in ("nearest.png", "map.png"):
        yield f"evaluate, {name} is the samples", partial(
            beside, words=["evaluate", "--samples", "SAMPLES", "--data", "DATA", "--pictures", "INTO"], name=name, target="SAMPLES")

    def minus(place, words):
        files = prepare(place)
        place.call(*(files.get(word, word) for word in words))
        if (place / "-").exists():
            place.problem("wrong", "it has made a `-`")

    for words in (["sample", "RUN", "-o", "-"], ["train", "--config", "CONFIG", "--data", "DATA", "--out", "-"], ["recognizer", "train", "--on", "real", "--steps", "1", "--data", "DATA", "--out", "-"],
                  ["inspect", "RUN", "--data", "DATA", "--pictures", "-"], ["sample", "RUN", "-o", "x.png", "--latent", "-"], ["data", "--data", "DATA", "--show", "-"]):
        yield f"{' '.join(words)} is no file", partial(minus, words=words)


FLAGS = {
    "data --show": (["data", "--data", "DATA", "--show", "OUT"], "x.png"),
    "sample -o .png": (["sample", "RUN", "-o", "OUT"], "x.png"),
    "sample -o .idx": (["sample", "RUN", "-o", "OUT"], "x.idx"),
    "sample -o .npy": (["sample", "RUN", "-o", "OUT"], "x.npy"),
    "sample -o folder": (["sample", "RUN", "-o", "OUT"], "folder"),
    "sample --labels": (["sample", "RUN", "-o", "y.idx", "--labels", "OUT"], "x.idx"),
    "sample --latent": (["sample", "RUN", "-o", "y.png", "--latent", "OUT"], "x.npy"),
    "interpolate -o": (["interpolate", "RUN", "-o", "OUT"], "x.png"),
    "interpolate --animation": (["interpolate", "RUN", "--animation", "OUT"], "x.png"),
    "recognize --confusion": (["recognize", "SAMPLES", "--labels", "LABELS", "--confusion", "OUT"], "x.png"),
    "runs --page": (["runs", "--diff", "RUN", "RUN", "--page", "OUT"], "x.html"),
    "inspect --pictures": (["inspect", "RUN", "--data", "DATA", "--pictures", "OUT"], "folder"),
    "evaluate --pictures": (["evaluate", "RUN", "--data", "DATA", "--count", "20", "--pictures", "OUT"], "folder"),
    "train --out": (["train", "--config", "CONFIG", "--data", "DATA", "--out", "OUT"], "folder"),
    "recognizer train --out": (["recognizer", "train", "--on", "real", "--data", "DATA", "--steps", "1", "--out", "OUT"], "folder"),
}
KINDS = {
    "a FIFO": harm.to_fifo,
    "a node like /dev/null": harm.to_node,
    "a node like /dev/full": partial(harm.to_node, minor=7),
    "a socket": harm.to_socket,
    "a link to a FIFO": lambda path: (harm.to_fifo(path.with_name("fifo")), path.symlink_to("fifo")),
    "a link to a node": lambda path: (harm.to_node(path.with_name("node")), path.symlink_to("node")),
    "a directory with something in it": lambda path: (harm.to_directory(path), (path / "it").write_bytes(b"x")),
    "below a file": None,
    "below nothing": None,
}


@kind("no-regular-file", "refused; what stood there still stands there")
def no_regular_file(random):
    def onto(place, words, name, how, beneath):
        files = prepare(place)
        out = place / "out" / name
        (place / "out").mkdir()
        if how is None:
            parent = place / "out" / "parent"
            if beneath == "below a file":
                parent.write_bytes(b"x")
            out = parent / name
        else:
            how(out)
        place.call(*(out if word == "OUT" else files.get(word, word) for word in words), expect=FAILS)

    for flag, (words, name) in FLAGS.items():
        for beneath, how in KINDS.items():
            makes_parents = name == "folder" and beneath in ("below nothing", "a directory with something in it")
            if makes_parents and flag != "sample -o folder":
                continue
            if flag == "sample -o folder" and beneath == "below nothing":
                continue
            yield f"{flag} {beneath}", partial(onto, words=words, name=name, how=how, beneath=beneath)

    def own(place, words, name, how):
        """What a command writes by itself."""
        files = prepare(place)
        path = files["RUN"] / name
        path.parent.mkdir(exist_ok=True)
        harm.remove(path)
        how(path)
        place.call(*(files.get(word, word) for word in words), writes=[files["RUN"] / "samples/evolution.png"] if name == "report.html" else [])

    for name, words in (("report.html", ["report", "RUN"]), ("samples/evolution.png", ["report", "RUN"]), ("inside/filters.png", ["inspect", "RUN", "--data", "DATA"]),
                        ("inside", ["inspect", "RUN", "--data", "DATA"]), ("evaluation.json", ["evaluate", "RUN", "--data", "DATA", "--count", "10"])):
        for beneath in ("a FIFO", "a node like /dev/null", "a node like /dev/full", "a socket"):
            yield f"{name} {beneath}", partial(own, words=words, name=name, how=KINDS[beneath])
