"""How many points each cell of a grid is read for: by the truth, and by what the lift reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from reference.geometry import edge_from_index
from reports.places import AtSize, Floats
from reports.raster import Shades
from reports.svg import Canvas

_SIDE, _FOOT = 420.0, 34.0
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class CellCounts:
    """Counts (rows, columns) of valid points by the cell that is theirs and by the cell that is read for them."""

    own: Counts
    read: Counts
    elsewhere: int

    @property
    def valid(self) -> int:
        """Points that have a cell of their own between the centres of the outermost cells."""
        return int(self.own.sum())


def every_pixel(at: AtSize) -> CellCounts:
    """The counts of all pixel centres of the image; `read` is that of the fitted landing.

    Each axis of a place follows one axis of the pixel, so rows and columns are counted apart and multiplied.
    """
    diagonal = np.arange(int(at.image.max()), dtype=np.float64)
    places = at.grid_from_image(np.stack([diagonal, diagonal], axis=1))
    counted = (places >= 0) & (places <= at.cells - 1)
    own, read = (_cells(at, index) for index in (places, at.read_from_image(np.stack([diagonal, diagonal], axis=1))))
    u, v = (np.flatnonzero(counted[: int(side), axis]) for axis, side in enumerate(at.image))
    columns, rows = (int(side) for side in at.cells)
    if at.record["read_from_image"]["swapped"]:
        x_of, y_of = v, u
        same = (_pairs(own[u, 0], read[u, 1], columns, rows) * _pairs(read[v, 0], own[v, 1], columns, rows)).sum()
    else:
        x_of, y_of = u, v
        same = np.count_nonzero(own[u, 0] == read[u, 0]) * np.count_nonzero(own[v, 1] == read[v, 1])
    return CellCounts(
        own=np.outer(_counted(own[v, 1], rows), _counted(own[u, 0], columns)),
        read=np.outer(_counted(read[y_of, 1], rows), _counted(read[x_of, 0], columns)),
        elsewhere=len(u) * len(v) - int(same),
    )


def _cells(at: AtSize, places: Floats) -> Counts:
    """The cells (N, 2) that contain places; all beyond an end of the grid are as if in the cell next to it."""
    return np.asarray(np.clip(np.floor(edge_from_index(places)), -1, at.cells), dtype=np.int64)


def _counted(cells: Counts, side: int) -> Counts:
    """How many of `cells` (N,) are each of an axis; those beyond it are none of the grid's."""
    return np.bincount(cells[(cells >= 0) & (cells < side)], minlength=side)


def _pairs(x: Counts, y: Counts, columns: int, rows: int) -> Counts:
    """How many pairs (x, y) are each cell of the grid, (columns, rows)."""
    within = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    return np.bincount(x[within] * rows + y[within], minlength=columns * rows).reshape(columns, rows)


def draw_counts(counts: Counts, most: int, alt: str) -> Markup:
    """One heat map; `most` is the upper end of the scale, the same for all that stand side by side."""
    rows, columns = counts.shape
    scale = _SIDE / max(rows, columns)
    width, height = scale * columns, scale * rows
    canvas, box = Canvas(_SIDE, height + _FOOT), [(0.0, 0.0), (width, height)]
    shades = Shades(0.0, float(max(most, 1)))
    canvas.picture(shades.png(np.where(counts > 0, counts, np.nan).astype(np.float64)), box)
    canvas.rect(box, "frame")
    shades.draw(canvas, (0, height + 6), 130, "points a cell", Shades.png)
    return canvas.svg(alt, "counts")
