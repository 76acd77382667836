"""What a case is: a kind, a name, and what it does in a place of its own."""
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

# The exit codes that a call may end with. Where it fails, there must be exactly one line `error: …`.
WORKS = frozenset({0})
FAULT = frozenset({1})  # something went wrong
USAGE = frozenset({2})  # a mistake in the call
FAILS = FAULT | USAGE
EITHER = WORKS | FAILS  # it may be good for something or not; but it must answer
QUIET = frozenset({0, 141, -13})  # the reader went away: no word of it, and no other end than SIGPIPE's
STOPPED = frozenset({129, 130, 143})  # a signal asked for it, and the run ended in good order


@dataclass
class Case:
    kind: str
    name: str
    body: Callable  # takes the place
    must_be: str  # of its kind, in words

    @property
    def key(self):
        return f"{self.kind}/{self.name}"


KINDS = {}  # name: (what must be, function)


def kind(name, must_be):
    """Declares a kind. The function takes the source of random numbers and yields (name, body) pairs."""

    def declare(function):
        assert name not in KINDS, name
        KINDS[name] = (must_be, function)
        return function

    return declare


def all_cases(seed):
    """Every case of every kind, the same for the same seed."""
    found, seen = [], set()
    for name, (must_be, function) in KINDS.items():
        for case, body in function(Random(f"{seed}/{name}")):
            case = Case(name, case, body, must_be)
            assert case.key not in seen, f"two cases are called {case.key}"
            seen.add(case.key)
            found.append(case)
    return found
