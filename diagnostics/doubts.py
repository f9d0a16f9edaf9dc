"""Says where image points look as if they were written down in another convention than (u, v) in pixels."""

from __future__ import annotations

import numpy as np

from diagnostics.points_file import PointsFile
from reference.geometry import GeomMeta

_LOOKED_AT = 2**16  # points: a convention is one of the whole file
_EXCHANGED = (
    "and with u and v exchanged none would be: points are (u, v), u to the right; if these are (row, column), exchange "
    "the columns (points[:, ::-1])"
)
_SCALED = "all coordinates are between -1 and 1: points are in pixels; multiply them by the size of the image"


def doubt(points: PointsFile, geometry: GeomMeta) -> str:
    """What the first points of a file of image points (N, 2) suggest, in one sentence; empty where nothing is odd.

    geometry: of the image that they are counted in.
    """
    first = next(points.chunks(_LOOKED_AT), np.empty((0, 2))).astype(np.float64)
    known = first[np.isfinite(first).all(axis=1)]
    if len(known) < 2:
        return ""
    if np.abs(known).max() <= 1:
        return _SCALED
    given, exchanged = (geometry.valid(each, "image") for each in (known, known[:, ::-1]))
    if exchanged.all() and not given.all():
        return f"{np.count_nonzero(~given):,} of the first {len(known):,} points are outside the image, {_EXCHANGED}"
    return ""
