"""How far a float dtype may lead the maps astray: a bound on each error, added up from the roundings one by one.

With h half the dtype's eps, `fl(a op b) = (a op b) (1 + d)`, |d| <= h, for every operation that stays in the range of
the dtype's normal numbers (N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 2.2). A map of the
geometry is one product and one sum, with a scale s and a shift b that were rounded once each, so that, for a point u
that the dtype holds exactly and to first order in h::

    |error| <= h (2 |s u| + |b| + |s u + b|)

Where the two cancel, the last term vanishes and the others stay: near a result of zero the error is that of the large
numbers whose difference it is. Half-precision points are mapped in float32, and the rounding of the result comes on
top, h of *their* dtype times the result. What a camera does is longer, and is added up in the same way (ibid., 3.3,
running error analysis) by sending numbers that know their error through the camera's own formulas.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from reference.camera import Camera
from reference.geometry import GeomMeta
from reference.precision import Precision

Floats = NDArray[np.float64]
Plain = int | float | Fraction

# Errors are added up in float64, whose own roundings must not make a bound smaller: a few of 2**-53 an operation.
_UPWARD = 1 + 2**-49

# What is not finite has an infinite error: no comparison with not-a-number holds.
_quiet = np.errstate(over="ignore", divide="ignore", invalid="ignore")


def map_error(geometry: GeomMeta, name: str, points: Any, precision: Precision) -> Floats:
    """The largest error of the map `name` of `geometry` at each of `points` `(..., 2)`, in the map's own unit.

    points: image, crop or grid points, as the map takes them, which a dtype of that `precision` holds exactly.
    Infinite where the result may leave the dtype's range.

    Raises `ValueError` for an unknown name.
    """
    pair = geometry.exact(name)
    moved = (u * axis.scale + axis.shift for u, axis in zip(_axes(points, precision), pair, strict=True))
    return _kept(moved, precision)


def image_error(camera: Camera, xyz: Any, precision: Precision) -> tuple[Floats, Floats]:
    """The largest errors of `camera.image_from_world(xyz)`: of points `(..., 2)`, pixels, and of depth `(...)`.

    xyz: world points `(..., 3)`, which a dtype of that `precision` holds exactly. The camera's numbers, a tilt of the
    sensor as a matrix among them, are taken at their float64 values. Infinite where the depth may come out as zero.
    """
    x, y, depth = camera.camera_from_world(*_axes(xyz, precision))
    return _kept(camera.image_from_ideal(x / depth, y / depth), precision), depth.kept_in(precision).error


def world_error(camera: Camera, points: Any, depth: Any, precision: Precision) -> Floats:
    """The largest error of `camera.world_from_image(points, depth)`, `(..., 3)`, in the unit of depth.

    points `(..., 2)` and depth `(...)` are held exactly by a dtype of that `precision`. The camera's numbers, the
    inverse of its rotation among them, are taken at their float64 values.

    Raises `ValueError` for a camera with distortion: that is undone by steps until the miss is below 64 eps times
    1 + |x| + |y| on the plane behind the lens, which moves the point by that over the slope of the lens.
    """
    if camera.distortion:
        raise ValueError("the error of world_from_image is bounded without distortion only; see world_error")
    (z,) = _axes(np.asarray(depth)[..., None], precision)
    return _kept(camera.world_from_ideal(*camera.plane_from_image(*_axes(points, precision)), z), precision)


def _axes(given: Any, precision: Precision) -> list[Rounded]:
    return [Rounded.given(axis, precision.working) for axis in np.moveaxis(np.asarray(given), -1, 0)]


def _kept(computed: Iterable[Rounded], precision: Precision) -> Floats:
    return np.stack([axis.kept_in(precision).error for axis in computed], axis=-1)


@dataclass(frozen=True, eq=False)
class Rounded:
    """A number as a dtype computes it: `value`, as float64 does, and how far the dtype's may be from the exact one.

    It does arithmetic like the number it stands for, with plain numbers too, which are rounded to the dtype first.
    """

    value: Floats
    error: Floats
    precision: Precision

    @classmethod
    def given(cls, value: Any, precision: Precision) -> Self:
        """Numbers without an error, which the dtype holds."""
        return cls(np.asarray(value, np.float64), np.zeros(np.shape(value)), precision)

    def kept_in(self, precision: Precision) -> Rounded:
        """The numbers rounded once more, to a dtype that computes in this one; the same dtype rounds nothing."""
        return self if precision == self.precision else self._after(self.value, self.error, precision)

    @_quiet
    def __add__(self, other: Rounded | Plain) -> Rounded:
        other = self._of(other)
        return self._after(self.value + other.value, self.error + other.error, self.precision)

    @_quiet
    def __mul__(self, other: Rounded | Plain) -> Rounded:
        other = self._of(other)
        from_self = self.error * (abs(other.value) + 2 * other.error)
        from_other = (abs(self.value) + self.error) * other.error
        return self._after(self.value * other.value, from_self + from_other, self.precision)

    @_quiet
    def __truediv__(self, other: Rounded | Plain) -> Rounded:
        other = self._of(other)
        least = abs(other.value) - 2 * other.error  # one error for the value as float64 has it, one for the dtype's
        most = (abs(self.value) + self.error) / least
        error = np.where(least > 0, (self.error + most * other.error) / least, np.inf)
        return self._after(self.value / other.value, error, self.precision)

    def __neg__(self) -> Rounded:
        return Rounded(-self.value, self.error, self.precision)

    def __sub__(self, other: Rounded | Plain) -> Rounded:
        return self + -self._of(other)

    def __rsub__(self, other: Plain) -> Rounded:
        return self._of(other) - self

    def __rtruediv__(self, other: Plain) -> Rounded:
        return self._of(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def _of(self, number: Rounded | Plain) -> Rounded:
        if isinstance(number, Rounded):
            return number
        off = abs(Fraction(float(self.precision.number(number))) - Fraction(number))
        return Rounded(np.asarray(float(number)), np.asarray(float(off) * _UPWARD), self.precision)

    def _after(self, value: Floats, error: Floats, precision: Precision) -> Rounded:
        """`value` with the error that it brings along, rounded once to the dtype of that `precision`."""
        largest = (abs(value) + 2 * error) * _UPWARD
        rounding = precision.eps / 2 * largest + precision.smallest * precision.eps
        error = np.where(largest + rounding <= precision.largest, (error + rounding) * _UPWARD, np.inf)
        return Rounded(value, error, precision)
