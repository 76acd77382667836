"""Whole checkpoints, sealed as the program seals them, that say what no run says; weights that are no weights."""
import shutil
from functools import partial

from .cases import EITHER, FAILS, WORKS, kind
from .made import build, note_of, parse, sealed
from .runs import LAST, read_by


def leaves(value, path=()):
    """The numbers, switches and nothings in a note, by where they stand."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value[:2]):
            yield from leaves(inner, (*path, i))
    elif not isinstance(value, str):
        yield path


def put(note, path, value):
    for step in path[:-1]:
        note = note[step]
    note[path[-1]] = value


@kind("crafted-checkpoint", "a whole checkpoint with impossible numbers is refused, or goes on; never a panic, never a hang")
def crafted_checkpoint(random):
    def crafted(place, change, expect=EITHER, same=False):
        run = place.run()
        content = (run / LAST).read_bytes()
        note = note_of(content)
        change(note)
        (run / LAST).write_bytes(sealed(content, note))
        ended = place.call("train", "--resume", run, "--epochs", "8", expect=expect, writes=[run])
        if same and ended.code == 0:
            place.expect_same(run, place.made.runs["long"])
        place.call("runs", place.root)

    yield "as it was", partial(crafted, change=lambda note: None, expect=WORKS, same=True)  # or sealing has changed
    for value in (0, 2**40, 2**53, 2**63, 2**64 - 1):
        yield f"position.step {value}", partial(crafted, change=lambda note, value=value: put(note, ("position", "step"), value), expect=FAILS)
    for version in (0, 2, 99, 2**64 - 1, -1, "1", None):
        refused = FAILS if version not in (2,) else EITHER
        yield f"version {version!r}", partial(crafted, change=lambda note, version=version: put(note, ("version",), version), expect=refused)

    def everywhere(place, value):
        """One number after the other, in one place: each is put back before the next."""
        run = place.run()
        content = (run / LAST).read_bytes()
        for path in [*leaves(note_of(content))]:
            if path[-1] == "version" or path == ("position", "step"):
                continue
            note = note_of(content)
            put(note, path, value)
            shutil.rmtree(run)
            place.run()
            (run / LAST).write_bytes(sealed(content, note))
            place.call("train", "--resume", run, "--epochs", "5", "--quiet", writes=[run])

    for value in (2**64 - 1, 2**40, -1, 1e308, None):
        yield f"{value} everywhere", partial(everywhere, value=value)

    def without(place, path):
        run = place.run()
        content = (run / LAST).read_bytes()
        note = note_of(content)
        inner = note
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        (run / LAST).write_bytes(sealed(content, note))
        place.call("train", "--resume", run, "--epochs", "8", expect=FAILS, says="checkpoints")

    for path in (("version",), ("position",), ("position", "step"), ("position", "draws"), ("position", "draws", "latent"), ("written",), ("total_steps",)):
        yield f"without {'.'.join(path)}", partial(without, path=path)

    def numbers(place, value):
        """The same header, other numbers: the seal must notice, also where it has been taken away."""
        run = place.run()
        header, content = parse((run / LAST).read_bytes())
        (run / LAST).write_bytes(build(header, value * (len(content) // len(value))))
        place.call("train", "--resume", run, "--epochs", "8", expect=FAILS, says="checkpoints")

    for name, value in (("zeros", bytes(4)), ("nan", b"\0\0\xc0\x7f"), ("inf", b"\0\0\x80\x7f"), ("largest", b"\xff\xff\x7f\x7f")):
        yield f"numbers {name}", partial(numbers, value=value)

    def weights(place, value, unsealed):
        run = place.run()
        header, content = parse((run / "generator.safetensors").read_bytes())
        if unsealed:
            header.pop("__metadata__", None)
        (run / "generator.safetensors").write_bytes(build(header, value * (len(content) // 4)))
        for command in ("sample", "inspect", "evaluate", "interpolate"):
            read_by(place, command, run, EITHER if unsealed else FAILS)

    for name, value in (("zeros", bytes(4)), ("nan", b"\0\0\xc0\x7f"), ("largest", b"\xff\xff\x7f\x7f"), ("smallest", b"\1\0\0\0")):
        for unsealed in (False, True):
            yield f"weights {name}{', unsealed' * unsealed}", partial(weights, value=value, unsealed=unsealed)
