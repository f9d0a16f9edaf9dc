"""The colour of a count: one colour map for all panels, logarithmic where counts span decades, no colour for none."""

from __future__ import annotations

import math

import matplotlib
import numpy as np
from numpy.typing import NDArray

from diagnostics.tally import Counts

Colours = NDArray[np.uint8]
_DECADES = 30  # a span from which on a linear scale would show only its upper end
_FEW = 10  # per cent of the counts that may lie lower, as those of cells at a rim do


class Scale:
    """Colours for the counts of one panel: linear from zero, or logarithmic from the least count that is not zero.

    The upper end is the count that `percent` of those that are not zero do not exceed; what does has its colour, too.
    The colour map is viridis: perceptually even, and ordered by lightness for every kind of colour vision.
    """

    def __init__(self, counts: Counts, percent: float = 100) -> None:
        landed = counts[counts > 0]
        self.empty = landed.size == 0
        few, most = np.percentile(landed, [_FEW, percent], method="higher") if landed.size else (1, 1)
        self.logarithmic = bool(most >= _DECADES * few)
        self.first = int(landed.min()) if self.logarithmic else 0
        self.last = int(most)
        self.exceeded = int(landed.max(initial=0)) > self.last

    def place(self, counts: Counts | int) -> NDArray[np.float64]:
        """Where counts lie on the scale: 0 is its lower end, 1 its upper."""
        within = np.clip(counts, self.first, self.last)
        if self.logarithmic:
            within = np.log(within / self.first)
            return np.asarray(within / math.log(self.last / self.first))
        return np.asarray(within / self.last)

    def ticks(self) -> list[int]:
        """The ends of the scale and round counts between them, those first that matter most."""
        powers = [10**power for power in range(len(str(self.last)))]
        steps = sorted(step * power for step in (1, 2, 5) for power in powers)
        if self.logarithmic:
            between = [*powers, *(step for step in steps if step not in powers)]
        else:
            step = next((step for step in steps if 5 * step >= self.last), self.last)
            between = list(range(0, self.last, step))
        return [self.first, self.last, *(count for count in between if self.first < count < self.last)]


def colours(places: NDArray[np.float64]) -> Colours:
    """RGB of the colour map at `places` in [0, 1]: shape `(..., 3)`."""
    rgba: Colours = matplotlib.colormaps["viridis"](places, bytes=True)
    return np.ascontiguousarray(rgba[..., :3])
