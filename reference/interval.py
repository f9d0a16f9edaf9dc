"""A stretch of one axis, from its first coordinate to its last, that tells which coordinates lie in it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Interval(NamedTuple):
    """Coordinates from `first`, which is in it, to `last`, which is in it only `with_last`."""

    first: float
    last: float
    with_last: bool

    def holds(self, coordinates: Any) -> Any:
        """Which of the coordinates, an array, lie in it; one that is not finite does not."""
        before_end = coordinates <= self.last if self.with_last else coordinates < self.last
        return (coordinates >= self.first) & before_end

    def cut(self, other: Interval) -> Interval:
        """What lies in both; where both end at one place, it is in if it is in both."""
        last, with_last = min((self.last, self.with_last), (other.last, other.with_last))
        return Interval(max(self.first, other.first), last, with_last)
