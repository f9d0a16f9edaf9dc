"""What a float dtype makes of an exact map at one place, worked out in plain numbers: no array is made for it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Self

import numpy as np

from reference.linear import Linear


class Precision(NamedTuple):
    """A float dtype by its `finfo`: bits of a number, distance from 1 to the next, least normal number, largest."""

    bits: int
    eps: float
    smallest: float
    largest: float

    @classmethod
    def of(cls, xp: Any, dtype: Any) -> Self:
        """Of a real floating dtype of the array namespace `xp`."""
        info = xp.finfo(dtype)
        return cls(int(info.bits), float(info.eps), float(info.smallest_normal), float(info.max))

    @property
    def is_half(self) -> bool:
        """Whether maps are evaluated in float32 and rounded at the end."""
        return self.bits < np.finfo(np.float32).bits

    @property
    def number(self) -> type[np.floating[Any]]:
        """NumPy's type of the numbers that maps of this dtype are evaluated in."""
        return np.float32 if self.bits <= np.finfo(np.float32).bits else np.float64

    @property
    def working(self) -> Precision:
        """The dtype that maps are evaluated in: float32 at least."""
        return Precision.of(np, np.dtype(self.number))

    def at(self, linear: Linear, place: float) -> float:
        """`linear` at `place`, rounded where arrays of this dtype are: its coefficients, each step, the end."""
        number = self.number
        moved = number(linear.scale) * number(self.rounded(place)) + number(linear.shift)
        return self.rounded(float(moved))

    def rounded(self, value: float) -> float:
        """The number of this dtype nearest to `value`, a float32 or float64; half to even, beyond the largest infinite.

        NumPy has no bfloat16 that would do this.
        """
        if not self.is_half or math.isinf(value):
            return value
        step = self.step(value)
        return self._within(round(value / step) * step)

    def rounded_up(self, value: float) -> float:
        """The least number of this dtype that is not below a finite `value`: its numbers are below both or neither."""
        step = self.step(value)
        return self._within(math.ceil(value / step) * step)

    def step(self, value: float) -> float:
        """Distance between neighbouring numbers of this dtype around `value`."""
        _, exponent = math.frexp(value)
        return max(math.ldexp(self.eps, exponent - 1), self.smallest * self.eps)

    def _within(self, value: float) -> float:
        return value if abs(value) <= self.largest else math.copysign(math.inf, value)
