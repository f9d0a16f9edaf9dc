"""Counts where points land: in the image, in the crop, in every cell of every grid; exact, in one pass, by chunks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.cuts import bin_cuts, cell_cuts, crop_cuts, image_cuts
from diagnostics.tally import Counts, Tally
from reference.camera import Camera
from reference.fields import Size
from reference.geometry import GeomMeta

_MOST_BINS = 320


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

    chunks: arrays `(n, 2)` of points in index coordinates, or, with a `camera`, `(n, 3)` of world points. They are
    taken to float64 first, and counts equal `geometry.valid` and the floor of the edge coordinate of `grid_from_image`
    on those, point for point. World points that are not in front of the camera are not in the image.
    grids: the `(height, width)` of every grid that covers the crop.

    Raises `ValueError` where a chunk has the wrong shape.
    """
    image, crop = image_cuts(geometry), crop_cuts(geometry)
    bin_side = -(-max(geometry.in_size) // _MOST_BINS)
    bins = bin_cuts(geometry, bin_side)
    cells = [cell_cuts(geometry.with_grid(grid)) for grid in grids]
    tally = Tally([image, crop, bins, *cells])
    points = finite = 0
    for chunk in chunks:
        coordinates = _as_rows(chunk, 2 if camera is None else 3)
        points += coordinates.shape[1]
        finite += int(np.count_nonzero(np.isfinite(coordinates).all(axis=0)))
        tally.add(*(coordinates if camera is None else _projected(coordinates, camera)))
    return Landings(
        geometry=geometry,
        points=points,
        finite=finite,
        in_image=int(tally.between(image).sum()),
        in_crop=int(tally.between(crop).sum()),
        bin_side=bin_side,
        density=tally.between(bins),
        grids=tuple(
            GridLandings((grid[0], grid[1]), tally.between(cuts)) for grid, cuts in zip(grids, cells, strict=True)
        ),
    )


def _as_rows(chunk: NDArray[Any], columns: int) -> NDArray[np.float64]:
    """The chunk's columns as float64 rows, each contiguous."""
    if chunk.ndim != 2 or chunk.shape[1] != columns:
        wanted = "world points (n, 3) with a camera" if columns == 3 else "points (n, 2) without a camera"
        raise ValueError(f"landings are counted of {wanted}, got shape {chunk.shape}")
    with np.errstate(invalid="ignore"):  # A signalling NaN is a NaN like any other.
        return chunk.T.astype(np.float64, order="C")


def _projected(world: NDArray[np.float64], camera: Camera) -> NDArray[np.float64]:
    """Image index coordinates (2, n) of world points (3, n); the camera gives NaN for what is not in front of it."""
    points, _, _ = camera.image_from_world(world.T)
    return np.ascontiguousarray(points.T)
