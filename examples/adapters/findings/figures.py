"""Figures of the findings page: the true map of a transform, and misses as a reader wants to see them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.fields import Size
from reference.measure import measure_map
from reference.snapping import snap

Floats = NDArray[np.float64]
NOISE = 0.02  # pixels: what a figure of the page is good to, as the maps of `reference.measure` are


@functools.cache
def true_map(transform: Callable[..., Any], size: Size) -> tuple[Floats, Floats]:
    """The map `matrix @ place + shift` from image to crop, edge coordinates: exact where it has whole numbers."""
    measured = measure_map(transform, size)
    try:
        exact = snap(measured)
    except ValueError:
        return np.array(measured.matrix), np.array(measured.shift)
    return np.diag(exact.scale), -np.array(exact.offset, dtype=np.float64)


def misses_in_words(misses: Floats) -> str:
    """Misses (N, 2) in pixels as `x +0.57, y +0.57`, from the first to the last where they vary; `0` for none."""
    if np.abs(misses).max() < NOISE / 2:
        return "0"
    return ", ".join(f"{axis} {_span(values)}" for axis, values in zip("xy", misses.T, strict=True))


def _span(values: Floats) -> str:
    first, last = (f"{end:+.2f}" if abs(end) >= NOISE / 2 else "0" for end in (values[0], values[-1]))
    return first if np.ptp(values) < NOISE else f"{first} to {last}"


def width_by_height(size: Size) -> str:
    """A size `(height, width)` as people write it."""
    return f"{size[1]}x{size[0]}"
