"""Lifts with planted faults, each one link of a hand-written landing chosen wrong, and right twins that look odd.

Written out link by link, sharing nothing with the recipes that have to name them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn import functional

from reference.preprocess import geometry_of


@dataclass(frozen=True)
class Lift:
    """A lift for one transform; every field is one link, right by default.

    believed: another transform whose geometry the lift follows.
    """

    transform: Any
    grid: tuple[int, int] = (14, 14)
    before: float = 0.5  # added to u before the scale
    after: float = 0.0  # added after it
    scale: Callable[..., tuple[float, float]] = field(default=lambda g: g.scale)
    offset: Callable[..., tuple[float, float]] = field(default=lambda g: g.offset)
    patch: float | None = None
    cell: float = 0.5
    normalise: Callable[..., torch.Tensor] = field(default=lambda index, n, pixels: 2 * (index + 0.5) / n - 1)
    align_corners: bool = False
    mode: str = "bilinear"
    padding: str = "zeros"
    swap: bool = False
    flip: tuple[int, ...] = ()
    cast: Callable[[torch.Tensor], torch.Tensor] = field(default=lambda points: points)
    upsample: Callable[..., torch.Tensor] | None = None
    mask: Callable[..., torch.Tensor] | None = None
    believed: Any = None

    def __call__(self, features: torch.Tensor, points: torch.Tensor, size: tuple[int, int]) -> Any:
        geometry = geometry_of(self.believed or self.transform, size, self.grid)
        pairs = [torch.tensor(pair, dtype=torch.float64) for pair in (self.scale(geometry), self.offset(geometry))]
        crop = torch.tensor(geometry.crop_size[::-1], dtype=torch.float64)
        cells = torch.tensor(self.grid[::-1], dtype=torch.float64)
        u = self.cast(points).double()
        index = ((u + self.before) * pairs[0] + self.after - pairs[1]) / (self.patch or crop / cells) - self.cell
        for axis in self.flip:
            index[:, axis] = cells[axis] - 1 - index[:, axis]
        if self.upsample is not None:
            features = self.upsample(features)
        places = self.normalise(index, cells, crop).float()
        if self.swap:
            places = places.flip(-1)
        values = functional.grid_sample(
            features,
            places[None, None],
            mode=self.mode,
            padding_mode=self.padding,
            align_corners=self.align_corners,
        )[0, :, 0].T
        return values if self.mask is None else (values, self.mask(geometry, points))


def ideal(g: Any) -> tuple[float, float]:
    """The nominal ratio of the axis that met its target, on both axes."""
    exact = 0 if g.resized_size[0] == g.crop_size[0] else 1
    ratio = g.resized_size[exact] / g.in_size[exact]
    return ratio, ratio


def ideal_offset(g: Any) -> tuple[float, float]:
    return tuple((side * ideal(g)[0] - crop) / 2 for side, crop in zip(g.in_size[::-1], g.crop_size[::-1], strict=True))


def rounded(g: Any) -> tuple[float, float]:
    """The other side rounded where the transform truncates, and truncated where it rounds."""
    rule = math.floor if g.mode == "letterbox" else round
    return tuple(rule(side * ratio + 1e-9) / side for side, ratio in zip(g.in_size[::-1], ideal(g), strict=True))


def excess(g: Any) -> tuple[float, float]:
    return tuple((r - c) / 2 for r, c in zip(g.resized_size[::-1], g.crop_size[::-1], strict=True))


def upsampled(size: tuple[int, int], align_corners: bool) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda m: functional.interpolate(m, size, mode="bilinear", align_corners=align_corners)


def asymmetric(factor: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """The TF1 grid: cell j of the fine map holds place j / factor."""

    def run(features: torch.Tensor) -> torch.Tensor:
        height, width = features.shape[-2:]
        y, x = (torch.arange(side * factor) / factor for side in (height, width))
        grid = torch.stack(torch.meshgrid((2 * x + 1) / width - 1, (2 * y + 1) / height - 1, indexing="xy"), -1)
        return functional.grid_sample(features, grid[None], align_corners=False, padding_mode="border")

    return run


# id -> links chosen wrong, for a transform that resizes and crops (the standard case).
LANDING_FAULTS: dict[str, dict[str, Any]] = {
    "source-half-pixel a": {"before": 0.0},
    "source-half-pixel b": {"before": 0.0, "after": 0.5},
    "scale-nominal own offset": {"scale": ideal, "offset": ideal_offset},
    "scale-nominal realised offset": {"scale": ideal},
    "scale-rounded own offset": {
        "scale": rounded,
        "offset": lambda g: tuple(
            round((s * n - c) / 2) if s * n >= c else -((c - round(s * n)) // 2)
            for s, n, c in zip(rounded(g), g.in_size[::-1], g.crop_size[::-1], strict=True)
        ),
    },
    "scale-rounded realised offset": {"scale": rounded},
    "scale-align-corners": {
        "before": 0.0,
        "after": 0.5,
        "scale": lambda g: tuple((r - 1) / (s - 1) for r, s in zip(g.resized_size[::-1], g.in_size[::-1], strict=True)),
    },
    "scale-axes-swapped": {"scale": lambda g: g.scale[::-1]},
    "assumes-stretch": {
        "scale": lambda g: tuple(c / s for c, s in zip(g.crop_size[::-1], g.in_size[::-1], strict=True)),
        "offset": lambda _: (0, 0),
    },
    "applied-twice": {
        "scale": lambda g: tuple(s * s for s in g.scale),
        "offset": lambda g: tuple(s * d + d for s, d in zip(g.scale, g.offset, strict=True)),
    },
    "crop-offset-missing": {"offset": lambda _: (0, 0)},
    "crop-offset-sign": {"offset": lambda g: tuple(-d for d in g.offset)},
    "crop-offset-rounding floor": {"offset": lambda g: tuple(math.floor(d) for d in excess(g))},
    "crop-offset-rounding unrounded": {"offset": excess},
    "crop-offset-rounding half up": {"offset": lambda g: tuple(math.floor(d + 0.5) for d in excess(g))},
    "crop-offset-unscaled a": {"offset": lambda g: tuple(d / s for d, s in zip(g.offset, g.scale, strict=True))},
    "crop-offset-unscaled b": {"offset": lambda g: tuple(d * s for d, s in zip(g.offset, g.scale, strict=True))},
    "crop-offset-swapped": {"offset": lambda g: g.offset[::-1]},
    "patch-size": {"patch": 14},
    "half-cell-missing": {"cell": 0.0},
    "half-cell-doubled": {"cell": 1.0},
    "recipe-half-cell": {"before": 0.0, "scale": ideal, "offset": ideal_offset, "cell": 0.0},
    "align-corners-sample": {"align_corners": True},
    "align-corners-normalise cells": {"normalise": lambda i, n, _: 2 * i / (n - 1) - 1},
    "align-corners-normalise pixels": {"normalise": lambda i, n, p: 2 * ((i + 0.5) * p / n - 0.5) / (p - 1) - 1},
    "align-corners-both-edge": {"normalise": lambda i, n, _: 2 * (i + 0.5) / (n - 1) - 1},
    "align-corners-upsample x16": {"upsample": upsampled((224, 224), True)},
    "align-corners-upsample 30x40": {"upsample": upsampled((30, 40), True)},
    "asymmetric-upsample": {"upsample": asymmetric(16)},
    "axes-swapped": {"swap": True},
    "axis-flipped-x": {"flip": (0,)},
    "axis-flipped-y": {"flip": (1,)},
}
