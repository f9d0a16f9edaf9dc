"""Figures of what was measured, each with a caption that says its numbers in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from reports.field_figure import draw_field, look_of, own_field
from reports.grid_figure import draw_grid
from reports.mask_figure import draw_mask, shares_of_tiles
from reports.places import AtSize
from reports.projection_figure import draw_projection, landed_points
from reports.rendering import px, share
from reports.results_file import Results
from reports.tables import Table, colour_table


@dataclass(frozen=True)
class Figure:
    """A picture or table with its caption, which says its numbers in words."""

    content: Markup | Table
    caption: str


def landing_figures(results: Results, fault: Results) -> Iterator[Figure]:
    """What a fault does alone, over the image and on the grid, at the size where it is worst."""
    own: Results = fault["landing"]
    record = next((record for record in results["sizes"] if record["image_size"] == own["image_size"]), None)
    if record is None:
        return
    at = AtSize(record)
    field = own_field(at, own)
    x, y = (f"{px(float(axis.min()))} to {px(float(axis.max()))}" for axis in np.moveaxis(field.errors, -1, 0))
    alone = "alone " if len(results["faults"]) > 1 else ""
    caption = f"What {fault['id']} {alone}does to points of a {at.name} image: {x} px on x, {y} px on y."
    look = look_of([(at, field)])
    yield Figure(draw_field(at, field, look, caption), f"{caption} {look.words}")
    caption = f"The same on the grid: cell centres, and where {fault['id']} reads for them."
    yield Figure(draw_grid(at, caption, own), caption)


def mask_figures(at: AtSize) -> Iterator[Figure]:
    """What the mask accepts at one image size, against the exact share; nothing where the lift gives none."""
    mask = at.record.get("mask")
    if mask is None:
        return
    tiles = shares_of_tiles(at)
    accepted, allowed = (share(tiles[True, True] + tiles[wrong]) for wrong in ((True, False), (False, True)))
    caption = (
        f"Of places all over a {at.name} image the mask accepts {accepted}, the rule {mask['rule']} allows {allowed}; "
        f"{share(mask['exact'])} of the area, exactly."
    )
    yield Figure(draw_mask(at, caption), caption)


def worst_mask(results: Results) -> Iterator[Figure]:
    """The mask at the image size where its share is farthest from the exact one."""
    judged = [record for record in results["sizes"] if record.get("mask") is not None]
    if judged:
        worst = max(judged, key=lambda record: abs(record["mask"]["share"] - record["mask"]["exact"]))
        yield from mask_figures(AtSize(worst))


def colour_figures(results: Results) -> Iterator[Figure]:
    """How images of one colour each arrive in the crop, as a table."""
    if results["colours"] is not None:
        yield Figure(colour_table(results["colours"]), "How images of one colour each arrive in the crop.")


def camera_figures(results: Results) -> Iterator[Figure]:
    """Where points land in the image of every camera that was recorded."""
    for projection in results["projections"]:
        yield _camera(projection)


def _camera(projection: Results) -> Figure:
    camera, (seen, landed) = projection["camera"], landed_points(projection)
    height, width = camera["size"]
    off = f"half of {len(seen)} points more than {px(float(np.median(np.hypot(*(landed - seen).T))))} px off"
    caption = (
        f"{width}x{height} image, cx = {camera['cx']:.1f}, cy = {camera['cy']:.1f} ({camera['origin']} origin): "
        f"{off if len(seen) else 'no valid landing'}."
    )
    return Figure(draw_projection(projection, caption), caption)
