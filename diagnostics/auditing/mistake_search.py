"""Asks a few frames of a data set of mistakes that come together, and by how much the images were cropped without K."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_pairs import Agreement
from diagnostics.auditing.frame import Settings
from diagnostics.auditing.frame_pairs import Pair, pair_of
from diagnostics.auditing.hypotheses import all_for, another_size, from_middle, known
from diagnostics.auditing.verdict import explained
from diagnostics.dataset import Entry

_PAIRS, _POINTS = 8, 3000  # frames, spread over the data set, and points of each
_FEWER, _FEW = 4, 1000  # of both, to find what is worth that close a look
_CLOSER = 6  # corrections that get it
_CLEAR = 0.99  # of the points that speak for or against: what is left is noise
_REACH, _STEP = 1 / 4, 1 / 20  # of the image's width: how far a crop is looked for, and how finely at first
_FINEST = 1.0  # pixel
_NEAR_MIDDLE = 1.0  # pixel: a principal point that is nearer to the image's middle was put there
_LENSES, _BENDS, _WEAKEST = (-0.3, -0.15, 0.15, 0.3), (0.05, 0.02), 0.1  # k1, steps of it, and the least
_LENGTHS = (0.05, 0.025, 0.0125, 0.00625)  # relative steps of the factors between K and image


def searched(
    entries: Sequence[Entry],
    neighbour: Callable[[int], Entry | None],
    bases: Iterable[Correction],
    settings: Settings,
) -> dict[Correction, Agreement]:
    """What a few frames say as given, under `bases` and under the best that is found; empty where nothing is compared.

    Nothing done comes first.
    """
    indices = sorted({round(index) for index in np.linspace(0, max(0, len(entries) - 1), _PAIRS)}) if entries else []
    found = [pair_of(entries[index], neighbour(index)) for index in indices]
    pairs = [pair for pair in found if pair is not None]
    if not pairs:
        return {}
    some = pairs[:: -(-len(pairs) // _FEWER)]
    few, many = (
        Asked([pair.thinned(most) for pair in chosen], settings.tolerance)
        for chosen, most in ((some, _FEW), (pairs, _POINTS))
    )
    for correction in dict.fromkeys(wanted for pair in some for wanted in _wanted(pair)):
        few.say(correction)
    for correction in (Correction(), *bases, *few.best(_CLOSER)):
        many.say(correction)
    _rescaled(many)
    _bent(few, many)
    for base in _croppable(many):
        _cropped(few, many, base)
    return many.said


class Asked:
    """Pairs of frames and what they said of every correction so far."""

    def __init__(self, pairs: Sequence[Pair], tolerance: float) -> None:
        self.pairs, self._tolerance = pairs, tolerance
        self.said: dict[Correction, Agreement] = {}

    def say(self, correction: Correction) -> float:
        """How much more speaks for the correction than against it; asked once."""
        if correction not in self.said:
            counts = (pair.agreement(correction, self._tolerance) for pair in self.pairs)
            self.said[correction] = sum(counts, Agreement())
        return self.said[correction].balance

    def best(self, most: int) -> list[Correction]:
        """The corrections that most speaks for, best first."""
        return sorted(self.said, key=lambda correction: -self.said[correction].balance)[:most]


def _wanted(pair: Pair) -> list[Correction]:
    return all_for(pair.camera, pair.opengl, pair.image_size)


def _best(many: Asked) -> Correction:
    """What explains most so far; where nothing does, what most speaks for."""
    best, faults = explained(many.said)
    return best if faults and best != Correction() else many.best(1)[0]


def _rescaled(many: Asked) -> None:
    """From the factors between K and image that fit best, ever nearer to those that do, on each axis."""
    best = _best(many)
    if best.factor == (1, 1) or known(best.factor):
        return
    for length in _LENGTHS:
        around = [1 / (1 + length), 1.0, 1 + length]
        factors = [(best.factor[0] * x, best.factor[1] * y) for x in around for y in around]
        best = max((replace(best, factor=factor) for factor in factors if another_size(factor)), key=many.say)


def _bent(few: Asked, many: Asked) -> None:
    """A lens that is not given, beside the best: coarsely, then nearer; one too weak to be told is not looked for."""
    base = _best(many)
    best = max((replace(base, bent=k1) for k1 in _LENSES), key=few.say)
    for step in _BENDS:
        near = [best, *(replace(base, bent=best.bent + way * step) for way in (-1, 1))]
        best = max((lens for lens in near if abs(lens.bent) >= _WEAKEST), key=few.say)
    many.say(best)


def _croppable(many: Asked) -> list[Correction]:
    """Beside what a crop is looked for: what explains all without one; else nothing, the best's poses, and the best."""
    explaining, _ = explained(many.said)
    if explaining.mistakes and not explaining.fitted and many.said[explaining].consistency >= _CLEAR:
        return [explaining] if explaining.depth_factor == 1 else []
    best = _best(many)
    pose = Correction(inverted=best.inverted, turned=best.turned, opengl=best.opengl)
    return list(dict.fromkeys([Correction(), pose, replace(best, bent=0.0, depth_factor=1.0)]))


def _cropped(few: Asked, many: Asked, base: Correction) -> None:
    """Crops all over the reach on a lattice, then ever nearer to the best of them."""
    # Without its pose, which need not be one that this frame's camera takes.
    camera = replace(base, inverted=False, turned=False, opengl=False).of(many.pairs[0].camera)
    width, (x, y) = camera.size[1], from_middle(camera)
    centred = max(abs(x), abs(y)) <= _NEAR_MIDDLE

    def at(place: tuple[float, float]) -> Correction:
        return replace(base, offset=place, centred=centred) if place != (0, 0) else base

    step, reach = max(_FINEST, float(round(_STEP * width))), _REACH * width
    line = (np.arange(-reach // step, reach // step + 1) * step).tolist()
    # Not axis by axis: that stops beside a diagonal. And K's own point at the middle, as of a crop about it.
    lattice = [(dx, dy) for dx in line for dy in line] + [(float(round(x)), float(round(y)))]
    best = max(lattice, key=lambda place: few.say(at(place)))
    while step > _FINEST:
        step = max(_FINEST, step / 2)
        around = ((best[0] + kx * step, best[1] + ky * step) for kx in (-1, 0, 1) for ky in (-1, 0, 1))
        best = max(around, key=lambda place: many.say(at(place)))
