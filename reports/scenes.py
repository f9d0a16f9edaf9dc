"""The landings of an image and points that were given: on the image, and on the grid by truth and by the lift."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from diagnostics.landing import Landings
from diagnostics.words import table, width_by_height
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

_WIDTH, _HEIGHT, _FOOT = 640.0, 440.0, 34.0
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
    through = f", through {heatmap['camera']}" if heatmap.get("camera") else ""
    caption = (
        f"Where the points of {heatmap['points_file']}{through} land in {name}: {landings.in_image:,} of "
        f"{landings.points:,} in the image, {landings.in_crop:,} in the crop."
    )
    figures: list[Figure] = []
    own = landings.grids[0]
    read = heatmap["read"]
    if read is not None:
        counts = CellCounts(own.counts, np.array(read["counts"], dtype=np.int64), read["elsewhere"])
        figures = count_figures(counts, name)
    heading, *rows = table(landings)
    counted = Table(tuple(heading), tuple(map(tuple, rows)))
    photo = Figure(_draw(heatmap, landings, caption), caption)
    return SceneSection(f"{name}, {heatmap['points_file']}", photo, tuple(figures), counted)


def _draw(heatmap: Results, landings: Landings, alt: str) -> Markup:
    geometry, canvas = landings.geometry, Canvas(_WIDTH, _HEIGHT + _FOOT)
    image = _corners(geometry.in_size[::-1])
    crop = np.asarray(geometry.image_from_crop(_corners(geometry.crop_size[::-1])))
    shown = np.stack([np.minimum(image[0], crop[0]), np.maximum(image[1], crop[1])])
    frame = frame_of(shown, [(4, 4), (_WIDTH - 4, _HEIGHT - 4)])
    canvas.rect(frame.at(image), "surface")
    if heatmap["preview"]:
        canvas.photo(base64.b64decode(heatmap["preview"]), frame.at(image))
    counts = np.where(landings.density > 0, landings.density, np.nan).astype(np.float64)
    most = float(np.nanpercentile(counts, _MOST)) if np.isfinite(counts).any() else 1.0
    rows, columns = landings.density.shape
    binned = index_from_edge(np.array([[0, 0], [columns, rows]], dtype=np.float64) * landings.bin_side)
    shades = Shades(0.0, most)
    canvas.clip(frame.at(image))
    canvas.picture(shades.png(counts), frame.at(binned))
    canvas.close()
    canvas.rect(frame.at(image), "frame")
    canvas.rect(frame.at(crop), "crop")
    ends = np.array([[0, 0], [geometry.feat_size[1] - 1, geometry.feat_size[0] - 1]], dtype=np.float64)
    canvas.rect(frame.at(np.asarray(geometry.image_from_grid(ends))), "bound")
    side = landings.bin_side
    unit = "points a pixel" if side == 1 else f"points per {side}x{side} pixels"
    shades.draw(canvas, (4, _HEIGHT + 6), 130, unit, Shades.png)
    words = f"{width_by_height(geometry.in_size)}; solid: crop, dashed: valid"
    canvas.text(_WIDTH - 4, _HEIGHT + 16, words, "small", "end")
    return canvas.svg(alt, "field")


def _corners(sides: tuple[int, ...]) -> Floats:
    return np.asarray(index_from_edge(np.array([[0, 0], sides], dtype=np.float64)))
