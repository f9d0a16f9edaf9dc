"""Black-box measurement of a lift: from which place of the grid does it read, at every image size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.chains import Chains
from diagnostics.lines import Line, fit_line, rippled
from diagnostics.ramp import NOISE
from diagnostics.readings import read_places
from diagnostics.recipe import HALF, Landing
from diagnostics.steps import Raster, find_steps, raster_of
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.geometry import index_from_edge

_POINTS = 1500  # asked at every image size
_SPREAD = 1 / 1.32471795724474602596 ** np.arange(1, 3)  # powers of the plastic number: the R2 sequence of M. Roberts
_FEWEST_CELLS = 3
_FEWEST = 9  # points, below which no map is fitted
_RIM = 2.0  # cells: so near the outermost centres, bicubic upsampling and bilinear sampling after it clamp


@dataclass(frozen=True)
class MeasuredLanding:
    """The affine landing fitted at every size that shows enough of the grid.

    chains: the true ones at those sizes. low, high: image index range of the points used, (S, 2), before a swap.
    residual: worst distance of a point from the fit, cells, (S,).
    ripple: what the kernel of the interpolation leaves, as `lines.Line` has it, (S, 2).
    raster: the cells that are read singly; None where cells are mixed.
    """

    chains: Chains
    landing: Landing
    low: Floats
    high: Floats
    residual: Floats
    ripple: Floats
    raster: Raster | None

    @property
    def nearest(self) -> bool:
        """Whether single cells are read, of the encoder's map or of a finer one."""
        return self.raster is not None and not self.raster.cut

    @property
    def cut(self) -> bool:
        """Whether places are cut to whole crop pixels, and cells mixed there."""
        return self.raster is not None and self.raster.cut

    def at(self, index: int, points: Floats) -> Floats:
        """The places (N, 2) that image index points (N, 2) read at one of the sizes, as fitted."""
        source = points[:, ::-1] if self.landing.swapped else points
        places = self.landing.gain[index] * source + self.landing.shift[index]
        return rippled(places, self.ripple[index], self.chains.fine[index] / self.chains.cells[index])


def measure_landing(subject: Subject, chains: Chains) -> MeasuredLanding:
    """Fit the landing at every size of `chains`.

    Points are asked for at whole coordinates as the lift is given them, so that casting them to integers or to half
    precision changes nothing here, and only those are used whose place is read from inside the grid, off the rim where
    bilinear sampling clamps. A lift that reads single cells is fitted to where it steps from cell to cell.

    Raises `StageError` where too few places are read at any size to fit a map, `SkipCheck` where cells are too coarse.
    """
    if min(subject.pipeline.grid) < _FEWEST_CELLS:
        height, width = subject.pipeline.grid
        raise SkipCheck(f"a grid of {height}x{width} cells (height, width) is too small to show where a lift reads")
    samples = [_sample(subject, chains, index) for index in range(len(chains.sizes))]
    seen = [places for _, places in samples if len(places) >= _FEWEST]
    raster = raster_of(subject, chains, samples) if seen else None
    if raster is not None:
        samples = [find_steps(subject, chains, index, raster) for index in range(len(chains.sizes))]
    fewest = _FEWEST if raster is None else 1  # a step is known to float32
    telling = [index for index, (_, places) in enumerate(samples) if _fixes_a_line(places, fewest)]
    if not telling:
        if raster is not None:
            raise SkipCheck("no image size shows more than one step from cell to cell on each axis: no map is fitted")
        most = max(len(places) for _, places in samples)
        raise StageError("lift", f"reads inside the grid for {most} of {_POINTS} points at most: no map can be fitted")
    samples = [samples[index] for index in telling]
    swapped = sum(_reads_across(u, p) for u, p in samples) * 2 > len(samples)
    lines = [_fit_size(u, p, swapped, chains.fine[0] / chains.cells[0]) for u, p in samples]
    gain, shift, low, high, residual, ripple = (
        np.array([[getattr(axis, name) for axis in row] for row in lines])
        for name in ("gain", "shift", "low", "high", "residual", "ripple")
    )
    landing = Landing(gain, shift, swapped)
    return MeasuredLanding(chains.only(telling), landing, low, high, residual.max(axis=1), ripple, raster)


def _sample(subject: Subject, chains: Chains, index: int) -> tuple[Floats, Floats]:
    """Points of the lattice that read inside the grid, and the places they read; few where few do.

    What the lift reads outside the crop, or for points that its mask refuses, may be anything: it is looked at only
    where nothing else is read inside the grid.
    """
    size = chains.sizes[index]
    most = np.array(subject.pipeline.grid[::-1]) - 1
    for whole_image in (False, True):
        points = lattice(chains, index, subject.pipeline.origin, whole_image=whole_image)
        reading = read_places(subject, size, points)
        places = reading.place if whole_image else reading.counted
        for rim in (_RIM, _RIM / 4, NOISE):  # a lift that reads but the rim is fitted there
            width = np.minimum(rim, most / 4)
            inside = ((places > width) & (places < most - width)).all(axis=1)
            if np.count_nonzero(inside) >= _FEWEST:
                return points[inside], places[inside]
    return points[inside], places[inside]


def _fixes_a_line(places: Floats, fewest: int) -> bool:
    """Whether on both axes so many places (N, 2), NaN where unknown, differ enough to fit a line to each."""
    known = [axis[np.isfinite(axis)] for axis in places.T]
    return all(len(axis) >= fewest and np.ptp(axis) > _RIM / 4 for axis in known)


def _reads_across(u: Floats, p: Floats) -> bool:
    """Whether the place on x follows v more than u."""
    known = np.isfinite(p[:, 0])
    # Centred first: along a line of points one coordinate is constant and must not share in the intercept.
    sources, places = u[known] - u[known].mean(axis=0), p[known, 0] - p[known, 0].mean()
    along, across = np.linalg.lstsq(sources, places, rcond=None)[0]
    return bool(abs(across) > abs(along))


def _fit_size(u: Floats, p: Floats, swapped: bool, fineness: Floats) -> tuple[Line, Line]:
    """The lines that the places on x and on y follow; NaN places are left out."""
    source = u[:, ::-1] if swapped else u
    known = np.isfinite(p)
    x, y = (fit_line(source[known[:, axis], axis], p[known[:, axis], axis], fineness[axis]) for axis in (0, 1))
    return x, y


def lattice(chains: Chains, index: int, origin: str, *, whole_image: bool = False) -> Floats:
    """Image index points whose coordinates, as the lift is given them, are whole numbers.

    They are spread over the part of the image that the crop shows, or over the whole image: evenly, and no two in a
    row, so that nothing periodic hides between them.
    """
    image = chains.image[index]
    low, high = (
        (np.ones(2), image - 2) if whole_image else np.clip(index_from_edge(chains.shown[:, index]), 1, image - 2)
    )
    share = np.mod(np.arange(_POINTS)[:, None] * _SPREAD, 1)
    whole = np.unique(np.rint(low + share * (high - low)), axis=0)
    return whole - HALF if origin == "edge" else whole
