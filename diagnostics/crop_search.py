"""Finds by how much the images of a data set were cropped without their K: the offset at which depth agrees best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from diagnostics.audit_frame import Pair, Settings, pair_of
from diagnostics.corrections import Correction
from diagnostics.dataset import Entry
from diagnostics.depth_pairs import Agreement

_PAIRS, _POINTS = 6, 3000  # frames, spread over the data set, and points of each
_REACH, _STEP = 1 / 8, 1 / 40  # of the image's width: how far is looked, and how finely at first
_FINEST = 1.0  # pixel


def searched(
    entries: Sequence[Entry],
    neighbour: Callable[[int], Entry | None],
    bases: Iterable[Correction],
    settings: Settings,
) -> dict[Correction, Agreement]:
    """What a few frames say under each of `bases` and the best crop beside it; empty where nothing is compared."""
    chosen = sorted({round(index) for index in np.linspace(0, max(0, len(entries) - 1), _PAIRS)}) if entries else []
    found_pairs = (pair_of(entries[index], neighbour(index)) for index in chosen)
    pairs = [pair.thinned(_POINTS) for pair in found_pairs if pair is not None]
    found: dict[Correction, Agreement] = {}
    for base in bases if pairs else ():
        tried = _tried(pairs, base, settings.tolerance)
        best = max(tried, key=lambda correction: tried[correction].restored)
        found |= {base: tried[base], best: tried[best]}
    return found


def _tried(pairs: Sequence[Pair], base: Correction, tolerance: float) -> dict[Correction, Agreement]:
    """Crops all over the reach on a lattice, then ever nearer to the best of them."""
    found: dict[Correction, Agreement] = {}

    def score(place: tuple[float, float]) -> float:
        correction = replace(base, offset=place)
        if correction not in found:
            found[correction] = sum((pair.agreement(correction, tolerance) for pair in pairs), Agreement())
        return found[correction].restored

    width = pairs[0].camera.size[1]
    step, reach = max(_FINEST, float(round(_STEP * width))), _REACH * width
    line = (np.arange(-reach // step, reach // step + 1) * step).tolist()
    best = max(((dx, dy) for dx in line for dy in line), key=score)  # not axis by axis: that stops beside a diagonal
    while step > _FINEST:
        step = max(_FINEST, step / 2)
        best = max(((best[0] + kx * step, best[1] + ky * step) for kx in (-1, 0, 1) for ky in (-1, 0, 1)), key=score)
    score((0.0, 0.0))
    return found
