"""Lifts that read single cells: how fine the map is that they read, and where they step from cell to cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diagnostics.chains import Chains
from diagnostics.ramp import NOISE
from diagnostics.readings import read_places
from diagnostics.recipe import HALF
from diagnostics.subject import Floats, Subject
from reference.geometry import edge_from_index, index_from_edge

_BESIDE = np.array([0.37, 0.29])  # source pixels, off the whole ones
_COPIED = 0.4  # of the places: a map twice as large, the least there is, leaves half of them on copies
_ALONG = 248  # points of a line along which steps are looked for
_BISECTIONS = 24  # halvings of the distance between two points: float32 has no more to tell


@dataclass(frozen=True)
class Raster:
    """Cells that are read singly.

    fineness: how many there are in one of the encoder's, (2,). phase: by how much their indices are no whole numbers.
    cut: whether they are crop pixels where cells were to be mixed: places are cut to them, not read off a map of them.
    """

    fineness: Floats
    phase: float
    cut: bool

    def index(self, places: Floats, axis: int) -> Floats:
        """The index on this raster, whole at its cells, of grid index coordinates along one axis."""
        index: Floats = index_from_edge(edge_from_index(places) * self.fineness[axis]) - self.phase
        return index

    def place(self, index: Floats, axis: int) -> Floats:
        """The grid index coordinates of an `index`."""
        place: Floats = index_from_edge(edge_from_index(index + self.phase) / self.fineness[axis])
        return place

    def holds(self, places: Floats) -> bool:
        """Whether all places (N, 2) are the centres of its cells."""
        known = places[np.isfinite(places).all(axis=1)]
        index = np.stack([self.index(known[:, axis], axis) for axis in (0, 1)], axis=-1)
        return bool((np.abs(index - np.rint(index)) < NOISE * self.fineness).all())


def raster_of(subject: Subject, chains: Chains, samples: Sequence[tuple[Floats, Floats]]) -> Raster | None:
    """The raster whose cells are read singly; None where cells are mixed.

    Known are the encoder's own map, what `upsample` makes of it, and crop pixels, by their centres or their edges.
    samples: points (N, 2) and places at every size of `chains`; points beside them are asked as well, as whole pixels
    may land on whole cells by the scale alone.
    """
    every = [places for _, places in samples]
    for size, (points, _) in zip(chains.sizes, samples, strict=True):
        every.append(read_places(subject, size, points + _BESIDE).counted)
    mixing = subject.pipeline.interpolation == "bilinear"
    if all(map(_mostly_whole, every)):
        return Raster(np.ones(2), 0.0, cut=False)
    rasters = [Raster(sides[0] / chains.cells[0], 0.0, cut=False) for sides in (chains.cells, chains.fine)]
    rasters += [Raster(chains.crop[0] / chains.cells[0], phase, cut=mixing) for phase in (0.0, HALF)]
    return next((raster for raster in rasters if all(map(raster.holds, every))), None)


def find_steps(subject: Subject, chains: Chains, index: int, raster: Raster) -> tuple[Floats, Floats]:
    """Where a lift of single cells steps from one to the next along the middle of what the crop shows: points, places.

    Between cells k and k + 1 the place is k + 1/2; the other coordinate's place is NaN. By bisection, to float32.
    """
    size = chains.sizes[index]
    first, last = np.clip(index_from_edge(chains.shown[:, index]), 0, chains.image[index] - 1)
    middle = (first + last) / 2
    points, places = [], []
    for axis in (0, 1):
        line = np.tile(middle, (_ALONG, 1))
        line[:, axis] = np.linspace(first[axis], last[axis], len(line))
        read = read_places(subject, size, line).counted
        moving = int(np.nanargmax(np.nanmax(read, axis=0) - np.nanmin(read, axis=0)))
        cells = np.rint(raster.index(read[:, moving], moving))
        steps = np.flatnonzero(np.abs(np.diff(cells)) > HALF)
        before, after = line[steps], line[steps + 1]
        for _ in range(_BISECTIONS):
            between = (before + after) / 2
            seen = raster.index(read_places(subject, size, between).place[:, moving], moving)
            same = np.abs(seen - cells[steps]) < HALF
            before, after = np.where(same[:, None], between, before), np.where(same[:, None], after, between)
        onwards = HALF * np.sign(cells[steps + 1] - cells[steps])
        place = np.full((len(steps), 2), np.nan)
        place[:, moving] = raster.place(cells[steps] + onwards, moving)
        points.append((before + after) / 2)
        places.append(place)
    return np.concatenate(points), np.concatenate(places)


def _mostly_whole(places: Floats) -> bool:
    """Whether places on both axes are mostly the encoder's cells: its map was enlarged by copies, then interpolated."""
    known = places[np.isfinite(places).all(axis=1)]
    whole = np.abs(known - np.rint(known)) < NOISE
    return bool(len(known)) and bool((whole.mean(axis=0) > _COPIED).all())
