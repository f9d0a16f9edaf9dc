"""Tables of the page, as rows of text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.words import width_by_height
from reports.field_figure import Field
from reports.places import AtSize
from reports.rendering import figure, px
from reports.results_file import Results

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """heading: of the columns. rows: of as many cells, the first of which is a row's heading."""

    heading: Row
    rows: tuple[Row, ...]


def colour_table(colours: Results) -> Table:
    """How colours arrive against how they should, red, green and blue."""
    heading = ("image", "measured R, G, B", "declared R, G, B", "off by, at most")
    rows = zip(colours["names"], colours["measured"], colours["expected"], strict=False)
    return Table(heading, tuple((name, _triple(m), _triple(e), _apart(m, e)) for name, m, e in rows))


def _triple(values: list[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values).replace("-", "\N{MINUS SIGN}")


def _apart(one: list[float], other: list[float]) -> str:
    return figure(max(abs(a - b) for a, b in zip(one, other, strict=True)))


def error_table(at: AtSize, field: Field) -> Table:
    """Least, mean and greatest error inside the crop."""
    inside = field.inside
    heading = ("place read − place asked for, source px", "least", "mean", "greatest")
    if not len(inside):
        return Table(heading, (("nothing is read inside the crop", "", "", ""),))
    columns = (*inside.T, np.hypot(*inside.T))
    rows = (
        (name, *(px(float(value)) for value in (column.min(), column.mean(), column.max())))
        for name, column in zip(("on x, to the right", "on y, downwards", "distance"), columns, strict=True)
    )
    return Table(heading, tuple(rows))


def map_table(at: AtSize) -> Table:
    """The maps at one image size, as formulas."""
    record = at.record
    rows = [
        ("image to crop, pixels", *_formulas(record["crop_from_image"])),
        ("image to grid, cells: right", *_formulas(record["grid_from_image"])),
    ]
    if record.get("read_from_image") is not None:
        rows.append(("image to grid, cells: the lift", *_formulas(record["read_from_image"])))
    return Table(("index coordinates", "x", "y"), tuple(rows))


def _formulas(affine: Results) -> tuple[str, str]:
    names = "vu" if affine.get("swapped") else "uv"
    x, y = (
        f"{scale:.6f} {name} {'−' if shift < 0 else '+'} {abs(shift):.4f}"
        for name, scale, shift in zip(names, affine["scale"], affine["shift"], strict=True)
    )
    return x, y


def conditions_table(results: Results) -> Table:
    """With what it was measured: sizes, seed, what the pipeline declares, versions."""
    conditions, declared = results["conditions"], results["declared"] or {}
    rows = [
        ("image sizes", ", ".join(map(width_by_height, conditions.get("image_sizes", [])))),
        ("seed", str(conditions.get("seed", ""))),
    ]
    rows += [(f"declared {name}", _told(value)) for name, value in declared.items() if value is not None]
    rows += [(name, version) for name, version in conditions.get("versions", {}).items()]
    return Table(("what", "value"), tuple(row for row in rows if row[1]))


def _told(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
