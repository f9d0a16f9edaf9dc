"""How far the measured map of `preprocess` is from a scale and shift, and from a geometry that is claimed for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.subject import Floats, Subject
from diagnostics.verdict import SkipCheck
from reference import snapping
from reference.fields import Size
from reference.geometry import GeomMeta, edge_from_index, index_from_edge
from reference.measure import MeasuredMap

CORNERS = ("left top", "right top", "left bottom", "right bottom")
_UNIT_CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float64)


@dataclass(frozen=True)
class Departure:
    """A map that is no scale and shift an axis: how, in words, and the worst miss of one that is, source pixels."""

    how: str
    error_px: float


def departure(measured: MeasuredMap) -> Departure | None:
    """What keeps `measured` from being a scale and shift on each axis; None where it is one, whole pixels or not."""
    how = snapping.departure(measured)
    return Departure(how, _miss_of_upright(measured)) if how else None


def affine_maps(subject: Subject) -> dict[Size, MeasuredMap]:
    """The measured maps at every size where `preprocess` has one that is a scale and shift.

    Raises `SkipCheck` where there is none at all: that is named once, by the check of the map itself.
    """
    maps = {}
    for size in subject.image_sizes:
        try:
            measured = subject.preprocess_map(size)
        except ValueError:
            continue
        if departure(measured) is None:
            maps[size] = measured
    if not maps:
        raise SkipCheck("the preprocess has no map that is a scale and shift")
    return maps


def image_from_crop_edges(measured: MeasuredMap, edges: Floats) -> Floats:
    """Image edge coordinates of crop edge coordinates `(N, 2)`, by the measured map."""
    return np.linalg.solve(np.array(measured.matrix), (edges - np.array(measured.shift)).T).T


def corner_edges(measured: MeasuredMap) -> Floats:
    """The `CORNERS` of what the crop shows of the image, padding aside: crop edge coordinates (4, 2)."""
    (height, width), (crop_height, crop_width) = measured.image_size, measured.crop_size
    corners = _UNIT_CORNERS * (width, height) @ np.array(measured.matrix).T + measured.shift
    shown = np.clip(corners, 0, (crop_width, crop_height))
    return np.asarray(shown.min(axis=0) + _UNIT_CORNERS * np.ptp(shown, axis=0))


def corner_misses(claim: GeomMeta, measured: MeasuredMap) -> Floats:
    """How far `claim` is from `measured` at the `CORNERS`, source pixels (4, 2)."""
    edges = corner_edges(measured)
    claimed = edge_from_index(claim.image_from_crop(index_from_edge(edges)))
    return np.asarray(claimed - image_from_crop_edges(measured, edges))


def _miss_of_upright(measured: MeasuredMap) -> float:
    """Worst distance at the corners between the map and an upright one of its size about the same centre."""
    edges = corner_edges(measured)
    read = image_from_crop_edges(measured, edges)
    pixel = 1 / np.linalg.norm(measured.matrix, axis=1)  # source pixels a crop pixel, along x and y
    upright = read.mean(axis=0) + (edges - edges.mean(axis=0)) * pixel
    return float(np.linalg.norm(read - upright, axis=1).max() + measured.residual * pixel.max())
