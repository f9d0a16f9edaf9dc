"""Where points land on the crop and the cells of its grid: by the truth, and by what the lift reads."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from reference.geometry import index_from_edge
from reports.places import AtSize, Floats, Record, frame_of
from reports.svg import Canvas

_SIDE = 420.0
_BESIDE = 1.0  # cells around the grid, for what is read outside it
_MOST = 7  # points along a side


def draw_grid(at: AtSize, alt: str, landing: Record | None = None) -> Markup:
    """The figure, in cells. landing: of one fault alone; by default what was fitted to the lift."""
    canvas = Canvas(_SIDE, _SIDE)
    edges = index_from_edge(np.stack([np.zeros(2), at.cells]))
    frame = frame_of(edges + np.array([[-_BESIDE], [_BESIDE]]), [(0, 0), (_SIDE, _SIDE)])
    canvas.rect(frame.at(edges), "surface")
    columns, rows = (int(count) for count in at.cells)
    canvas.cells(frame.at(edges), columns, rows)
    canvas.rect(frame.at(edges), "crop")
    places = _centres(at)
    true = frame.at(places)
    if landing is not None or at.record.get("read_from_image") is not None:
        read = frame.at(at.read_from_image(at.image_from_grid(places), landing))
        canvas.clip([(0, 0), (_SIDE, _SIDE)])
        canvas.arrows(true, read)
        canvas.read(read)
        canvas.close()
    canvas.asked(true)
    return canvas.svg(alt, "square")


def _centres(at: AtSize) -> Floats:
    """Cell centres (N, 2) of the grid that the image shows, thinned: whole grid index coordinates."""
    axes = [np.unique(np.rint(np.linspace(0, count - 1, min(int(count), _MOST)))) for count in at.cells]
    places = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    points = at.image_from_grid(places)
    first, last = at.image_corners
    shown: Floats = places[((points >= first) & (points <= last)).all(axis=1)]
    return shown
