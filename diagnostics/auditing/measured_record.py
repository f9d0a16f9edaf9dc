"""Tells whether a record that an audit's journal kept is one that a frame's measurement wrote."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_pairs import Agreement
from diagnostics.auditing.frame import Row
from diagnostics.auditing.placements import PLACEMENTS

_MOST = 10**12  # of anything counted in one frame; the counts of a million such frames still add up in 64 bits
_LARGEST = 1e9  # of a factor by which K or depth is corrected; what is tried is found between images, below a thousand
_COUNTS = len(fields(Agreement))
_KINDS = get_type_hints(Row)
_PLAIN = Correction()


def refuse_other(record: Any, grid: Sequence[int] | None) -> None:
    """Raise `KeyError`, `TypeError` or `ValueError` unless `record` is what `Measured.to_dict` gave, through JSON.

    grid: `[rows, columns]` of its landing counts, where it is known.
    """
    row, counts, tried = record["row"], record["counts"], record["tried"]
    named = isinstance(row, dict) and row.keys() == _KINDS.keys()
    fits = named and all(_is(kind, row[name]) for name, kind in _KINDS.items())
    if not (fits and _is_table(counts, grid) and isinstance(tried, dict)):
        raise ValueError("it is no record of a frame")
    for key, found in tried.items():
        if not key.startswith("{"):
            raise ValueError("it is no correction")
        _refuse_correction(key)
        if not isinstance(found, list) or len(found) != _COUNTS or not _are_counts(found):
            raise ValueError("it is no agreement of a frame")


def _is(kind: Any, value: Any) -> bool:
    if kind is str:
        return isinstance(value, str)
    if value is None:
        return True
    return _are_counts([value]) if kind == int | None else isinstance(value, float) and 0 <= value <= 1


def _are_counts(values: list[Any]) -> bool:
    return set(map(type, values)) == {int} and min(values) >= 0 and max(values) <= _MOST


def _is_table(counts: list[list[Any]], grid: Sequence[int] | None) -> bool:
    if counts == []:
        return True
    if not (isinstance(counts, list) and all(isinstance(row, list) for row in counts)):
        return False
    shape = (len(counts), len(counts[0])) if grid is None else tuple(grid)
    return len(counts) == shape[0] and all(len(row) == shape[1] and _are_counts(row) for row in counts)


@cache
def _refuse_correction(key: str) -> None:
    """Kept, because the frames of an audit have the same few dozen."""
    correction = Correction.of_key(key)
    for each in fields(Correction):
        value, plain = getattr(correction, each.name), getattr(_PLAIN, each.name)
        numbers = value if isinstance(plain, tuple) else (value,) if isinstance(plain, float) else ()
        if type(value) is not type(plain) or not all(isinstance(n, float) and math.isfinite(n) for n in numbers):
            raise ValueError("it is no correction")
        if isinstance(plain, tuple) and len(value) != len(plain):
            raise ValueError("it is no correction")
    factors = (*correction.factor, correction.depth_factor)
    if correction.placed not in PLACEMENTS or not all(1 / _LARGEST <= factor <= _LARGEST for factor in factors):
        raise ValueError("it is no correction")
