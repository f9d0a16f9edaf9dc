"""The tables of docs/findings.md as they are shipped, row by row, to hold what is measured against."""

import re
from pathlib import Path

from examples.adapters.findings.figures import NOISE

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "findings.md").read_text(encoding="utf-8")
REWRITE = "run `python -m examples.adapters.findings` and see what changed in docs/findings.md"
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


def shipped(header):
    """The rows of the table with that header, by library and what was asked of it; libraries without their version."""
    lines = PAGE.partition(f"| {' | '.join(header)} |\n")[2].partition("\n\n")[0].splitlines()[1:]
    rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]
    return {(library.split(" ")[0], what): tuple(cells) for library, what, *cells in rows}


def assert_as_shipped(header, row):
    """A measured row is the page's: its words alike, its figures within the noise of measuring."""
    library, what, *cells = row
    assert agree(shipped(header)[library, what], cells), f"{REWRITE}: {row}"


def agree(cells, others):
    """Whether rows of cells say the same."""
    return len(cells) == len(others) and all(map(_same, cells, others))


def _same(cell, other):
    figures = zip(map(float, NUMBER.findall(cell)), map(float, NUMBER.findall(other)), strict=False)
    return NUMBER.sub("#", cell) == NUMBER.sub("#", other) and all(abs(a - b) <= NOISE for a, b in figures)
