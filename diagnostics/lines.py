"""Straight lines from points to the places read for them, and the ripple that an interpolation leaves on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.ramp import NOISE
from diagnostics.subject import Floats
from reference.geometry import edge_from_index, index_from_edge

# Cubic convolution (R. Keys, 1981) keeps straight lines for a = -1/2 alone; PyTorch and OpenCV have a = -3/4. Otherwise
# a ramp is read beside its place by (2a + 1) t (1 - t) (1 - 2t), t being the place within the cell: up to 0.048 cells.
_ROUNDS = 20  # a few do, but where no more than a cell is seen
_MOST = 1.0  # |2a + 1| of any kernel in use


@dataclass(frozen=True)
class Line:
    """`place = gain * u + shift`, cells, and `ripple`, how much of a cubic kernel's stray is on it.

    low, high: range of the points used. residual: worst distance of a place from line and ripple.
    """

    gain: float
    shift: float
    ripple: float
    low: float
    high: float
    residual: float


def fit_line(points: Floats, places: Floats, fineness: float = 1) -> Line:
    """The line through `places` (N,) read for coordinates `points` (N,); both finite.

    fineness: how many cells of the map that is sampled there are in one whose index coordinates the places are.
    """
    terms = np.stack([points, np.ones(len(points))], axis=-1)
    (gain, shift), *_ = np.linalg.lstsq(terms, places, rcond=None)
    ripple, strays = 0.0, places - terms @ [gain, shift]
    if np.abs(strays).max() > NOISE:
        solved, left = _fit_rippled(terms, places, (float(gain), float(shift)), fineness)
        if np.abs(left).max() < np.abs(strays).max() / 2 and abs(solved[2]) <= _MOST:
            (gain, shift, ripple), strays = solved, left
    low, high, residual = points.min(), points.max(), np.abs(strays).max()
    return Line(float(gain), float(shift), float(ripple), float(low), float(high), float(residual))


def _fit_rippled(terms: Floats, places: Floats, line: tuple[float, float], fineness: float) -> tuple[Floats, Floats]:
    """Gain, shift and ripple, and what they leave: the ripple of the line before gives the next, until it stays."""
    solved = np.array([*line, 0.0])
    for _ in range(_ROUNDS):
        both = np.concatenate([terms, _stray(terms @ solved[:2], fineness)[:, None]], axis=-1)
        solved, *_ = np.linalg.lstsq(both, places, rcond=None)
    return solved, places - both @ solved


def rippled(places: Floats, ripple: Floats, fineness: Floats) -> Floats:
    """Where is read what lies at `places` (...), by a line with that `ripple`."""
    read: Floats = places + ripple * _stray(places, fineness)
    return read


def _stray(places: Floats, fineness: Floats | float) -> Floats:
    within = np.mod(index_from_edge(edge_from_index(places) * fineness), 1)
    stray: Floats = within * (1 - within) * (1 - 2 * within) / fineness
    return stray
