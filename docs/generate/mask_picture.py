"""The picture of a mask: the area whose points it accepts, against the area that its rule allows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from diagnostics.subject import Floats
from docs.generate.page import Picture, Table
from docs.generate.svg import READ, TRUTH, Canvas
from reference.fields import Size
from reference.geometry import edge_from_index, index_from_edge

Mask = Callable[[Floats], NDArray[np.bool_]]
_SCALE, _LEFT, _TOP = 0.56, 40.0, 46.0
_STEPS = 16  # places a pixel along the lines on which a bound is looked for


def accepted(mask: Mask, size: Size) -> Floats:
    """Corners (2, 2) of the area that `mask` accepts, edge coordinates, looked for along the middle row and column."""
    bounds = []
    for axis, side in enumerate(size[::-1]):
        line = np.tile((np.array(size[::-1]) - 1) / 2, (side * _STEPS, 1))
        line[:, axis] = index_from_edge(edge_from_index(np.arange(side * _STEPS)) / _STEPS)
        inside = line[mask(line), axis]
        bounds.append((edge_from_index(inside[0]), edge_from_index(inside[-1])))
    corners: Floats = np.array(bounds).T
    return corners


def mask_table(right: Floats, mine: Floats) -> Table:
    """The four bounds of both areas."""
    rows = [
        (name, *(f"{value:.1f}" for value in (*area[:, 0], *area[:, 1])))
        for name, area in (("rule", right), ("mask", mine))
    ]
    heading = ("accepted", "left", "right", "top", "bottom")
    return Table(heading, tuple(rows), "Edge coordinates of the accepted area in the 640×480 image, source pixels.")


def draw_masks(title: str, right: Floats, mine: Floats, size: Size) -> Picture:
    """Both areas over the image."""
    canvas = Canvas(_TOP + _SCALE * size[0] + 20)
    height, width = (_SCALE * side for side in size)
    canvas.text(_LEFT, 30, f"image {size[1]}×{size[0]}", "s")
    canvas.rect(_LEFT, _TOP, width, height, fill="#fff", stroke="#9aa5ab")
    _draw_area(canvas, mine, fill=READ, fill_opacity="0.12", stroke=READ, stroke_width=1.8, stroke_dasharray="6 3")
    _draw_area(canvas, right, fill=TRUTH, fill_opacity="0.12", stroke=TRUTH, stroke_width=1.8)
    x, y = _LEFT + width + 28, _TOP + 14
    canvas.rect(x, y, 26, 18, fill=TRUTH, fill_opacity="0.12", stroke=TRUTH, stroke_width=1.8)
    canvas.text(x + 36, y + 14, "what the rule allows", "s")
    canvas.rect(
        x, y + 34, 26, 18, fill=READ, fill_opacity="0.12", stroke=READ, stroke_width=1.8, stroke_dasharray="6 3"
    )
    canvas.text(x + 36, y + 48, "what the mask accepts", "s")
    apart = [
        f"{name} {bound}" for name, bound in zip(("left", "right", "top", "bottom"), _apart(right, mine), strict=True)
    ]
    canvas.text(x, y + 92, "the mask is wider by, source px", "g s")
    for line, words in enumerate(apart):
        canvas.text(x, y + 114 + 20 * line, words, "s")
    alt = f"The area that the mask accepts is wider than its rule by {', '.join(apart)} source px."
    return Picture(canvas.svg(title), alt)


def _apart(right: Floats, mine: Floats) -> list[str]:
    outwards = np.concatenate([(mine - right).T[0] * (-1, 1), (mine - right).T[1] * (-1, 1)])
    return [f"{value:+.1f}".replace("-", "−") if abs(value) >= 0.1 else "0" for value in outwards]


def _draw_area(canvas: Canvas, corners: Floats, **style: object) -> None:
    (left, top), (right, bottom) = corners * _SCALE + (_LEFT, _TOP)
    canvas.rect(left, top, right - left, bottom - top, **style)
