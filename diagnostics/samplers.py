"""What goes wrong between an index in the grid and the place that is read: normalisations and upsampled maps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from diagnostics.chains import Chains
from diagnostics.subject import Floats
from reference.geometry import edge_from_index

_HALF = edge_from_index(0)
_COMMON_SIDES = (27, 28, 32, 37, 48, 56, 64, 112, 128, 224, 256, 336, 384, 448, 512)
Sampler = tuple[str, tuple[Floats, Floats], str]  # fault id, (stretch, move) of a grid index, detail


def samplers(chains: Chains) -> Iterator[Sampler]:
    """Wrong normalisations of a grid index for `grid_sample`, as `stretch * index + move`."""
    n = chains.cells
    yield from _corners(n, n, "on cells")
    yield from _corners(chains.crop, n, "on crop pixels")
    if (chains.fine != n).any():
        yield from _corners(chains.fine, n, "on cells of the upsampled map")
        to_corners = (chains.fine - 1) * n / (np.maximum(n - 1, 1) * chains.fine)
        detail = "on cells, with align_corners=True on the upsampled map"
        yield "align-corners-normalise", (to_corners, _HALF * n / chains.fine - _HALF), detail


def _corners(sides: Floats, cells: Floats, detail: str) -> Iterator[Sampler]:
    """What goes wrong with align_corners on a raster of `sides` over the same area as `cells`."""
    shrink, stretch = (sides - 1) / sides, sides / np.maximum(sides - 1, 1)
    yield "align-corners-sample", (shrink, _HALF * shrink + (_HALF * cells / sides - _HALF)), detail
    first = _HALF * (sides - cells) / np.maximum(sides - 1, 1) - _HALF
    yield "align-corners-normalise", (stretch, first), detail
    yield "align-corners-both-edge", (stretch, _HALF * stretch - _HALF), detail


def upsamplings(fine: Floats, cells: Floats) -> Iterator[Sampler]:
    """Wrong upsamplings of `cells` to `fine` sides, sampled with `align_corners=False`, as samplers."""
    to_fine, to_coarse = fine / cells, (cells - 1) / np.maximum(fine - 1, 1)
    detail = f"to {int(fine[0, 1])}x{int(fine[0, 0])}"
    yield "align-corners-upsample", (to_fine * to_coarse, (_HALF * to_fine - _HALF) * to_coarse), detail
    yield "asymmetric-upsample", (np.ones_like(cells), _HALF * (1 - cells / fine)), detail


def fine_sides(chains: Chains) -> Iterator[Floats]:
    """Sizes that people upsample a patch map to: multiples of it, the crop's own, and some fixed grids."""
    n = chains.cells
    for factor in (2, 4, 8, 14, 16):
        yield n * factor
    yield chains.crop
    for width, height in ((40, 30), (80, 60), *((side, side) for side in _COMMON_SIDES)):
        yield np.broadcast_to(np.array([width, height], dtype=np.float64), n.shape)
