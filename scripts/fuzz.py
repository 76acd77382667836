#!/usr/bin/env python3
"""Fuzzes what the program reads: builds the targets in fuzz/, runs each for so many executions in all, and goes on where
the last call stopped.

    scripts/fuzz.py                          all targets, until each has had 10,000,000 executions
    scripts/fuzz.py config run --runs 20000  these, until they have had so many
    scripts/fuzz.py --jobs 2                 two at a time

What has been executed is counted in fuzz/corpus/executions.json, beside the inputs that were worth keeping; git knows
nothing of either. The first crash of a target ends its run: its input is in fuzz/artifacts/, and the line that repeats it
is printed. Ctrl-C or SIGTERM ends all, and what was executed counts.

It needs python 3.9, cargo with the toolchain that builds the crate, and a C++ compiler for libFuzzer, which comes with the
crate libfuzzer-sys; nothing else is installed. There is no address sanitizer: what is fuzzed has no `unsafe`, and runs
several times as fast without it. An input on which a target takes 20 seconds or 2 GiB counts as a crash too.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUZZ = ROOT / "fuzz"
CORPUS = FUZZ / "corpus"
COUNTS = CORPUS / "executions.json"

# Each target and the longest input that it is given: many small ones find more than few large ones.
TARGETS = {
    "arguments": 256,
    "commands": 256,
    "config": 2048,
    "idx": 256,
    "picture": 512,
    "run": 8192,
    "samples": 256,
    "weights": 512,
}
# Where a target's seeds are, if not in fuzz/seeds/TARGET.
SEEDS = {"config": ROOT / "src/gan/config/presets"}
# The crates in which libFuzzer sees what is executed: this one and those that take its input apart.
SEEN = """twoplayer twoplayer_fuzz clap_builder clap_lex csv csv_core fdeflate flate2 miniz_oxide png safetensors serde_json
toml toml_parser winnow""".split()
COVERAGE = ["-Cpasses=sancov-module"] + [
    f"-Cllvm-args=-sanitizer-coverage-{option}"
    for option in ("level=3", "inline-8bit-counters", "pc-table")  # what is compared as well would take twice the time
]
# Set where cargo calls this script in the compiler's place.
WRAPS = "TWOPLAYER_FUZZ_WRAPS"
# Executions between two looks at the count.
TURN = 500_000
SECONDS, MEBIBYTES = 20, 2048

lock = threading.Lock()
running = set()
stopped = threading.Event()


def build():
    """The targets' programs; gives the directory that they are in."""
    host = re.search(r"host: (\S+)", subprocess.check_output(["rustc", "-vV"], text=True))[1]
    # `fuzzing` is what makes the PNG decoder take wrong checksums.
    flags = {"RUSTC_WRAPPER": str(ROOT / "scripts/fuzz.py"), WRAPS: "1", "RUSTFLAGS": "--cfg fuzzing", "CARGO_TARGET_DIR": str(FUZZ / "target")}
    command = ["cargo", "build", "--release", "--bins", "--target", host]
    if subprocess.run(command, cwd=FUZZ, env={**os.environ, **flags}).returncode != 0:
        sys.exit("fuzz.py: the targets cannot be built")
    return FUZZ / "target" / host / "release"


def compile(command):
    """Takes the compiler's place, for cargo, and has it note in some crates what is executed."""
    seen = any(flag == "--crate-name" and crate in SEEN for flag, crate in zip(command, command[1:]))
    os.execvp(command[0], command + (COVERAGE if seen else []))


def read_counts():
    return json.loads(COUNTS.read_text()) if COUNTS.exists() else {}


def add(target, executions, seconds, features, crash):
    """Counts what a turn of a target came to, in a file that is never half written."""
    with lock:
        counts = read_counts()
        count = counts.setdefault(target, {"executions": 0, "seconds": 0.0, "features": 0, "crashes": 0})
        count["executions"] += executions
        count["seconds"] += seconds
        count["features"] = features or count["features"]
        count["crashes"] += crash
        beside = COUNTS.with_suffix(".new")
        beside.write_text(json.dumps(counts, indent=2, sort_keys=True))
        beside.replace(COUNTS)
        return count["executions"]


def command_of(programs, target):
    own, artifacts = CORPUS / target, FUZZ / "artifacts" / target
    for directory in (own, artifacts):
        directory.mkdir(parents=True, exist_ok=True)
    words = FUZZ / "words" / f"{target}.dict"
    return [
        str(programs / target), str(own), str(SEEDS.get(target, FUZZ / "seeds" / target)),
        f"-max_len={TARGETS[target]}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEBIBYTES}",
        f"-artifact_prefix={artifacts}/", "-print_final_stats=1",
    ] + ([f"-dict={words}"] if words.exists() else [])


def fuzz(programs, target, runs):
    """Runs a target until it has had so many executions, or crashes; tells of the crash."""
    done = read_counts().get(target, {}).get("executions", 0)
    while done < runs and not stopped.is_set():
        start = time.monotonic()
        command = command_of(programs, target) + [f"-runs={min(TURN, runs - done)}"]
        # In a session of its own: Ctrl-C is this program's, which passes it on.
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True
        )
        with lock:
            running.add(process)
        said = process.stderr.read()
        process.wait()
        with lock:
            running.discard(process)
        executed = re.search(r"stat::number_of_executed_units: *(\d+)", said)
        features = re.findall(r"\bft: (\d+)", said)
        artifact = re.search(r"Test unit written to (\S*/(?:crash|timeout|oom|leak)-\S+)", said)
        executions = int(executed[1]) if executed else 0
        done = add(target, executions, time.monotonic() - start, int(features[-1]) if features else 0, bool(artifact))
        if artifact:
            why = re.search(r"panicked at [^\n]*\n[^\n]*|memory allocation of [^\n]*|ERROR: libFuzzer: [^\n]*", said)
            return f"{target}: {why[0] if why else 'crashed'}\n  input   {artifact[1]}\n  repeat  {command[0]} {artifact[1]}"
        if process.returncode != 0 and not stopped.is_set():
            return f"{target}: libFuzzer ended with {process.returncode}:\n{said[-2000:]}"
    return None


def table(targets):
    counts = read_counts()
    print(f"{'target':10} {'executions':>12} {'crashes':>8} {'exec/s':>8} {'features':>9}")
    for target in targets:
        count = counts.get(target, {"executions": 0, "seconds": 0, "features": 0, "crashes": 0})
        rate = count["executions"] / count["seconds"] if count["seconds"] else 0
        print(f"{target:10} {count['executions']:12,} {count['crashes']:8} {rate:8.0f} {count['features']:9,}")


def main():
    if WRAPS in os.environ:
        compile(sys.argv[1:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} [default: all]")
    parser.add_argument("--runs", type=int, default=10_000_000, metavar="N", help="executions in all [default: %(default)s]")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="targets at a time [default: %(default)s]")
    parser.add_argument("--table", action="store_true", help="only print what has been executed")
    arguments = parser.parse_args()
    targets = arguments.targets or list(TARGETS)
    if unknown := [target for target in targets if target not in TARGETS]:
        parser.error(f"no target {unknown[0]!r}; there are {', '.join(TARGETS)}")
    if arguments.table:
        return table(targets)
    for ending in (signal.SIGINT, signal.SIGTERM):  # both are ignored in the background of some shells
        signal.signal(ending, signal.default_int_handler)
    CORPUS.mkdir(parents=True, exist_ok=True)
    programs = build()
    crashes = []
    with ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        futures = [pool.submit(fuzz, programs, target, arguments.runs) for target in targets]
        try:
            crashes = [crash for crash in (future.result() for future in futures) if crash]
        except KeyboardInterrupt:
            stopped.set()
            with lock:
                for process in running:
                    process.terminate()  # libFuzzer then says how far it came
            crashes = [crash for crash in (future.result() for future in futures) if crash]
    table(targets)
    for crash in crashes:
        print(f"\n{crash}")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
