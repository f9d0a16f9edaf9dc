"""Tells between which cuts a coordinate lies, by a table: exact, and some ten times as fast as `numpy.searchsorted`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.cuts import Axis

_BUCKETS = 2**13  # at most, on either side of 0: tables of so many entries stay in the processor's cache


class Room:
    """Arrays for what rulers work out of at most `most` coordinates of one dtype, for rulers that take turns.

    To allocate them each time costs as much again as the work itself, and more of them would not stay in the cache.
    """

    def __init__(self, dtype: np.dtype[Any], most: int) -> None:
        self.within, self.value = np.empty((2, most), dtype)
        self.whole, self.passed = np.empty((2, most), np.int32)
        self.bucket, self.further = np.empty(most, np.intp), np.empty(most, np.bool_)


class Ruler:
    """Numbers the intervals between ascending cuts, for coordinates of one float dtype.

    Buckets are 2^k pixels wide, from 0 on: to divide by their width and to cut off the fraction rounds nothing, and the
    bucket never falls as the coordinate rises. So a coordinate has passed the cuts of all earlier buckets and none of
    later ones, and is compared with those inside its own. Bins of whole pixels begin where a bucket does and need no
    comparison; the other cuts are so few that hardly ever two lie in one bucket: one comparison a coordinate is enough.
    """

    def __init__(self, cuts: Axis, dtype: np.dtype[Any]) -> None:
        rounded = _rounded_up(cuts, dtype)
        self._before, self._last = np.nextafter(rounded[0], dtype.type(-np.inf)), rounded[-1]
        exponent = math.frexp(np.abs(rounded).max())[1]
        self._buckets_per_pixel = dtype.type(_BUCKETS / 2 ** max(exponent, 0))
        self._passed_before, self._inside = self._tables(rounded)

    def interval(self, coordinates: NDArray[Any], room: Room) -> NDArray[np.int32]:
        """How many cuts each coordinate has reached or passed, valid until the room is used again; none may be NaN."""
        batch = slice(len(coordinates))
        within, value, whole = room.within[batch], room.value[batch], room.whole[batch]
        bucket, passed, further = room.bucket[batch], room.passed[batch], room.further[batch]
        coordinates.clip(self._before, self._last, out=within)
        np.multiply(within, self._buckets_per_pixel, out=value)
        np.copyto(whole, value, casting="unsafe")
        np.copyto(bucket, whole)  # In two steps: the processor has no fast one from floats to 64 bits.
        self._passed_before.take(bucket, out=passed, mode="wrap")
        for cuts in self._inside:
            cuts.take(bucket, out=value, mode="wrap")
            np.greater_equal(within, value, out=further)
            np.add(passed, further, out=passed)
        return passed

    def _tables(self, cuts: NDArray[Any]) -> tuple[NDArray[np.int32], list[NDArray[Any]]]:
        """By bucket: the number of cuts that are passed wherever in it, and the cuts inside, infinity where there are
        fewer; buckets below 0 stand at the end.
        """
        first = int(self._before * self._buckets_per_pixel)
        bucket = (cuts * self._buckets_per_pixel).astype(np.int32)
        # Bucket 0 begins below 0, where fractions are cut off upwards, and so do those below: no cut begins them.
        begins = (bucket > 0) & (bucket == cuts * self._buckets_per_pixel)
        buckets = np.arange(first, bucket[-1] + 1)
        passed_before = np.searchsorted(np.where(begins, bucket, bucket + 1), buckets, side="right")
        bucket, cuts = bucket[~begins], cuts[~begins]
        nth = np.arange(len(bucket)) - np.searchsorted(bucket, bucket)
        inside = np.full((nth.max(initial=-1) + 1, len(buckets)), np.inf, cuts.dtype)
        inside[nth, bucket - first] = cuts
        return np.roll(passed_before.astype(np.int32), first), list(np.roll(inside, first, axis=1))


def _rounded_up(cuts: Axis, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The least values of a dtype that are not below the cuts: its values reach or pass those where these."""
    nearest = cuts.astype(dtype)
    return np.where(nearest < cuts, np.nextafter(nearest, dtype.type(np.inf)), nearest)
