"""Runs whose directories, configurations, checkpoints or data are not what they were."""
import gzip
import os
import shutil
from functools import partial

from . import harm
from .cases import EITHER, FAILS, WORKS, kind
from .made import idx, pixels, small_set

LAST, BEFORE = "checkpoints/step-00000010.safetensors", "checkpoints/step-00000007.safetensors"
FILES = ["config.toml", "metrics.csv", "times.csv", "norms.csv", "warnings.txt", "generator.safetensors", "discriminator.safetensors",
         LAST, BEFORE, "samples/epoch-0002.png", "samples/evolution.png", "evaluation.json", "lock", "report.html"]
FOLDERS = ["checkpoints", "samples"]
MADE_OF_ALL = ["run/report.html", "run/samples/evolution.png"]  # written even where a run has come to its end
# What reads each file; `resume` comes last, for it goes on.
READERS = {
    "config.toml": ["sample", "runs", "inspect", "resume"],
    "metrics.csv": ["report", "runs", "resume"],
    "times.csv": ["report", "resume"],
    "norms.csv": ["inspect", "report", "resume"],
    "warnings.txt": ["report", "resume"],
    "generator.safetensors": ["sample", "interpolate", "evaluate", "inspect"],
    "discriminator.safetensors": ["inspect", "evaluate"],
    LAST: ["runs", "report", "resume"],
    BEFORE: ["runs", "resume"],
    "samples/epoch-0002.png": ["report", "resume"],
    "samples/evolution.png": ["report"],
    "evaluation.json": ["report", "runs", "evaluate"],
    "lock": ["runs", "resume"],
    "report.html": ["report"],
    "checkpoints": ["runs", "report", "resume"],
    "samples": ["report", "resume"],
}


def read_by(place, command, run, expect=EITHER, says=None, same=True, **more):
    """Calls a command that reads the run; where it resumes and works, it must end as the undisturbed run, if `same`."""
    reports = [run / "report.html", run / "samples"]
    calls = {
        "sample": (["sample", run, "--count", "2", "-o", place / "drawn.png"], [place / "drawn.png"]),
        "interpolate": (["interpolate", run, "--steps", "2", "-o", place / "way.png"], [place / "way.png"]),
        "evaluate": (["evaluate", run, "--data", place.made.set, "--count", "10"], [run / "evaluation.json"]),
        "inspect": (["inspect", run, "--data", place.made.larger_set], [run / "inside"]),
        "report": (["report", run], reports),
        "runs": (["runs", run.parent], []),
        "resume": (["train", "--resume", run, "--epochs", "8"], [run]),
        "begin": (["train", "--config", run / "config.toml", "--steps", "2", "--out", place / "begun"], [place / "begun"]),
    }
    arguments, writes = calls[command]
    always = [run / "report.html", run / "samples/evolution.png"] if command == "resume" else []
    ended = place.call(*arguments, expect=expect, says=says, writes=writes, always=always, **more)
    if command == "resume" and ended.code == 0 and same:
        place.expect_same(run, place.made.runs["long"])
    return ended


# A run without checkpoints is not begun anew.


@kind("begun-anew", "a run without its checkpoints is refused, nothing touched")
def begun_anew(random):
    def without(place, names, more):
        run = place.run()
        for name in names:
            harm.remove(run / name)
        place.call("train", "--resume", run, *more, expect=FAILS, says="checkpoint")

    pictures = [f"samples/epoch-000{epoch}.png" for epoch in range(5)]
    gone = {
        "checkpoints": ["checkpoints"],
        "checkpoint files": [LAST, BEFORE],
        "checkpoints and samples": ["checkpoints", "samples"],
        "checkpoints and pictures": ["checkpoints", *pictures, "samples/evolution.png"],
        "checkpoints and all pictures but the first": ["checkpoints", *pictures[1:]],
        "checkpoints and metrics": ["checkpoints", *pictures, "metrics.csv", "norms.csv", "times.csv"],
        "checkpoints and weights": ["checkpoints", *pictures, "generator.safetensors", "discriminator.safetensors"],
        "checkpoints, metrics, weights": ["checkpoints", *pictures, "metrics.csv", "generator.safetensors"],
    }
    for name, names in gone.items():
        for flags in (["--epochs", "5"], ["--steps", "30"], [], ["--epochs", "5", "--quiet"], ["--epochs", "5", "--json"]):
            yield f"{name} {' '.join(flags)}".strip(), partial(without, names=names, more=flags)

    def elsewhere(place, how):
        run = place.run()
        shutil.rmtree(run / "checkpoints")
        (run / "checkpoints").mkdir()
        how(run / "checkpoints")
        place.call("train", "--resume", run, "--epochs", "5", expect=FAILS)

    yield "other files among checkpoints", partial(elsewhere, how=lambda folder: (folder / "step-x.safetensors").write_bytes(b""))
    yield "checkpoints a file", partial(elsewhere, how=lambda folder: (folder.rmdir(), folder.write_bytes(b"")))
    yield "checkpoints a link to nothing", partial(elsewhere, how=lambda folder: (folder.rmdir(), folder.symlink_to("nothing")))


# A damaged configuration.


@kind("damaged-config", "a run's configuration is complete or refused; a resumed run is never another")
def damaged_config(random):
    def read(place, damage, commands, expect):
        run = place.run()
        config = run / "config.toml"
        old = config.read_bytes().splitlines()
        damage(config)
        changed = [b for a, b in zip(old, config.read_bytes().splitlines()) if a != b]
        # A rate is what a person may change on the way; with another, weights are others.
        is_rate = len(changed) == 1 and changed[0].startswith(b"learning_rate = ")
        for command in commands:
            read_by(place, command, run, expect if command in ("resume", "sample") else EITHER, same=not is_rate)

    for name, damage in harm.spoilt(random, cuts=0, flips=24).items():
        expect = EITHER if name.startswith("bit") else FAILS
        yield name, partial(read, damage=damage, commands=["sample", "runs", "resume"], expect=expect)
    for share in [*(i / 16 for i in range(16)), 0.99]:
        yield f"cut at {share}", partial(read, damage=partial(harm.cut, share=share), commands=["sample", "resume"], expect=FAILS)

    def lines(place, keep, expect=FAILS):
        run = place.run()
        config = run / "config.toml"
        text = config.read_text().splitlines(keepends=True)
        config.write_text("".join(keep(text)))
        read_by(place, "resume", run, expect)

    for share in (0, 1, 2, 3, 5, 8, 13, 21, 34):
        yield f"the first {share} lines", partial(lines, keep=lambda text, share=share: text[:share])
    for key in ("seed", "data", "[training]", "batch_size", "epochs", "critic_steps", "objective", "latent_dim", "learning_rate", "beta1", "beta2",
                "init", "name", "image_shape", "update", "schedule"):
        without = lambda text, key=key: [line for line in text if not line.strip().startswith(key)]
        optional = EITHER if key in ("critic_steps", "epochs", "name") else FAILS
        yield f"without {key}", partial(lines, keep=without, expect=optional)

    def changed(place, old, new, expect):
        run = place.run()
        config = run / "config.toml"
        text = config.read_text()
        if old not in text:
            return place.call("inspect", run, expect=frozenset(), says=old)  # the script must be mended
        config.write_text(text.replace(old, new, 1))
        return read_by(place, "resume", run, expect)

    for old, new in (("seed = 0", "seed = 1"), ("batch_size = 2", "batch_size = 5"), ("critic_steps = 2", "critic_steps = 1"),
                     ('name = "cdcgan"', 'name = "mlp"'), ("every = 3", "every = 2")):
        yield f"{new} for {old}", partial(changed, old=old, new=new, expect=EITHER if "name" in old else FAILS)


# Resumes that fail.


@kind("failed-resume", "everything is checked first; a failed call leaves every byte as it was")
def failed_resume(random):
    def resume(place, change, more, expect=FAILS, says=None, which="whole"):
        run = place.run(which)
        change(run)
        ended = place.call("train", "--resume", run, *more, expect=expect, says=says, writes=[run], always=MADE_OF_ALL)
        if ended.code == 0 and "--epochs" in more:
            place.expect_same(run, place.made.runs["long"])

    for name in ("metrics.csv", "times.csv", "norms.csv", "warnings.txt"):
        for share in (0, 0.3, 0.8):
            shorter = lambda run, name=name, share=share: harm.cut(run / name, share)
            # Shorter than the checkpoint says: the weights can go on, but the run would have a hole.
            yield f"{name} cut at {share}, the last step", partial(resume, change=shorter, more=["--epochs", "8"], expect=EITHER)
            yield f"{name} cut at {share}, from step 7", partial(resume, change=shorter, more=["--from-step", "7", "--epochs", "8"], expect=EITHER)
        for damage in ("a directory", "a FIFO", "a link to nothing"):
            replaced = lambda run, name=name, damage=damage: harm.REPLACED[damage](run / name)
            yield f"{name} {damage}, from step 7", partial(resume, change=replaced, more=["--from-step", "7", "--epochs", "8"], expect=FAILS)
    same = lambda run: None
    for step in ("0", "1", "6", "8", "11", "4294967296", "18446744073709551615"):
        yield f"from step {step}", partial(resume, change=same, more=["--from-step", step], says="checkpoint|end", which="whole")

    def complete(place, more):
        run = place.run("whole")
        place.call("train", "--resume", run, *more, expect=WORKS, says="end", always=MADE_OF_ALL)
        place.expect_same(run, place.made.runs["whole"])

    for name, more in (("it has come to its end", []), ("to epoch 4 of 4", ["--epochs", "4"]), ("to step 10 of 10", ["--steps", "10"])):
        yield name, partial(complete, more=more)
    for epochs in ("1", "3"):
        yield f"to epoch {epochs} of 4", partial(resume, change=same, more=["--epochs", epochs], says="more than")
    for steps in ("1", "7"):
        yield f"to step {steps} of 10", partial(resume, change=same, more=["--steps", steps], says="more than")

    def of_another(place, which, more):
        run = place.run()
        other = place.made.runs[which] / "checkpoints"
        harm.remove(run / "checkpoints")
        shutil.copytree(other, run / "checkpoints")
        place.call("train", "--resume", run, *more, expect=FAILS, says="checkpoint|config")

    for which in ("other-seed", "plain", "stacked"):
        yield f"checkpoints of {which}", partial(of_another, which=which, more=["--epochs", "8"])
        yield f"checkpoints of {which}, quietly", partial(of_another, which=which, more=["--epochs", "9", "--quiet"])

    def data_gone(place, what):
        run, folder = place.run("whole"), place.set()
        config = run / "config.toml"
        config.write_text(config.read_text().replace(str(place.made.set), str(folder)))
        what(folder)
        place.call("train", "--resume", run, "--epochs", "8", expect=FAILS)

    yield "the data is gone", partial(data_gone, what=shutil.rmtree)
    yield "the images are gone", partial(data_gone, what=lambda folder: harm.remove(folder / "train-images-idx3-ubyte"))
    yield "the labels are cut", partial(data_gone, what=lambda folder: harm.cut(folder / "train-labels-idx1-ubyte.gz", 0.7))
    yield "the images are of another size", partial(data_gone, what=lambda folder: small_set(folder, side=14))

    def linked_lock(place, target, how):
        run = place.run()
        harm.remove(run / "lock")
        how(run / target, run / "lock")
        place.call("train", "--resume", run, "--epochs", "8", writes=[run])
        if not (run / target).is_file() or not (run / target).stat().st_size > 20:
            place.problem("lost", f"{target} was overwritten through the lock")

    for target in ("config.toml", "samples/epoch-0000.png", BEFORE):
        yield f"the lock is a link to {target}", partial(linked_lock, target=target, how=lambda old, new: new.symlink_to(old))
        yield f"the lock is another name of {target}", partial(linked_lock, target=target, how=os.link)


# Files of a run, harmed.


@kind("damaged-run", "what is damaged is named or left out; what goes on, goes on as if nothing had happened")
def damaged_run(random):
    def read(place, name, damage, commands, expect):
        run = place.run()
        (run / "evaluation.json").write_text("{}") if name == "evaluation.json" else None
        damage(run / name)
        for command in commands:
            read_by(place, command, run, expect.get(command, EITHER))

    def must(name, damage):
        if name == "generator.safetensors":
            return {command: FAILS for command in ("sample", "interpolate", "evaluate", "inspect")}
        if name == "discriminator.safetensors" and damage != "removed":
            return {"inspect": FAILS}
        if name == LAST and damage != "removed":
            return {"resume": FAILS, "runs": WORKS}
        if name in (LAST, BEFORE, "samples/epoch-0002.png", "samples/evolution.png"):
            return {"resume": WORKS, "runs": WORKS}
        return {"runs": WORKS} if name != "config.toml" else {"sample": FAILS, "resume": FAILS, "inspect": FAILS}

    for name in FILES + FOLDERS:
        ways = {"removed": harm.remove}
        if name not in FOLDERS + ["config.toml"]:
            ways |= harm.spoilt(random, cuts=3, flips=3)
        for damage, way in ways.items():
            yield f"{name} {damage}", partial(read, name=name, damage=way, commands=READERS[name], expect=must(name, damage))

    def unreadable(place, name, commands):
        run = place.run()
        for folder, _, files in os.walk(place.root):
            os.chmod(folder, 0o777)
        (run / "evaluation.json").write_text("{}") if name == "evaluation.json" else None
        harm.closed(run / name if name else run)
        user = 65534 if os.geteuid() == 0 else None
        for command in commands:
            read_by(place, command, run, EITHER, user=user)
        os.chmod(run / name if name else run, 0o777)

    for name in ("config.toml", "metrics.csv", "generator.safetensors", LAST, "samples", "checkpoints", "lock", "samples/epoch-0002.png", ""):
        commands = READERS.get(name, ["sample", "report", "runs", "resume"])
        yield f"{name or 'all of it'} unreadable", partial(unreadable, name=name, commands=commands)

    def whole(place):
        run = place.run()
        for command in ("sample", "interpolate", "evaluate", "inspect", "report", "runs", "begin", "resume"):
            read_by(place, command, run, WORKS)

    yield "nothing", whole  # if this fails, none of the above says anything


# The data beneath a run.


@kind("changed-data", "noticed by the checksum in the checkpoint, said, --force")
def changed_data(random):
    def resume(place, change, expect, forced, which="whole"):
        folder = place.set()
        run = place / "run"
        place.call("train", "--config", place.made.labelled, "--data", folder, "--out", run, "--quiet", expect=WORKS, writes=[run])
        change(folder)
        more = ["--force"] if forced else []
        ended = place.call("train", "--resume", run, "--epochs", "8", *more, expect=expect, writes=[run], says=None if forced else "data|image|digit|label")
        if ended.code == 0 and not forced:
            place.expect_same(run, place.made.runs["long"])

    images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"
    every = lambda folder: (folder / images).write_bytes(idx([10, 28, 28], bytes(7840)))
    one_byte = lambda folder: harm.flip(folder / images, 0.5, 0)
    turned = lambda folder: (folder / images).write_bytes(idx([10, 28, 28], pixels(10)[::-1]))
    more = lambda folder: small_set(folder, train=20)
    fewer = lambda folder: small_set(folder, train=9)
    other_labels = lambda folder: (folder / labels).write_bytes(gzip.compress(idx([10], bytes(reversed(range(10))))))
    one_label = lambda folder: (folder / labels).write_bytes(gzip.compress(idx([10], bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 8]))))
    for name, change in (("all images", every), ("one bit", one_byte), ("backwards", turned), ("more", more), ("fewer", fewer),
                         ("other labels", other_labels), ("one label", one_label)):
        yield name, partial(resume, change=change, expect=FAILS, forced=False)
        yield f"{name}, forced", lambda place, change=change: resume(place, change, WORKS, True) if place.made.has_force else resume(place, change, FAILS, False)
    again = lambda folder: (folder / labels).write_bytes(gzip.compress(gzip.decompress((folder / labels).read_bytes()), 1))
    test = lambda folder: (folder / "t10k-images-idx3-ubyte").write_bytes(idx([10, 28, 28], bytes(7840)))
    yield "the same", partial(resume, change=lambda folder: None, expect=WORKS, forced=False)
    yield "the same, packed otherwise", partial(resume, change=again, expect=EITHER, forced=False)
    yield "the test digits", partial(resume, change=test, expect=EITHER, forced=False)
