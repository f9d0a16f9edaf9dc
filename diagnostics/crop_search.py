"""Finds by how much the images of a data set were cropped without their K: the offset at which depth agrees best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from diagnostics.audit_frame import Settings, pair_of
from diagnostics.corrections import Correction
from diagnostics.dataset import Entry
from diagnostics.depth_pairs import Agreement

_PAIRS = 6  # frames, spread over the data set
_REACH, _STEP = 1 / 8, 1 / 80  # of the image's width: how far is looked, and how finely at first
_FINEST = 1.0  # pixel


def searched(
    entries: Sequence[Entry],
    neighbour: Callable[[int], Entry | None],
    base: Correction,
    settings: Settings,
) -> dict[Correction, Agreement]:
    """What a few frames say under `base`, as given, and under the best crop beside it; empty where nothing is compared.

    The whole reach is tried on a lattice, then ever nearer places around the best.
    """
    chosen = sorted({round(index) for index in np.linspace(0, max(0, len(entries) - 1), _PAIRS)}) if entries else []
    pairs = [pair for index in chosen if (pair := pair_of(entries[index], neighbour(index))) is not None]
    if not pairs:
        return {}
    found: dict[Correction, Agreement] = {}

    def score(dx: float, dy: float) -> float:
        correction = replace(base, offset=(dx, dy))
        if correction not in found:
            found[correction] = sum((pair.agreement(correction, settings.tolerance) for pair in pairs), Agreement())
        return found[correction].restored

    width = pairs[0].camera.size[1]
    step, reach = max(_FINEST, round(_STEP * width)), _REACH * width
    lattice = np.arange(-reach // step, reach // step + 1) * step
    best = max(((float(dx), float(dy)) for dx in lattice for dy in lattice), key=lambda place: (score(*place), *place))
    while step > _FINEST:
        step = max(_FINEST, step / 2)
        around = ((best[0] + kx * step, best[1] + ky * step) for kx in (-1, 0, 1) for ky in (-1, 0, 1))
        best = max(around, key=lambda place: score(*place))
    score(0.0, 0.0)
    given = sum((pair.agreement(Correction(), settings.tolerance) for pair in pairs), Agreement())
    return {base: found[base], Correction(): given, replace(base, offset=best): found[replace(base, offset=best)]}
