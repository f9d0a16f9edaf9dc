"""Lifts that go wrong where cells do not tile the crop, the image is mirrored, or single cells are meant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import open_clip
import torch
from PIL import Image, ImageOps
from torch import nn

from broken import Lift
from diagnostics import Pipeline
from diagnostics.subject import Floats
from docs.generate.frame_picture import Scene
from docs.generate.lift_specimens import CROP, PlantedLift
from reference.fields import Size
from reference.geometry import edge_from_index, index_from_edge
from reference.preprocess import geometry_of

_LARGE = open_clip.image_transform(384, False)
_PATCH, _STRIDE = 16, 8
_LIFT = ("lift_reads_the_place_it_is_asked_for",)


@dataclass(frozen=True)
class Strip(PlantedLift):
    """27 by 27 patches of 14 pixels on 384 pixels, of which they leave 6: the lift divides by the whole crop."""

    @property
    def pipeline(self) -> Pipeline:
        """The lift, and a claim of what the patches cover."""
        return Pipeline(
            lift=Lift(_LARGE, self.grid),
            geometry=lambda size: geometry_of(_LARGE, size).with_patches((14, 14)),
            grid=self.grid,
        )

    def image_from_cells(self, cells: Floats, size: Size) -> Floats:
        """Cells cover 378 pixels."""
        return np.asarray(geometry_of(_LARGE, size).with_patches((14, 14)).image_from_grid(cells))

    def scene(self, size: Size) -> Scene:
        """With the grid over what the patches cover."""
        ends = index_from_edge(np.array([[0, 0], self.grid[::-1]], dtype=np.float64))
        return replace(super().scene(size), covered=edge_from_index(self.image_from_cells(ends, size)))


@dataclass(frozen=True)
class Overlap(PlantedLift):
    """27 by 27 patches of 16 pixels at a stride of 8 on 224 pixels: the lift takes them for tiles."""

    @property
    def pipeline(self) -> Pipeline:
        """With the convolution that makes the cells, for how they lie is measured through it."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            embed = nn.Conv2d(3, 8, _PATCH, _STRIDE)
        return Pipeline(preprocess=CROP, encode=embed, lift=Lift(CROP, self.grid), grid=self.grid)

    def image_from_cells(self, cells: Floats, size: Size) -> Floats:
        """The centre of cell j lies at `j * stride + patch / 2`."""
        crop = index_from_edge(cells * _STRIDE + _PATCH / 2)
        return np.asarray(geometry_of(CROP, size).image_from_crop(crop))

    def scene(self, size: Size) -> Scene:
        """Without a grid, for no tiles are there to draw."""
        return replace(super().scene(size), cells=None)


@dataclass(frozen=True)
class Mirror(PlantedLift):
    """The image is mirrored before the crop, the points at W - u."""

    @property
    def pipeline(self) -> Pipeline:
        """With the preprocess that mirrors."""

        def preprocess(image: Image.Image) -> Any:
            return CROP(ImageOps.mirror(image))

        def lift(features: torch.Tensor, points: torch.Tensor, size: Size) -> Any:
            return Lift(CROP)(features, torch.stack([size[1] - points[:, 0], points[:, 1]], dim=-1), size)

        return Pipeline(preprocess=preprocess, lift=lift)

    def image_from_cells(self, cells: Floats, size: Size) -> Floats:
        """The crop's left is the image's right."""
        u, v = super().image_from_cells(cells, size).T
        return np.column_stack([index_from_edge(size[1] - edge_from_index(u)), v])


@dataclass(frozen=True)
class Single(PlantedLift):
    """A lift that means to read single cells."""

    @property
    def pipeline(self) -> Pipeline:
        """As planted."""
        return Pipeline(
            lift=Lift(CROP, **self.links),
            geometry=lambda size: geometry_of(CROP, size, self.grid),
            interpolation="nearest",
        )


def odd_landings() -> dict[str, PlantedLift]:
    """Every such lift."""
    few: tuple[Size, ...] = ((480, 640), (480, 641), (968, 1296))
    return {
        "patch-remainder": Strip(
            "640×480 → 512×384 → crop of 384×384 from (64, 0) → 27×27 patches of 14 pixels", {}, _LARGE, (27, 27)
        ),
        "patch-overlap": Overlap(
            "640×480 → 298×224 → crop of 224×224 from (37, 0) → 27×27 patches of 16 pixels, 8 apart",
            {},
            CROP,
            (27, 27),
            probed=few,
            checks=_LIFT,
        ),
        "flip-off-by-one": Mirror("an image that is mirrored and then cropped", {}, probed=few, checks=_LIFT),
        "cell-rounded": Single(
            "640×480 → 298×224 → crop of 224×224 from (37, 0) → 14×14 cells, read one by one",
            {"mode": "nearest", "padding": "border", "cell": 0.0},
            affine=False,
            window=(239.0, 377.0),
        ),
    }
