"""Runs `encode` on crops of noise: again, among other images, and with one patch changed at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from diagnostics.probes_preprocess import crop_of
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.fields import Size

_PATCH = 16  # crop pixels a cell, where nothing says how large a crop is
_PROBES_A_BATCH = 5
_BATCHES = 2  # ten patches in all: an answer by chance agrees once in as many patches as there are cells
_LAST_COLUMN = 2  # of the patches
_STRIKING = 0.05  # of the largest change anywhere: keeps cells that never answer from counting
# Parts of the features' size, root mean square. Calls of one shape repeat their arithmetic exactly on a CPU and to a
# few roundings of half precision (2**-11) elsewhere; dropout and images that attend to each other change 0.1 and more.
REPEATS = 1e-3


@dataclass(frozen=True)
class Answers:
    """How the map changed for each patch that was: what `token_order` reads.

    grid: (height, width) of the patches. shape: (height, width) of the map that came back. patches: (P,) row-major
    numbers of the patches changed. changes: (P, C, height * width), the map's change for each of them.
    """

    grid: Size
    shape: Size
    patches: np.ndarray
    changes: Floats


class EncoderProbe:
    """The stage `encode` of a subject with crops to ask it by."""

    def __init__(self, subject: Subject) -> None:
        subject.stage("encode")
        self._subject = subject
        self._random = torch.Generator().manual_seed(subject.seed)

    @cached_property
    def crop_size(self) -> Size:
        """Of `preprocess`, else of the claimed geometry, else 16 pixels a cell: `(height, width)`."""
        subject, pipeline = self._subject, self._subject.pipeline
        if pipeline.preprocess is not None:
            height, width = crop_of(subject, Image.new("RGB", subject.image_sizes[0][::-1])).shape[1:]
            return height, width
        if pipeline.geometry is not None:
            return subject.claims[subject.image_sizes[0]].crop_size
        return pipeline.grid[0] * _PATCH, pipeline.grid[1] * _PATCH

    def crops(self, count: int) -> Tensor:
        """`count` crops (count, 3, Hc, Wc) of coarse patches of colour with fine noise on them, about normalised."""
        coarse = torch.randn(count, 3, 8, 8, generator=self._random)
        smooth = torch.nn.functional.interpolate(coarse, self.crop_size, mode="bilinear", align_corners=False)
        return smooth + self._noise(count, *self.crop_size) / 3

    def features(self, crops: Tensor, *, seeded: bool = True) -> Floats:
        """`encode` of a copy of `crops`: (B, C, H, W). Seeded, so that dropout drops the same in calls of one shape.

        Raises `StageError` for another shape and for values that are not finite.
        """
        with torch.random.fork_rng(devices=[], enabled=seeded):
            if seeded:
                torch.manual_seed(self._subject.seed)
            features = self._subject.call_array("encode", crops.clone())
        if features.ndim != 4 or len(features) != len(crops) or features.size == 0:
            raise StageError(
                "encode",
                f"must return (B, C, Hf, Wf) for {tuple(crops.shape)}, got shape {features.shape}"
                f"{self._advice(features)}",
            )
        if not np.isfinite(features).all():
            raise StageError("encode", "returns values that are not finite; look for NaN in its weights")
        return features

    def _advice(self, features: Floats) -> str:
        """What to change of an output that is no map, where it is tokens (B, N, C); empty elsewhere."""
        rows, columns = self._subject.pipeline.grid
        if features.ndim != 3 or features.shape[1] not in (rows * columns, rows * columns + 1):
            return ""
        tokens = "tokens" if features.shape[1] == rows * columns else "without the class token, tokens[:, 1:],"
        return f"; make a map of the tokens: {tokens} transpose(1, 2), then reshape(B, C, {rows}, {columns})"

    def repeats(self, crops: Tensor) -> bool:
        """Whether two seeded calls agree, without which changes cannot be told from chance."""
        return distance(self.features(crops), self.features(crops)) <= REPEATS

    def answers(self) -> Answers:
        """Change ten patches spread at random, one at a time, and see how the map changes.

        Every batch carries the unchanged crop: where it does not come out alike in all, images act on each other, and
        each is run by itself. Raises `SkipCheck` where chance hides the changes.
        """
        grid = self._subject.pipeline.grid
        crop = self.crops(1)
        patches = self._patches(*grid)
        batches = [torch.cat([crop, *(self._changed(crop, patch) for patch in part)]) for part in patches]
        maps = [self.features(batch) for batch in batches]
        if max(distance(features[:1], maps[0][:1]) for features in maps) > REPEATS:
            alone = self.features(crop)
            if not self.repeats(crop):
                raise SkipCheck("encode is random even with torch's seed fixed: changes cannot be told from chance")
            maps = [np.concatenate([alone, *(self.features(one[None]) for one in batch[1:])]) for batch in batches]
        changes = np.concatenate([features[1:] - features[:1] for features in maps])
        height, width = changes.shape[2:]
        return Answers(grid, (height, width), np.concatenate(patches), changes.reshape(*changes.shape[:2], -1))

    def _patches(self, rows: int, columns: int) -> list[np.ndarray]:
        """Numbers of different patches in batches of one size, as many as there are at most.

        Two are of the last column: tokens in front of the patches bring them to the other side of the map.
        """
        random = np.random.default_rng(self._subject.seed)
        last = random.permutation(rows - 1)[:_LAST_COLUMN] * columns + columns - 1
        others = random.permutation(rows * columns)
        order = np.concatenate([last, others[~np.isin(others, last)]])
        each = min(_PROBES_A_BATCH, max(1, order.size // _BATCHES))
        return np.split(order[: each * min(_BATCHES, order.size)], min(_BATCHES, order.size))

    def _changed(self, crop: Tensor, patch: int) -> Tensor:
        """`crop` with other colours where the grid has the cell `patch`."""
        rows, columns = self._subject.pipeline.grid
        height, width = self.crop_size
        row, column = divmod(int(patch), columns)
        here = (
            ...,
            slice(row * height // rows, (row + 1) * height // rows),
            slice(column * width // columns, (column + 1) * width // columns),
        )
        changed = crop.clone()
        changed[here] = self._noise(1, *changed[here].shape[-2:]) - changed[here].mean()
        return changed

    def _noise(self, count: int, height: int, width: int) -> Tensor:
        return torch.randn(count, 3, height, width, generator=self._random)


def distance(seen: Floats, known: Floats) -> float:
    """Root mean square of the difference in parts of that of `known`; infinite where the shapes differ."""
    if seen.shape != known.shape:
        return float("inf")
    size = np.sqrt(np.mean(known**2))
    return float(np.sqrt(np.mean((seen - known) ** 2)) / max(size, np.finfo(np.float64).tiny))


def striking(responses: Floats) -> np.ndarray:
    """Which place answers most to each patch, (P,), of how strongly each place answers (P, N)."""
    return np.asarray(prominence(responses).argmax(axis=1))


def prominence(responses: Floats) -> Floats:
    """How strongly each place answers to each patch, (P, N), in parts of its usual answer.

    A place that answers to everything, as deep attention has them, counts by how far it exceeds that.
    """
    usual = np.median(responses, axis=0)
    return np.asarray(responses / (usual + _STRIKING * responses.max()))
