"""Signals, kills, and processes that meet."""
import signal
import time
from functools import partial

from .cases import EITHER, STOPPED, WORKS, kind
from .streams import COMMANDS, WRITES, given
from .watch import after

TRAIN = ["train", "--config", "LABELLED", "--data", "DATA", "--out", "run", "--epochs", "30"]


def has_checkpoint(run):
    """The moment when the run has a checkpoint after its first step."""
    return lambda: bool([*(run / "checkpoints").glob("step-*[1-9].safetensors")])


def go_on(place, run, undisturbed, tries=2):
    """Goes on with a run until it has come to its end, and compares."""
    for _ in range(tries):
        ended = place.call("train", "--resume", run, "--quiet", expect=EITHER, writes=[run], always=[run], says="end|checkpoint")
        if ended.code != 0 and not [*run.glob("checkpoints/step-*")]:
            return False  # killed before its first checkpoint: it is to be begun anew
        if ended.code == 2 or ended.code == 0:
            break
    place.expect_same(run, undisturbed)
    return True


@kind("signals", "hang-up under nohup goes on; Ctrl-C and termination end in good order, and the run goes on as if nothing had happened")
def signals(random):
    def stop(place, sent, when, before="", expect=STOPPED, more=()):
        run = place / "run"
        moment = has_checkpoint(run) if when == "checkpoint" else after(run / "config.toml", 0 if when == "beginning" else when)
        ended = place.call(*given(place, TRAIN), *more, before=before, expect=expect | WORKS, signals=[(moment, one) if i == 0 else (lambda: True, one) for i, one in enumerate(sent)])
        if ended.code == 0:
            return place.expect_same(run, place.made.runs["kill"])
        if not (run / "config.toml").exists():
            return None
        go_on(place, run, place.made.runs["kill"])
        return None

    names = {"INT": signal.SIGINT, "TERM": signal.SIGTERM, "HUP": signal.SIGHUP}
    for name, number in names.items():
        for when in ("beginning", "checkpoint", 0.3, 0.6, round(0.2 + random.random(), 2)):
            yield f"{name} at {when}", partial(stop, sent=[number], when=when)
        yield f"{name} twice", partial(stop, sent=[number, number], when="checkpoint", expect=STOPPED)
        yield f"{name} to train --json", partial(stop, sent=[number], when="checkpoint", more=["--json"])
    yield "INT, then TERM", partial(stop, sent=[signal.SIGINT, signal.SIGTERM], when="checkpoint")
    for when in ("beginning", "checkpoint", 0.4):
        yield f"HUP under nohup at {when}", partial(stop, sent=[signal.SIGHUP], when=when, before="trap '' HUP;", expect=WORKS)
    yield "HUP three times under nohup", partial(stop, sent=[signal.SIGHUP] * 3, when="checkpoint", before="trap '' HUP;", expect=WORKS)
    yield "INT that is ignored", partial(stop, sent=[signal.SIGINT], when="checkpoint", before="trap '' INT;", expect=STOPPED)
    yield "stopped and continued", partial(stop, sent=[signal.SIGSTOP, signal.SIGCONT], when="checkpoint", expect=WORKS)
    yield "WINCH", partial(stop, sent=[signal.SIGWINCH] * 5, when="checkpoint", expect=WORKS)
    yield "PIPE that is ignored", partial(stop, sent=[signal.SIGPIPE], when="checkpoint", before="trap '' PIPE;", expect=WORKS)

    def resumed(place, number):
        run = place.run()
        ended = place.call("train", "--resume", run, "--epochs", "8", expect=STOPPED | WORKS, writes=[run], signals=[(after(run / "checkpoints/step-00000014.safetensors", 0), number)])
        if ended.code != 0:
            place.call("train", "--resume", run, expect=EITHER, writes=[run], always=[run])
        place.call("train", "--resume", run, "--epochs", "8", expect=EITHER, writes=[run], always=[run])
        place.expect_same(run, place.made.runs["long"])

    for name, number in names.items():
        yield f"{name} to train --resume", partial(resumed, number=number)

    def one_second(place, words, number):
        time.sleep(1.02 - time.time() % 1)  # just after the clock's second begins
        started = [place.start(*given(place, words)) for _ in range(number)]
        for one in started:
            place.finish(one, expect=WORKS, always=["runs"])
        found = [*(place / "runs").iterdir()] if (place / "runs").exists() else []
        if len(found) != number:
            place.problem("wrong", f"{len(found)} runs of {number}")

    for repeat in range(4):
        yield f"three runs in one second, {repeat}", partial(one_second, words=["train", "--config", "LABELLED", "--data", "DATA", "--steps", "2", "--quiet"], number=3)
    yield "five runs in one second", partial(one_second, words=["train", "--config", "LABELLED", "--data", "DATA", "--steps", "2", "--quiet"], number=5)
    for repeat in range(2):
        yield f"three recognizers in one second, {repeat}", partial(
            one_second, words=["recognizer", "train", "--on", "real", "--data", "DATA", "--steps", "1"], number=3)

    def second_process(place, others):
        run = place / "run"
        first = place.start(*given(place, TRAIN))
        until = time.monotonic() + 10
        while not has_checkpoint(run)() and time.monotonic() < until:
            time.sleep(0.01)
        for words in others:
            place.call(*(run if word == "run" else word for word in words), expect=EITHER, always=[run])
        place.finish(first, expect=WORKS, always=[run])
        place.expect_same(run, place.made.runs["kill"])

    yield "a second process resumes", partial(second_process, others=[["train", "--resume", "run", "--quiet"]])
    yield "others read a run that trains", partial(second_process, others=[["runs", "."], ["report", "run"], ["sample", "run", "-o", "x.png"], ["runs", ".", "--json"]])

    def other(place, words, number, when):
        outputs = [word for word in words if word in ("x.png", "y.png")]
        for name in outputs:
            place.write(name, b"it was here before")
        place.call(*given(place, words), expect=WORKS | STOPPED | {-number}, writes=[*WRITES, *outputs], signals=[(when, number)])
        for name in outputs:  # the old one or the new one, whole
            content = (place / name).read_bytes()
            if content != b"it was here before" and not content.endswith(b"IEND\xaeB`\x82"):
                place.problem("lost", f"{name} is half of a picture")

    for name in ("sample", "interpolate", "inspect", "report", "recognizer train", "evaluate --pictures", "data", "recognizer compare"):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            when = round(0.01 + 0.08 * random.random(), 3)
            yield f"{name} {number.name} at {when}", partial(other, words=COMMANDS[name][0], number=number, when=when)


@kind("kills", "a run that is killed goes on as if nothing had happened")
def kills(random):
    def killed(place, moments, words=TRAIN, undisturbed="kill"):
        run = place / "run"
        for moment in moments:
            if (run / "config.toml").exists() and [*run.glob("checkpoints/step-*")]:
                ended = place.call("train", "--resume", run, "--quiet", expect=EITHER, writes=[run], always=[run], signals=[(moment, signal.SIGKILL)])
            else:
                if run.exists():
                    run.rename(place / f"begun-{len(place.calls)}")
                ended = place.call(*given(place, words), expect=EITHER, signals=[(moment, signal.SIGKILL)])
            if ended.code in (0, 2):
                break
        if not go_on(place, run, place.made.runs[undisturbed]):
            run.rename(place / "begun")
            place.call(*given(place, words), expect=WORKS)
            place.expect_same(run, place.made.runs[undisturbed])

    for number in range(24):
        moments = [round(0.02 + 0.35 * random.random(), 3) for _ in range(6)]
        yield f"at {' '.join(map(str, moments))}", partial(killed, moments=moments)

    def resumed(place, moments):
        run = place.run()
        for moment in moments:
            if place.call("train", "--resume", run, "--epochs", "8", expect=EITHER, writes=[run], always=[run], signals=[(moment, signal.SIGKILL)]).code in (0, 2):
                break
        place.call("train", "--resume", run, "--epochs", "8", expect=EITHER, writes=[run], always=[run])
        place.expect_same(run, place.made.runs["long"])

    for number in range(12):
        moments = [round(0.01 + 0.2 * random.random(), 3) for _ in range(4)]
        yield f"resumed, at {' '.join(map(str, moments))}", partial(resumed, moments=moments)

    def from_step(place, moment):
        """From a checkpoint in the middle, killed at once: the later one may be gone, but then the earlier one is there."""
        run = place.run()
        place.call("train", "--resume", run, "--from-step", "7", "--epochs", "8", expect=EITHER, writes=[run], always=[run], signals=[(moment, signal.SIGKILL)])
        place.call("train", "--resume", run, "--epochs", "8", expect=EITHER, writes=[run], always=[run])
        place.expect_same(run, place.made.runs["long"])

    for moment in (0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.08, 0.12):
        yield f"from step 7, at {moment}", partial(from_step, moment=moment)
