"""The report's tables."""
from statistics import median

US = "twoplayer"


def count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def spread(values, decimals):
    return "{:11.{d}f}{:9.{d}f}{:9.{d}f}".format(median(values), min(values), max(values), d=decimals)


def table(title, unit, results, missing=(), decimals=2, compared=US):
    """Everyone's rounds; and for all but the first, the first one's result divided by theirs, round by round."""
    lines = [f"{title:28}{unit:>11}{'lowest':>9}{'highest':>9}{f'{compared} / it':>20}{'lowest':>9}{'highest':>9}"]
    first = next(iter(results.values()))
    for name, values in results.items():
        line = f"{name:28}{spread(values, decimals)}"
        if values is not first:
            line += " " * 9 + spread([ours / its for ours, its in zip(first, values)], 2)
        lines.append(line)
    lines += [f"{name:28}  not available: {missing[name]}" for name in missing]
    return "\n".join(lines)
