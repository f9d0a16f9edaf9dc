"""Where things lie on a figure: from image index coordinates to the canvas, and the maps of one recorded image size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.words import width_by_height
from reference.geometry import index_from_edge

Floats = NDArray[np.float64]
Record = dict[str, Any]


@dataclass(frozen=True)
class Frame:
    """A part of a plane of index coordinates, drawn on a canvas. scale: canvas units a pixel. origin: of index 0."""

    scale: float
    origin: Floats

    def at(self, points: Any) -> Floats:
        """Canvas places (..., 2) of index points (..., 2)."""
        places: Floats = self.scale * np.asarray(points, dtype=np.float64) + self.origin
        return places


def frame_of(shown: Floats, room: Sequence[Sequence[float]]) -> Frame:
    """The frame that shows the index coordinates between two corners (2, 2), as large and central as `room` allows."""
    (left_top, right_bottom), span = np.array(room, dtype=np.float64), shown[1] - shown[0]
    scale = float(min((right_bottom - left_top) / span))
    middle: Floats = (left_top + right_bottom) / 2 - scale * (shown[0] + shown[1]) / 2
    return Frame(scale, middle)


@dataclass(frozen=True)
class AtSize:
    """One image size of a results file: its sides and its maps, x before y."""

    record: Record

    @property
    def image(self) -> Floats:
        """Sides of the image, pixels (2,)."""
        return _sides(self.record["image_size"])

    @property
    def crop(self) -> Floats:
        """Sides of the crop, pixels (2,)."""
        return _sides(self.record["crop_size"])

    @property
    def cells(self) -> Floats:
        """Cells of the grid (2,)."""
        return _sides(self.record["grid"])

    @property
    def name(self) -> str:
        """Width x height."""
        return width_by_height(self.record["image_size"])

    def crop_from_image(self, points: Any) -> Floats:
        """Crop index coordinates."""
        return applied(self.record["crop_from_image"], points)

    def image_from_crop(self, points: Any) -> Floats:
        """Image index coordinates."""
        return inverted(self.record["crop_from_image"], points)

    def grid_from_image(self, points: Any) -> Floats:
        """Grid index coordinates: the truth."""
        return applied(self.record["grid_from_image"], points)

    def image_from_grid(self, points: Any) -> Floats:
        """Image index coordinates of grid places, by the truth."""
        return inverted(self.record["grid_from_image"], points)

    def read_from_image(self, points: Any, landing: Record | None = None) -> Floats:
        """Grid index coordinates that the lift reads, as fitted; or those of another `landing`."""
        return applied(landing or self.record["read_from_image"], points)

    def errors(self, points: Any, landing: Record | None = None) -> Floats:
        """Place read minus place asked for, source pixels."""
        errors: Floats = self.image_from_grid(self.read_from_image(points, landing)) - np.asarray(points)
        return errors

    @property
    def crop_corners(self) -> Floats:
        """First and last index coordinate of the crop's edges in the image (2, 2)."""
        edges = np.stack([np.zeros(2), self.crop])
        return _ascending(self.image_from_crop(index_from_edge(edges)))

    @property
    def cell_corners(self) -> Floats:
        """The same of the cells, which need not spread over all of the crop: patches may leave a remainder."""
        edges = np.stack([np.zeros(2), self.cells])
        return _ascending(self.image_from_grid(index_from_edge(edges)))

    @property
    def image_corners(self) -> Floats:
        """First and last index coordinate of the image's edges (2, 2)."""
        return np.asarray(index_from_edge(np.stack([np.zeros(2), self.image])))

    @property
    def pixels_a_cell(self) -> Floats:
        """Source pixels a cell, (2,)."""
        return np.asarray(1 / np.abs(self.record["grid_from_image"]["scale"]))


def applied(affine: Record, points: Any) -> Floats:
    """The index coordinates that a recorded map gives for points (..., 2)."""
    points = np.asarray(points, dtype=np.float64)
    if affine.get("swapped"):
        points = points[..., ::-1]
    places: Floats = np.array(affine["scale"]) * points + np.array(affine["shift"])
    return places


def inverted(affine: Record, places: Any) -> Floats:
    """The points that a recorded map of two separate axes takes to `places` (..., 2)."""
    points: Floats = (np.asarray(places, dtype=np.float64) - np.array(affine["shift"])) / np.array(affine["scale"])
    return points


def _ascending(corners: Floats) -> Floats:
    """Corners (2, 2) in the order of their coordinates, whatever is mirrored."""
    return np.asarray(np.sort(corners, axis=0))


def _sides(size: list[int]) -> Floats:
    return np.array(size[::-1], dtype=np.float64)
