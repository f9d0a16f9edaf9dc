"""OpenCV's lens model on the normalised image plane: distort in closed form, undistort by damped Newton steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.polynomial import Polynomial

LENGTHS = (0, 4, 5, 8, 12, 14)

_STEPS = 40  # ten are plenty for a real lens; all of them are made only where no place is found
_NOISE = 64  # rounding of one evaluation of the lens, in units of eps: some thirty operations on terms of order one


@dataclass(frozen=True)
class Lens:
    """The coefficients of a lens in OpenCV's order, and the maps between its ideal and its distorted plane.

    Ideal: (x / z, y / z) of a point in camera coordinates. Distorted: what the focal lengths multiply. Both are pairs
    of real arrays `(...)` of one array library. With r² = x² + y²::

        gain = (1 + k1 r² + k2 r⁴ + k3 r⁶) / (1 + k4 r² + k5 r⁴ + k6 r⁶)
        x_bent = x gain + 2 p1 x y + p2 (r² + 2 x²) + s1 r² + s2 r⁴
        y_bent = y gain + p1 (r² + 2 y²) + 2 p2 x y + s3 r² + s4 r⁴

    and the sensor's tilt by tau_x, tau_y (radians) is a homography after that.

    Source: OpenCV, calib3d module, Detailed Description.

    Raises `ValueError` for a tilt of a quarter turn or more, and for coefficients whose products overflow.
    """

    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    k5: float = 0.0
    k6: float = 0.0
    s1: float = 0.0
    s2: float = 0.0
    s3: float = 0.0
    s4: float = 0.0
    tau_x: float = 0.0
    tau_y: float = 0.0

    def __post_init__(self) -> None:
        if max(abs(self.tau_x), abs(self.tau_y)) >= math.pi / 2:
            raise ValueError(
                f"distortion tilts the sensor by tau_x = {self.tau_x}, tau_y = {self.tau_y}: give radians below pi / 2"
            )
        if not np.isfinite(self._growth.coef).all():
            raise ValueError("distortion has coefficients so large that nothing can be computed with them")

    @classmethod
    @lru_cache  # all cameras of a data set mostly have one lens
    def of(cls, coefficients: tuple[float, ...]) -> Lens:
        """The lens of `coefficients`, as many as OpenCV takes. Raises `ValueError` for any other number of them."""
        if len(coefficients) not in LENGTHS:
            raise ValueError(
                "distortion must have 0, 4, 5, 8, 12 or 14 coefficients in OpenCV's order "
                f"(k1 k2 p1 p2 k3 k4 k5 k6 s1 s2 s3 s4 tau_x tau_y), got {len(coefficients)}; pad with zeros"
            )
        return cls(*coefficients)

    def distorted_from_ideal(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Distorted place of ideal places: OpenCV's value everywhere, also past the fold (see `fold`)."""
        return _moved(self._tilt, *self._bent(x, y))

    def ideal_from_distorted(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Ideal place of distorted places, the one within the fold; NaN where there is none.

        Newton steps from the centre, each halved until it comes closer and stays within the fold, so that the place
        found is the one that the lens is made for and never another that a folded polynomial offers.
        """
        xp = array_namespace(x)
        aim_x, aim_y = _moved(np.linalg.inv(self._tilt), x, y)
        allowed = _NOISE * xp.finfo(aim_x.dtype).eps * (1 + _length(aim_x, aim_y))
        x, y, miss_x, miss_y, damping = 0 * aim_x, 0 * aim_y, aim_x, aim_y, 1 + 0 * aim_x
        for _ in range(_STEPS):
            last = not bool(xp.any(_length(miss_x, miss_y) > allowed))  # one more step, from noise to rounding
            (xx, xy, yx, yy), area = self._slopes(x, y)
            new_x = x + damping * (yy * miss_x - xy * miss_y) / area
            new_y = y + damping * (xx * miss_y - yx * miss_x) / area
            bent_x, bent_y = self._bent(new_x, new_y)
            new_miss_x, new_miss_y = aim_x - bent_x, aim_y - bent_y
            closer = (_length(new_miss_x, new_miss_y) < _length(miss_x, miss_y)) & self._within_fold(new_x, new_y)
            x, y = xp.where(closer, new_x, x), xp.where(closer, new_y, y)
            miss_x, miss_y = xp.where(closer, new_miss_x, miss_x), xp.where(closer, new_miss_y, miss_y)
            damping = xp.where(closer, xp.clip(2 * damping, max=1.0), damping / 2)
            if last:
                break
        found = _length(miss_x, miss_y) <= allowed
        return xp.where(found, x, xp.nan), xp.where(found, y, xp.nan)

    @cached_property
    def fold(self) -> float:
        """Ideal radius at which r · gain stops growing (or gain has a pole); infinite where it always grows.

        Beyond it the polynomial turns back, and what is far outside the picture lands inside it.
        """
        # Coefficients read backwards have the inverse roots, and their first is 1: nothing small is divided by.
        inverse = np.concatenate([np.roots(self._growth.coef), np.roots(self._parts[1].coef)])
        largest = max(inverse.real[np.isreal(inverse) & (inverse.real > 0)], default=0.0)
        return 1 / math.sqrt(largest) if largest else math.inf

    @cached_property
    def _parts(self) -> tuple[Polynomial, Polynomial]:
        """What gain is the quotient of, in r²."""
        return Polynomial([1, self.k1, self.k2, self.k3]), Polynomial([1, self.k4, self.k5, self.k6])

    @cached_property
    @np.errstate(over="ignore", invalid="ignore")
    def _growth(self) -> Polynomial:
        """The slope of r · gain times the square of gain's denominator, in r²."""
        above, below = self._parts
        return above * below + 2 * Polynomial([0, 1]) * (above.deriv() * below - above * below.deriv())

    def _within_fold(self, x: Any, y: Any) -> Any:
        """Whether the map still keeps its sense there: `fold` bounds the radial part, the determinant all of it."""
        return (x * x + y * y <= self.fold * self.fold) & (self._slopes(x, y)[1] > 0)

    def _gain(self, square: Any) -> tuple[Any, Any]:
        """The radial gain at r² and its slope along r²."""
        above = 1 + square * (self.k1 + square * (self.k2 + square * self.k3))
        below = 1 + square * (self.k4 + square * (self.k5 + square * self.k6))
        above_slope = self.k1 + square * (2 * self.k2 + square * 3 * self.k3)
        below_slope = self.k4 + square * (2 * self.k5 + square * 3 * self.k6)
        return above / below, (above_slope - above / below * below_slope) / below

    def _bent(self, x: Any, y: Any) -> tuple[Any, Any]:
        """The polynomial part of the model, everything but the tilt."""
        square = x * x + y * y
        gain, _ = self._gain(square)
        return (
            x * gain + 2 * self.p1 * x * y + self.p2 * (square + 2 * x * x) + square * (self.s1 + square * self.s2),
            y * gain + self.p1 * (square + 2 * y * y) + 2 * self.p2 * x * y + square * (self.s3 + square * self.s4),
        )

    def _slopes(self, x: Any, y: Any) -> tuple[tuple[Any, Any, Any, Any], Any]:
        """The derivatives of `_bent`, x along x and y, then y along x and y, and their determinant."""
        square = x * x + y * y
        gain, slope = self._gain(square)
        along_x = slope * x + self.s1 + 2 * self.s2 * square
        along_y = slope * y + self.s3 + 2 * self.s4 * square
        xx = gain + 2 * x * along_x + 2 * self.p1 * y + 6 * self.p2 * x
        xy = 2 * y * along_x + 2 * self.p1 * x + 2 * self.p2 * y
        yx = 2 * x * along_y + 2 * self.p1 * x + 2 * self.p2 * y
        yy = gain + 2 * y * along_y + 6 * self.p1 * y + 2 * self.p2 * x
        return (xx, xy, yx, yy), xx * yy - xy * yx

    @cached_property
    def _tilt(self) -> Any:
        """The homography `(3, 3)` of a sensor turned about x by tau_x, then about y by tau_y."""
        sin_x, cos_x = math.sin(self.tau_x), math.cos(self.tau_x)
        sin_y, cos_y = math.sin(self.tau_y), math.cos(self.tau_y)
        about_x = np.array([[1, 0, 0], [0, cos_x, sin_x], [0, -sin_x, cos_x]])
        about_y = np.array([[cos_y, 0, -sin_y], [0, 1, 0], [sin_y, 0, cos_y]])
        turn = about_y @ about_x
        onto_sensor = np.array([[turn[2, 2], 0, -turn[0, 2]], [0, turn[2, 2], -turn[1, 2]], [0, 0, 1]])
        return onto_sensor @ turn


def _moved(homography: Any, x: Any, y: Any) -> tuple[Any, Any]:
    (xx, xy, xw), (yx, yy, yw), (wx, wy, ww) = homography.tolist()
    w = wx * x + wy * y + ww
    return (xx * x + xy * y + xw) / w, (yx * x + yy * y + yw) / w


def _length(x: Any, y: Any) -> Any:
    return abs(x) + abs(y)
