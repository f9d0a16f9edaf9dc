"""Black-box measurement of an upsampling: from which place of the coarse map does a cell of the fine one come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from diagnostics.lines import Line, fit_line
from diagnostics.ramp import NOISE, places_in, ramp
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.fields import Size
from reference.geometry import edge_from_index, index_from_edge

UPSAMPLING_LIMIT = 0.005  # coarse cells, as for a landing
_RIM = 2.0  # coarse cells: bicubic reads so far, and what it reads beyond the rim is clamped
_BENT = 10 * NOISE  # of a cell: learned upsamplers follow no line
_FEWEST = 3  # fine cells, below which no line is fitted
_LINE = ("gain", "shift", "low", "high")


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

    @property
    def errors(self) -> Floats:
        """How far from its place a fine cell comes, coarse cells (2, 2): the first and the last that were used."""
        errors: Floats = self.gain * self.right + self.shift - self.right
        return errors


def upsampled(subject: Subject, features: torch.Tensor) -> torch.Tensor:
    """What the lift is given for a map (1, C, H, W): the map, or what `upsample` makes of it.

    Where `upsample` follows a straight line, the map is interpolated along that line instead, so that the ripple of a
    kernel, or the steps of copies, do not hide where the lift reads; copies stay where single cells are to be read.
    """
    if subject.pipeline.upsample is None:
        return features
    places = _smooth_places(subject)
    if places is None:
        return torch.from_numpy(subject.call_array("upsample", features)).float()
    sampler = 2 * edge_from_index(places) / np.array(subject.pipeline.grid[::-1]) - 1
    return functional.grid_sample(
        features, torch.from_numpy(sampler).float()[None], padding_mode="border", align_corners=False
    )


def _smooth_places(subject: Subject) -> Floats | None:
    """The places (Hu, Wu, 2) that the cells of the fine map follow; None where they follow no line."""
    right = _right_places(subject.pipeline.grid, fine_size(subject))
    if repeats_cells(subject):
        return None if subject.pipeline.interpolation == "nearest" else right
    try:
        measured = measured_upsampling(subject)
    except SkipCheck:
        return None
    places: Floats = measured.gain * right + measured.shift
    return places


def fine_size(subject: Subject) -> Size:
    """Cells (height, width) of the map that the lift samples."""
    if subject.pipeline.upsample is None:
        return subject.pipeline.grid
    height, width = _places(subject).shape[:2]
    return height, width


def repeats_cells(subject: Subject) -> bool:
    """Whether every fine cell is a copy of the coarse one that holds its centre, as nearest neighbour has it."""
    places = _places(subject)
    right = _right_places(subject.pipeline.grid, places.shape[:2])
    near = np.abs(places - np.rint(places)).max() < NOISE and np.abs(places - right).max() < 1
    return bool(near and np.ptp(places - right) > NOISE)


def measured_upsampling(subject: Subject) -> MeasuredUpsampling:
    """What `measure_upsampling` found, measured once. Raises as it does."""
    return subject.once("upsampling", lambda: measure_upsampling(subject))


def measure_upsampling(subject: Subject) -> MeasuredUpsampling:
    """Upsample a map that holds its own coordinates, and fit where each fine cell comes from.

    Raises `StageError` for what is no map, `SkipCheck` where the cells follow no straight line.
    """
    places, cells = _places(subject), subject.pipeline.grid[::-1]
    right = _right_places(subject.pipeline.grid, places.shape[:2])
    lines = [_fit(right[..., axis].mean(axis=axis), places[..., axis].mean(axis=axis), cells[axis]) for axis in (0, 1)]
    gain, shift, low, high = (np.array([getattr(line, name) for line in lines]) for name in _LINE)
    return MeasuredUpsampling(gain, shift, np.stack([low, high]), np.array(places.shape[1::-1], dtype=np.float64))


def _places(subject: Subject) -> Floats:
    """The coarse place (Hu, Wu, 2) that every cell of the fine map holds; measured once."""
    return subject.once("upsampled places", lambda: _read_fine_map(subject))


def _read_fine_map(subject: Subject) -> Floats:
    grid = subject.pipeline.grid
    fine = subject.call_array("upsample", ramp(grid, subject.pipeline.channels))
    if fine.ndim != 4 or len(fine) != 1 or fine.shape[1] < 3:
        raise StageError(
            "upsample", f"must return a map (1, C, Hu, Wu), with batch and channels as given, got shape {fine.shape}"
        )
    return places_in(np.moveaxis(fine[0], 0, -1), grid)


def _right_places(cells: Size, fine: tuple[int, ...]) -> Floats:
    """Coarse index coordinates (Hu, Wu, 2) of the centres of fine cells."""
    y, x = (
        index_from_edge(edge_from_index(np.arange(side)) * count / side)
        for side, count in zip(fine, cells, strict=True)
    )
    return np.stack(np.meshgrid(x, y), axis=-1)


def _fit(right: Floats, places: Floats, cells: int) -> Line:
    rim = min(_RIM, (cells - 1) / 4)
    known = (np.minimum(right, places) >= rim) & (np.maximum(right, places) <= cells - 1 - rim)
    if np.count_nonzero(known) < _FEWEST:
        raise SkipCheck("upsample leaves too few cells off the rim to tell where they come from")
    line = fit_line(right[known], places[known])
    if line.residual > _BENT:
        raise SkipCheck("upsample follows no straight line from coarse to fine cells; the lift is judged through it")
    return line
