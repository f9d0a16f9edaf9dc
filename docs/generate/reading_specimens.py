"""Lifts that read from the right place but return, or count, the wrong thing: masks, halos, norms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from broken import Lift
from diagnostics import Pipeline
from diagnostics.subject import Floats
from diagnostics.verdict import Fault
from docs.generate.charts import Curve, draw_curve
from docs.generate.lift_specimens import CROP, STANDARD
from docs.generate.mask_picture import accepted, draw_masks, mask_table
from docs.generate.page import Picture, Specimen, Table
from docs.generate.svg import Canvas
from reference.fields import Size
from reference.geometry import GeomMeta, edge_from_index
from reference.preprocess import geometry_of

_GRID: Size = (14, 14)


def _pipeline(lift: Callable[..., Any], rule: str = "centre") -> Pipeline:
    return Pipeline(lift=lift, geometry=lambda size: geometry_of(CROP, size, _GRID), validity=rule)


def _truncated(geometry: GeomMeta, points: torch.Tensor) -> torch.Tensor:
    """0 <= int(f) < n, and in the image."""
    cells = edge_from_index(geometry.grid_from_image(points)).trunc()
    inside = (cells >= 0) & (cells < torch.tensor(geometry.feat_size[::-1]))
    valid: torch.Tensor = inside.all(dim=-1) & geometry.valid(points, "image")
    return valid


@dataclass(frozen=True)
class PlantedMask:
    """A lift whose mask is wrong. planted: what its mask is. rule: what it should be."""

    planted: str
    mask: Callable[..., torch.Tensor]
    rule: str = "centre"

    def _areas(self) -> tuple[Floats, Floats]:
        geometry = geometry_of(CROP, STANDARD, _GRID)
        right = accepted(lambda points: geometry.valid(points, self.rule), STANDARD)
        return right, accepted(lambda points: self.mask(geometry, torch.from_numpy(points)).numpy(), STANDARD)

    def draw(self, fault: Fault) -> Picture:
        """Both areas over the image."""
        return draw_masks(f"{fault.id}: the area accepted against the area allowed", *self._areas(), STANDARD)

    def table(self) -> Table:
        """The bounds of both areas."""
        return mask_table(*self._areas())

    def specimen(self) -> Specimen:
        """For the page."""
        lift = Lift(CROP, mask=self.mask, padding="border")
        return Specimen(self.planted, _pipeline(lift, self.rule), self.draw, self.table)


def _draw_norms(fault: Fault, curve: Curve, words: tuple[str, str], alt: str) -> Picture:
    """One wide chart of a norm. words: what is left and right of it."""
    canvas = Canvas(250)
    draw_curve(canvas, curve, 60, 44, 556, 140)
    canvas.path([(60, 226), (84, 226)], class_="u", stroke_width=1.8)
    canvas.text(92, 230, words[0], "s")
    canvas.path([(300, 226), (324, 226)], class_="r", stroke_width=2, stroke_dasharray="5 2.5")
    canvas.text(332, 230, words[1], "s")
    return Picture(canvas.svg(f"{fault.id}: the norm of what is read"), alt)


def _draw_halo(fault: Fault) -> Picture:
    """The norm along the middle row, from the image's left to the crop's first cells."""
    geometry = geometry_of(CROP, STANDARD, _GRID)
    first = float(geometry.image_from_crop(np.array([[-0.5, 0.0]]))[0, 0])
    u = np.linspace(first, first + 86, 173)
    points = torch.from_numpy(np.column_stack([u, np.full(len(u), 239.5)])).float()
    norms = Lift(CROP)(torch.ones(1, 1, *_GRID), points, STANDARD)[:, 0].double().numpy()
    title = "norm of the feature read, from the crop's left border over 2½ cells, in the middle row"
    curve = Curve(title, u, norms, ("crop's border", "2½ cells inside"), truth=1.0)
    alt = f"The norm is {norms[0]:.2f} at the crop's border and reaches 1 half a cell inside, at its first cell centre."
    return _draw_norms(fault, curve, ("as it should be", "as it is read"), alt)


def _normalised_map(features: torch.Tensor, points: torch.Tensor, size: Size) -> torch.Tensor:
    values: torch.Tensor = Lift(CROP)(functional.normalize(features, dim=1), points, size)
    return values


def _draw_bent(fault: Fault) -> Picture:
    """The norm between cells whose features are at right angles, alternating like a checkerboard."""
    geometry = geometry_of(CROP, STANDARD, _GRID)
    y, x = torch.meshgrid(*(torch.arange(side) for side in _GRID), indexing="ij")
    odd = ((x + y) % 2).float()
    features = torch.stack([odd, 1 - odd])[None]
    cells = np.linspace(4, 8, 161)
    points = geometry.image_from_grid(np.column_stack([cells, np.full(len(cells), 6.0)]))
    norms = _normalised_map(features, torch.from_numpy(points).float(), STANDARD).double().norm(dim=1).numpy()
    title = "norm of the feature read along five cells whose features are at right angles to their neighbours'"
    curve = Curve(title, cells, norms, ("a cell's centre", "another's"), truth=1.0)
    alt = f"The norm is 1 at the cells' centres and {norms.min():.2f} half way between two cells."
    return _draw_norms(fault, curve, ("normalised afterwards", "the map normalised before"), alt)


def readings() -> dict[str, Specimen]:
    """Every such lift."""
    masks = {
        "outside-not-masked": PlantedMask(
            "every point counts as valid", lambda _, points: torch.ones(len(points), dtype=torch.bool)
        ),
        "mask-too-tight": PlantedMask("the rule “centre” where “crop” is declared", lambda g, p: g.valid(p), "crop"),
        "mask-too-wide": PlantedMask("the rule “crop” where “centre” is declared", lambda g, p: g.valid(p, "crop")),
    }
    masks["cell-truncated"] = PlantedMask("0 <= int(f) < n on both axes", _truncated, "crop")
    found = {fault_id: planted.specimen() for fault_id, planted in masks.items()}
    halo = Lift(CROP, mask=lambda g, p: g.valid(p, "crop"))
    found["zero-padding-halo"] = Specimen(
        'padding_mode="zeros" under the rule “crop”', _pipeline(halo, "crop"), _draw_halo
    )
    found["map-l2-normalised"] = Specimen("the map normalised cell by cell", _pipeline(_normalised_map), _draw_bent)
    return found
