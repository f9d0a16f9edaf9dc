"""The bounds that a rule of validity has in the image, and points on, inside and outside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.chains import Chains, Mask
from diagnostics.recipe import HALF, Landing, right_links, run
from diagnostics.subject import Floats

# Cells from a bound. Either side of one whole cell, because that is how far rounding toward zero reaches.
_STEPS = (0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 0.97, 1.03, 2.0, 5.0)
_LINES = 23  # points along either side of the image


@dataclass(frozen=True)
class Bounds:
    """What a rule allows at one image size, where the grid lies as a landing says.

    first, last: image index coordinates (2,), x before y, cut off at the image.
    ends: the same in grid index coordinates (2, 2), not cut off. gain, shift, swapped: of the landing.
    """

    first: Floats
    last: Floats
    ends: Floats
    gain: Floats
    shift: Floats
    swapped: bool

    def depth(self, points: Floats) -> Floats:
        """How far inside the bounds image index points (N, 2) lie, source pixels (N,); negative outside."""
        depth: Floats = np.minimum(points - self.first, self.last - points).min(axis=-1)
        return depth

    def beyond(self, points: Floats) -> tuple[Floats, Floats]:
        """How far image index points (N, 2) lie before the first and behind the last end of the rule, cells (N, 2)."""
        places = self.gain * (points[:, ::-1] if self.swapped else points) + self.shift
        return self.ends[0] - places, places - self.ends[1]


def bounds_of(rule: str, chains: Chains, index: int, landing: Landing, slack: Floats | float = 0.0) -> Bounds:
    """The bounds of `rule` at one of the sizes of `chains`.

    slack: how far beyond the image they may lie, source pixels; the rule of the image itself has none.
    """
    first, last = -HALF * np.ones(2), chains.image[index] - HALF
    gain, shift = landing.gain[index], landing.shift[index]
    if rule == "image":
        corners = np.stack([first, last])
        ends = np.sort(gain * (corners[:, ::-1] if landing.swapped else corners) + shift, axis=0)
        return Bounds(first, last, ends, gain, shift, landing.swapped)
    ends = np.stack([np.zeros(2), chains.cells[index] - 1])
    if rule == "crop":
        edges = np.stack([np.zeros(2), chains.crop[index]])
        ends = (edges - chains.first[index]) / chains.patch[index] - HALF
    places = np.sort((ends - shift) / gain, axis=0)
    low, high = places[:, ::-1] if landing.swapped else places
    return Bounds(np.maximum(low, first - slack), np.minimum(high, last + slack), ends, gain, shift, landing.swapped)


def slack_of(rule: str, chains: Chains, index: int, landing: Landing) -> Floats:
    """How far a grid that lies as `landing` says may lead beyond the image unblamed, source pixels (2,).

    That is a crop pixel, as a resize from corner to corner has it, and what the landing itself is off at the bounds.
    """
    right, own = (bounds_of(rule, chains, index, at, np.inf) for at in (run(right_links(chains), chains), landing))
    off = np.maximum(np.abs(own.first - right.first), np.abs(own.last - right.last))
    return np.asarray(1 / chains.scale[index] + off)


def points_around(bounds: Bounds, chains: Chains, index: int) -> tuple[Floats, Floats]:
    """Points at known distances from each bound, and all over the image; float32 exactly.

    First those between the image's outermost pixel centres, then the others, for which a lift that picks pixels may
    have no answer.
    """
    a_cell, middle = chains.pixels_a_cell[index], (bounds.first + bounds.last) / 2
    rows = []
    for axis in (0, 1):
        for end, outwards in ((bounds.first, -1), (bounds.last, 1)):
            for step in (*_STEPS, *(-step for step in _STEPS)):
                for share in (0.0, 0.4, -0.4):
                    point = middle + share * (bounds.last - bounds.first)
                    point[axis] = end[axis] + outwards * step * a_cell[axis]
                    rows.append(point)
    columns, lines = (np.linspace(0, side - 1, _LINES) for side in chains.image[index])
    everywhere = np.stack(np.meshgrid(columns, lines), axis=-1).reshape(-1, 2)
    points = np.concatenate([np.array(rows), everywhere]).astype(np.float32).astype(np.float64)
    inside: Mask = ((points >= 0) & (points <= chains.image[index] - 1)).all(axis=1)
    return points[inside], points[~inside]
