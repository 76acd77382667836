"""The lab: a port that is taken, an end at any time, a run that is looked at, a recording that is cut short."""
import signal
import socket
import time
from functools import partial

from .cases import EITHER, FAILS, FAULT, STOPPED, USAGE, WORKS, kind
from .streams import Streams, given

LAB = ["lab", "--config", "LABELLED", "--data", "DATA", "--no-open"]


def soon(seconds):
    """A moment: so long after it is first asked for."""
    begin = []

    def has_come():
        begin.append(time.monotonic())
        return begin[-1] - begin[0] >= seconds

    return has_come


@kind("lab", "whatever ends it, it ends in good order, changes no run, and leaves no half of a recording")
def lab(random):
    def taken(place, extra):
        with socket.socket() as own:
            own.bind(("127.0.0.1", 0))
            own.listen()
            place.call(*given(place, LAB), *extra, "--port", str(own.getsockname()[1]), expect=FAULT, says="port")

    yield "a port that is taken", partial(taken, extra=[])
    yield "a port that is taken, paused", partial(taken, extra=["--paused"])

    def fails(place, words, expect):
        place.call(*given(place, words), expect=expect)

    for port in ("0", "65536", "-1", "x", ""):
        yield f"port {port!r}", partial(fails, words=[*LAB, f"--port={port}"], expect=USAGE)
    for words in (["lab", "nothing"], ["lab", "--preset", "nothing"], ["lab", "--config", "nothing"], ["lab", "--data", "nothing"], ["lab", "RUN", "--preset", "mlp"],
                  ["lab", "--record", "x.html", "--steps", "0"], ["lab", "--record", "nowhere/x.html"], ["lab", "--steps", "3"], ["lab", "--record", "-"]):
        yield " ".join(words), partial(fails, words=words, expect=FAILS)

    def ended(place, words, numbers, seconds, streams):
        place.call(*given(place, words), streams=streams, expect=STOPPED | ({0} if streams.out == "gone" else set()), signals=[(soon(seconds) if at == 0 else (lambda: True), number) for at, number in enumerate(numbers)])

    names = {"INT": signal.SIGINT, "TERM": signal.SIGTERM, "HUP": signal.SIGHUP}
    for name, number in names.items():
        for seconds in (0.3, 1.0, round(0.2 + random.random(), 2)):
            yield f"{name} after {seconds} s", partial(ended, words=LAB, numbers=[number], seconds=seconds, streams=Streams())
        yield f"{name} twice", partial(ended, words=LAB, numbers=[number] * 2, seconds=0.5, streams=Streams())
        yield f"{name}, a run", partial(ended, words=["lab", "RUN", "--no-open"], numbers=[number], seconds=0.5, streams=Streams())
        yield f"{name}, nobody reads the address's remarks", partial(ended, words=LAB, numbers=[number], seconds=0.5, streams=Streams(err="closed"))

    def recorded(place, number, seconds):
        before = place.write("x.html", b"it was here before")
        words = ["lab", "--config", "LABELLED", "--data", "DATA", "--record", "x.html", "--steps", "100"]
        ended = place.call(*given(place, words), expect=WORKS | STOPPED | {-number}, writes=["x.html"], signals=[(soon(seconds), number)])
        left = [path.name for path in place.root.rglob(".*.tmp-*")]
        whole = before.read_bytes().rstrip().endswith(b"</dialog>") or b"moments" in before.read_bytes()
        if ended.code == 0 and not whole or ended.code != 0 and not (whole or before.read_bytes() == b"it was here before"):
            place.problem("lost", "the recording is neither whole nor what was there before")
        if left and number != signal.SIGKILL:
            place.problem("wrong", f"it left {left}")

    for name, number in (names | {"KILL": signal.SIGKILL}).items():
        for seconds in (0.2, 0.6, round(0.1 + random.random(), 2)):
            yield f"{name} to a recording after {seconds} s", partial(recorded, number=number, seconds=seconds)

    def damaged(place, harm):
        run = place.run()
        harm(run)
        place.call("lab", run, "--record", place / "x.html", "--steps", "1", expect=EITHER, writes=["x.html"])

    def cut(run, name, length):
        path = next(iter(run.glob(name)))
        path.write_bytes(path.read_bytes()[:length])

    for name in ("config.toml", "checkpoints/step-*.safetensors"):
        for length in (0, 1, 50):
            yield f"a run with {length} bytes of {name}", partial(damaged, harm=partial(cut, name=name, length=length))
