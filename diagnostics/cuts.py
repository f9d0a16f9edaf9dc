"""Where whatever is counted begins and ends on either axis of the image, exact to the last bit of float64.

Validity and cells are products of two intervals, one an axis, because every map is a scale and a shift on each axis
alone. The cuts between the intervals are found with `GeomMeta`'s own maps, so counting by cuts and evaluating
`GeomMeta.valid` and `grid_from_image` point by point agree for every float64, on the bounds included.

Cuts are `(x, y)`: two ascending arrays of image index coordinates. A cut belongs to the interval that it begins.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.geometry import GeomMeta, edge_from_index, index_from_edge

Axis = NDArray[np.float64]
Cuts = tuple[Axis, Axis]


def image_cuts(geometry: GeomMeta) -> Cuts:
    """The image: one interval an axis."""
    return bin_cuts(geometry, max(geometry.in_size))


def bin_cuts(geometry: GeomMeta, bin_side: int) -> Cuts:
    """Square bins of `bin_side` whole pixels from the image's left and top; the last ones may be cut short."""
    height, width = geometry.in_size
    return _bins(width, bin_side), _bins(height, bin_side)


def crop_cuts(geometry: GeomMeta) -> Cuts:
    """The part of the image that is in the crop, as `GeomMeta.valid(rule="crop")` bounds it: one interval an axis."""
    height, width = geometry.crop_size
    corners = geometry.image_from_crop(index_from_edge(np.array([[0, 0], [width, height]], dtype=np.float64)))
    return _within_image(geometry, corners[:, 0], corners[:, 1])


def cell_cuts(geometry: GeomMeta) -> Cuts:
    """The valid part of every grid cell, `GeomMeta.valid(rule="centre")`: as many intervals as the axis has cells.

    The outermost cells begin and end at their centres, bounds included: the next float64 begins what is outside.
    """
    height, width = geometry.feat_size
    first, last = geometry.image_from_grid(np.array([[0, 0], [width - 1, height - 1]], dtype=np.float64))
    after = np.nextafter(last, np.inf)
    x, y = (
        np.concatenate([first[[axis]], _cell_starts(geometry, axis, cells), after[[axis]]])
        for axis, cells in enumerate((width, height))
    )
    return _within_image(geometry, x, y)


def _bins(side: int, bin_side: int) -> Axis:
    edges = np.append(np.arange(0, side, bin_side), side).astype(np.float64)
    cuts: Axis = index_from_edge(edges)
    return cuts


def _within_image(geometry: GeomMeta, x: Axis, y: Axis) -> Cuts:
    """A point outside the image is valid under no rule: intervals of letterbox padding become empty."""
    (left, right), (top, bottom) = image_cuts(geometry)
    return np.clip(x, left, right), np.clip(y, top, bottom)


def _cell_starts(geometry: GeomMeta, axis: int, cells: int) -> Axis:
    """The least float64 on `axis` that the rounded map takes into cell k, for k = 1 ... cells - 1, by bisection."""
    cell = np.arange(1, cells)

    def in_cell_or_later(coordinates: Axis) -> NDArray[np.bool_]:
        points = np.zeros((len(cell), 2))
        points[:, axis] = coordinates
        edges = edge_from_index(geometry.grid_from_image(points)[:, axis])
        return np.asarray(np.floor(edges) >= cell)

    about = np.zeros((len(cell), 2))
    about[:, axis] = index_from_edge(cell)
    about = geometry.image_from_grid(about)[:, axis]
    before: Axis = about - 1
    start: Axis = about + 1  # A pixel to either side is far more than the maps round.
    while True:
        middle = before + (start - before) / 2
        if ((middle <= before) | (middle >= start)).all():
            return start
        reached = in_cell_or_later(middle)
        before, start = np.where(reached, before, middle), np.where(reached, middle, start)
