"""Standard streams that are closed, full or left by their reader; terminals; small disks."""
from functools import partial
from pathlib import Path

from .cases import EITHER, FAULT, FAILS, QUIET, WORKS, kind
from .made import digit_png
from .watch import Streams

# A run that is there and that no call changes.
PRETRAINED = Path(__file__).resolve().parents[2] / "data/pretrained/best"
# Each command, and what it may change. Whether it prints on standard output, on standard error.
COMMANDS = {
    "presets": (["presets"], True, False),
    "presets best": (["presets", "best"], True, False),
    "presets --keys": (["presets", "--keys"], True, False),
    "runs": (["runs", "RUNS"], True, False),
    "runs --diff": (["runs", "--diff", "RUN", str(PRETRAINED), "--page", "x.html"], True, False),
    "runs --json": (["runs", "RUNS", "--json"], True, False),
    "report": (["report", "RUN"], True, False),
    "inspect": (["inspect", "RUN", "--data", "LARGER"], True, False),
    "inspect --json": (["inspect", "RUN", "--data", "LARGER", "--json"], True, False),
    "sample": (["sample", "RUN", "-o", "x.png"], True, False),
    "sample --digit": (["sample", "RUN", "--digit", "3", "-o", "x.png"], True, True),
    "interpolate": (["interpolate", "RUN", "-o", "x.png", "--animation", "y.png"], True, False),
    "recognize": (["recognize", "PNG"], True, False),
    "recognize many": (["recognize", "SAMPLES"], True, False),
    "recognize --json": (["recognize", "SAMPLES", "--json"], True, False),
    "recognize --labels": (["recognize", "SAMPLES", "--labels", "LABELS"], True, True),
    "recognizer train": (["recognizer", "train", "--on", "real", "--data", "DATA", "--steps", "1", "--out", "read"], True, True),
    "recognizer compare": (["recognizer", "compare", "--run", "RUN", "--data", "DATA", "--steps", "1", "--count", "10"], True, True),
    "recognizer compare --json": (["recognizer", "compare", "--run", "RUN", "--data", "DATA", "--steps", "1", "--count", "10", "--json"], True, True),
    "evaluate": (["evaluate", "RUN", "--data", "DATA", "--count", "20"], True, False),
    "evaluate --json": (["evaluate", "--samples", "SAMPLES", "--data", "DATA", "--json"], True, False),
    "evaluate --pictures": (["evaluate", "RUN", "--data", "DATA", "--count", "20", "--pictures", "looked-at"], True, True),
    "data": (["data", "--data", "DATA", "--show", "x.png"], True, False),
    "bench": (["bench", "--steps", "1", "--batch-size", "2"], True, False),
    "bench --json": (["bench", "--steps", "1", "--batch-size", "2", "--json"], True, False),
    "lab --record": (["lab", "--config", "LABELLED", "--data", "DATA", "--record", "x.html", "--steps", "2"], True, False),
    "completions": (["completions", "bash"], True, False),
    "man": (["man", "train"], True, False),
    "--help": (["--help"], True, False),
    "train --help": (["train", "--help"], True, False),
    "--version": (["--version"], True, False),
}
TRAININGS = {
    "train": ["train", "--config", "LABELLED", "--data", "DATA", "--out", "begun"],
    "train --json": ["train", "--config", "LABELLED", "--data", "DATA", "--out", "begun", "--json"],
    "train --quiet": ["train", "--config", "LABELLED", "--data", "DATA", "--out", "begun", "--quiet"],
    "train -vv": ["train", "--config", "LABELLED", "--data", "DATA", "--out", "begun", "-vv"],
}


def given(place, words):
    made = place.made
    known = {"RUN": lambda: place.run(), "RUNS": lambda: (place.run(), place.root)[1], "DATA": lambda: made.set, "LARGER": lambda: made.larger_set,
             "SAMPLES": lambda: made.samples, "LABELS": lambda: made.sample_labels, "LABELLED": lambda: made.labelled,
             "PNG": lambda: place.write("seven.png", digit_png())}
    return [known[word]() if word in known else word for word in words]


WRITES = ["run/report.html", "run/samples", "run/inside", "run/evaluation.json"]


@kind("streams", "a closed pipe ends quietly; a full one is one line on the other stream, exit 1; training goes on and saves")
def streams(random):
    def call(place, words, streams, expect):
        made = WRITES[:1] if words[0] == "report" else ()  # it is written before it is said where
        place.call(*given(place, words), streams=streams, expect=expect, writes=WRITES, always=made)

    for name, (words, prints, warns) in COMMANDS.items():
        yield f"{name} >/dev/full", partial(call, words=words, streams=Streams(out="full"), expect=FAULT)
        yield f"{name} >&-", partial(call, words=words, streams=Streams(out="closed"), expect=WORKS | FAULT)
        yield f"{name} | true", partial(call, words=words, streams=Streams(out="gone"), expect=QUIET)
        yield f"{name} | head -1", partial(call, words=words, streams=Streams(out="line"), expect=QUIET)
        yield f"{name} 2>/dev/full", partial(call, words=words, streams=Streams(err="full"), expect=WORKS | FAULT if warns else WORKS)
        yield f"{name} 2>&-", partial(call, words=words, streams=Streams(err="closed"), expect=WORKS)
        yield f"{name} 2>&1 >/dev/null | true", partial(call, words=words, streams=Streams(err="gone"), expect=QUIET if warns else WORKS)
        yield f"{name} >/dev/full 2>/dev/full", partial(call, words=words, streams=Streams("full", "full"), expect=FAULT)
        yield f"{name} <&- >&- 2>&-", partial(call, words=words, streams=Streams("closed", "closed", "closed"), expect=WORKS | FAULT)
        yield f"{name} both pipes left", partial(call, words=words, streams=Streams("gone", "gone"), expect=QUIET)

    def train(place, words, streams):
        place.call(*given(place, words), streams=streams, expect=WORKS | FAULT)
        place.expect_same(place / "begun", place.made.runs["whole"])

    for name, words in TRAININGS.items():
        for out in ("capture", "full", "closed", "gone", "line"):
            for err in ("capture", "full", "closed", "gone", "line"):
                if (out, err) != ("capture", "capture") or name == "train":
                    yield f"{name} {out} {err}", partial(train, words=words, streams=Streams(out, err))

    def fails(place, words, streams, expect):
        place.call(*words, streams=streams, expect=expect)

    for words in (["sample", "nothing", "-o", "x.png"], ["train", "--config", "nothing"], ["report", "nothing"], ["inspect", "nothing"], ["recognize", "nothing"], ["data", "--data", "nothing"],
                  ["train", "--epochs", "x"], ["nothing"], ["evaluate", "nothing"], ["bench", "--preset", "nothing"], ["presets", "nothing"], ["man", "nothing"]):
        for streams_ in (Streams(err="full"), Streams(err="closed"), Streams(err="gone"), Streams("full", "full")):
            yield f"{' '.join(words)} fails, {streams_.out} {streams_.err}", partial(fails, words=words, streams=streams_, expect=FAILS)

    def resumed(place, streams):
        run = place.run()
        place.call("train", "--resume", run, "--epochs", "8", streams=streams, expect=WORKS | FAULT, writes=[run], always=[run])
        place.expect_same(run, place.made.runs["long"])

    for out, err in (("full", "capture"), ("gone", "capture"), ("capture", "full"), ("line", "gone"), ("closed", "closed"), ("full", "full")):
        yield f"train --resume {out} {err}", partial(resumed, streams=Streams(out, err))


@kind("terminals", "any width is one")
def terminals(random):
    sizes = [(0, 0), (1, 1), (24, 2), (24, 10), (0, 80), (65535, 65535), (24, 65535), (1, 300)]
    chosen = {"train": [*TRAININGS["train"], "--epochs", "16"], "recognizer train": [*COMMANDS["recognizer train"][0][:6], "--steps", "8", "--out", "read"], "--help": ["--help"], "train --help": ["train", "--help"],
              "runs": ["runs", "RUNS"], "recognize": ["recognize", "SAMPLES"], "fails": ["sample", "nothing", "-o", "x.png"], "usage": ["train", "--epochs", "x"]}

    def call(place, words, streams, env, fails):
        ended = place.call(*given(place, words), streams=streams, env=env, expect=FAILS if fails else WORKS)
        if len(ended.err) > 200_000:  # a slow line has no answer for a long time
            place.problem("wrong", f"it draws {len(ended.err)} characters")

    for name, words in chosen.items():
        for rows, columns in sizes:
            where = Streams("terminal", "terminal", size=(rows, columns))
            yield f"{name} on {rows} × {columns}", partial(call, words=words, streams=where, env={"TERM": "xterm-256color"}, fails=name in ("fails", "usage"))
    for term in ("dumb", "", "no such", "x" * 10000):
        yield f"train with TERM={term[:20]}", partial(call, words=TRAININGS["train"], streams=Streams("terminal", "terminal"), env={"TERM": term}, fails=False)
    for columns in ("0", "1", "65535", "4294967296", "-1", "x"):
        for name in ("train", "--help"):
            yield f"{name} with COLUMNS={columns}", partial(call, words=chosen[name], streams=Streams("terminal", "terminal"), env={"COLUMNS": columns}, fails=False)


@kind("small-disks", "a full disk ends a call with one line and loses nothing")
def small_disks(random):
    def limit(blocks):
        return f"trap '' XFSZ; ulimit -f {blocks};"

    def train(place, blocks):
        run = place / "run"
        ended = place.call("train", "--config", place.made.labelled, "--data", place.made.set, "--out", run, before=limit(blocks), expect=WORKS | FAULT)
        if ended.code == 0:
            return place.expect_same(run, place.made.runs["whole"])
        has_checkpoint = [*run.glob("checkpoints/step-*")]
        if not has_checkpoint:
            return None  # there is nothing to go on with
        place.call("train", "--resume", run, expect=EITHER if len(has_checkpoint) == 2 else WORKS, writes=[run], always=[run])
        return place.expect_same(run, place.made.runs["whole"])

    for blocks in (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 22, 24, 28, 32, 40, 60, 100, 200):
        yield f"train with files of {blocks} blocks", partial(train, blocks=blocks)

    def resumed(place, blocks):
        run = place.run()
        ended = place.call("train", "--resume", run, "--epochs", "8", before=limit(blocks), expect=WORKS | FAULT, writes=[run], always=[run])
        if ended.code != 0:
            place.call("train", "--resume", run, expect=EITHER, writes=[run], always=[run])
            place.call("train", "--resume", run, "--epochs", "8", expect=EITHER, writes=[run], always=[run])
        place.expect_same(run, place.made.runs["long"])

    for blocks in (0, 1, 2, 4, 8, 16, 24, 26, 28, 32, 40, 50, 100):
        yield f"train --resume with files of {blocks} blocks", partial(resumed, blocks=blocks)

    def output(place, words, outputs, blocks):
        for name in outputs:
            place.write(name, b"it was here before")
        place.call(*given(place, words), before=limit(blocks), expect=WORKS | FAULT, writes=[*WRITES, *outputs])
        left = [path.name for path in place.root.rglob(".*.tmp-*")]
        if left:
            place.problem("wrong", f"it left {left}")

    for name, (words, outputs) in {
        "sample .png": (["sample", "RUN", "-o", "x.png"], ["x.png"]), "sample .npy": (["sample", "RUN", "-o", "x.npy"], ["x.npy"]),
        "sample .idx": (["sample", "RUN", "-o", "x.idx", "--labels", "y.idx", "--latent", "z.npy"], ["x.idx", "y.idx", "z.npy"]), "sample .idx.gz": (["sample", "RUN", "-o", "x.idx.gz"], ["x.idx.gz"]),
        "sample to a folder": (["sample", "RUN", "-o", "folder/"], []), "interpolate": (["interpolate", "RUN", "-o", "x.png", "--animation", "y.png"], ["x.png", "y.png"]),
        "inspect": (["inspect", "RUN", "--data", "LARGER"], []), "report": (["report", "RUN"], []), "data": (["data", "--data", "DATA", "--show", "x.png"], ["x.png"]),
        "evaluate": (["evaluate", "RUN", "--data", "DATA", "--count", "20", "--pictures", "p"], []),
        "lab --record": (COMMANDS["lab --record"][0], ["x.html"]),
        "confusion": (["recognize", "SAMPLES", "--labels", "LABELS", "--confusion", "x.png"], ["x.png"]),
        "recognizer train": (COMMANDS["recognizer train"][0], []),
    }.items():
        for blocks in (0, 1, 8):
            yield f"{name} with files of {blocks} blocks", partial(output, words=words, outputs=outputs, blocks=blocks)
