"""Lifts that go wrong in one known way, to be measured and drawn: the planted faults of the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import open_clip
import torch
from torchvision import transforms

from broken import LANDING_FAULTS, Lift
from diagnostics import Pipeline
from diagnostics.subject import IMAGE_SIZES, Floats
from diagnostics.verdict import Fault
from docs.generate.errors import ends_table, fitted, named, spread_table
from docs.generate.frame_picture import Scene, draw_scene
from docs.generate.page import Picture, Specimen, Table
from reference import official_preprocess
from reference.fields import Size
from reference.geometry import edge_from_index, index_from_edge
from reference.preprocess import geometry_of

STANDARD: Size = (480, 640)
_UNREAD = 1e-6  # of the channel of ones
_SIZES: tuple[Size, ...] = (STANDARD, (480, 641), (968, 1296))
CROP = official_preprocess()
LETTERBOX = open_clip.image_transform(336, False, resize_mode="longest")
_MARGIN = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor()])
_IN_A_CROP = "640×480 → 298×224 → crop of 224×224 from (37, 0) → 14×14 cells"
_IN_A_MARGIN = "640×480 → 341×256 → crop of 224×224 from (58, 16) → 14×14 cells"
_IN_A_LETTERBOX = "640×480 → 336×252 → padded to 336×336 from (0, −42) → 24×24 cells"


@dataclass(frozen=True)
class PlantedLift:
    """A lift with wrong links.

    planted: the chain it works in, in words. line: which of the page's formulas is planted. sizes: images of the
    table. shown: the one that is drawn. probed, checks: what `check_pipeline` is asked for.
    affine: whether its landing is a scale and a shift; else it is read point by point, between the two of `window`.
    """

    planted: str
    links: dict[str, Any]
    transform: Any = field(default=CROP)
    grid: Size = (14, 14)
    sizes: tuple[Size, ...] = _SIZES
    affine: bool = True
    probed: tuple[Size, ...] = IMAGE_SIZES
    checks: tuple[str, ...] | None = None
    shown: Size = STANDARD
    line: str = "the wrong line above"
    window: tuple[float, float] | None = None

    @property
    def pipeline(self) -> Pipeline:
        """The lift under the true geometry of its transform."""
        return Pipeline(
            lift=Lift(self.transform, self.grid, **self.links),
            geometry=lambda size: geometry_of(self.transform, size, self.grid),
            grid=self.grid,
        )

    def places(self, size: Size) -> Callable[[Floats], Floats]:
        """Image index points -> the places of the image whose features are read, both (N, 2)."""
        lift = self.pipeline.lift

        def read(points: Floats) -> Floats:
            return self.image_from_cells(cells_read(lift, self.grid, points, size), size)

        return fitted(read, self.inner(size), size) if self.affine else read

    def image_from_cells(self, cells: Floats, size: Size) -> Floats:
        """The true places (N, 2) of the image that grid index coordinates (N, 2) hold the features of."""
        return np.asarray(geometry_of(self.transform, size, self.grid).image_from_grid(cells))

    def inner(self, size: Size) -> Floats:
        """Image index points (2, 2) between which a point is valid: the centres of the outermost cells."""
        ends = np.array([[0, 0], self.grid[::-1]], dtype=np.float64) - [[0, 0], [1, 1]]
        return np.clip(np.sort(self.image_from_cells(ends, size), axis=0), 0, np.array(size[::-1]) - 1)

    def scene(self, size: Size) -> Scene:
        """What there is to draw of an image of `size`."""
        geometry = geometry_of(self.transform, size, self.grid)
        crop = index_from_edge(np.array([[0, 0], geometry.crop_size[::-1]], dtype=np.float64))
        corners = edge_from_index(np.asarray(geometry.image_from_crop(crop)))
        return Scene(self.places(size), size, self.inner(size), corners, self.grid, window=self.window)

    def table(self) -> Table:
        """Errors along the middle row and column at every size: at the ends and the middle, or their spread."""
        scenes = {size: self.scene(size) for size in self.sizes}
        return ends_table(scenes) if self.affine else spread_table(scenes)

    def draw(self, fault: Fault) -> Picture:
        """The arrows of one image size."""
        scene = self.scene(self.shown)
        alt = f"Where points of a {named(self.shown)} image read under {fault.id}: {scene.words()}."
        return Picture(draw_scene(scene, f"{fault.id}: places asked for and places read"), alt)

    def specimen(self) -> Specimen:
        """For the page."""
        return Specimen(
            f"{self.line}, in {self.planted}", self.pipeline, self.draw, self.table, self.probed, self.checks
        )


def cells_read(lift: Any, grid: Size, points: Floats, size: Size) -> Floats:
    """Grid index coordinates (N, 2) that `lift` reads: the map's channels are x, y and 1, and the third divides."""
    height, width = grid
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    values = lift(torch.stack([x, y, torch.ones_like(x)])[None].float(), torch.from_numpy(points).float(), size)
    x_read, y_read, weight = (values[0] if isinstance(values, tuple) else values).double().numpy().T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight[:, None] > _UNREAD, np.stack([x_read, y_read], axis=-1) / weight[:, None], np.nan)


# fault id -> the name of its planted lift in the tests, where there are several; the rest are named by their id
_CHOSEN = {
    "source-half-pixel": "source-half-pixel b",
    "scale-nominal": "scale-nominal own offset",
    "scale-rounded": "scale-rounded realised offset",
    "crop-offset-rounding": "crop-offset-rounding floor",
    "crop-offset-unscaled": "crop-offset-unscaled a",
    "align-corners-normalise": "align-corners-normalise cells",
    "align-corners-upsample": "align-corners-upsample x16",
}


def landings() -> dict[str, PlantedLift]:
    """Every lift that reads the wrong place."""
    ids = dict.fromkeys(name.split()[0] for name in LANDING_FAULTS)
    found = {i: PlantedLift(_IN_A_CROP, LANDING_FAULTS[_CHOSEN.get(i, i)]) for i in ids}
    found["source-half-pixel"] = replace(found["source-half-pixel"], line="the second wrong line above")
    found["crop-offset-unscaled"] = replace(found["crop-offset-unscaled"], line="the first wrong line above")
    found["scale-nominal"] = replace(found["scale-nominal"], line="the wrong line above, with the ideal offset 37.33")
    found["scale-rounded"] = replace(found["scale-rounded"], line="the wrong line above, with the true offset 37")
    odd = (*_SIZES, (480, 637))
    found["crop-offset-rounding"] = PlantedLift(
        _IN_A_CROP,
        LANDING_FAULTS["crop-offset-rounding floor"],
        sizes=odd,
        shown=(480, 641),
        line="the offset rounded down",
    )
    padded: dict[str, dict[str, Any]] = {
        "assumes-crop": {"believed": open_clip.image_transform(336, False)},
        "pad-offset-missing": {"offset": lambda _: (0, 0)},
    }
    found |= {i: PlantedLift(_IN_A_LETTERBOX, links, LETTERBOX, (24, 24)) for i, links in padded.items()}
    letterbox = open_clip.image_transform(224, False, resize_mode="longest")
    found["assumes-letterbox"] = PlantedLift(_IN_A_CROP, {"believed": letterbox})
    found["resize-margin"] = PlantedLift(_IN_A_MARGIN, {"believed": CROP}, _MARGIN)
    steps: dict[str, tuple[dict[str, Any], tuple[float, float] | None]] = {
        "nearest-sampling": ({"mode": "nearest", "padding": "border"}, (239.0, 377.0)),
        "integer-points": ({"cast": lambda points: points.int()}, (237.0, 243.0)),
        "half-precision-points": ({"cast": torch.Tensor.half}, (254.0, 258.0)),
    }
    for i, (links, window) in steps.items():
        found[i] = PlantedLift(_IN_A_CROP, links, affine=False, window=window)
    return found
