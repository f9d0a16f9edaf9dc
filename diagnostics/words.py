"""What the landings say in words and numbers, for the summary and the caption alike."""

from __future__ import annotations

from typing import NamedTuple

from diagnostics.landing import Landings
from reference.fields import Size
from reference.geometry import GeomMeta


class Row(NamedTuple):
    """One line of the table: what was counted, how many, which share that is, and what even points would give."""

    what: str
    number: str
    share: str
    even: str


def width_by_height(size: Size) -> str:
    """An image size `(height, width)` the way people say it, width first."""
    return f"{size[1]}x{size[0]}"


def chain(geometry: GeomMeta) -> str:
    """The steps from image to crop with the sizes that were really made, width x height."""
    return (
        f"{geometry.mode}: {width_by_height(geometry.in_size)} resized to {width_by_height(geometry.resized_size)}, "
        f"crop {width_by_height(geometry.crop_size)} at {geometry.offset}"
    )


def table(landings: Landings) -> list[Row]:
    """The counts with their shares: of the points read down to the image, of those in the image from there on."""
    geometry, inside = landings.geometry, landings.in_image
    grids = ((grid, geometry.with_grid(grid.grid)) for grid in landings.grids)
    return [
        Row("points", "count", "share", "if even"),
        Row("read", f"{landings.points:,}", "", ""),
        Row("finite", f"{landings.finite:,}", _percent(landings.finite, landings.points), ""),
        Row("in the image", f"{inside:,}", _percent(inside, landings.points), ""),
        Row("in the crop", f"{landings.in_crop:,}", _percent(landings.in_crop, inside), _exact(geometry, "crop")),
        *(
            Row(f"valid on {grid.grid[0]}x{grid.grid[1]}", f"{grid.valid:,}", _percent(grid.valid, inside), _exact(on))
            for grid, on in grids
        ),
    ]


def summary(landings: Landings) -> str:
    """The table as plain ASCII text, with a line on what its shares are of."""
    rows = table(landings)
    widths = [max(len(text) for text in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(text.rjust(width) if column else text.ljust(width) for column, (text, width) in enumerate(cells))
        for cells in (zip(row, widths, strict=True) for row in rows)
    ]
    note = (
        'Shares from the crop on are of the points in the image; "if even": of points spread evenly over it, exactly.'
    )
    return "\n".join([*(line.rstrip() for line in lines), "", note, ""])


def points_in_words(count: int) -> str:
    """`count` points, in the number that English asks for."""
    return f"{count:,} point{'' if count == 1 else 's'}"


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "-"


def _exact(geometry: GeomMeta, rule: str = "centre") -> str:
    return f"{geometry.valid_ratio(rule):.2%}"
