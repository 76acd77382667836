"""Paths and surroundings that are odd: names that are no Unicode, endless, empty; variables of the environment."""
import os
from functools import partial

from . import harm
from .cases import EITHER, FAILS, WORKS, kind
from .made import digit_png
from .streams import COMMANDS, TRAININGS, WRITES, given

ODD = {
    "no Unicode": b"d\xff\xfe", "a lone surrogate": b"\xed\xa0\x80", "a line break": b"a\nb", "an escape": b"\x1b[31mred", "a blank": b" ", "a minus": b"-x", "a tilde": b"~", "long": b"x" * 200,
    "too long": b"x" * 300, "a path too long": b"/".join([b"x" * 200] * 25), "dots": b"...", "a star": b"*", "quotes": b"'\"", "a percent": b"%s%n", "braces": b"{}", "right to left": "\u202egnp.x".encode(), "emoji": "🙂".encode(),
}


@kind("odd-paths", "works, or one line")
def odd_paths(random):
    def call(place, words, name, exists):
        odd = os.fsdecode(name)
        inside = place / odd if len(name) < 256 else None
        if exists and inside is not None:
            inside.parent.mkdir(parents=True, exist_ok=True)
            exists(place, inside)
        def fill(word):
            return word.replace("ODD", "./" + odd if odd.startswith("-") else odd) if "ODD" in word else word
        place.call(*(fill(word) for word in map(os.fspath, given(place, words))), writes=[*WRITES, odd] if len(name) < 256 else WRITES)

    def a_set(place, path):
        place.set(os.fsdecode(os.path.basename(os.fsencode(path))))

    def a_run(place, path):
        place.run(name=os.fsdecode(os.path.basename(os.fsencode(path))))

    uses = {
        "train --data": (["train", "--config", "LABELLED", "--steps", "2", "--data", "ODD", "--out", "begun"], a_set),
        "train --data stacked": (["train", "--config", "LABELLED", "--steps", "2", "--data", "stacked-mnist:ODD", "--out", "begun"], a_set),
        "train --out": (["train", "--config", "LABELLED", "--steps", "2", "--data", "DATA", "--out", "ODD"], None),
        "train --resume": (["train", "--resume", "ODD", "--epochs", "5"], a_run),
        "train --config": (["train", "--config", "ODD", "--steps", "2", "--data", "DATA", "--out", "begun"], lambda place, path: path.write_bytes(place.made.plain.read_bytes())),
        "sample": (["sample", "ODD", "-o", "x.png"], a_run),
        "sample -o": (["sample", "RUN", "--count", "2", "-o", "ODD.png"], None),
        "sample -o folder": (["sample", "RUN", "--count", "2", "-o", "ODD"], None),
        "sample --labels": (["sample", "RUN", "--count", "2", "-o", "x.png", "--labels", "ODD.idx", "--latent", "ODD.npy"], None),
        "interpolate": (["interpolate", "ODD", "-o", "x.png", "--animation", "ODD.png"], a_run),
        "inspect": (["inspect", "ODD", "--data", "LARGER", "--json"], a_run),
        "report": (["report", "ODD"], a_run),
        "evaluate": (["evaluate", "ODD", "--data", "DATA", "--count", "10", "--json", "--pictures", "ODD-pictures"], a_run),
        "evaluate --samples": (["evaluate", "--samples", "ODD", "--data", "DATA", "--json"], lambda place, path: path.write_bytes(place.made.samples.read_bytes())),
        "recognize": (["recognize", "ODD.png", "--json"], lambda place, path: place.write(os.fsencode(str(path) + ".png"), digit_png())),
        "recognize folder": (["recognize", "ODD"], lambda place, path: (path.mkdir(), (path / "a.png").write_bytes(digit_png()))),
        "recognize --confusion": (["recognize", "SAMPLES", "--labels", "LABELS", "--confusion", "ODD.png"], None),
        "recognizer train": (["recognizer", "train", "--on", "both", "--run", "ODD", "--count", "10", "--data", "DATA", "--steps", "1", "--out", "read"], a_run),
        "recognizer train --out": (["recognizer", "train", "--on", "real", "--data", "DATA", "--steps", "1", "--out", "ODD"], None),
        "recognizer compare": (["recognizer", "compare", "--run", "ODD", "--data", "DATA", "--steps", "1", "--count", "10", "--json"], a_run),
        "runs": (["runs", "ODD"], lambda place, path: path.mkdir()),
        "data": (["data", "--data", "ODD", "--show", "ODD.png"], a_set),
        "man": (["man", "ODD"], None), "presets": (["presets", "ODD"], None), "completions": (["completions", "ODD"], None), "bench": (["bench", "--preset", "ODD"], None), "train --preset": (["train", "--preset", "ODD"], None),
    }
    usual = ["a blank", "a minus", "a tilde", "dots", "a star", "quotes", "braces", "emoji", "right to left", "a percent"]
    for use, (words, exists) in uses.items():
        for name in ["no Unicode", "a line break", "too long", *random.sample(["a lone surrogate", "an escape", "long", "a path too long", *usual], 3)]:
            yield f"{use} {name}", partial(call, words=words, name=ODD[name], exists=exists)
        yield f"{use} empty", partial(call, words=words, name=b"", exists=None)

    def works_with(place, name):
        """What must work: a set and a run under a name that any file system takes."""
        odd = os.fsdecode(name)
        folder, run = place.set(odd + "-set"), place / (odd + "-run")
        ended = place.call("train", "--config", place.made.labelled, "--data", folder, "--out", run, "--quiet", expect=WORKS, writes=[run])
        if ended.code == 0:
            place.expect_same(run, place.made.runs["whole"])
            place.call("sample", run, "-o", place / (odd + ".png"), expect=WORKS)
            place.call("train", "--resume", run, "--epochs", "8", "--quiet", expect=WORKS, writes=[run])
            place.expect_same(run, place.made.runs["long"])

    for name in ("a line break", "an escape", "a blank", "a minus", "a tilde", "quotes", "emoji", "a percent", "braces", "right to left"):
        yield f"a whole run: {name}", partial(works_with, name=ODD[name])

    def from_within(place, words, name):
        folder = place / os.fsdecode(name)
        folder.mkdir()
        place.call(*given(place, words), cwd=folder, writes=WRITES)

    commands = {name: words for name, (words, *_) in COMMANDS.items()} | {"train": TRAININGS["train"], "train by itself": ["train", "--config", "LABELLED", "--data", "DATA", "--steps", "2"]}
    for command in ("presets", "runs", "report", "inspect", "sample", "interpolate", "recognize", "recognizer train", "recognizer compare", "evaluate", "data", "bench", "completions", "man", "train", "train by itself"):
        yield f"{command} in a directory of no Unicode", partial(from_within, words=commands[command], name=ODD["no Unicode"])

    def relative(place, name):
        """The set is named from within: its whole path is then written down."""
        folder = place / os.fsdecode(name)
        folder.mkdir()
        place.set(os.fsdecode(name) + "/set")
        ended = place.call("train", "--config", place.made.plain, "--data", "set", "--out", "run", "--quiet", cwd=folder)
        if ended.code == 0:
            place.call("train", "--resume", folder / "run", "--epochs", "4", expect=WORKS, writes=[folder])

    yield "train --data set in a directory of no Unicode", partial(relative, name=ODD["no Unicode"])
    yield "train --data set in a directory of two lines", partial(relative, name=b"a\nb")

    def vanished(place, words):
        folder = place / "gone"
        folder.mkdir()
        place.call(*given(place, words), before=f"cd gone; rmdir ../gone;", writes=WRITES, always=["gone"])

    for command in ("presets", "runs", "sample", "train", "train by itself", "data", "recognize"):
        yield f"{command} in a directory that is gone", partial(vanished, words=commands[command])


@kind("environment", "a bad variable is one line, or of no effect")
def environment(random):
    def call(place, words, env, expect=EITHER):
        place.call(*given(place, words), env=env, expect=expect, writes=WRITES)

    sample = COMMANDS["sample"][0]
    for value in ("avx9", "", "portable", "avx2", "PORTABLE", "x" * 100000, os.fsdecode(b"\xff")):
        yield f"TWOPLAYER_KERNEL={value[:20]!r}", partial(call, words=sample, env={"TWOPLAYER_KERNEL": value})
    for value in ("", "nothing", "/dev/null", "/dev/zero", "x" * 5000, os.fsdecode(b"\xff"), "/"):
        yield f"TWOPLAYER_DATA={value[:20]!r}", partial(call, words=["data"], env={"TWOPLAYER_DATA": value})
        yield f"TWOPLAYER_DATA={value[:20]!r} train", partial(call, words=["train", "--config", "LABELLED", "--steps", "1", "--out", "begun"], env={"TWOPLAYER_DATA": value})
    for value in ("trace", "twoplayer=debug", "[[[", "=", "off", "x" * 10000, os.fsdecode(b"\xff"), "a=b=c,,,"):
        yield f"RUST_LOG={value[:20]!r}", partial(call, words=["train", "--config", "LABELLED", "--data", "DATA", "--steps", "1", "--out", "begun"], env={"RUST_LOG": value})
    for value in ("0", "1", "-1", "100000", "x"):
        yield f"RAYON_NUM_THREADS={value}", partial(call, words=sample, env={"RAYON_NUM_THREADS": value})
    for name, value in (("TZ", "no such place"), ("TZ", ":/dev/zero"), ("TZ", os.fsdecode(b"\xff")), ("LANG", os.fsdecode(b"\xff")), ("HOME", "/nothing"), ("TMPDIR", "/nothing"), ("SOURCE_DATE_EPOCH", "x"), ("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")):
        yield f"{name}={value!r}", partial(call, words=["train", "--config", "LABELLED", "--data", "DATA", "--steps", "1"], env={name: value}, expect=WORKS)


@kind("words", "true lines")
def words(random):
    def says_not(place, prepare, call, expect, says=None, never=()):
        run = place.run()
        prepare(run)
        user = 65534 if os.geteuid() == 0 and "unreadable" in call else None
        words = [run if word == "RUN" else word for word in call if word != "unreadable"]
        ended = place.call(*words, expect=expect, says=says, writes=[run], user=user)
        for word in never:
            if word in ended.err:
                place.problem("wrong", f"it speaks of {word!r}")

    writes = ("cannot write", "has room left")
    for name in ("metrics.csv", "times.csv", "norms.csv", "warnings.txt"):
        yield f"{name} missing, resumed", partial(says_not, prepare=lambda run, name=name: harm.remove(run / name), call=["train", "--resume", "RUN", "--epochs", "8"], expect=EITHER, never=writes)
        yield f"{name} missing, from step 7", partial(says_not, prepare=lambda run, name=name: harm.remove(run / name), call=["train", "--resume", "RUN", "--epochs", "8", "--from-step", "7"], expect=EITHER, never=writes)
        yield f"{name} missing, report", partial(says_not, prepare=lambda run, name=name: harm.remove(run / name), call=["report", "RUN"], expect=WORKS)

    def closed(run):
        os.chmod(run, 0)

    for command in (["sample", "RUN", "-o", "x.png"], ["report", "RUN"], ["inspect", "RUN"], ["interpolate", "RUN", "-o", "x.png"], ["evaluate", "RUN"], ["train", "--resume", "RUN"]):
        yield f"{command[0]} a directory that one may not read", partial(
            says_not, prepare=closed, call=[*command, "unreadable"], expect=FAILS, says="ermission|may not|not allowed", never=("has no config.toml",))

    def range_error(place, text, says):
        config = place.write("mine.toml", f'preset = "mlp"\n{text}')
        place.call("train", "--config", config, "--data", place.made.set, "--out", "begun", expect=FAILS, says=says)

    for text, says in (
        ("[generator.adam]\nlearning_rate = -1.0", r"mine\.toml.*generator\.adam\.learning_rate"), ("[discriminator.adam]\nlearning_rate = 0.0", r"mine\.toml.*discriminator\.adam\.learning_rate"),
        ("[generator.adam]\nbeta1 = 1.0", r"mine\.toml.*generator\.adam\.beta1"), ("[discriminator.adam]\nbeta2 = -0.1", r"mine\.toml.*discriminator\.adam\.beta2"),
        ("[training]\nbatch_size = 0", r"mine\.toml.*training\.batch_size"), ("[record]\nlog_every = 0", r"mine\.toml.*record\.log_every"), ("[generator]\nlatent_dim = 0", r"mine\.toml.*generator\.latent_dim"),
        ("[training]\nepoch = 3", r"mine\.toml.*epoch"), ("seed = -1", r"mine\.toml.*seed|mine\.toml.*line 2"), ("[training]\nlabel_smoothing = 0.1", r"mine\.toml.*label_smoothing"),
    ):
        yield f"a range: {text.splitlines()[-1]} in {text.splitlines()[0]}", partial(range_error, text=text, says=says)

    def in_run(place, old, new, says, commands):
        run = place.run("plain")
        text = (run / "config.toml").read_text()
        (run / "config.toml").write_text(text.replace(old, new, 1))
        known = {"sample": ["-o", "x.png"], "report": [], "inspect": []}
        for command in commands:
            words = ["train", "--resume", run, "--epochs", "4"] if command == "train" else [command, run, *known[command]]
            place.call(*words, expect=FAILS, says=says)

    for old, new, says in (("batch_size = 5", "batch_size = 0", r"config\.toml.*batch_size"), ("latent_dim = 2", "latent_dim = 0", r"config\.toml.*latent_dim"), ("latent_dim = 2", "latent_dim = 3", r"generator|discriminator|checkpoint"),
                           ("log_every = 1", "log_every = 0", r"config\.toml.*log_every")):
        # A report builds no network: it shows what the configuration says.
        commands = ["sample", "train", "inspect"] + (["report"] if new.endswith("= 0") else [])
        yield f"a run's {new}", partial(in_run, old=old, new=new, says=says, commands=commands)

    def nothing(place, arguments, says):
        place.call(*arguments, expect=FAILS, says=says)

    for arguments, says in ((["sample", "nothing", "-o", "x.png"], "nothing"), (["report", "nothing"], "nothing"), (["inspect", "nothing"], "nothing"), (["evaluate", "nothing"], "nothing"), (["train", "--resume", "nothing"], "nothing"),
                            (["train", "--config", "nothing"], "nothing"), (["recognize", "nothing"], "nothing"), (["data", "--data", "nothing"], "nothing"), (["train", "--data", "nothing"], "nothing"), (["runs", "nothing"], "nothing"),
                            (["recognizer", "compare", "--run", "nothing"], "nothing"), (["recognizer", "train", "--on", "both", "--run", "nothing"], "nothing"), (["interpolate", "nothing", "-o", "x.png"], "nothing"),
                            (["evaluate", "--samples", "nothing"], "nothing")):
        yield f"{' '.join(arguments)}", partial(nothing, arguments=arguments, says=says)
