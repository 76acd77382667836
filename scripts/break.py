#!/usr/bin/env python3
"""Tries to break twoplayer: makes hostile calls of it by the hundred, and fails on

- a panic, an abort, or a signal that ends it and was not sent by this script;
- a hang of 20 seconds, or more than 2 GB of memory;
- a call that fails without exactly one line `error: …`, or with an exit code that is not the one it must have;
- anything lost: a file that was there before a failing call and is not as it was, a file that is no output and was
  changed, a run that was interrupted and ends with other weights than an undisturbed one.

    cargo build --release
    scripts/break.py --jobs 2

    scripts/break.py --list                       # what there is
    scripts/break.py --only damaged-config        # one kind
    scripts/break.py --only 'kills/at 0.1 0.2'    # one case
    scripts/break.py --self-test                  # whether this script would notice

It needs Python 3.11 and nothing else, trains its own tiny runs, and works in a temporary directory (TMPDIR=/dev/shm
spares a slow disk: every file is synced to it; that takes some 4 GB of memory). Some cases want the
superuser (device nodes) and are skipped without; as the superuser it makes some calls as nobody, so that a file can be
one that may not be read. The same seed makes the same calls. Do not run it beside something whose times matter.
"""
import argparse
import os
import shlex
import shutil
import signal
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from hostile import runs, checkpoints, endless, digits, figures, numbers, memory, outputs, streams, signals, lab, paths  # noqa: F401 (each declares kinds, in this order)
from hostile.cases import KINDS, all_cases
from hostile.made import Made
from hostile.place import Place, Skipped
from hostile.report import failures, table, to_json
from hostile.selftest import self_test

ROOT = Path(__file__).resolve().parents[1]


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/twoplayer", help="(%(default)s)")
    parser.add_argument("--only", action="append", default=[], metavar="KIND", help="of these kinds, or cases (KIND/NAME), alone")
    parser.add_argument("--seed", type=int, default=0, help="decides what is random (%(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time (%(default)s)")
    parser.add_argument("--list", action="store_true", help="list kinds and cases, and make no call")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all that was found there")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in this new directory, and leave all there")
    parser.add_argument("--self-test", action="store_true", help="try this script on programs that do what they must not")
    return parser.parse_args()


def chosen(cases, only):
    """Those that are asked for."""
    wanted = set()
    for one in only:
        matching = [case.key for case in cases if one in (case.kind, case.key)] or [case.key for case in cases if "/" in one and case.key.startswith(one)]
        if not matching:
            sys.exit(f"there is no kind or case {one!r}; --list lists them")
        wanted |= {*matching}
    return [case for case in cases if not only or case.key in wanted]


def done(case, number, root, made, keep):
    """Makes a case, and says what came of it."""
    place = Place(root / f"case-{number}", made, case.key, made.seed)
    found = {"name": case.name, "skipped": "", "broken": ""}
    try:
        case.body(place)
    except Skipped as reason:
        found["skipped"] = str(reason)
    except Exception:  # a case that breaks must not end the others
        found["broken"] = traceback.format_exc(limit=-3)
    found["calls"] = [{"shell": call.shell, "code": call.code, "seconds": round(call.seconds, 3), "megabytes": call.peak >> 20, "problems": call.problems, "said": call.said if call.problems else ""}
                      for call in place.calls]
    if not keep:
        for folder, _, _ in os.walk(place.root):
            os.chmod(folder, 0o777)
        shutil.rmtree(place.root, ignore_errors=True)
    return found


def main():
    chosen_options = options()
    if chosen_options.self_test:
        sys.exit(0 if self_test() else 1)
    cases = chosen(all_cases(chosen_options.seed), chosen_options.only)
    if chosen_options.list:
        for kind, (must_be, _) in KINDS.items():
            of_kind = [case for case in cases if case.kind == kind]
            if of_kind:
                print(f"{kind} ({len(of_kind)}): {must_be}")
                print("".join(f"  {case.key}\n" for case in of_kind), end="")
        return
    program = chosen_options.program.resolve()
    if not os.access(program, os.X_OK):
        sys.exit(f"{program}: no program; build it with cargo build --release, or name one with --program")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # calls must not inherit that it is ignored, if it is
    start = time.monotonic()
    folder = chosen_options.keep or Path(tempfile.mkdtemp(prefix="twoplayer-break-"))
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o755)
    try:
        made = Made(folder.resolve() / "made", program, chosen_options.seed).train()
        work = lambda job: done(job[1], job[0], folder.resolve(), made, chosen_options.keep)
        with ThreadPoolExecutor(chosen_options.jobs) as pool:
            futures = [pool.submit(work, job) for job in enumerate(cases)]
            try:
                for number, _ in enumerate(as_completed(futures), 1):
                    if sys.stderr.isatty() or number % 200 == 0:
                        print(f"{number} of {len(cases)} cases, {time.monotonic() - start:.0f} s", end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)
            except KeyboardInterrupt:  # what has been found until then is told
                pool.shutdown(cancel_futures=True)
        found = [(case, future.result()) for case, future in zip(cases, futures) if not future.cancelled()]
    finally:
        if not chosen_options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    results = {kind: [] for kind in KINDS if any(case.kind == kind for case, _ in found)}
    for case, result in found:
        results[case.kind].append(result)
    seconds = time.monotonic() - start
    again = lambda kind, name: f"scripts/break.py --program {shlex.quote(str(program))} --seed {chosen_options.seed} --only {shlex.quote(f'{kind}/{name}')}"
    for line in failures(results, again):
        print(line.encode("utf-8", "replace").decode())
    print(f"\n{table(results)}\n\n{seconds:.0f} s, seed {chosen_options.seed}")
    if chosen_options.json:
        to_json(chosen_options.json, results, seconds, program)
    if len(found) < len(cases):
        print(f"stopped: {len(found)} of {len(cases)} cases were tried")
    sys.exit(len(found) < len(cases) or any(case["broken"] or any(call["problems"] for call in case["calls"]) for cases_ in results.values() for case in cases_))


if __name__ == "__main__":
    main()
