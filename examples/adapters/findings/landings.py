"""What the suite says of every adapter, and how far from the place asked each one reads."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import numpy as np
import torch

from diagnostics import Pipeline, check_pipeline
from diagnostics.verdict import Diagnosis
from examples.adapters.findings.figures import Floats, misses_in_words, true_map, width_by_height
from reference.fields import Size
from reference.geometry import edge_from_index, index_from_edge

SIZES: tuple[Size, ...] = ((480, 640), (480, 641), (968, 1296))
HALF_PIXEL = "(1/s - 1) / 2"


@dataclass(frozen=True)
class Asked:
    """One row: an adapter `module:object`, what it asks of the library, and the formula of what it misses by."""

    adapter: str
    library: str
    what: str
    formula: str = ""

    @property
    def pipeline(self) -> Pipeline:
        """The adapter's pipeline; imports the library."""
        module, name = self.adapter.split(":")
        found = getattr(importlib.import_module(f"examples.adapters.{module}"), name)
        assert isinstance(found, Pipeline)
        return found


ASKED = (
    Asked("with_open_clip:pipeline", "open_clip", "`image_transform`, patch tokens of the vision tower"),
    Asked("with_torchvision:pipeline", "torchvision", "`v2.Resize` of `KeyPoints`, shifted to edges and back"),
    Asked("with_torchvision:edge_points", "torchvision", "`v2.Resize` of `KeyPoints` that count from the edges"),
    Asked("with_torchvision:as_shipped", "torchvision", "`v2.Resize` of `KeyPoints` that are indices", HALF_PIXEL),
    Asked("with_timm:pipeline", "timm", "`create_transform` with `crop_pct=0.9`, patch tokens"),
    Asked("with_timm:margin_forgotten", "timm", "the same, points without `crop_pct`", "(u - centre) (224/248 - 1)"),
    Asked("with_hugging_face:pipeline", "transformers", "`CLIPImageProcessor`, patch tokens"),
    Asked("with_hugging_face:pil_backend", "transformers", "`CLIPImageProcessorPil`, patch tokens"),
    Asked(
        "with_hugging_face:points_of_open_clip",
        "transformers",
        "`CLIPImageProcessor`, points by open_clip's transform",
        "whole crop pixels, 1/s each",
    ),
    Asked("with_kornia:pipeline", "kornia", "`AugmentationSequential` with keypoints, smoothed, corners not aligned"),
    Asked("with_kornia:as_shipped", "kornia", "`AugmentationSequential` with keypoints, defaults"),
    Asked("with_albumentations:pipeline", "albumentations", "`Resize` of keypoints, shifted to edges and back"),
    Asked("with_albumentations:edge_points", "albumentations", "`SmallestMaxSize` of edge points", "x (r W/w - 1)"),
    Asked(
        "with_albumentations:as_shipped",
        "albumentations",
        "`SmallestMaxSize` of indices",
        f"{HALF_PIXEL} and the row above",
    ),
    Asked("with_opencv:pipeline", "opencv", "`remap` and `transform` by one matrix, smoothed first"),
    Asked("with_opencv:area", "opencv", "`resize(dsize=…)`, `INTER_AREA`"),
    Asked("with_opencv:linear", "opencv", "`resize(dsize=…)`, default interpolation"),
    Asked("with_opencv:by_factor", "opencv", "`resize(fx=r, fy=r)`, points by the sizes", "x (w/(r W) - 1)"),
    Asked("hand_written:pipeline", "torch", "`interpolate(size=…)`, slicing, `grid_sample`"),
    Asked("hand_written:by_factor", "torch", "`interpolate(scale_factor=r)`, points by the sizes", "x (w/(r W) - 1)"),
)


@dataclass(frozen=True)
class Landing:
    """What was found: the diagnosis over all `SIZES`, and the misses at each, source pixels (2, 2)."""

    asked: Asked
    diagnosis: Diagnosis
    misses: tuple[Floats, ...]


def measure(asked: Asked) -> Landing:
    """Check one adapter and ask its lift where it reads."""
    pipeline = asked.pipeline
    return Landing(asked, check_pipeline(pipeline, SIZES), tuple(misses(pipeline, size) for size in SIZES))


def misses(pipeline: Pipeline, size: Size) -> Floats:
    """Place read minus place asked at the first and the last cell of the grid, source pixels (2, 2).

    The lift is given a map whose channels are the cells' own coordinates and asked for the places of inner cells, where
    bilinear sampling is linear; a line through its answers is followed to the outermost cells.
    """
    rows, columns = pipeline.grid
    crop = np.array([224 / columns, 224 / rows])
    matrix, shift = true_map(pipeline.preprocess, size)
    scale = np.diag(matrix)
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    features = torch.stack([x, y, torch.ones_like(x)]).float()[None]
    cells = np.stack([np.linspace(2, side - 3, 50) for side in (columns, rows)], axis=-1)
    points = (edge_from_index(cells) * crop - shift) / scale
    if pipeline.origin == "index":
        points = index_from_edge(points)
    output = pipeline.lift(features, torch.from_numpy(points).float(), size)
    read = (output[0] if isinstance(output, tuple) else output).double().numpy()[:, :2]
    ends = np.array([[0, 0], [columns - 1, rows - 1]])
    slope, offset = np.transpose([np.polyfit(cells[:, axis], (read - cells)[:, axis], 1) for axis in (0, 1)])
    found: Floats = (slope * ends + offset) * crop / scale
    return found


def row(landing: Landing) -> tuple[str, ...]:
    """The row of the page's table."""
    named = " + ".join(f"`{fault.id}`" for fault in landing.diagnosis.faults) or "none"
    figures = (misses_in_words(misses) for misses in landing.misses)
    return (landing.asked.library, landing.asked.what, named, *figures, landing.asked.formula)


HEADER = ("library", "what was asked", "fault", *map(width_by_height, SIZES), "formula")
