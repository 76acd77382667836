"""Figures at the edge of floating point, in a run's CSV files and in what else its report reads."""
import json
from functools import partial

from .cases import EITHER, WORKS, kind
from .runs import read_by

EDGES = ["1e-320", "5e-324", "1e-45", "1e308", "-1e308", "1.7976931348623157e308", "nan", "inf", "-inf", "0", "-0", "1e-300"]


def replaced(text, column, values):
    """A CSV file with these in a column, in turn."""
    head, *rows = text.splitlines()
    cells = [row.split(",") for row in rows]
    for number, row in enumerate(cells):
        row[column] = values[number % len(values)]
    return "\n".join([head, *(",".join(row) for row in cells)]) + "\n"


@kind("figures", "a chart of any values, in bounded time")
def figures(random):
    def report(place, changes, expect):
        run = place.run()
        for name, column, values in changes:
            path = run / name
            path.write_text(replaced(path.read_text(), column, values))
        read_by(place, "report", run, expect)
        read_by(place, "runs", run, WORKS)
        read_by(place, "inspect", run)

    pairs = [[a] for a in EDGES] + [["1e-320", "1e308"], ["1e308", "-1e308"], ["inf", "-inf"], ["nan", "1"], ["0", "5e-324"], ["1e308", "1.7976931348623157e308"], ["1", "1.0000000000000002"], ["1e-320", "2e-320", "3e-320"],
                                    ["-1", "1e300"], ["1e16", "1e16"], ["9007199254740993", "9007199254740992"], ["inf", "1", "nan"], ["1e-310", "1e10"], ["-5e-324", "5e-324"]]
    for values in pairs:
        yield f"metrics.csv, losses {' '.join(values)}", partial(report, changes=[("metrics.csv", 2, values), ("metrics.csv", 3, values[::-1])], expect=WORKS)
        yield f"norms.csv {' '.join(values)}", partial(report, changes=[("norms.csv", 2, values), ("norms.csv", 3, values[::-1])], expect=WORKS)
    for values in pairs[:20]:
        yield f"metrics.csv, scores {' '.join(values)}", partial(report, changes=[("metrics.csv", 4, values), ("metrics.csv", 5, values)], expect=WORKS)
    for values in pairs[:12]:
        yield f"times.csv {' '.join(values)}", partial(report, changes=[("times.csv", 1, values)], expect=WORKS)
    steps = ["0", str(2**53), str(2**63 - 1), str(2**63), str(2**64 - 1), str(2**64), "-1", "1e3", "nan", "", "x"]
    for name in ("metrics.csv", "norms.csv", "times.csv"):
        for step in steps:
            yield f"{name}, step {step!r}", partial(report, changes=[(name, 0, [step])], expect=EITHER)
        yield f"{name}, steps backwards", partial(report, changes=[(name, 0, [str(step) for step in range(500, 0, -1)])], expect=WORKS)
        yield f"{name}, steps of all sizes", partial(report, changes=[(name, 0, ["0", "1", str(2**64 - 1)])], expect=WORKS)
    for epoch in ("0", str(2**63), str(2**64 - 1), "-1"):
        yield f"metrics.csv, epoch {epoch}", partial(report, changes=[("metrics.csv", 1, [epoch])], expect=EITHER)

    def text(place, name, content, expect=EITHER):
        run = place.run()
        old = (run / name).read_bytes() if (run / name).exists() else b""
        (run / name).write_bytes(content(old))
        read_by(place, "report", run, expect)
        read_by(place, "runs", run, WORKS)
        read_by(place, "inspect", run)

    row = lambda old: old.splitlines(keepends=True)[1] if old.count(b"\n") > 1 else b"1,2\n"
    contents = {
        "the header alone": lambda old: old.splitlines(keepends=True)[0], "no header": lambda old: b"".join(old.splitlines(keepends=True)[1:]), "a row": lambda old: b"".join(old.splitlines(keepends=True)[:2]),
        "more columns": lambda old: old.replace(b"\n", b",1\n"), "fewer columns": lambda old: b"".join(line.rsplit(b",", 1)[0] + b"\n" for line in old.splitlines()),
        "400,000 rows": lambda old: old + row(old) * 400000, "a row of 30 MB": lambda old: old + b"1," * (15 << 20) + b"\n", "an open quote": lambda old: old + b'"' + old * 50, "zeros": lambda old: bytes(10000),
        "no Unicode": lambda old: old + b"\xff\xfe,1,2,3,4,5\n", "carriage returns": lambda old: old.replace(b"\n", b"\r\n"), "blank lines": lambda old: old.replace(b"\n", b"\n\n"), "a byte order mark": lambda old: b"\xef\xbb\xbf" + old,
        "HTML": lambda old: old + b"<script>alert(1)</script>,1,2,3,4,5\n",
    }
    for name in ("metrics.csv", "norms.csv", "times.csv"):
        for what, content in contents.items():
            yield f"{name}: {what}", partial(text, name=name, content=content)
    for what, content in {"100 MB of nothing": lambda old: b"\n" * (100 << 20), "no Unicode": lambda old: b"\xff" * 100, "HTML": lambda old: old + b"<script>alert(1)</script>\n", "200,000 lines": lambda old: old + b"it looks wrong\n" * 200000}.items():
        yield f"warnings.txt: {what}", partial(text, name="warnings.txt", content=content)
    for what, content in {
        "brackets": b"[" * 100000, "a number": b"1", "null": b"null", "an empty object": b"{}", "nan": b'{"generated":{"frechet":NaN}}', "1e999": b'{"generated":{"frechet":1e999}}', "edges": json.dumps({"generated": {"frechet": 1e308, "precision": 1e-320}}).encode(),
        "50 MB of keys": lambda: b"{" + b",".join(b'"k%d":1' % i for i in range(4000000)) + b"}", "text": b"these are no figures", "HTML": b'{"generated":"<script>alert(1)</script>"}',
    }.items():
        yield f"evaluation.json: {what}", partial(text, name="evaluation.json", content=lambda old, content=content: content() if callable(content) else content)
