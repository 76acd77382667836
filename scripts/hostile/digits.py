"""Sets, samples, folders and pictures that are not what was expected."""
import gzip
import os
import struct
import zlib
from functools import partial

from . import harm
from .cases import EITHER, FAILS, FAULT, WORKS, kind
from .made import chunk, digit_png, idx, packed_zeros, pixels, png, small_set
from .runs import read_by

READERS = {
    "data": ["data", "--data", "DATA", "--show", "x.png"],
    "train": ["train", "--config", "PLAIN", "--data", "DATA", "--steps", "2", "--out", "begun"],
    "stacked": ["train", "--config", "PLAIN", "--data", "STACKED", "--steps", "2", "--out", "stacked"],
    "inspect": ["inspect", "RUN", "--data", "DATA", "--pictures", "inside"],
    "evaluate": ["evaluate", "RUN", "--data", "DATA", "--count", "10"],
    "evaluate --samples": ["evaluate", "--samples", "SAMPLES", "--data", "DATA", "--pictures", "looked-at"],
    "recognizer train": ["recognizer", "train", "--on", "both", "--run", "RUN", "--count", "10", "--data", "DATA", "--steps", "1", "--out", "read"],
    "recognizer compare": ["recognizer", "compare", "--run", "RUN", "--data", "DATA", "--steps", "1", "--count", "10"],
}
OF_TRAINING = {"train", "stacked"}


def read_set(place, folder, command, expect=EITHER):
    words = {"DATA": folder, "STACKED": f"stacked-mnist:{folder}", "PLAIN": place.made.plain, "RUN": place.made.runs["whole"], "SAMPLES": place.made.samples}
    return place.call(*(words.get(word, word) for word in READERS[command]), expect=expect)


@kind("odd-sets", "checked where they are read")
def odd_sets(random):
    def sizes(place, train, test, side):
        folder = small_set(place / "odd", train, test, side)
        for command in READERS:
            read_set(place, folder, command)

    for train, test, side in ((0, 0, 28), (1, 1, 28), (5, 5, 28), (10, 1, 28), (10, 5, 28), (10, 0, 28), (0, 10, 28), (1, 10, 28), (2, 2, 28), (10, 9, 28), (10, 11, 28), (10, 12, 28), (10, 13, 28),
                              (10, 10, 1), (10, 10, 2), (10, 10, 27), (10, 10, 29), (10, 10, 56), (10, 10, 0), (100, 25, 28)):
        yield f"{train} and {test} digits of {side}", partial(sizes, train=train, test=test, side=side)

    def one_file(place, name, content, expect, commands):
        folder = place.set("odd")
        for old in (folder / name, folder / f"{name}.gz"):
            old.unlink(missing_ok=True)
        (folder / name).write_bytes(content)
        for command in commands:
            read_set(place, folder, command, expect)

    good, labels = idx([10, 28, 28], pixels(10)), idx([10], bytes(range(10)))
    images = {
        "nothing": b"", "a byte": b"\0", "another magic": b"\1" + good[1:], "no bytes": idx([10, 28, 28], pixels(10), kind=13), "shorts": idx([10, 28, 28], pixels(10), kind=11),
        "rank 0": idx([], b"x"), "rank 1": idx([7840], pixels(10)), "rank 2": idx([10, 784], pixels(10)), "rank 4": idx([10, 28, 28, 1], pixels(10)), "colours": idx([10, 28, 28, 3], pixels(30)),
        "rank 255": b"\0\0\x08\xff" + bytes(1020), "rank 5 of zeros": idx([0] * 5, b""), "more than there is": idx([11, 28, 28], pixels(10)), "less than there is": idx([9, 28, 28], pixels(10)),
        "2^32-1 images": idx([2**32 - 1, 28, 28], pixels(10)), "sides of 2^32-1": idx([10, 2**32 - 1, 2**32 - 1], pixels(10)), "no width": idx([10, 28, 0], b""), "no height": idx([10, 0, 28], b""),
        "2^32-1 by 0": idx([2**32 - 1, 2**32 - 1, 0], b""), "wide": idx([10, 1, 784], pixels(10)), "a picture": digit_png(), "gzip of nothing": gzip.compress(b""), "half of gzip": gzip.compress(good)[:300],
        "gzip, then other bytes": gzip.compress(good) + b"other bytes", "gzip twice": gzip.compress(good[:100]) + gzip.compress(good[100:]), "gzip with another checksum": gzip.compress(good)[:-8] + bytes(8),
        "text": b"these are no digits\n" * 100, "random bytes": random.randbytes(1000),
    }
    works = {"gzip twice", "wide"}  # the first where gzip is read whole; the second has another shape, which some command takes
    for name, content in images.items():
        expect = EITHER if name in works | {"gzip, then other bytes"} else FAILS
        commands = [*READERS] if name in ("rank 4", "colours", "no width", "wide") else ["data", random.choice(["train", "recognizer train"])]
        of_training = [command for command in commands if command != "inspect"]  # which looks at test digits alone
        yield f"training images: {name}", partial(one_file, name="train-images-idx3-ubyte", content=content, expect=EITHER if name in ("wide",) else expect, commands=of_training)
        yield f"test images: {name}", partial(one_file, name="t10k-images-idx3-ubyte", content=content, expect=expect, commands=["data", random.choice(["evaluate", "inspect", "recognizer train"])])
    odd_labels = {
        "nothing": b"", "ten": idx([10], b"\x0a" * 10), "255": idx([10], b"\xff" * 10), "one of 255": idx([10], bytes(9) + b"\xff"), "nine": idx([9], bytes(9)), "eleven": idx([11], bytes(11)),
        "rank 2": idx([10, 1], bytes(10)), "rank 0": idx([], b"\0"), "the images": good, "2^32-1": idx([2**32 - 1], bytes(10)), "signed": idx([10], bytes(10), kind=9), "none": idx([0], b""),
    }
    for name, content in odd_labels.items():
        for split in ("train", "t10k"):
            commands = ["data", random.choice(["train", "recognizer train"] if split == "train" else ["evaluate", "inspect", "recognizer train"])]
            yield f"{split} labels: {name}", partial(one_file, name=f"{split}-labels-idx1-ubyte", content=content, expect=FAILS, commands=commands)
    for name, content in {"all alike": idx([10], b"\3" * 10), "in another order": idx([10], bytes(reversed(range(10))))}.items():
        yield f"labels {name}", partial(one_file, name="train-labels-idx1-ubyte", content=content, expect=EITHER, commands=[*READERS])
    for name, content in {"black": idx([10, 28, 28], bytes(7840)), "white": idx([10, 28, 28], b"\xff" * 7840)}.items():
        yield f"images all {name}", partial(one_file, name="train-images-idx3-ubyte", content=content, expect=EITHER, commands=[*READERS])
        yield f"test images all {name}", partial(one_file, name="t10k-images-idx3-ubyte", content=content, expect=EITHER, commands=["inspect", "evaluate", "evaluate --samples"])


@kind("odd-samples", "checked where they are read")
def odd_samples(random):
    def evaluate(place, content, expect, more=(), run=None):
        file = place.write("odd.idx", content)
        given = [place.made.runs[run]] if run else []
        place.call("evaluate", *given, "--samples", file, "--data", place.made.set, *more, expect=expect)

    def recognize(place, content, more=(), expect=EITHER):
        ended = place.call("recognize", place.write("odd.idx", content), *more, expect=expect)
        if ended.code == 0 and not ended.out.strip() + ended.err.strip():
            place.problem("wrong", "silence, exit 0")

    shapes = [[10, 28, 28, 3], [1, 1, 1, 3], [2, 1, 1, 3], [10, 28, 28, 1], [10, 28, 28, 2], [10, 28, 28, 4], [1, 28, 28, 3], [5, 28, 28, 3], [10, 14, 14, 3], [10, 56, 56, 3], [10, 28, 1, 3], [3, 28, 28],
              [1, 28, 28], [2, 28, 28], [0, 28, 28], [0, 28, 28, 3], [10, 27, 28], [10, 28, 27], [10, 1, 784], [10, 784, 1], [784, 10, 1], [10, 784], [7840], [], [0], [1, 1, 1], [1, 1, 1, 1], [10, 0, 28],
              [10, 28, 0], [10, 28, 28, 0], [10, 28, 28, 1, 1], [1, 10, 28, 28], [1, 1, 100000], [1, 100000, 1], [1, 2000, 2000], [20, 28, 28, 3], [9, 9, 9]]
    for shape in shapes:
        count = 1
        for side in shape:
            count *= side
        content = idx(shape, bytes(i % 251 for i in range(count)))
        fine = EITHER if len(shape) in (3, 4) and 0 not in shape else FAILS
        yield f"evaluate {shape}", partial(evaluate, content=content, expect=fine)
        yield f"recognize {shape}", partial(recognize, content=content)
        if len(shape) == 4 and shape[3] == 3:
            yield f"evaluate {shape} and a stacked run", partial(evaluate, content=content, expect=EITHER, run="stacked")
            yield f"evaluate {shape} and pictures", partial(evaluate, content=content, expect=EITHER, more=["--pictures", "looked-at"])
        if fine == EITHER and len(shape) == 3:
            yield f"evaluate {shape} and a run", partial(evaluate, content=content, expect=EITHER, run="whole", more=["--pictures", "looked-at"])
    black = idx([20, 28, 28], bytes(20 * 784))
    yield "evaluate black", partial(evaluate, content=black, expect=EITHER, more=["--pictures", "looked-at"])
    yield "recognize black", partial(recognize, content=black)
    yield "no images say something", partial(recognize, content=idx([0, 28, 28], b""), expect=EITHER)

    def labelled(place, labels, command):
        file = place.write("labels.idx", labels)
        more = {"evaluate": ["evaluate", "--samples", place.made.samples, "--data", place.made.set], "recognize": ["recognize", place.made.samples]}[command]
        place.call(*more, "--labels", file, expect=FAILS)

    for name, labels in {"nineteen": idx([19], bytes(19)), "twenty-one": idx([21], bytes(21)), "of ten": idx([20], b"\x0a" * 20), "rank 2": idx([20, 1], bytes(20)), "nothing": b"", "images": black,
                         "a picture": digit_png(), "signed": idx([20], bytes(20), kind=9)}.items():
        for command in ("evaluate", "recognize"):
            yield f"{command} --labels {name}", partial(labelled, labels=labels, command=command)


def odd_pictures():
    """PNG files of every kind, good and bad: name, bytes, whether it is one at all."""
    good = digit_png()
    head = lambda width, height, depth=8, colour=0: b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    yield from {
        "1 × 1": (png(1, 1), True), "1 × 3000": (png(1, 3000), True), "3000 × 1": (png(3000, 1), True), "2000 × 2000": (png(2000, 2000), True), "black": (png(30, 30, (b"\0" + bytes(30)) * 30), True),
        "white": (png(30, 30, (b"\0" + b"\xff" * 30) * 30), True), "16 bits": (png(20, 20, depth=16), True), "1 bit": (png(20, 20, depth=1), True), "2 bits": (png(20, 20, depth=2), True),
        "4 bits": (png(20, 20, depth=4), True), "colour": (png(20, 20, colour=2), True), "colour and alpha": (png(20, 20, colour=6), True), "grey and alpha": (png(20, 20, colour=4), True),
        "a palette": (png(20, 20, colour=3), True), "a palette of 1 bit": (png(20, 20, depth=1, colour=3), True), "16 bits of colour": (png(20, 20, depth=16, colour=6), True),
        "a comment": (png(20, 20, more=chunk(b"tEXt", b"a\0b")), True), "a comment of 8 MB": (lambda: png(20, 20, more=chunk(b"tEXt", b"a\0" + b"x" * (8 << 20))), True),
        "a packed comment of 500 MB": (lambda: png(20, 20, more=chunk(b"zTXt", b"a\0\0" + packed_zeros(500))), True), "0 × 0": (head(0, 0) + chunk(b"IEND", b""), False),
        "100,000 × 100,000": (head(100000, 100000) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""), False),
        "2^31-1 × 2^31-1": (head(2**31 - 1, 2**31 - 1) + chunk(b"IDAT", b"") + chunk(b"IEND", b""), False), "2^32-1 × 1": (head(2**32 - 1, 1) + chunk(b"IEND", b""), False),
        "20,000 × 20,000 of zeros": (lambda: head(20000, 20000, 1) + chunk(b"IDAT", packed_zeros(48)) + chunk(b"IEND", b""), True),
        "15,000 × 15,000 of 64 bits": (head(15000, 15000, 16, 6) + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b""), False),
        "no IEND": (good[:-12], True), "half": (good[: len(good) // 2], False), "the header": (good[:33], False), "the first byte": (good[:1], False), "nothing": (b"", False),
        "no data": (head(20, 20) + chunk(b"IEND", b""), False), "another checksum": (good[:40] + bytes([good[40] ^ 1]) + good[41:], False), "a colour that is none": (head(20, 20, 8, 5) + chunk(b"IEND", b""), False),
        "depth 3": (head(20, 20, 3) + chunk(b"IEND", b""), False), "text": (b"seven\n", False), "JPEG": (b"\xff\xd8\xff\xe0" + bytes(100), False), "gzip": (gzip.compress(good), False),
        "rows missing": (png(20, 20, (b"\0" + bytes(20)) * 10), False), "a filter that is none": (png(20, 20, (b"\x09" + bytes(20)) * 20), False), "interlaced, but not": (png(20, 20, interlace=1), False),
        "a chunk of 2^31": (good[:33] + b"\x7f\xff\xff\xffIDAT" + bytes(100), False),
    }.items()


@kind("odd-pictures", "a digit, or none and why, or one line")
def odd_pictures_(random):
    def recognize(place, content, json):
        place.call("recognize", place.write("odd.png", content() if callable(content) else content), *(["--json"] if json else []), expect=WORKS | FAULT)

    for name, (content, _) in odd_pictures():
        yield name, partial(recognize, content=content, json=random.random() < 0.5)

    good = digit_png()
    for number in range(30):
        def spoilt(place, way):
            path = place.write("odd.png", good)
            way(path)
            place.call("recognize", path, expect=WORKS | FAULT)

        share, bit = round(random.random(), 3), random.randrange(8)
        yield f"bit {bit} at {share}", partial(spoilt, way=partial(harm.flip, share=share, bit=bit))

    def apart(place):
        place.call("recognize", place.write("seven.png", good), expect=WORKS)

    yield "a good one", apart


@kind("odd-run-pictures", "a run's pictures are read as any foreign file; what does not fit is left out; resuming never depends on them")
def odd_run_pictures(random):
    def read(place, name, content):
        run = place.run()
        path = run / "samples" / name
        if callable(content):
            content(path)
        else:
            path.write_bytes(content)
        read_by(place, "report", run, WORKS)
        read_by(place, "runs", run, WORKS)
        resume(place, run)

    def resume(place, run):
        """It may draw its pictures last; the weights are what counts."""
        place.call("train", "--resume", run, "--epochs", "8", expect=WORKS, always=[run])
        place.expect_same(run, place.made.runs["long"])

    for name, (content, _) in odd_pictures():
        if not callable(content) and "MB" not in name:
            yield f"epoch-0002.png: {name}", partial(read, name="epoch-0002.png", content=content)
    good = digit_png()
    for name in ("epoch-7.png", "epoch-0007.png", "epoch-00000003.png", f"epoch-{2**64 - 1}.png", f"epoch-{2**64}.png", "epoch--1.png", "epoch-+3.png", "epoch-.png", "epoch-0001.PNG", "seven.png", "evolution.png", ".epoch-0002.png.tmp-1-0"):
        yield f"a stray {name}", partial(read, name=name, content=good)
    yield "a name that is no Unicode", partial(read, name=os.fsdecode(b"epoch-000\xff.png"), content=good)
    for damage in ("a directory", "a FIFO", "a link to nothing", "zeros", "a sparse file"):
        yield f"epoch-0002.png {damage}", partial(read, name="epoch-0002.png", content=harm.REPLACED[damage])
        yield f"epoch-0000.png {damage}", partial(read, name="epoch-0000.png", content=harm.REPLACED[damage])
    for size in ((20, 20), (278, 278), (279, 278), (10000, 10), (1, 1)):
        for epoch in ("epoch-0000.png", "epoch-0004.png"):
            yield f"{epoch} of {size[0]} × {size[1]}", partial(read, name=epoch, content=png(*size))

    def many(place):
        run = place.run()
        for epoch in range(5, 700):
            (run / "samples" / f"epoch-{epoch:04}.png").write_bytes(good)
        read_by(place, "report", run, WORKS)

    yield "700 of another size", many

    def gone(place, names):
        run = place.run()
        for name in names:
            harm.remove(run / "samples" / name)
        read_by(place, "report", run, WORKS)
        resume(place, run)

    yield "none but the first", partial(gone, names=[f"epoch-000{epoch}.png" for epoch in range(1, 5)])
    yield "none", partial(gone, names=[f"epoch-000{epoch}.png" for epoch in range(5)])


@kind("folders", "the rest is read, the bad ones listed, exit 1")
def folders(random):
    def recognize(place, bad, count, more=()):
        folder = place / "folder"
        folder.mkdir()
        for number in range(count):
            (folder / f"good-{number:04}.png").write_bytes(digit_png())
        for name, how in bad.items():
            how(folder / name)
        ended = place.call("recognize", folder, *more, expect=FAULT if bad else WORKS, errors=None)
        read = [line for line in ended.out.splitlines() if "good-" in line]
        if not ended.is_hung and len(read) != count:
            place.problem("wrong", f"{len(read)} of {count} good pictures were read")
        for name in bad:
            if name not in ended.err + ended.out and ended.code != 101:
                place.problem("wrong", f"{name} is not named")

    text = lambda path: path.write_bytes(b"no picture")
    ways = {"a text": text, "an empty file": lambda path: path.write_bytes(b""), "half a picture": lambda path: path.write_bytes(digit_png()[:100]), **{name: way for name, way in harm.REPLACED.items() if name != "full"}}
    for name, way in ways.items():
        for where in ("0.png", "zzz.png"):
            yield f"{name} as {where}", partial(recognize, bad={where: way}, count=3)
    yield "several", partial(recognize, bad={"a.png": text, "good.png": harm.to_directory, "m.png": partial(harm.to_link, target="nothing")}, count=5)
    yield "several, as JSON", partial(recognize, bad={"a.png": text, "z.png": partial(harm.to_link, target="nothing")}, count=5, more=["--json"])
    yield "one of 500", partial(recognize, bad={"m.png": text}, count=500)
    yield "none of 20", partial(recognize, bad={}, count=20)
    yield "all", partial(recognize, bad={"a.png": text, "b.png": text}, count=0)

    def several(place, words, bad, good):
        place.write("good.png", digit_png())
        ended = place.call("recognize", *words, expect=FAULT, errors=None)
        if ended.out.count("good.png") != good:
            place.problem("wrong", f"{ended.out.count('good.png')} of {good} good pictures were read")
        if bad not in ended.err:
            place.problem("wrong", f"{bad} is not named")

    for words in (["good.png", "nothing.png"], ["nothing.png", "good.png"], ["good.png", "nothing.png", "good.png"]):
        yield " ".join(words), partial(several, words=words, bad="nothing.png", good=words.count("good.png"))

    def nothing(place, content):
        ended = place.call("recognize", place.write("none.idx", content))
        if not (ended.out + ended.err).strip():
            place.problem("wrong", "silence")

    yield "an IDX file of no images", partial(nothing, content=idx([0, 28, 28], b""))
    yield "a packed IDX file of no images", partial(nothing, content=gzip.compress(idx([0, 28, 28], b"")))

    def empty(place):
        (place / "folder").mkdir()
        place.call("recognize", place / "folder", expect=FAILS)

    yield "an empty folder", empty

    def runs(place, names, expect=WORKS):
        folder = place / "runs"
        folder.mkdir()
        place.run(name="runs/good")
        for name, how in names.items():
            how(folder / os.fsdecode(name))
        for more in ([], ["--json"]):
            ended = place.call("runs", folder, *more, expect=expect)
            if "good" not in ended.out:
                place.problem("wrong", "the good run is not listed")

    for name, names in {
        "a name that is no Unicode": {b"d\xff\xfe": lambda path: path.mkdir()}, "a run of such a name": {b"r\xff": lambda path: __import__("shutil").copytree(path.parent / "good", path)},
        "a file": {b"file": text}, "a FIFO": {b"fifo": harm.to_fifo}, "a link to nothing": {b"link": partial(harm.to_link, target="nothing")}, "a link to itself": {b"self": lambda path: path.symlink_to(path.name)},
        "a run without a configuration": {b"half": lambda path: path.mkdir()}, "a configuration that is none": {b"bad": lambda path: (path.mkdir(), (path / "config.toml").write_text("[["))},
        "a configuration that is a FIFO": {b"bad": lambda path: (path.mkdir(), harm.to_fifo(path / "config.toml"))}, "a name with a line break": {b"a\nerror: b": lambda path: path.mkdir()},
        "a link to its parent": {b"loop": lambda path: path.symlink_to("..")}, "300 directories": {b"%d" % i: (lambda path: path.mkdir()) for i in range(300)},
    }.items():
        yield f"runs beside {name}", partial(runs, names=names)
