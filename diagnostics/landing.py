"""Counts where points land: in the image, in the crop, in every cell of every grid; exact, in one pass, by chunks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.cuts import Cuts, bin_cuts, cell_cuts, crop_cuts, image_cuts
from diagnostics.tally import Counts, Tally
from reference.camera import Camera
from reference.fields import Size
from reference.geometry import GeomMeta

_MOST_BINS = 320
_SEEN = 2**13  # world points whose intermediate values, of which a camera makes many, stay in the processor's cache


@dataclass(frozen=True, eq=False)
class GridLandings:
    """Landings on one grid of `(height, width)` cells: counts of valid points by the cell that contains them."""

    grid: Size
    counts: Counts

    @property
    def valid(self) -> int:
        """Points that are valid on this grid under the rule `"centre"`."""
        return int(self.counts.sum())


@dataclass(frozen=True, eq=False)
class Landings:
    """Where points landed.

    geometry: of the image, with the model's own grid.
    points: points that were read. finite: those whose coordinates, image or world, are all finite.
    in_image, in_crop: those that are valid under the rules `"image"` and `"crop"` of `GeomMeta.valid`.
    density: counts by square bins of `bin_side` pixels from the image's left and top, at most 320 along a side.
    grids: the counts on each grid, in the order asked for.
    """

    geometry: GeomMeta
    points: int
    finite: int
    in_image: int
    in_crop: int
    bin_side: int
    density: Counts
    grids: tuple[GridLandings, ...]

    def to_dict(self) -> dict[str, Any]:
        """The counts as JSON values; the density, which is for the eye, is left out."""
        return {
            "points": self.points,
            "finite": self.finite,
            "in_image": self.in_image,
            "in_crop": self.in_crop,
            "geometry": self.geometry.to_dict(),
            "grids": [{"grid": list(on.grid), "valid": on.valid, "counts": on.counts.tolist()} for on in self.grids],
        }


def count_landings(
    chunks: Iterable[NDArray[Any]], geometry: GeomMeta, grids: Sequence[Size], camera: Camera | None = None
) -> Landings:
    """Count the landings of points that come in chunks of any length.

    chunks: arrays `(n, 2)` of points in index coordinates, or, with a `camera`, `(n, 3)` of world points. Counts equal
    `geometry.valid` and the floor of the edge coordinate of `grid_from_image`, point for point, both in float64 of the
    values as they are given. World points that are not in front of the camera are not in the image.
    grids: the `(height, width)` of every grid that covers the crop.

    Raises `ValueError` where a chunk has the wrong shape.
    """
    asked = LandingCuts.of(geometry, grids)
    return asked.landings(asked.count(chunks, camera))


@dataclass(eq=False)
class Counted:
    """What was counted of some points, between all cuts; counts of different points add up, in any order."""

    points: int
    finite: int
    table: Counts

    def add(self, other: Counted) -> None:
        """Take in what was counted of other points."""
        self.points += other.points
        self.finite += other.finite
        self.table += other.table


@dataclass(frozen=True, eq=False)
class LandingCuts:
    """The cuts between which landings are counted, of an image with its crop and grids; light, so that it travels."""

    geometry: GeomMeta
    grids: tuple[Size, ...]
    bin_side: int
    image: Cuts
    crop: Cuts
    bins: Cuts
    cells: tuple[Cuts, ...]

    @classmethod
    def of(cls, geometry: GeomMeta, grids: Sequence[Size]) -> LandingCuts:
        """All that `Landings` has of a geometry and its grids."""
        bin_side = -(-max(geometry.in_size) // _MOST_BINS)
        return cls(
            geometry=geometry,
            grids=tuple((height, width) for height, width in grids),
            bin_side=bin_side,
            image=image_cuts(geometry),
            crop=crop_cuts(geometry),
            bins=bin_cuts(geometry, bin_side),
            cells=tuple(cell_cuts(geometry.with_grid(grid)) for grid in grids),
        )

    def nothing(self) -> Counted:
        """The counts of no points, to which others are added."""
        return Counted(0, 0, self._tally().counts)

    def count(self, chunks: Iterable[NDArray[Any]], camera: Camera | None = None) -> Counted:
        """Count between the cuts; for the arguments and errors, see `count_landings`."""
        tally = self._tally()
        points = finite = 0
        for chunk in chunks:
            given = _as_rows(chunk, 2 if camera is None else 3)
            known = _finite(given)
            points += given.shape[1]
            finite += known.shape[1]
            tally.add(*(known if camera is None else _finite(_projected(known, camera))))
        return Counted(points, finite, tally.counts)

    def landings(self, counted: Counted) -> Landings:
        """What was counted between these cuts, said of the image, the crop and every grid."""
        tally = self._tally()
        tally.counts += counted.table
        return Landings(
            geometry=self.geometry,
            points=counted.points,
            finite=counted.finite,
            in_image=int(tally.between(self.image).sum()),
            in_crop=int(tally.between(self.crop).sum()),
            bin_side=self.bin_side,
            density=tally.between(self.bins),
            grids=tuple(
                GridLandings(grid, tally.between(cuts)) for grid, cuts in zip(self.grids, self.cells, strict=True)
            ),
        )

    def _tally(self) -> Tally:
        return Tally([self.image, self.crop, self.bins, *self.cells])


def _as_rows(chunk: NDArray[Any], columns: int) -> NDArray[Any]:
    """The chunk's columns as rows, each contiguous: in float32 where that holds every value and no camera computes."""
    if chunk.ndim != 2 or chunk.shape[1] != columns:
        wanted = "world points (n, 3) with a camera" if columns == 3 else "points (n, 2) without a camera"
        raise ValueError(f"landings are counted of {wanted}, got shape {chunk.shape}")
    light = columns == 2 and np.can_cast(chunk.dtype, np.float32)
    with np.errstate(invalid="ignore"):  # A signalling NaN is a NaN like any other.
        return chunk.T.astype(np.float32 if light else np.float64, order="C")


def _finite(rows: NDArray[Any]) -> NDArray[Any]:
    """The points, one a column, whose coordinates are all finite."""
    finite = np.isfinite(rows)
    return rows if finite.all() else rows.compress(finite.all(axis=0), axis=1)  # A tenth of the time of an index.


def _projected(world: NDArray[np.float64], camera: Camera) -> NDArray[np.float64]:
    """Image index coordinates (2, n) of world points (3, n); the camera gives NaN for what is not in front of it."""
    points = np.empty((2, world.shape[1]))
    for start in range(0, world.shape[1], _SEEN):
        batch = slice(start, start + _SEEN)
        points[:, batch] = camera.image_from_world(world[:, batch].T)[0].T
    return points
