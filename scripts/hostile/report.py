"""What is said in the end."""
import json

SORTS = ["lost", "panic", "abort", "hang", "memory", "wrong"]
HEADS = ["lost", "panic", "abort", "hang", "2 GB", "other"]


def table(results):
    """A line for each kind: its cases, calls, calls that failed, and what was wrong with them first."""
    width = max(len(kind) for kind in results) if results else 4
    head = f"{'kind':{width}} {'cases':>6} {'calls':>6} {'failed':>7} " + " ".join(f"{name:>6}" for name in HEADS) + f" {'skipped':>8}"
    lines, sums = [head, "-" * len(head)], [0] * (4 + len(SORTS))
    for kind, cases in results.items():
        calls = [call for case in cases for call in case["calls"]]
        failed = [call for call in calls if call["problems"]]
        by_sort = [sum(any(sort == one for one, _ in call["problems"]) for call in failed) for sort in SORTS]
        numbers = [len(cases), len(calls), len(failed), *by_sort, sum(1 for case in cases if case["skipped"])]
        sums = [a + b for a, b in zip(sums, numbers)]
        lines.append(row(kind, numbers, width))
    return "\n".join([*lines, lines[1], row("all", sums, width)])


def row(name, numbers, width):
    cases, calls, failed, *by_sort, skipped = numbers
    return f"{name:{width}} {cases:6} {calls:6} {failed:7} " + " ".join(f"{number or '':>6}" for number in by_sort) + f" {skipped or '':>8}"


def failures(results, again):
    """Each call that failed: what was wrong, and how to make it again."""
    for kind, cases in results.items():
        for case in cases:
            failed = [call for call in case["calls"] if call["problems"]]
            if failed or case["broken"]:
                yield f"\n{kind}/{case['name']}\n  again: {again(kind, case['name'])}"
            for call in failed:
                yield "  " + "; ".join(f"{sort.upper() if sort == 'lost' else sort}: {words}" for sort, words in call["problems"])
                yield f"    {call['shell']}"
                said = [line for line in call["said"].splitlines() if line.strip()]
                yield from (f"    | {line[:200]}" for line in said[-2:])
            if case["broken"]:
                yield f"  the case itself is broken: {case['broken']}"


def to_json(path, results, seconds, program):
    path.write_text(json.dumps({"program": str(program), "seconds": round(seconds, 1), "kinds": results}, indent=1, ensure_ascii=True))
