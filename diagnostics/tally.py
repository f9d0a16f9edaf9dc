"""One exact histogram that answers how many points lie between any of its cuts, whatever was asked for together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from diagnostics.cuts import Axis, Cuts

Counts = NDArray[np.int64]
_BATCH = 2**15  # points whose intermediate values stay in the processor's cache


class Tally:
    """Counts points by the intervals between all the cuts of several subjects, each subject an ascending `(x, y)`.

    Adding a point costs one look-up an axis and one histogram entry, however many subjects there are; what each of
    them counts is read from the summed table afterwards. Memory grows with the product of the numbers of cuts on x and
    y, not with the number of points.
    """

    def __init__(self, subjects: Iterable[Cuts]) -> None:
        x, y = zip(*subjects, strict=True)
        self._columns, self._rows = _Ruler(np.concatenate(x)), _Ruler(np.concatenate(y))
        self._counts = np.zeros((self._rows.intervals, self._columns.intervals), dtype=np.int64)

    def add(self, u: Axis, v: Axis) -> None:
        """Count the points `(u, v)`, two float64 arrays of one length; a coordinate that is NaN is between no cuts."""
        for start in range(0, len(u), _BATCH):
            batch = slice(start, start + _BATCH)
            flat = self._rows.interval(v[batch])
            flat *= self._columns.intervals
            flat += self._columns.interval(u[batch])
            np.add.at(self._counts.reshape(-1), flat, 1)

    def between(self, cuts: Cuts) -> Counts:
        """How many points lie between the cuts of one of the subjects: shape `(len(y) - 1, len(x) - 1)`."""
        x, y = cuts
        columns, rows = np.searchsorted(self._columns.cuts, x), np.searchsorted(self._rows.cuts, y)
        before = self._counts.cumsum(axis=0).cumsum(axis=1)[np.ix_(rows, columns)]
        return np.diff(np.diff(before, axis=0), axis=1)


class _Ruler:
    """Tells between which cuts a coordinate lies, by a table: `numpy.searchsorted` takes some eight times as long."""

    def __init__(self, cuts: Axis) -> None:
        self.cuts = np.unique(cuts)
        self.intervals = len(self.cuts) + 1
        self._outside = self.cuts[0] - 1
        buckets = 8 * len(self.cuts)
        self._buckets_per_pixel = (buckets - 1) / (self.cuts[-1] - self._outside)
        bucket = ((self.cuts - self._outside) * self._buckets_per_pixel).astype(np.intp)
        self._cuts_before = np.searchsorted(bucket, np.arange(buckets))
        self._most_in_a_bucket = int(np.bincount(bucket).max())
        self._next_cut = np.append(self.cuts, np.inf)
        # Taken once: to allocate them for every batch costs as much again as the work itself.
        self._within, self._value = np.empty(_BATCH), np.empty(_BATCH)
        self._bucket, self._passed = np.empty(_BATCH, dtype=np.intp), np.empty(_BATCH, dtype=np.intp)
        self._further = np.empty(_BATCH, dtype=bool)

    def interval(self, coordinates: Axis) -> NDArray[np.intp]:
        """The number of cuts that are less than or equal to each coordinate, 0 for NaN; valid until the next call.

        The bucket never falls as the coordinate rises, rounding included. So no cut of a later bucket has been passed,
        all of the earlier ones have, and those of the same bucket are compared: the answer is exact.
        """
        batch = slice(len(coordinates))
        within, value, further = self._within[batch], self._value[batch], self._further[batch]
        bucket, passed = self._bucket[batch], self._passed[batch]
        np.fmax(coordinates, self._outside, out=within)
        np.fmin(within, self.cuts[-1], out=within)
        np.subtract(within, self._outside, out=value)
        np.multiply(value, self._buckets_per_pixel, out=value)
        np.copyto(bucket, value, casting="unsafe")
        self._cuts_before.take(bucket, out=passed, mode="clip")
        for _ in range(self._most_in_a_bucket):
            self._next_cut.take(passed, out=value, mode="clip")
            np.greater_equal(within, value, out=further)
            np.add(passed, further, out=passed)
        return passed
