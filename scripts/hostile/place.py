"""Where a case happens: a directory of its own, the calls made there, and what is wrong with how they ended."""
import hashlib
import os
import re
import shutil
import signal
import stat
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from .cases import EITHER, FAILS, QUIET, WORKS
from .watch import Streams, Watched, shell_line

OURS = ("TWOPLAYER_DATA", "TWOPLAYER_KERNEL", "RUST_LOG", "RUST_BACKTRACE", "COLUMNS")  # no call inherits these
THREADED = {"train", "sample", "interpolate", "inspect", "evaluate", "recognize", "bench", "recognizer"}
WHOLE = 64 << 20  # of longer files not every byte is compared


@dataclass
class Call:
    """A call that was made, and what was wrong with it."""

    shell: str
    seconds: float
    peak: int
    code: int
    problems: list = field(default_factory=list)  # (sort, words)
    said: str = ""


class Skipped(Exception):
    """This machine or this user cannot try that."""


class Place:
    """`made` is what all cases share: see made.py."""

    def __init__(self, root, made, key, seed):
        self.root, self.made, self.random = Path(root), made, Random(f"{seed}/{key}")
        self.calls, self.comparisons = [], 0
        self.root.mkdir(parents=True)
        if os.geteuid() == 0:
            os.chmod(self.root, 0o777)

    # What lies there.

    def __truediv__(self, name):
        return self.root / name

    def write(self, name, content):
        path = self.root / name if isinstance(name, str) else Path(os.fsdecode(name))
        path = path if path.is_absolute() else self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, which="whole", name="run"):
        """A copy of a trained run."""
        return Path(shutil.copytree(self.made.runs[which], self.root / name, symlinks=True))

    def set(self, name="set"):
        """A copy of the small set of digits."""
        return Path(shutil.copytree(self.made.set, self.root / name))

    def recognizer(self, name="reader"):
        return Path(shutil.copytree(self.made.recognizer, self.root / name))

    # What is done there.

    def start(self, *arguments, streams=None, env=None, before="", signals=(), cwd=None, user=None, seconds=None):
        """Begins a call; `finish` ends it."""
        arguments = on_one_thread([*map(os.fspath, arguments)])
        argv, cwd = [self.made.program if user is None else self.made.open_program, *arguments], cwd or self.root
        streams, env = streams or Streams(), env or {}
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        shell = shell_line(argv, cwd, streams, before, env)
        limits = {"seconds": seconds or self.made.seconds, "bytes_": self.made.bytes}
        old = snapshot(self.root)
        return Watched(argv, cwd, inherited | env, streams, before, signals, user=user, **limits), shell, old

    def call(self, *arguments, expect=EITHER, says=None, writes=(), always=(), errors=1, **more):
        """Makes a call. `expect`: the exit codes it may end with. `says`: a pattern that the error line must have in it.
        `writes`: what it may change unless it fails; `always`: what it may change even then. `errors`: how many error
        lines there are when it fails; None for at least one."""
        return self.finish(self.start(*arguments, **more), expect, says, writes, always, errors)

    def finish(self, started, expect=EITHER, says=None, writes=(), always=(), errors=1):
        """Ends a call."""
        running, shell, old = started
        ended = running.ended()
        call = Call(shell, ended.seconds, ended.peak, ended.code, said=ended.err.strip()[-600:])
        self.calls.append(call)
        wrong = lambda sort, words: call.problems.append((sort, words))
        own = {-signal.SIGKILL} & {-number for number in ended.by_script}
        if "panicked at" in ended.err or "panicked at" in ended.out or ended.code == 101:
            wrong("panic", "it panicked")
        if ended.is_huge:
            wrong("memory", f"it held {ended.peak / 1e9:.1f} GB" if ended.peak > 0 else "too much memory")
        elif ended.is_hung:
            wrong("hang", f"no end after {ended.seconds:.0f} s")
        elif ended.code < 0 and ended.code not in own and ended.code not in expect:
            wrong("abort", f"signal {-ended.code} ended it")
        elif ended.code not in expect and ended.code not in own and not call.problems:
            wrong("wrong", f"exit code {ended.code}, not {' or '.join(map(str, sorted(expect)))}")
        lines = [line for line in ended.err.splitlines() if line.startswith("error: ")]
        if running.streams.err == "capture" and not call.problems:
            if ended.code in FAILS and (len(lines) != errors if errors is not None else not lines):
                wrong("wrong", f"{len(lines)} lines `error: …`")
            if ended.code in WORKS | QUIET and lines:
                wrong("wrong", "it works, and says `error: …`")
            if ended.code in FAILS and says != "^error: " and any("unexpected argument" in line for line in lines):
                wrong("wrong", "this call is none that the program knows")
            if ended.code in FAILS and says and not any(re.search(says, line) for line in lines):
                wrong("wrong", f"its error line has no {says!r}")
        may_change = [*always, *(writes if ended.code not in FAILS else ())]
        if lost := differences(old, snapshot(self.root), [self.root / name for name in may_change]):
            wrong("lost", "not as it was: " + ", ".join(lost[:4]))
        if broken := self.made.mended():
            wrong("lost", f"what all cases share was changed: {broken}")
        call.ended = ended
        return ended

    def problem(self, sort, words):
        """Something is wrong that only shows beside the last call."""
        self.calls[-1].problems.append((sort, words))

    def expect_same(self, run, undisturbed, names=("generator.safetensors", "discriminator.safetensors")):
        """Whether a run ended with the weights of the undisturbed one."""
        self.comparisons += 1
        for name in names:
            try:
                if (run / name).read_bytes() != (Path(undisturbed) / name).read_bytes():
                    return self.problem("lost", f"{name} is another than the undisturbed run's")
            except OSError as reason:
                return self.problem("lost", str(reason))
        return None


def on_one_thread(arguments):
    """The same call on one thread, unless it says on how many."""
    words = 2 if arguments[0] == "recognizer" else 1
    asks = any(word.startswith(("--threads", "--help", "-h")) for word in arguments)
    if arguments[0] not in THREADED or asks or len(arguments) < words:
        return arguments
    return [*arguments[:words], "--threads", "1", *arguments[words:]]


def snapshot(root):
    """What lies under a directory: for each path what it is, and a hash of its bytes."""
    found = {}
    walk = [os.fsencode(root)]
    while walk:
        try:
            entries = [*os.scandir(walk.pop())]
        except OSError:
            continue
        for entry in entries:
            mode = entry.stat(follow_symlinks=False)
            if stat.S_ISLNK(mode.st_mode):
                found[entry.path] = ("link", os.readlink(entry.path))
            elif stat.S_ISDIR(mode.st_mode):
                found[entry.path] = ("directory",)
                walk.append(entry.path)
            elif not stat.S_ISREG(mode.st_mode):
                found[entry.path] = ("special", stat.S_IFMT(mode.st_mode), mode.st_rdev)
            elif entry.name == b"lock":
                found[entry.path] = ("lock",)
            elif mode.st_size > WHOLE:
                found[entry.path] = ("long file", mode.st_size, mode.st_mtime_ns)
            else:
                try:
                    with open(entry.path, "rb") as file:
                        found[entry.path] = ("file", hashlib.sha256(file.read()).digest())
                except PermissionError:
                    found[entry.path] = ("closed file", mode.st_size, mode.st_mtime_ns)
    return found


def differences(old, new, writes):
    """What was there and is not as it was, but for what may be written."""
    allowed = [os.fsencode(path) for path in writes]
    free = lambda path: any(path == one or path.startswith(one + b"/") for one in allowed)
    return sorted(os.fsdecode(os.path.basename(path)) for path, what in old.items() if new.get(path) != what and not free(path))
