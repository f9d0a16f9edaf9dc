"""Errors in source pixels as tables: how far beside the place asked for lies the place that is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from diagnostics.subject import Floats
from docs.generate.frame_picture import Scene, signed
from docs.generate.page import Table
from reference.fields import Size

Read = Callable[[Floats], Floats]
_LINES = 41
_SHARE = 0.16  # of the valid area that is left out at its rim, where bilinear sampling and upsampling clamp


def fitted(read: Read, inner: Floats, size: Size) -> Read:
    """The affine map that `read` is, fitted to what is read well inside `inner`, image index points (2, 2)."""
    points = np.stack(np.meshgrid(*(np.linspace(0, side - 1, _LINES) for side in size[::-1])), -1).reshape(-1, 2)
    places, margin = read(points), _SHARE * np.ptp(inner, axis=0)
    used = ((places > inner[0] + margin) & (places < inner[1] - margin)).all(axis=1)
    columns = np.column_stack([points, np.ones(len(points))])
    matrix = np.linalg.lstsq(columns[used], places[used], rcond=None)[0]

    def affine(points: Floats) -> Floats:
        places: Floats = np.column_stack([points, np.ones(len(points))]) @ matrix
        return places

    return affine


def ends_table(scenes: Mapping[Size, Scene]) -> Table:
    """Errors at both ends and in the middle of the middle row and column, a row for every image size."""
    rows = []
    for size, scene in scenes.items():
        low, high = scene.inner
        middle = (low + high) / 2
        points = np.array(
            [[low[0], middle[1]], middle, [high[0], middle[1]], [middle[0], low[1]], middle, [middle[0], high[1]]]
        )
        errors = scene.read(points) - points
        rows.append((named(size), *(signed(value) for value in (*errors[:3, 0], *errors[3:, 1]))))
    heading = ("image", "x: left", "centre", "right", "y: top", "middle", "bottom")
    return Table(heading, tuple(rows), "Place read minus place asked for, in source pixels.")


def spread_table(scenes: Mapping[Size, Scene]) -> Table:
    """The least, mean and largest error along the middle row and column, a row for every image size."""
    rows = []
    for size, scene in scenes.items():
        curves = [curve.values[np.isfinite(curve.values)] for curve in scene.curves()]
        rows.append((named(size), *(signed(float(f(values))) for values in curves for f in (np.min, np.mean, np.max))))
    heading = ("image", "x: least", "mean", "most", "y: least", "mean", "most")
    return Table(heading, tuple(rows), "Place read minus place asked for, in source pixels.")


def named(size: Size) -> str:
    """A size as people write it, width first."""
    return f"{size[1]}×{size[0]}"
