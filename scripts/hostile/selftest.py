"""Programs that do what twoplayer must not do: each must be caught, and the one that does nothing wrong must not."""
import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .cases import EITHER, FAILS, FAULT, QUIET, STOPPED, WORKS
from .place import Place
from .watch import Streams

# name: (what the program does, a line of Python; what it is expected to do; the sort of problem, none if all is well)
PROGRAMS = {
    "one line, exit 1": ("sys.exit('error: x.toml: no')", dict(expect=FAILS, says="x.toml"), None),
    "done": ("print('done')", dict(expect=WORKS), None),
    "writes what it may": ("open('own', 'w').write('new')", dict(expect=WORKS, writes=["own"]), None),
    "a lock is touched": ("open('lock', 'w').write('new'); sys.exit('error: no')", dict(expect=FAILS), None),
    "ends by Ctrl-C as asked": ("signal.signal(2, lambda *_: sys.exit(130)); ready(); time.sleep(9)", dict(expect=STOPPED, signals=[signal.SIGINT]), None),
    "killed by the script": ("ready(); time.sleep(9)", dict(expect=WORKS, signals=[signal.SIGKILL]), None),
    "a reader went away": ("signal.signal(13, signal.SIG_DFL); os.write(1, b'x' * 100000)", dict(expect=QUIET, streams=Streams(out="gone")), None),
    "goes on under nohup": ("ready(); time.sleep(1)", dict(expect=WORKS, before="trap '' HUP;", signals=[signal.SIGHUP]), None),
    "a small disk, and one line": ("print('done'); sys.exit('error: no room')", dict(expect=FAULT, says="room", before="ulimit -f 0;"), None),
    "panics": ("print(\"thread 'main' panicked at src/x.rs:1\", file=sys.stderr); sys.exit(101)", dict(expect=FAILS), "panic"),
    "panics with another code": ("print(\"thread 'main' panicked at src/x.rs:1\", file=sys.stderr); sys.exit(1)", dict(expect=FAILS), "panic"),
    "panics in silence": ("sys.exit(101)", dict(streams=Streams(err="full")), "panic"),
    "aborts": ("os.abort()", dict(expect=EITHER), "abort"),
    "is killed by the system": ("os.kill(os.getpid(), 11)", dict(expect=EITHER), "abort"),
    "dies of a hang-up": ("ready(); time.sleep(9)", dict(expect=WORKS, signals=[signal.SIGHUP]), "abort"),
    "hangs": ("time.sleep(60)", dict(expect=EITHER), "hang"),
    "spins": ("\nwhile True: pass", dict(expect=EITHER), "hang"),
    "waits for a FIFO": ("os.mkfifo('fifo'); open('fifo')", dict(expect=EITHER), "hang"),
    "hangs after Ctrl-C": ("signal.signal(2, signal.SIG_IGN); ready(); time.sleep(60)", dict(expect=STOPPED, signals=[signal.SIGINT]), "hang"),
    "eats memory": ("x = []\nwhile True: x.append(bytearray(b'x' * (1 << 22)))", dict(expect=EITHER), "memory"),
    "eats memory for a moment": ("x = bytearray(b'x' * 200000000); del x", dict(expect=EITHER), "memory"),
    "fails without a line": ("sys.exit(1)", dict(expect=FAILS), "wrong"),
    "fails with two lines": ("print('error: a\\nerror: b', file=sys.stderr); sys.exit(1)", dict(expect=FAILS), "wrong"),
    "fails with another line": ("sys.exit('error: something else')", dict(expect=FAILS, says="x.toml"), "wrong"),
    "fails for the call": ("print(\"error: unexpected argument '--x' found\", file=sys.stderr); sys.exit(2)", dict(expect=FAILS), "wrong"),
    "works where it must fail": ("pass", dict(expect=FAILS), "wrong"),
    "fails where it must work": ("sys.exit('error: no')", dict(expect=WORKS), "wrong"),
    "fails with another code": ("print('error: no', file=sys.stderr); sys.exit(2)", dict(expect=FAULT), "wrong"),
    "works, but says error": ("print('error: no', file=sys.stderr)", dict(expect=WORKS), "wrong"),
    "removes a file and fails": ("os.remove('own'); sys.exit('error: no')", dict(expect=FAILS, writes=["own"]), "lost"),
    "changes a byte and fails": ("open('own', 'w').write('It is here'); sys.exit('error: no')", dict(expect=FAILS, writes=["own"]), "lost"),
    "changes another file and works": ("open('other', 'w').write('new')", dict(expect=WORKS, writes=["own"]), "lost"),
    "replaces a FIFO": ("os.remove('pipe'); open('pipe', 'w').write('new')", dict(expect=WORKS), "lost"),
    "replaces a link": ("os.remove('link'); open('link', 'w').write('It is here')", dict(expect=WORKS), "lost"),
    "changes what all share": ("open(sys.argv[-1], 'w').write('new')", dict(expect=WORKS), "lost"),
}


class Fakes:
    """What Place wants to know, for such a program."""

    def __init__(self, program, shared):
        self.program = self.open_program = str(program)
        self.shared, self.seconds, self.bytes = shared, 12.0, 120 << 20

    def mended(self):
        if self.shared.read_text() == "shared":
            return None
        self.shared.write_text("shared")
        return "shared"


def prepared(root, name):
    """A place with such a program in it."""
    place = Place(root / name, None, name, 0)
    program = place.write("program", f"#!{sys.executable}\nimport os, signal, sys, time\nready = lambda: open('ready', 'w').close()\n{PROGRAMS[name][0]}\n")
    os.chmod(program, 0o755)
    for file in ("own", "other", "lock"):
        place.write(file, "It was here")
    os.mkfifo(place / "pipe")
    (place / "link").symlink_to("own")
    shared = root / f"{name}, shared"
    shared.write_text("shared")
    place.made = Fakes(program, shared)
    return place


def judged(name, place):
    """What was found of the program, if it is not what should be."""
    _, how, sort = PROGRAMS[name]
    signals = [((place / "ready").exists, number) for number in how.get("signals", [])]
    place.call("presets", place.made.shared, **(how | {"signals": signals}))
    found = [one for one, _ in place.calls[-1].problems]
    return found if (sort not in found if sort else found) else None


def self_test():
    """Whether every program is judged as it must be."""
    missed = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(4) as pool:
        root = Path(folder)
        places = [prepared(root, name) for name in PROGRAMS]  # all of them first: what is being written cannot be run
        for name, found in zip(PROGRAMS, pool.map(judged, PROGRAMS, places)):
            if found is not None:
                missed += 1
                print(f"MISSED: {name}: {found or 'nothing'} was found, not {PROGRAMS[name][2] or 'nothing'}")
        (root / "shared").write_text("shared")
        place = Place(root / "runs", Fakes(place_program(root), root / "shared"), "runs", 0)
        for run, weights in (("a", "1"), ("b", "2")):
            place.write(f"{run}/generator.safetensors", weights), place.write(f"{run}/discriminator.safetensors", "3")
        for other, count in (("a", 0), ("b", 1), ("nothing", 1)):
            place.call("presets")
            place.expect_same(place / "a", place / other)
            if len(place.calls[-1].problems) != count:
                missed += 1
                print(f"MISSED: a run that ends as {other}")
    print(f"{len(PROGRAMS) + 3} programs, {missed} judged wrongly")
    return missed == 0


def place_program(root):
    """One that does nothing."""
    program = root / "program"
    program.write_text(f"#!{sys.executable}\n")
    os.chmod(program, 0o755)
    return program
