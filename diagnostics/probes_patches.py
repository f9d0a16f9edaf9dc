"""Runs `encode` on crops with strips of them changed: which pixels no cell sees, and which cells answer for a strip."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from diagnostics.probes_encoder import REPEATS, EncoderProbe, distance
from diagnostics.subject import Floats, Subject
from reference.geometry import edge_from_index

_NEIGHBOURS = 2  # cells on either side of the one that answers most: those farther off answer through attention alone


class PatchProbe:
    """The stage `encode` of a subject, asked by strips across one axis (0: x, 1: y) of the crop.

    pixels: the crop's side along the axis. cells: the map's.
    """

    def __init__(self, subject: Subject, axis: int) -> None:
        self._probe = EncoderProbe(subject)
        self._axis = axis
        self.pixels = self._probe.crop_size[1 - axis]
        self.cells = subject.pipeline.grid[1 - axis]
        self._crop, self._other = self._probe.crops(2)
        self._plain = self._probe.features(self._crop[None])

    def last_pixel_seen(self) -> int:
        """How many pixels of the crop any cell sees, from its first on: none of the others changes the map.

        Exact, however deep the encoder: what no patch holds cannot reach any cell. At most a patch is left unseen.
        """
        low, high = self.pixels - self.pixels // self.cells, self.pixels
        if self._sees(high - 1):
            return high
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._sees(middle) else (low, middle)
        return low

    def _sees(self, first: int) -> bool:
        """Whether any pixel from `first` on changes the map."""
        return distance(self._changed(first, self.pixels), self._plain) > REPEATS

    def answers(self, stride: int) -> Floats:
        """The cell coordinates that answer to the second strip of `stride` pixels from either end, (2,).

        The mean of the cell that answers most and its neighbours, weighted by how much they answer beyond the others.
        """
        return np.array([self._centre(*strip) for strip in self._strips(stride)])

    def expected(self, width: int, stride: float, first: float, length: float) -> Floats:
        """What `answers(width)` would be for cells of `length` pixels around their centres: by the pixels shared."""
        starts = first + edge_from_index(np.arange(self.cells)) * stride - length / 2
        rows = []
        for low, high in self._strips(width):
            shared = np.clip(np.minimum(starts + length, high) - np.maximum(starts, low), 0, None)
            rows.append((shared * np.arange(self.cells)).sum() / shared.sum())
        return np.array(rows)

    def _strips(self, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        return (width, 2 * width), (self.pixels - 2 * width, self.pixels - width)

    def _centre(self, low: int, high: int) -> float:
        change = (self._changed(low, high) - self._plain) ** 2
        strength = np.sqrt(change.sum(axis=(0, 1)).sum(axis=self._axis))
        strength = np.clip(strength - np.median(strength), 0, None)
        most = int(strength.argmax())
        near = np.arange(max(0, most - _NEIGHBOURS), min(self.cells, most + _NEIGHBOURS + 1))
        with np.errstate(invalid="ignore"):
            return float((strength[near] * near).sum() / strength[near].sum())

    def _changed(self, low: int, high: int) -> Floats:
        """The map of the crop with another crop's pixels from `low` to `high` on the axis."""
        crop: Tensor = self._crop.clone()
        strip = (..., slice(low, high)) if self._axis == 0 else (..., slice(low, high), slice(None))
        crop[strip] = self._other[strip]
        return self._probe.features(crop[None])
