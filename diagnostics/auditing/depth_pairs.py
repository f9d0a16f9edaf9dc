"""How well the depth of one frame is confirmed by another's: what a pair of frames says about their cameras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.camera import Camera
from reference.geometry import edge_from_index

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_DOUBT = 0.05  # of a depth: what noise and the time between two frames excuse before one contradicts the other


@dataclass(frozen=True)
class Agreement:
    """Counts of points of one frame seen by another; they add up over pairs.

    asked: points that were projected. in_front: of the camera; in_image: of those, in the image's area; compared: of
    those, where the other frame has a reading; agreeing: of those, within the tolerance of it; contradicted: of those,
    so far before every reading around that the other frame looked through them. A point behind its reading may be
    hidden there, and says nothing against a camera.
    """

    asked: int = 0
    in_front: int = 0
    in_image: int = 0
    compared: int = 0
    agreeing: int = 0
    contradicted: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Agreement(*(one + more for one, more in pairs))

    @property
    def share(self) -> float:
        """Agreeing points of those compared; not a number where none is."""
        return self.agreeing / self.compared if self.compared else float("nan")

    @property
    def restored(self) -> float:
        """Agreeing points of all that were asked: a wrong camera loses points out of the image as well as in depth."""
        return self.agreeing / self.asked if self.asked else 0.0

    @property
    def balance(self) -> float:
        """Agreeing less contradicted points, of all that were asked."""
        return (self.agreeing - self.contradicted) / self.asked if self.asked else 0.0

    @property
    def explained(self) -> float:
        """Points agreeing of those asked, times those agreeing of those compared.

        The second tells a wrong camera that has more points in the image from the right one, the first a wrong camera
        that has next to none.
        """
        return self.restored * self.share if self.compared else 0.0

    @property
    def consistency(self) -> float:
        """Agreeing points of those that speak for or against; not a number where none does."""
        spoken = self.agreeing + self.contradicted
        return self.agreeing / spoken if spoken else float("nan")


@dataclass(frozen=True)
class Readings:
    """A depth map in metres, (height, width), 0 where there is no reading, and the points of every few pixels of it.

    points: index coordinates (N, 2) with readings `depth` (N,).
    """

    metres: Floats
    points: Floats
    depth: Floats


def readings_of(metres: Floats, step: int) -> Readings:
    """Every `step`-th pixel on both axes that has a reading."""
    rows, columns = (np.arange(step // 2, side, step) for side in metres.shape)
    u, v = np.meshgrid(columns, rows)
    depth = metres[v, u]
    known = depth > 0
    return Readings(metres, np.stack([u[known], v[known]], axis=-1).astype(np.float64), depth[known])


def agreement(world: Floats, camera: Camera, metres: Floats, tolerance: float) -> Agreement:
    """What a frame with this camera and depth map says of world points (N, 3). tolerance: metres, at every depth."""
    points, depth, in_front = camera.image_from_world(world)
    height, width = camera.size
    edges = edge_from_index(points)
    inside = in_front & ((edges >= 0) & (edges < (width, height))).all(axis=-1)
    columns, rows = np.floor(edges[inside]).astype(np.intp).T
    reading = metres[rows, columns]
    read = reading > 0
    before = reading[read] - depth[inside][read]
    agreeing = np.abs(before) <= tolerance
    doubtful = np.flatnonzero(before > tolerance + _DOUBT * reading[read])
    nearest = _nearest(metres, rows[read][doubtful], columns[read][doubtful])
    through = nearest * (1 - _DOUBT) - depth[inside][read][doubtful] > tolerance
    return Agreement(len(world), *map(_count, (in_front, inside, read, agreeing, through)))


def _nearest(metres: Floats, rows: Indices, columns: Indices) -> Floats:
    """The smallest reading of each pixel and the eight around it: on a slope and beside an edge, depth is not one."""
    height, width = metres.shape
    found = np.full(len(rows), np.inf)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            reading = metres[np.clip(rows + down, 0, height - 1), np.clip(columns + right, 0, width - 1)]
            found = np.where(reading > 0, np.minimum(found, reading), found)
    return found


def _count(mask: Any) -> int:
    return int(np.count_nonzero(mask))
