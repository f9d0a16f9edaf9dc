"""Black-box measurements of a lift: from which place of the grid does it read for a point, and which points count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diagnostics.chains import Chains
from diagnostics.lines import Line, fit_line, rippled
from diagnostics.probes_upsample import upsampled
from diagnostics.ramp import NOISE, places_in, ramp
from diagnostics.recipe import Landing
from diagnostics.subject import Floats, Subject, as_array
from diagnostics.verdict import StageError
from reference.fields import Size
from reference.geometry import edge_from_index

_POINTS = 961  # of the image, and of the crop
_SPREAD = 1 / 1.32471795724474602596 ** np.arange(1, 3)  # powers of the plastic number: the R2 sequence of M. Roberts
_ALONG = 248  # points of a line along which steps are looked for
_FEWEST = 9  # points, below which no map is fitted
_RIM = 2.0  # cells: so near the outermost centres, bicubic upsampling and bilinear sampling after it clamp
_BISECTIONS = 24  # halvings of the distance between two points: float32 has no more to tell
HALF = edge_from_index(0)


@dataclass(frozen=True)
class Reading:
    """What a lift returned for points (N, 2). place: grid index read (N, 2), NaN where nothing was read.

    weight: the value of the channel that is one everywhere, (N,). valid: the mask (N,), or None where it gives none.
    """

    place: Floats
    weight: Floats
    valid: NDArray[np.bool_] | None


@dataclass(frozen=True)
class MeasuredLanding:
    """The affine landing fitted at every size that shows enough of the grid.

    chains: the true ones at those sizes. low, high: image index range of the points used, (S, 2), before a swap.
    residual: worst distance of a point from the fit, cells, (S,). nearest: whether single cells are read.
    ripple: what the interpolation itself leaves, amplitudes as `lines.Line` has them, (S, 2, 3).
    """

    chains: Chains
    landing: Landing
    low: Floats
    high: Floats
    residual: Floats
    ripple: Floats
    nearest: bool

    def at(self, index: int, points: Floats) -> Floats:
        """The places (N, 2) that image index points (N, 2) read at one of the sizes, as fitted."""
        source = points[:, ::-1] if self.landing.swapped else points
        places = self.landing.gain[index] * source + self.landing.shift[index]
        return np.stack([rippled(places[:, axis], self.ripple[index, axis]) for axis in (0, 1)], axis=-1)


def read_places(subject: Subject, size: Size, points: Floats) -> Reading:
    """Ask the lift for image index points (N, 2) of an image of `size`, and turn its values into places.

    Raises `StageError` where it returns no (N, C) values, or a mask that is none.
    """
    pipeline = subject.pipeline
    if pipeline.channels is not None and pipeline.channels < 4:
        raise StageError(
            "lift", f"is probed with 4 channels or more, but the pipeline says channels={pipeline.channels}"
        )
    array, valid = read_values(subject, size, ramp(pipeline.grid, pipeline.channels), points)
    weight = array[:, 2]
    return Reading(places_in(array, pipeline.grid), weight, valid)


def read_values(
    subject: Subject, size: Size, features: torch.Tensor, points: Floats
) -> tuple[Floats, NDArray[np.bool_] | None]:
    """The lift's values (N, C) for a map at image index points (N, 2), and its mask if it gives one."""
    features = upsampled(subject, features)
    given = edge_from_index(points) if subject.pipeline.origin == "edge" else points
    output = subject.stage("lift")(features, torch.from_numpy(given.astype(np.float32)), size)
    values, valid = output if isinstance(output, tuple) and len(output) == 2 else (output, None)
    array = as_array(values, "lift")
    if array.shape != (len(points), features.shape[1]):
        raise StageError("lift", f"must return values {(len(points), features.shape[1])}, got {array.shape}")
    return array, _mask(valid, len(points))


def _mask(valid: object, count: int) -> NDArray[np.bool_] | None:
    if valid is None:
        return None
    mask = as_array(valid, "lift")
    if mask.shape != (count,) or not np.isin(mask, (0, 1)).all():
        raise StageError("lift", f"must return a mask ({count},) of booleans beside its values, got shape {mask.shape}")
    return mask.astype(bool)


def measure_landing(subject: Subject, chains: Chains) -> MeasuredLanding:
    """Fit the landing at every size of `chains`.

    Points are asked for at whole coordinates as the lift is given them, so that casting them to integers or to half
    precision changes nothing here, and only those are used whose place is read from inside the grid, off the rim where
    bilinear sampling clamps. A lift that reads single cells is fitted to where it steps from cell to cell.

    Raises `StageError` where too few places are read at any size to fit a map.
    """
    samples = [_sample(subject, chains, index) for index in range(len(chains.sizes))]
    seen = [places for _, places in samples if len(places) >= _FEWEST]
    nearest = bool(seen) and all(map(_is_whole, seen))
    if nearest:
        samples = [find_steps(subject, size) for size in chains.sizes]
    telling = [index for index, (_, places) in enumerate(samples) if _fixes_a_line(places)]
    if not telling:
        most = max(len(places) for _, places in samples)
        raise StageError("lift", f"reads inside the grid for {most} of some 2,000 points at most: no map can be fitted")
    samples = [samples[index] for index in telling]
    swapped = sum(_reads_across(u, p) for u, p in samples) * 2 > len(samples)
    lines = [_fit_size(u, p, swapped) for u, p in samples]
    gain, shift, low, high, residual, ripple = (
        np.array([[getattr(axis, name) for axis in row] for row in lines])
        for name in ("gain", "shift", "low", "high", "residual", "ripple")
    )
    landing = Landing(gain, shift, swapped)
    return MeasuredLanding(chains.only(telling), landing, low, high, residual.max(axis=1), ripple, nearest)


def _sample(subject: Subject, chains: Chains, index: int) -> tuple[Floats, Floats]:
    """Points of the lattice that read inside the grid, and the places they read; none where too few do."""
    size = chains.sizes[index]
    points = lattice(chains, index, subject.pipeline.origin)
    places = read_places(subject, size, points).place
    most = np.array(subject.pipeline.grid[::-1]) - 1
    for rim in (_RIM, _RIM / 4, NOISE):  # a lift that reads but the rim is fitted there
        width = np.minimum(rim, most / 4)
        inside = ((places > width) & (places < most - width)).all(axis=1)
        if np.count_nonzero(inside) >= _FEWEST:
            break
    return points[inside], places[inside]


def _fixes_a_line(places: Floats) -> bool:
    """Whether places (N, 2), NaN where unknown, differ enough on both axes to fit a line to each."""
    known = [axis[np.isfinite(axis)] for axis in places.T]
    return all(len(axis) > 1 and np.ptp(axis) > _RIM / 4 for axis in known)


def _is_whole(places: Floats) -> bool:
    return bool(np.abs(places - np.rint(places)).max() < NOISE)


def _reads_across(u: Floats, p: Floats) -> bool:
    """Whether the place on x follows v more than u."""
    known = np.isfinite(p[:, 0])
    # Centred first: along a line of points one coordinate is constant and must not share in the intercept.
    sources, places = u[known] - u[known].mean(axis=0), p[known, 0] - p[known, 0].mean()
    along, across = np.linalg.lstsq(sources, places, rcond=None)[0]
    return bool(abs(across) > abs(along))


def _fit_size(u: Floats, p: Floats, swapped: bool) -> tuple[Line, Line]:
    """The lines that the places on x and on y follow; NaN places are left out."""
    source = u[:, ::-1] if swapped else u
    known = np.isfinite(p)
    x, y = (fit_line(source[known[:, axis], axis], p[known[:, axis], axis]) for axis in (0, 1))
    return x, y


def find_steps(subject: Subject, size: Size) -> tuple[Floats, Floats]:
    """Where a lift of single cells steps from one to the next along the middle row and column: points and places.

    Between cells k and k + 1 the place is k + 1/2; the other coordinate's place is NaN. By bisection, to float32.
    """
    middle = (np.array(size[::-1]) - 1) / 2
    points, places = [], []
    for axis in (0, 1):
        line = np.tile(middle, (_ALONG, 1))
        line[:, axis] = np.linspace(0, size[1 - axis] - 1, len(line))
        read = read_places(subject, size, line).place
        moving = int(np.nanargmax(np.nanmax(read, axis=0) - np.nanmin(read, axis=0)))
        cells = read[:, moving]
        steps = np.flatnonzero(np.abs(np.diff(cells)) > HALF)
        before, after = line[steps], line[steps + 1]
        for _ in range(_BISECTIONS):
            between = (before + after) / 2
            same = np.abs(read_places(subject, size, between).place[:, moving] - cells[steps]) < HALF
            before, after = np.where(same[:, None], between, before), np.where(same[:, None], after, between)
        place = np.full((len(steps), 2), np.nan)
        place[:, moving] = (cells[steps] + cells[steps + 1]) / 2
        points.append((before + after) / 2)
        places.append(place)
    return np.concatenate(points), np.concatenate(places)


def lattice(chains: Chains, index: int, origin: str) -> Floats:
    """Image index points whose coordinates, as the lift is given them, are whole numbers.

    Some are spread over the whole image, as many again over the part that the crop shows, however narrow it is: evenly,
    and no two in a row, so that nothing periodic hides between them.
    """
    image = chains.image[index]
    first, last = np.clip(chains.shown[:, index], 1, image - 2)
    share = np.mod(np.arange(_POINTS)[:, None] * _SPREAD, 1)
    points = [np.rint(low + share * (high - low)) for low, high in ((np.ones(2), image - 2), (first, last))]
    whole = np.unique(np.concatenate(points), axis=0)
    return whole - HALF if origin == "edge" else whole


def read_between_unequal_cells(subject: Subject, size: Size, landing: Landing) -> float:
    """How many times more of a cell of weight 3 than of its neighbour of weight 1 is read half way between them.

    Cells of the two weights alternate like a checkerboard, each with a channel of its own, so that a normalisation of
    whole points afterwards changes nothing. landing: that of this one size.
    """
    height, width = subject.pipeline.grid
    y, x = np.indices((height, width))
    strong = (x + y) % 2 == 0
    features = torch.zeros_like(ramp(subject.pipeline.grid, subject.pipeline.channels))
    features[0, 0], features[0, 1] = torch.from_numpy(3.0 * strong), torch.from_numpy(1.0 * ~strong)
    middle = np.array([[width // 2 - HALF, float(height // 2)]])
    points = (middle - landing.shift) / landing.gain
    values = read_values(subject, size, features, points[:, ::-1] if landing.swapped else points)[0]
    shares = np.abs(values[0, :2])
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(shares[0] / shares[1])
