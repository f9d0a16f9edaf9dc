"""What besides the code may have changed what two runs found: conditions, declarations, checks that only one ran."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from diagnostics.words import width_by_height
from reports.results_file import Results
from reports.settled import Run

_NOT_RECORDED = "not recorded"
# key of `declared` -> in words
_DECLARED = {
    "stages": "stages that the pipeline gives",
    "grid": "declared grid (height, width)",
    "channels": "declared channels",
    "interpolation": "declared interpolation",
    "normalization": "declared normalization",
    "validity": "declared validity",
    "origin": "declared origin",
}


@dataclass(frozen=True)
class Difference:
    """What is not the same in both runs, in words, as it was in one and in the other."""

    what: str
    base: str
    head: str


def differences(base: Run, head: Run) -> tuple[Difference, ...]:
    """Everything recorded that is not the same and that could change a verdict by itself."""
    return tuple(told for told in _told(base, head) if told.base != told.head)


def _told(base: Run, head: Run) -> Iterator[Difference]:
    yield Difference("pipeline", base.results["pipeline"], head.results["pipeline"])
    yield Difference("image sizes", _sizes(base), _sizes(head))
    before, now = base.results["conditions"], head.results["conditions"]
    yield Difference("seed", _said(before, "seed"), _said(now, "seed"))
    before, now = before.get("versions", {}), now.get("versions", {})
    for package in {**before, **now}:
        yield Difference(f"version of {package}", _said(before, package), _said(now, package))
    before, now = base.results["declared"] or {}, head.results["declared"] or {}
    for key, words in _DECLARED.items():
        yield Difference(words, _said(before, key), _said(now, key))
    only = "checks that only this run measured"
    yield Difference(only, _names(base, base.measured - head.measured), _names(head, head.measured - base.measured))


def _sizes(run: Run) -> str:
    return ", ".join(width_by_height(size) for size in sorted(run.sizes)) or _NOT_RECORDED


def _said(record: Results, key: str) -> str:
    if key not in record:
        return _NOT_RECORDED
    value: Any = record[key]
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value)


def _names(run: Run, names: frozenset[str]) -> str:
    return ", ".join(name for name in run.checks if name in names) or "none"
