"""The sections of a page that are drawn for every image size, or for the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reports.counts_figure import CellCounts, draw_counts, every_pixel
from reports.drift_figure import align_corners_drift, draw_drift
from reports.field_figure import Field, draw_field, look_of, measured_field
from reports.figures import Figure, mask_figures
from reports.grid_figure import draw_grid
from reports.mask_figure import shares_of_tiles
from reports.places import AtSize
from reports.rendering import figure, px, share
from reports.results_file import Results
from reports.tables import Table, error_table, map_table


@dataclass(frozen=True)
class SizeSection:
    """One image size: its name, the worst error inside the crop in words, figures and tables."""

    name: str
    worst: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]


def size_sections(sizes: list[Results]) -> list[SizeSection]:
    """Landing fields, one an image size."""
    return [_size(AtSize(record), index) for index, record in enumerate(sizes)]


def _size(at: AtSize, index: int) -> SizeSection:
    field = measured_field(at)
    if field is None:
        caption = f"The crop of a {at.name} image and its cells; no lift was measured."
        nothing = Field(np.zeros((1, 1, 2)), np.full((1, 1, 2), np.nan), np.zeros((1, 1), dtype=bool))
        return SizeSection(
            at.name,
            "no lift measured",
            (Figure(draw_field(at, nothing, look_of([(at, nothing)]), caption, inspected=index), caption),),
            (map_table(at),),
        )
    worst = f"up to {px(field.worst)} px" if len(field.inside) else "nothing is read"
    caption = f"Measured landing error over a {at.name} image, inside the crop {worst}."
    look = look_of([(at, field)])
    figures = [Figure(draw_field(at, field, look, caption, inspected=index), f"{caption} {look.words}")]
    if at.record.get("read_from_image") is not None:
        caption = "Cell centres on the crop and its grid, and the places that the lift reads for them."
        figures.append(Figure(draw_grid(at, caption), caption))
    return SizeSection(at.name, worst, tuple(figures), (error_table(at, field), map_table(at)))


def drifts(sizes: list[AtSize]) -> list[Figure]:
    """The error along x and along y at the first of `sizes`; nothing where no lift was measured."""
    found = []
    for at in sizes:
        field = measured_field(at)
        if field is None or not len(field.inside):
            continue
        for axis in (0, 1):
            first, last = align_corners_drift(at, at.crop_corners[:, axis], axis)
            errors = field.inside[:, axis]
            caption = (
                f"Error in {'xy'[axis]} along {'uv'[axis]} of a {at.name} image: measured {px(float(errors.min()))} to "
                f"{px(float(errors.max()))} px; align_corners=True drifts "
                f"from {px(float(first))} to {px(float(last))} px."
            )
            found.append(Figure(draw_drift(at, field, axis, caption), caption))
    return found


def mask_sections(sizes: list[Results]) -> list[tuple[str, Figure, Table]]:
    """The mask of every image size against the exact one, with ratios."""
    return [(at.name, drawn, _mask_table(at)) for at in map(AtSize, sizes) for drawn in mask_figures(at)]


def _mask_table(at: AtSize) -> Table:
    tiles, mask = shares_of_tiles(at), at.record["mask"]
    rows = (
        ("accepted by the mask", tiles[True, True] + tiles[True, False]),
        (f"allowed by the rule {mask['rule']}", tiles[True, True] + tiles[False, True]),
        ("accepted against the rule", tiles[True, False]),
        ("refused against the rule", tiles[False, True]),
        ("allowed by the rule, exactly, of the image's area", mask["exact"]),
    )
    return Table(("share of the places asked", ""), tuple((what, share(part)) for what, part in rows))


def counts_section(sizes: list[AtSize]) -> list[Figure]:
    """Landings of all pixel centres on the grid, by the truth and by the lift, at the first of `sizes`."""
    return [
        drawn
        for at in sizes
        if at.record.get("read_from_image") is not None
        for drawn in count_figures(every_pixel(at), f"a {at.name} image")
    ]


def count_figures(counts: CellCounts, whose: str) -> list[Figure]:
    """Two heat maps on one scale, and how many points of `whose` are read from another cell than their own."""
    most = int(max(counts.own.max(), counts.read.max()))
    valid = f"{counts.valid:,} points of {whose} are valid"
    own = f"Their own cells: {valid}, {figure(float(counts.own.min()))} to {figure(float(counts.own.max()))} a cell."
    part = share(counts.elsewhere / counts.valid) if counts.valid else "none"
    read = (
        f"The cells that the lift reads: {counts.elsewhere:,} of {counts.valid:,} points ({part}) read another cell "
        "than their own."
    )
    return [Figure(draw_counts(counts.own, most, own), own), Figure(draw_counts(counts.read, most, read), read)]
