"""The landing error along an axis, beside what a sampler with align_corners=True would add."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from reference.geometry import edge_from_index
from reports.field_figure import Field
from reports.places import AtSize, Floats
from reports.rendering import px
from reports.svg import Canvas

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _FOOT = 420.0, 170.0, 62.0, 26.0, 12.0, 24.0


def align_corners_drift(at: AtSize, points: Floats, axis: int) -> Floats:
    """Error in source pixels of a lift that is right but samples with align_corners=True, at index coordinates (N,).

    grid_sample then takes -1 and 1 for the outermost cells' centres: x cells from the crop's edge, of n, read the
    index x (n - 1) / n in place of x - 1/2 (torch.nn.functional.grid_sample).
    """
    n, whole = at.cells[axis], np.zeros((len(points), 2))
    whole[:, axis] = points
    index = at.grid_from_image(whole)[:, axis]
    read = edge_from_index(index) * (n - 1) / n
    sign = np.sign(at.record["grid_from_image"]["scale"][axis])
    drift: Floats = (read - index) * sign * at.pixels_a_cell[axis]
    return drift


def draw_drift(at: AtSize, field: Field, axis: int, alt: str) -> Markup:
    """The figure: errors on the axis at all points of the lattice in the crop, and the drift as a dashed line."""
    first, last = at.crop_corners
    places, errors = field.points[field.judged][:, axis], field.inside[:, axis]
    low, high = max(first[axis], at.image_corners[0][axis]), min(last[axis], at.image_corners[1][axis])
    ends = np.array([low, high])
    drift = align_corners_drift(at, ends, axis)
    top, bottom = _span(np.concatenate([errors, drift, [0.0]]))
    canvas = Canvas(_WIDTH, _TOP + _HEIGHT + _FOOT)
    plot = _WIDTH - _LEFT - _RIGHT

    def on_page(place: Floats, value: Floats) -> Floats:
        x = _LEFT + (place - low) / (high - low) * plot
        return np.stack([x, _TOP + (top - value) / (top - bottom) * _HEIGHT], axis=-1)

    for class_ in ("surface", "frame"):
        canvas.rect([(_LEFT, _TOP), (_LEFT + plot, _TOP + _HEIGHT)], class_)
    canvas.line(on_page(ends, np.zeros(2)), "truth")
    canvas.line(on_page(ends, drift), "drift")
    canvas.read(on_page(places, errors), 3.0)
    for value in sorted({float(drift[0]), 0.0, float(drift[1])}):
        canvas.text(_LEFT - 6, float(on_page(ends[:1], np.array([value]))[0, 1]) + 4, px(value), "small", "end")
    canvas.text(_LEFT, 16, f"error in {'xy'[axis]}, source px", "small")
    canvas.text(_LEFT, _TOP + _HEIGHT + 16, f"{'uv'[axis]} = {low:.1f}", "small")
    canvas.text(_LEFT + plot, _TOP + _HEIGHT + 16, f"{high:.1f}", "small", "end")
    return canvas.svg(alt, "chart")


def _span(values: Floats) -> tuple[float, float]:
    """Top and bottom of the chart: all values and a margin."""
    low, high = float(values.min()), float(values.max())
    margin = max((high - low) / 8, 1e-6)
    return high + margin, low - margin
