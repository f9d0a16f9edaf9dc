"""Black-box measurement of an upsampling: from which place of the coarse map does a cell of the fine one come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.probes_lift import NOISE, ramp
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.geometry import edge_from_index, index_from_edge

_RIM = 2.0  # coarse cells: bicubic reads so far, and what it reads beyond the rim is clamped
_BENT = 10 * NOISE  # of a cell: nearest neighbour's steps and learned upsamplers follow no line


@dataclass(frozen=True)
class MeasuredUpsampling:
    """`place = gain * right + shift` on each axis, x before y, coarse index coordinates (2,).

    right: where the centre of the fine cell lies, low to high of the cells that were used, (2, 2).
    fine: cells of the map that came back, (x, y).
    """

    gain: Floats
    shift: Floats
    right: Floats
    fine: Floats


def measure_upsampling(subject: Subject) -> MeasuredUpsampling:
    """Upsample a map that holds its own coordinates, and fit where each fine cell comes from.

    Raises `StageError` for what is no map, `SkipCheck` where the cells follow no straight line.
    """
    cells = np.array(subject.pipeline.grid[::-1], dtype=np.float64)
    fine = subject.call_array("upsample", ramp(subject.pipeline.grid, subject.pipeline.channels))
    if fine.ndim != 4 or len(fine) != 1 or fine.shape[1] < 3:
        raise StageError("upsample", f"must return a map (1, C, Hu, Wu), got shape {fine.shape}")
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = fine[0, :2] / fine[0, 2]
    places = edge_from_index(np.moveaxis(unit, 0, -1)) * (cells - 1)
    sides = np.array(fine.shape[:1:-1], dtype=np.float64)
    fits = [_fit(places[..., axis].mean(axis=axis), cells[axis], sides[axis]) for axis in (0, 1)]
    gain, shift, low, high = np.array(fits).T
    return MeasuredUpsampling(gain, shift, np.stack([low, high]), sides)


def _fit(places: Floats, cells: float, side: float) -> tuple[float, float, float, float]:
    right = index_from_edge(edge_from_index(np.arange(side)) * cells / side)
    rim = min(_RIM, (cells - 1) / 4)
    known = (np.minimum(right, places) >= rim) & (np.maximum(right, places) <= cells - 1 - rim)
    if np.count_nonzero(known) < 3:
        raise SkipCheck("upsample leaves too few cells off the rim to tell where they come from")
    line = np.stack([right[known], np.ones(np.count_nonzero(known))], axis=-1)
    (gain, shift), *_ = np.linalg.lstsq(line, places[known], rcond=None)
    if np.abs(line @ [gain, shift] - places[known]).max() > _BENT:
        raise SkipCheck("upsample follows no straight line from coarse to fine cells; the lift is judged through it")
    return float(gain), float(shift), float(right[known].min()), float(right[known].max())
