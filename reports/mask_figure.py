"""What a lift's mask accepts all over the image, against the exact bounds of the rule that it means to follow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from markupsafe import Markup

from reports.places import AtSize, Floats, Record, frame_of
from reports.svg import Canvas

_WIDTH, _HEIGHT = 640.0, 420.0
_CLASSES = {(True, True): "accepted", (True, False): "too-wide", (False, True): "too-tight"}  # (mask, rule) of a tile


def draw_mask(at: AtSize, alt: str) -> Markup:
    """The figure: rectangles for the runs of tiles that mask and rule judge alike."""
    mask: Record = at.record["mask"]
    canvas = Canvas(_WIDTH, _HEIGHT)
    frame = frame_of(at.image_corners, [(4, 4), (_WIDTH - 4, _HEIGHT - 4)])
    image = frame.at(at.image_corners)
    canvas.rect(image, "surface")
    runs = list(_runs(at, mask))
    for how, class_ in _CLASSES.items():
        canvas.rects((frame.at(box) for judged, box in runs if judged == how), class_)
    canvas.rect(image, "frame")
    bounds = np.array([mask["first"], mask["last"]])
    if (bounds[1] > bounds[0]).all():
        canvas.rect(frame.at(bounds), "bound")
    return canvas.svg(alt, "field")


def shares_of_tiles(at: AtSize) -> dict[tuple[bool, bool], float]:
    """The share of the tiles of each kind, (mask, rule): what the mask says at their centres, and what it should."""
    judged = [pair for row in _judged(at, at.record["mask"]) for pair in row]
    return {(mask, rule): judged.count((mask, rule)) / len(judged) for mask in (True, False) for rule in (True, False)}


def _judged(at: AtSize, mask: Record) -> list[list[tuple[bool, bool]]]:
    """(mask, rule) of every tile, by its centre."""
    rows, columns = len(mask["rows"]), len(mask["rows"][0])
    first, last = at.image_corners
    x, y = (
        low + (np.arange(count) + np.arange(1, count + 1)) / 2 * (high - low) / count
        for low, high, count in zip(first, last, (columns, rows), strict=True)
    )
    by_x = (x >= mask["first"][0]) & (x <= mask["last"][0])
    by_y = (y >= mask["first"][1]) & (y <= mask["last"][1])
    return [
        [(here == "1", bool(wide and high)) for here, wide in zip(row, by_x, strict=True)]
        for row, high in zip(mask["rows"], by_y, strict=True)
    ]


def _runs(at: AtSize, mask: Record) -> Iterator[tuple[tuple[bool, bool], Floats]]:
    """Tiles side by side that are judged alike: how, and their corners (2, 2) in image index coordinates."""
    first, last = at.image_corners
    judged = _judged(at, mask)
    tile = (last - first) / (len(judged[0]), len(judged))
    for y, row in enumerate(judged):
        x = 0
        for how, run in groupby(row):
            wide = len(list(run))
            yield how, np.stack([first + tile * (x, y), first + tile * (x + wide, y + 1)])
            x += wide
