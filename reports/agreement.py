"""What in a results file has to agree with itself, which a JSON Schema cannot say."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from diagnostics.landing import GridLandings, Landings
from diagnostics.tally import Counts
from reference.geometry import GeomMeta

Record = dict[str, Any]


def refuse_disagreement(results: Record) -> None:
    """Raise `TypeError` or `ValueError` where tables do not fit their axes or a heat map is no landing."""
    for record in results.get("sizes", []):
        _refuse_ragged(record)
    for projection in results.get("projections", []):
        if len({len(projection[key]) for key in ("seen", "landed", "valid")}) != 1:
            raise ValueError("a projection has not as many landings as points")
    colours = results.get("colours")
    if colours is not None and len({len(colours[key]) for key in ("names", "measured", "expected")}) != 1:
        raise ValueError("colours are not measured and expected for as many names")
    for heatmap in results.get("heatmaps", []):
        landings_of(heatmap)
    audit = results.get("audit")
    if audit is not None:
        _refuse_miscounted(audit)


def _refuse_ragged(record: Record) -> None:
    size, lattice, mask = record["image_size"], record.get("lattice"), record.get("mask")
    if lattice is not None:
        shape = len(lattice["v"]), len(lattice["u"])
        for key in ("u", "v"):
            if any(there >= here for there, here in pairwise(lattice[key])):
                raise ValueError(f"{key} of the lattice at {size} does not ascend")
        for key in ("error_x", "error_y"):
            if len(lattice[key]) != shape[0] or {len(row) for row in lattice[key]} != {shape[1]}:
                raise ValueError(f"{key} of the lattice at {size} is not {shape[0]} rows of {shape[1]}")
    if mask is not None and len({len(row) for row in mask["rows"]}) != 1:
        raise ValueError(f"the mask at {size} has rows of several lengths")


def _refuse_miscounted(audit: Record) -> None:
    if audit["landings"] is not None:
        grid_of(audit["landings"])
    for found in audit["agreement"]:
        if not found["asked"] >= found["compared"] >= found["agreeing"]:
            raise ValueError("an audit has more points that agree than were compared, or more compared than asked")


def landings_of(heatmap: Record) -> Landings:
    """The counts as `diagnostics.landing` makes them. Raises `TypeError` or `ValueError` where they do not agree."""
    geometry = _geometry(heatmap["geometry"])
    grids = tuple(grid_of(counted) for counted in heatmap["grids"])
    if not grids or grids[0].grid != geometry.feat_size:
        raise ValueError(f"the first of its grids must be that of its geometry, {list(geometry.feat_size)}")
    read = heatmap["read"]
    if read is not None:
        grid_of({**read, "grid": grids[0].grid})
    return Landings(
        geometry=geometry,
        **{name: heatmap[name] for name in ("points", "finite", "in_image", "in_crop")},
        bin_side=heatmap["density"]["side"],
        density=_table(heatmap["density"]["counts"]),
        grids=grids,
    )


def _geometry(found: Record) -> GeomMeta:
    try:
        return GeomMeta.from_dict(found)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the geometry of a heat map is none: {error}") from None


def grid_of(counted: Record) -> GridLandings:
    """Counts on one grid. Raises `ValueError` where they have another shape."""
    rows, columns = counted["grid"]
    counts = _table(counted["counts"])
    if counts.shape != (rows, columns):
        raise ValueError(f"the counts of its grid {rows}x{columns} have shape {counts.shape}")
    return GridLandings((rows, columns), counts)


def _table(rows: list[list[int]]) -> Counts:
    if len({len(row) for row in rows}) != 1:
        raise ValueError("its counts have rows of several lengths")
    return np.array(rows, dtype=np.int64)
