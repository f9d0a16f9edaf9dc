"""The picture of a preprocess that is no resize and crop: straight lines of the image, and how they arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from diagnostics.subject import Floats, as_array
from diagnostics.verdict import Fault
from docs.generate.page import Picture
from docs.generate.svg import FAINT, Canvas

_WIDTH, _HEIGHT, _THICK = 640, 480, 9
_COLUMNS, _ROWS = (110, 190, 270, 350, 430, 510), (40, 120, 200, 280, 360, 440)


def draw_warp(fault: Fault, crop: Callable[[Any], Any]) -> Picture:
    """Lines that are followed through the crop, row by row and column by column."""
    canvas = Canvas(320)
    canvas.text(24, 28, "lines of the image", "s")
    canvas.text(364, 28, "how they arrive in the crop", "s")
    canvas.rect(24, 44, 300, 225, fill="#fff", stroke=FAINT)
    for u in _COLUMNS:
        canvas.path([(24 + u * 300 / _WIDTH, 44), (24 + u * 300 / _WIDTH, 269)], class_="u", stroke_width=1.6)
    for v in _ROWS:
        canvas.path([(24, 44 + v * 225 / _HEIGHT), (324, 44 + v * 225 / _HEIGHT)], class_="u", stroke_width=1.6)
    canvas.rect(364, 44, 225, 225, fill="#fff", stroke=FAINT)
    most = 0.0
    for line in _lines(crop):
        canvas.path(line * 225 + (364, 44), class_="r", stroke_width=1.6, stroke_dasharray="6 2.5")
        most = max(most, float(np.ptp(line, axis=0).min()))
    alt = f"Straight lines of the image arrive bent by up to {most * 50:.1f} % of the crop's side from their middle."
    canvas.text(24, 300, "measured, line by line, through the planted preprocess", "g s")
    return Picture(canvas.svg(f"{fault.id}: straight lines and how they arrive"), alt)


def _lines(crop: Callable[[Any], Any]) -> Iterator[Floats]:
    """Each line as points (N, 2) of the crop, in shares of its side."""
    for axis, places in enumerate((_COLUMNS, _ROWS)):
        for place in places:
            image = np.zeros((_HEIGHT, _WIDTH, 3), dtype=np.uint8)
            part = slice(place - _THICK, place + _THICK)
            image[(slice(None), part) if axis == 0 else (part, slice(None))] = 255
            light = as_array(crop(Image.fromarray(image)), "preprocess")[0]
            light = light if axis == 0 else light.T
            yield _centres(light, axis)


def _centres(light: Floats, axis: int) -> Floats:
    """The middle of the light in every fourth row that has some."""
    side = light.shape[1]
    along, rows = (np.arange(side) + 0.5) / side, np.arange(2, len(light), 4)
    rows = rows[light[rows].sum(axis=1) > 1]
    across = (light[rows] @ along) / light[rows].sum(axis=1)
    points: Floats = np.column_stack([across, (rows + 0.5) / len(light)])
    return points if axis == 0 else points[:, ::-1]
