"""One exact histogram that answers how many points lie between any of its cuts, whatever was asked for together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.cuts import Cuts
from diagnostics.ruler import Room, Ruler

Counts = NDArray[np.int64]
_BATCH = 2**15  # points whose intermediate values stay in the processor's cache


class Tally:
    """Counts points by the intervals between all the cuts of several subjects, each subject an ascending `(x, y)`.

    Adding a point costs one look-up an axis and one histogram entry, however many subjects there are; what each of
    them counts is read from the summed table afterwards. Memory grows with the product of the numbers of cuts on x and
    y, not with the number of points.

    counts: the table, `(intervals on y, intervals on x)`; those of tallies of the same subjects add up.
    """

    def __init__(self, subjects: Iterable[Cuts]) -> None:
        x, y = zip(*subjects, strict=True)
        self._x, self._y = np.unique(np.concatenate(x)), np.unique(np.concatenate(y))
        self.counts: Counts = np.zeros((len(self._y) + 1, len(self._x) + 1), np.int64)
        self._rulers: dict[np.dtype[Any], tuple[Ruler, Ruler, Room]] = {}
        self._flat = np.empty(_BATCH, np.intp)

    def add(self, u: NDArray[Any], v: NDArray[Any]) -> None:
        """Count the points `(u, v)`: two arrays of one length and one dtype, float32 or float64, without NaN."""
        if u.dtype not in self._rulers:
            self._rulers[u.dtype] = Ruler(self._x, u.dtype), Ruler(self._y, u.dtype), Room(u.dtype, _BATCH)
        columns, rows, room = self._rulers[u.dtype]
        for start in range(0, len(u), _BATCH):
            batch = slice(start, start + _BATCH)
            flat = self._flat[: len(u[batch])]
            np.multiply(rows.interval(v[batch], room), self.counts.shape[1], out=flat, dtype=np.intp)
            flat += columns.interval(u[batch], room)
            np.add.at(self.counts.reshape(-1), flat, 1)

    def between(self, cuts: Cuts) -> Counts:
        """How many points lie between the cuts of one of the subjects: shape `(len(y) - 1, len(x) - 1)`."""
        x, y = cuts
        columns, rows = np.searchsorted(self._x, x), np.searchsorted(self._y, y)
        before = self.counts.cumsum(axis=0).cumsum(axis=1)[np.ix_(rows, columns)]
        return np.diff(np.diff(before, axis=0), axis=1)
