"""Those who are timed, and how they take turns."""
import json
import os
import subprocess
import sys
import tempfile
import time


class NotAvailable(Exception):
    """A peer cannot take part, for this reason."""


class Worker:
    """A peer in a process of its own, which stays, idle, between its rounds."""

    def __init__(self, peers, script, options):
        self.log = tempfile.TemporaryFile("w+")
        command = peers.command(script) + [f"--{name}={value}" for name, value in options.items()]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
            env=peers.environment | {"RAYON_NUM_THREADS": str(options["threads"])},
        )
        self._answer()

    def round(self):
        try:
            print(file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # its last answer, or its log, says why
        return self._answer()["result"]

    def _answer(self):
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"not_available": self._last_words()}
        if "not_available" in answer:
            self.close()
            raise NotAvailable(answer["not_available"])
        return answer

    def _last_words(self):
        code = self.process.wait()
        self.log.seek(0)
        return next(reversed(self.log.read().split("\n")[:-1]), f"its process ended with code {code}")

    def close(self):
        self.process.kill()
        self.process.communicate()
        self.log.close()


class Program:
    """Ours: a process for each round. Its mistakes end the comparison."""

    def __init__(self, path):
        self.path = path
        if not (path.is_file() and os.access(path, os.X_OK)):
            sys.exit(f"compare.py: there is no program at {path}; without --program it is built")

    def run(self, *arguments):
        """What it prints, the seconds it takes from start to end, and its peak memory in MiB."""
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            start = time.perf_counter()
            process = subprocess.Popen([self.path, *map(str, arguments)], stdout=output, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0), errors.seek(0)
            if process.returncode != 0:
                reason = (errors.read().strip().splitlines() or [f"it ended with code {process.returncode}"])[-1]
                sys.exit(f"compare.py: {self.path} {arguments[0]}: {reason}")
            return output.read(), seconds, usage.ru_maxrss / 1024

    def bench(self, **options):
        return json.loads(self.run("bench", "--json", *(f"--{name}={value}" for name, value in options.items()))[0])


def take_turns(contenders, rounds, missing):
    """Each contender's results, round by round; who fails moves to `missing`, with the reason.

    Contenders meet in the same round, so that a machine whose speed drifts slows all alike. The order changes, so
    that nobody always follows the same one, whose memory and heat it would inherit.
    """
    results = {name: [] for name in contenders}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}: {'; '.join(results)}", file=sys.stderr)
        turn = number // 2 % len(contenders)
        order = [*contenders][turn:] + [*contenders][:turn]
        for name in order if number % 2 == 0 else reversed(order):
            if name not in results:
                continue
            try:
                results[name].append(contenders[name]())
            except NotAvailable as reason:
                missing[name] = str(reason)
                del results[name]
    return results
