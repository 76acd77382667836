#!/usr/bin/env python3
"""Measures what the lab promises: how soon digits can be read, what looking costs, how fast it answers, what a pause takes.

    cargo build --release
    scripts/lab.py                     all of it, some three minutes
    scripts/lab.py answers pause      only these parts

It starts `twoplayer lab` without a browser and asks it as a page does. Parts: digits, speed, answers, tape, back, pause, page.
Needs python 3.9 and nothing else.
"""

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/release/twoplayer"


class Lab:
    """A lab, and a page that has it open."""

    def __init__(self, *arguments):
        self.began = time.monotonic()
        command = [PROGRAM, "lab", "--no-open", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        address = self.process.stdout.readline().strip()
        where, self.token = address.split("/#")
        self.port = int(where.rsplit(":", 1)[1])
        self.connections = threading.local()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    def ask(self, path, command=None):
        if not hasattr(self.connections, "own"):
            self.connections.own = http.client.HTTPConnection("127.0.0.1", self.port)
        own = self.connections.own
        body = None if command is None else json.dumps(command)
        own.request("GET" if command is None else "POST", path, body, {"Authorization": f"Bearer {self.token}"})
        answer = own.getresponse()
        return answer.status, answer.read()

    def frame(self, after=0):
        while True:
            status, body = self.ask(f"/api/frame?after={after}")
            if status == 200:
                return json.loads(body)

    def do(self, **command):
        status, body = self.ask("/api/command", command)
        assert status == 200, body

    def do_and_see(self, **command):
        before = self.frame()["number"]
        self.do(**command)
        return self.frame(before)

    def watch(self, seconds):
        """Looks as a page does, ten times a second, and gives the last step that it saw and when."""
        frame, begin = self.frame(), time.monotonic()
        while time.monotonic() - begin < seconds:
            frame = self.frame(frame["number"])
            time.sleep(0.1)
        return frame["at"]["step"]

    def go_to(self, step):
        frame = self.frame()
        while frame["at"]["step"] < step:
            frame = self.do_and_see(do="step")
        return frame


def line(what, figure, target):
    print(f"{what:58} {figure:24} target {target}", flush=True)


def digits():
    """The preset lab, 20 seconds after its start: the same step by `train`, whose numbers are the same."""
    with Lab() as lab:
        step = lab.watch(20 - (time.monotonic() - lab.began))
    with tempfile.TemporaryDirectory() as place:
        run, samples = f"{place}/run", f"{place}/samples.idx"
        train = [PROGRAM, "train", "--preset", "lab", "--steps", str(step), "--evaluate-every", "0", "--quiet", "--out", run]
        for command in (train, [PROGRAM, "sample", run, "--count", "100", "-o", samples]):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        read = subprocess.run([PROGRAM, "recognize", samples, "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout
    answers = [json.loads(answer) for answer in read.splitlines()]
    right = sum(answer["digit"] in (0, 1, 7) and answer["probability"] >= 0.9 for answer in answers)
    line(f"lab: digits that can be read after 20 s ({step} steps)", f"{right} of {len(answers)}", "80 of 100")


def speed():
    """Steps a second with a page open beside those of `train`, in turn."""

    def trained(steps):
        with tempfile.TemporaryDirectory() as place:
            begin = time.monotonic()
            command = [PROGRAM, "train", "--preset", "mlp", "--steps", str(steps), "--evaluate-every", "0", "--quiet"]
            subprocess.run(command + ["--out", f"{place}/run"], check=True, stdout=subprocess.DEVNULL)
            return time.monotonic() - begin

    ratios = []
    for _ in range(3):
        with Lab("--preset", "mlp") as lab:
            lab.watch(2)
            first, begin = lab.frame()["at"]["step"], time.monotonic()
            lab.watch(8)
            last = lab.frame(lab.frame()["number"])["at"]["step"]
            rate = (last - first) / (time.monotonic() - begin)
        ratios.append(rate * (trained(450) - trained(150)) / 300)
    line("mlp: speed under the lab, of train's (median of 3)", f"{statistics.median(ratios):.3f}", "0.95")


def answers():
    """From a click on step to the new picture."""
    with Lab("--preset", "mlp", "--paused") as lab:
        lab.go_to(5)
        times = []
        for _ in range(60):
            begin = time.monotonic()
            lab.do_and_see(do="step")
            times.append(1000 * (time.monotonic() - begin))
    times.sort()
    line("mlp: from step to picture, median and 95th percentile", f"{times[30]:.0f} and {times[57]:.0f} ms", "150 and 300 ms")


def tape():
    """Opening the tape of a paused step, at its longest: where the way back ends."""
    with Lab("--preset", "best", "--paused") as lab:
        frame, largest = lab.frame(), 0
        times = []
        while not (frame["at"]["moment"]["kind"] == "phase" and frame["at"]["moment"]["phase"] == "update"):
            frame = lab.do_and_see(do="phase")
            begin = time.monotonic()
            largest = max(largest, len(lab.ask("/api/tape")[1]))
            times.append(1000 * (time.monotonic() - begin))
        size = len(lab.ask("/api/frame")[1])
    line("best: opening the tape, slowest of a step", f"{max(times):.0f} ms", "500 ms")
    line("best: the tape, and a frame", f"{largest / 1024:.0f} and {size / 1024:.0f} KiB", "300 KiB")


def back():
    with Lab("--preset", "mlp", "--paused") as lab:
        lab.do(do="play")
        while lab.frame(lab.frame()["number"])["at"]["step"] < 240:
            pass
        frame = lab.do_and_see(do="pause")
        while frame["at"]["playing"]:
            frame = lab.frame(frame["number"])
        step = frame["at"]["step"]
        times = []
        for there in (step - 100, step - 101, step - 99):
            lab.go_to(step)
            lab.do_and_see(do="back", step=step)
            begin = time.monotonic()
            frame = lab.do_and_see(do="back", step=there)
            times.append(time.monotonic() - begin)
            assert frame["at"]["step"] == there, frame["at"]
    line("mlp: going back 100 steps, slowest of 3", f"{max(times):.2f} s", "3 s")


def pause():
    """Processor time of a lab that waits within a step, its page open and closed."""
    with Lab("--preset", "mlp", "--paused") as lab:
        lab.go_to(3)
        number = lab.do_and_see(do="operation")["number"]

        def wait():
            try:
                lab.ask(f"/api/frame?after={number}")
            except http.client.RemoteDisconnected:
                pass  # the lab has ended

        threading.Thread(target=wait, daemon=True).start()
        time.sleep(1)

        def spent():
            fields = Path(f"/proc/{lab.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        before = spent()
        time.sleep(10)
        share = (spent() - before) / 10
    line("mlp: processor time while paused within a step", f"{100 * share:.1f} % of a core", "2 %")


def page():
    files = sorted((ROOT / "src/lab/page").iterdir())
    lengths = {file.name: len(file.read_text().splitlines()) for file in files}
    longest = max(lengths, key=lengths.get)
    line("the page's own code", f"{sum(lengths.values())} lines", "3,000 lines")
    line("its longest file", f"{longest}, {lengths[longest]}", "400 lines")


PARTS = {part.__name__: part for part in (digits, speed, answers, tape, back, pause, page)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="of " + ", ".join(PARTS) + " [default: all]")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := [part for part in chosen if part not in PARTS]:
        parser.error(f"no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    for part in chosen:
        PARTS[part]()


if __name__ == "__main__":
    main()
