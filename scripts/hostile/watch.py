"""One call of the program, watched: how long it takes, how much memory it holds, how it ends."""
import fcntl
import os
import pty
import resource
import shlex
import signal
import struct
import subprocess
import tempfile
import termios
import time
from dataclasses import dataclass, field

SECONDS = 20.0
BYTES = 2 << 30
PATIENCE = 6  # so many times as long may a call take that waits for a core


@dataclass
class Ended:
    """How a call ended."""

    code: int  # negative: the signal that ended it
    out: str
    err: str
    seconds: float
    peak: int  # bytes
    is_hung: bool = False
    is_huge: bool = False
    by_script: set = field(default_factory=set)  # the signals that the script sent


@dataclass
class Streams:
    """Where the standard streams go: `capture`, `closed`, `full`, `gone` (a pipe that nobody reads), `line` (a pipe whose
    reader leaves after one line), `terminal` (of `size` rows and columns). Standard input: `nothing`, `closed` or bytes."""

    out: str = "capture"
    err: str = "capture"
    stdin: object = "nothing"
    size: tuple = (24, 80)

    def as_shell(self):
        """The same in a shell's words, as near as a shell comes."""
        words = {
            "capture": ("", ""), "closed": (">&-", "2>&-"), "full": (">/dev/full", "2>/dev/full"),
            "gone": ("| true", "2> >(true)"), "line": ("| head -1", "2> >(head -1)"),
            "terminal": ("", f"# on a terminal of {self.size[1]} columns"),
        }
        stdin = {"nothing": "", "closed": "<&-"}.get(self.stdin, "< (a pipe)") if isinstance(self.stdin, str) else "< (a pipe)"
        return " ".join(word for word in (stdin, words[self.err][1], words[self.out][0]) if word)


class Watched:
    """A program that runs. `signals` are (when, signal): seconds after its start, or a function that says whether it is time."""

    def __init__(self, argv, cwd, env, streams, before="", signals=(), seconds=SECONDS, bytes_=BYTES, user=None):
        self.streams, self.signals, self.limits = streams, list(signals), (seconds, bytes_)
        self.terminal, self.line_pipe, self.pipes = None, [], {}
        self.captured = {name: tempfile.TemporaryFile() for name in ("out", "err")}
        own, opened = {}, []
        for name in ("out", "err"):
            where = getattr(streams, name)
            if where == "capture" and "ulimit -f" in before:  # what it says is not to count as its files
                self.pipes[name], own[name] = os.pipe()
                os.set_blocking(self.pipes[name], False)
            elif where == "full":
                own[name] = os.open("/dev/full", os.O_WRONLY)
            elif where in ("gone", "line"):
                read, own[name] = os.pipe()
                if where == "gone":
                    os.close(read)
                else:
                    os.set_blocking(read, False)
                    self.line_pipe.append(read)
            elif where == "terminal":
                if self.terminal is None:
                    self.terminal, end = pty.openpty()
                    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", *streams.size, 0, 0))
                    os.set_blocking(self.terminal, False)
                    self.terminal_end = end
                own[name] = os.dup(self.terminal_end)
            opened.extend([own[name]] if name in own else [])
        # The shell closes what is to be closed, and becomes the program: the process is the same.
        closing = {"out": ">&-", "err": "2>&-"}
        words = [closing[name] for name in closing if getattr(streams, name) == "closed"]
        words += ["<&-"] if streams.stdin == "closed" else []
        command = ["sh", "-c", " ".join([before, 'exec "$0" "$@"', *words]), *argv] if words or before else argv
        given = streams.stdin if isinstance(streams.stdin, bytes) else None
        more = {"user": user, "group": user, "extra_groups": []} if user is not None else {}
        self.start = time.monotonic()
        try:
            self.child = subprocess.Popen(
                command, cwd=cwd, env=env, stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL,
                stdout=own.get("out", self.captured["out"]), stderr=own.get("err", self.captured["err"]), **more)
        finally:
            for one in opened:
                os.close(one)
            if self.terminal is not None:
                os.close(self.terminal_end)
        if given is not None:
            try:
                self.child.stdin.write(given)
                self.child.stdin.close()
            except BrokenPipeError:
                pass

    def highest(self):
        """The most memory it has held so far, in bytes."""
        try:
            with open(f"/proc/{self.child.pid}/status") as file:
                return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM:"))
        except (OSError, StopIteration, ValueError):
            return 0  # it is gone

    def waited(self):
        """How many seconds it was ready to run and got no core: on a busy machine, slow is not hung."""
        longest = 0
        try:
            for task in os.listdir(f"/proc/{self.child.pid}/task"):
                with open(f"/proc/{self.child.pid}/task/{task}/schedstat") as file:
                    longest = max(longest, int(file.read().split()[1]))
        except (OSError, IndexError, ValueError):
            pass  # it is gone, or this system does not say
        return longest / 1e9

    def drain(self):
        """Reads what must be read for the program to go on."""
        if self.terminal is not None:
            try:
                while data := os.read(self.terminal, 1 << 16):
                    self.captured["err"].write(data)
            except OSError:
                pass  # nothing there, or the other end is closed
        for name, pipe in self.pipes.items():
            try:
                while data := os.read(pipe, 1 << 16):
                    self.captured[name].write(data)
            except BlockingIOError:
                pass
        for pipe in [*self.line_pipe]:
            try:
                if b"\n" in os.read(pipe, 1 << 12):
                    os.close(pipe)
                    self.line_pipe.remove(pipe)
            except BlockingIOError:
                pass

    def ended(self):
        """Waits for its end."""
        ended = Ended(0, "", "", 0.0, 0)
        seconds, bytes_ = self.limits
        pause = 0.001
        while True:
            pid, status, usage = os.wait4(self.child.pid, os.WNOHANG)
            if pid:
                break
            now = time.monotonic() - self.start
            ended.peak = max(ended.peak, self.highest())
            self.drain()
            if ended.peak > bytes_:
                ended.is_huge = True
                self.kill(signal.SIGKILL)
            elif now > seconds and (now - self.waited() > seconds or now > PATIENCE * seconds):
                ended.is_hung = True
                self.kill(signal.SIGKILL)
            elif self.signals and (self.signals[0][0]() if callable(self.signals[0][0]) else now >= self.signals[0][0]):
                chosen = self.signals.pop(0)[1]
                ended.by_script.add(chosen)
                self.kill(chosen)
                if chosen in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    seconds = max(seconds, now + self.limits[0])
            time.sleep(pause)
            pause = min(0.01, pause * 1.3)
        self.drain()
        self.child.returncode = ended.code = os.waitstatus_to_exitcode(status)
        ended.seconds = time.monotonic() - self.start
        # The system's own figure is exact, but begins with what this script held when it made the process.
        if usage.ru_maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
            ended.peak = max(ended.peak, usage.ru_maxrss << 10)
        ended.is_huge |= ended.peak > bytes_
        for name in ("out", "err"):
            self.captured[name].seek(0)
            setattr(ended, name, self.captured[name].read(1 << 22).decode("utf-8", "replace"))
            self.captured[name].close()
        for one in [*self.line_pipe, *self.pipes.values(), *([self.terminal] if self.terminal is not None else [])]:
            os.close(one)
        return ended

    def kill(self, which):
        try:
            os.kill(self.child.pid, which)
        except ProcessLookupError:
            pass


def after(path, seconds):
    """A moment: so long after this file has been there. What asks a run to end comes once the run listens."""
    seen = []

    def has_come():
        if not seen and path.exists():
            seen.append(time.monotonic())
        return bool(seen) and time.monotonic() - seen[0] >= seconds

    return has_come


def shell_line(argv, cwd, streams, before, env):
    """What a person types to make this call again."""
    quoted = [quote(word) for word in argv]
    settings = [f"{name}={quote(value)}" for name, value in env.items()]
    said = " ".join(part for part in (before, *settings, *quoted, streams.as_shell()) if part)
    return f"(cd {quote(cwd)} && {said})"


def quote(word):
    word = os.fsencode(word)
    if all(32 <= byte < 127 for byte in word):
        return shlex.quote(word.decode())
    spelled = "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\" else f"\\x{byte:02x}" for byte in word)
    return f"$'{spelled}'"
