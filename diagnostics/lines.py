"""Straight lines from points to the places read for them, and the ripple that an interpolation leaves on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.ramp import NOISE
from diagnostics.subject import Floats

# A symmetric kernel that does not keep straight lines, as PyTorch's bicubic one (a = -3/4), strays from a ramp by an
# odd function of the place within the cell: by up to 0.048 cells, to 0.0015 the sum of these harmonics. What is rounded
# to pixels strays at a far shorter period.
_HARMONICS = np.arange(1, 4)
_MOST = 0.06  # cells


@dataclass(frozen=True)
class Line:
    """`place = gain * u + shift`, cells, and `ripple`, the amplitudes (3,) of the harmonics of its fraction.

    low, high: range of the points used. residual: worst distance of a place from line and ripple.
    """

    gain: float
    shift: float
    ripple: Floats
    low: float
    high: float
    residual: float


def fit_line(points: Floats, places: Floats) -> Line:
    """The line through `places` (N,) read for coordinates `points` (N,); both finite."""
    terms = np.stack([points, np.ones(len(points))], axis=-1)
    (gain, shift), *_ = np.linalg.lstsq(terms, places, rcond=None)
    ripple, strays = np.zeros(len(_HARMONICS)), places - terms @ [gain, shift]
    if np.abs(strays).max() > NOISE:
        waves = _waves(gain * points + shift)
        (rippled_gain, rippled_shift, *amplitudes), *_ = np.linalg.lstsq(
            np.concatenate([terms, waves], axis=-1), places, rcond=None
        )
        left = places - terms @ [rippled_gain, rippled_shift] - waves @ amplitudes
        if np.abs(left).max() < np.abs(strays).max() / 2 and np.abs(waves @ amplitudes).max() < _MOST:
            gain, shift, ripple, strays = rippled_gain, rippled_shift, np.array(amplitudes), left
    low, high, residual = points.min(), points.max(), np.abs(strays).max()
    return Line(float(gain), float(shift), ripple, float(low), float(high), float(residual))


def rippled(places: Floats, ripple: Floats) -> Floats:
    """Where is read what lies at `places` (...), by a line whose ripple has the amplitudes (3,)."""
    read: Floats = places + _waves(places) @ ripple
    return read


def _waves(places: Floats) -> Floats:
    return np.sin(2 * np.pi * places[..., None] * _HARMONICS)
