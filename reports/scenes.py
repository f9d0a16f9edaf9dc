"""The landings of an image and points that were given: on the image, and on the grid by truth and by the lift."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from diagnostics.landing import Landings
from diagnostics.words import table
from reference.geometry import index_from_edge
from reports.agreement import landings_of
from reports.counts_figure import CellCounts
from reports.figures import Figure
from reports.places import Floats, frame_of
from reports.raster import Shades
from reports.results_file import Results
from reports.sections import count_figures
from reports.svg import Canvas
from reports.tables import Table

_WIDTH, _HEIGHT = 640.0, 440.0
_MOST = 99  # per cent of the bins with points that the colours tell apart; a few crowded ones would hide the others


@dataclass(frozen=True)
class SceneSection:
    """One image with its points. name: of the files. counts: on the grid, by truth and by the lift."""

    name: str
    photo: Figure
    counts: tuple[Figure, ...]
    table: Table


def scene_sections(results: Results) -> list[SceneSection]:
    """Every heat map of the results, in the order given."""
    return [_section(heatmap) for heatmap in results["heatmaps"]]


def _section(heatmap: Results) -> SceneSection:
    landings, name = landings_of(heatmap), heatmap["image"]
    figures: list[Figure] = []
    if heatmap["read"] is not None:
        read = np.array(heatmap["read"]["counts"], dtype=np.int64)
        figures = count_figures(CellCounts(landings.grids[0].counts, read, heatmap["read"]["elsewhere"]), name)
    heading, *rows = table(landings)
    counted = Table(tuple(heading), tuple(map(tuple, rows)))
    return SceneSection(f"{name}, {heatmap['points_file']}", _photo(heatmap, landings), tuple(figures), counted)


def _photo(heatmap: Results, landings: Landings) -> Figure:
    counts = np.where(landings.density > 0, landings.density, np.nan).astype(np.float64)
    most = float(np.nanpercentile(counts, _MOST, method="higher")) if np.isfinite(counts).any() else 0.0
    through = f", through {heatmap['camera']}" if heatmap.get("camera") else ""
    side = landings.bin_side
    where = "a pixel" if side == 1 else f"{side}x{side} pixels"
    told = (
        f"Where the points of {heatmap['points_file']}{through} land in {heatmap['image']}: {landings.in_image:,} of "
        f"{landings.points:,} in the image, {landings.in_crop:,} in the crop. The brighter, the more: up to "
        f"{most:,.0f} on {where}."
    )
    return Figure(_draw(heatmap, landings, Shades(0.0, most), told), told)


def _draw(heatmap: Results, landings: Landings, shades: Shades, alt: str) -> Markup:
    geometry, canvas = landings.geometry, Canvas(_WIDTH, _HEIGHT)
    image = _corners(geometry.in_size[::-1])
    crop = np.asarray(geometry.image_from_crop(_corners(geometry.crop_size[::-1])))
    shown = np.stack([np.minimum(image[0], crop[0]), np.maximum(image[1], crop[1])])
    frame = frame_of(shown, [(4, 4), (_WIDTH - 4, _HEIGHT - 4)])
    canvas.rect(frame.at(image), "surface")
    if heatmap["preview"]:
        canvas.photo(base64.b64decode(heatmap["preview"]), frame.at(image))
    rows, columns = landings.density.shape
    binned = index_from_edge(np.array([[0, 0], [columns, rows]], dtype=np.float64) * landings.bin_side)
    counts = np.where(landings.density > 0, landings.density, np.nan).astype(np.float64)
    canvas.clip(frame.at(image))
    canvas.picture(shades.png(counts), frame.at(binned))
    canvas.close()
    canvas.rect(frame.at(image), "frame")
    canvas.rect(frame.at(crop), "crop")
    ends = np.array([[0, 0], [geometry.feat_size[1] - 1, geometry.feat_size[0] - 1]], dtype=np.float64)
    canvas.rect(frame.at(np.asarray(geometry.image_from_grid(ends))), "bound")
    return canvas.svg(alt, "field")


def _corners(sides: tuple[int, ...]) -> Floats:
    return np.asarray(index_from_edge(np.array([[0, 0], sides], dtype=np.float64)))
