"""The picture of colours that arrive changed: what was in the image, what a model makes of what arrives, and ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from diagnostics.colour_links import STATISTICS
from diagnostics.subject import Floats, as_array
from diagnostics.verdict import Fault
from docs.generate.page import Picture
from docs.generate.svg import FAINT, Canvas

Colour = tuple[int, int, int]
COLOURS: dict[str, Colour] = {
    "black": (0, 0, 0),
    "grey": (128, 128, 128),
    "white": (255, 255, 255),
    "red": (200, 30, 40),
    "leaf": (60, 140, 60),
    "sky": (90, 150, 220),
    "sand": (214, 178, 130),
}
_SIDE, _LEFT = 68.0, 128.0


def arrivals(preprocess: Callable[[Any], Any]) -> Floats:
    """What every colour arrives as, (N, 3), in the middle of an image of nothing else."""
    rows = []
    for colour in COLOURS.values():
        crop = as_array(preprocess(Image.new("RGB", (320, 240), colour)), "preprocess")
        rows.append(crop[:, crop.shape[1] // 2, crop.shape[2] // 2])
    return np.array(rows)


def draw_colours(fault: Fault, preprocess: Callable[[Any], Any], declared: str = "clip") -> Picture:
    """Two rows of swatches, and the values of black and white in every channel against what they should be."""
    mean, std = (np.array(numbers) for numbers in STATISTICS[declared])
    arrived = arrivals(preprocess)
    meant = (np.array(list(COLOURS.values())) / 255 - mean) / std
    canvas = Canvas(326)
    seen = np.clip(np.rint((arrived * std + mean) * 255), 0, 255).astype(int)
    _draw_swatches(canvas, 30, "in the image", list(COLOURS.values()))
    _draw_swatches(canvas, 110, "as CLIP sees it", [tuple(colour) for colour in seen.tolist()])
    for k, name in enumerate(COLOURS):
        canvas.text(_LEFT + (_SIDE + 3) * k + _SIDE / 2, 192, name, "g s", "middle")
    black, white = (list(COLOURS).index(name) for name in ("black", "white"))
    _draw_ranges(canvas, meant[[black, white]], arrived[[black, white]])
    values = [", ".join(f"{value:.2f}" for value in arrived[k]).replace("-", "−") for k in (black, white)]
    alt = f"Seven colours and what arrives of them. Black arrives as ({values[0]}), white as ({values[1]})."
    return Picture(canvas.svg(f"{fault.id}: colours as they are and as they arrive"), alt)


def _draw_swatches(canvas: Canvas, y: float, label: str, colours: Sequence[Sequence[int]]) -> None:
    canvas.text(16, y + 38, label, "s")
    for k, colour in enumerate(colours):
        style = {"fill": "#{:02x}{:02x}{:02x}".format(*colour), "stroke": FAINT}
        canvas.rect(_LEFT + (_SIDE + 3) * k, y, _SIDE, 64, rx=4, **style)


def _draw_ranges(canvas: Canvas, meant: Floats, arrived: Floats) -> None:
    low, high = min(meant.min(), arrived.min()), max(meant.max(), arrived.max())

    def at(value: float) -> float:
        return _LEFT + 6 + float((value - low) / (high - low)) * 440

    for k in range(3):
        y = 222 + 30 * k
        canvas.text(16, y + 4, f"channel {k}", "s")
        for (first, last), class_, up in ((meant[:, k], "u", -6), (arrived[:, k], "r", 6)):
            dash: dict[str, Any] = {"stroke_dasharray": "6 3"} if class_ == "r" else {}
            canvas.path([(at(first), y + up), (at(last), y + up)], class_=class_, stroke_width=4, **dash)
            canvas.path([(at(first), y + up - 5), (at(first), y + up + 5)], class_=class_, stroke_width=2)
            canvas.path([(at(last), y + up - 5), (at(last), y + up + 5)], class_=class_, stroke_width=2)
    for value in (low, high):
        canvas.text(at(value), 308, f"{value:.2f}".replace("-", "−"), "g s", "middle")
    canvas.path([(_LEFT + 120, 304), (_LEFT + 146, 304)], class_="u", stroke_width=4)
    canvas.text(_LEFT + 154, 308, "meant", "s")
    canvas.path([(_LEFT + 220, 304), (_LEFT + 246, 304)], class_="r", stroke_width=4, stroke_dasharray="6 3")
    canvas.text(_LEFT + 254, 308, "arrives, black to white", "s")
