"""Exact one-axis maps `target = scale * source + shift`, kept as rationals so that no rounding enters a composition."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

Number = int | float | Fraction


@dataclass(frozen=True)
class Linear:
    """The map `target = scale * source + shift` on one axis, in exact rationals.

    It does arithmetic like the number it stands for: write a formula once, run it on `Linear.identity()`, and the
    result is the whole map that the formula describes. Floats are taken at their exact binary value.
    """

    scale: Fraction
    shift: Fraction

    @classmethod
    def identity(cls) -> Linear:
        """The map that changes nothing, to run a formula on."""
        return cls(Fraction(1), Fraction(0))

    def __call__(self, source: Number) -> Fraction:
        """The exact target of `source`."""
        return self.scale * Fraction(source) + self.shift

    def __add__(self, number: Number) -> Linear:
        return Linear(self.scale, self.shift + Fraction(number))

    def __sub__(self, number: Number) -> Linear:
        return Linear(self.scale, self.shift - Fraction(number))

    def __mul__(self, number: Number) -> Linear:
        return Linear(self.scale * Fraction(number), self.shift * Fraction(number))

    __rmul__ = __mul__

    def __truediv__(self, number: Number) -> Linear:
        return Linear(self.scale / Fraction(number), self.shift / Fraction(number))

    def inverse(self) -> Linear:
        """The map `source_from_target`. Raises `ZeroDivisionError` for a constant map."""
        return Linear(1 / self.scale, -self.shift / self.scale)
