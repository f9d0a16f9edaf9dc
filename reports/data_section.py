"""What an audit counted over the frames of a data set: its points, where they land, what depth confirms, odd frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reports.agreement import grid_of
from reports.confirmed_figure import draw_bars, name_of, shown_bars
from reports.counts_figure import draw_counts
from reports.figures import Figure
from reports.outcomes import counted
from reports.rendering import figure, share
from reports.results_file import Results
from reports.tables import Table

_STEPS = {
    "asked": "projected",
    "in_front": "in front of the camera",
    "in_image": "in the image",
    "in_crop": "in the crop",
    "valid": "between the outermost cell centres",
}


@dataclass(frozen=True)
class DataSection:
    """words: what was audited. figures, points: of all frames together. flagged: the first of `odd` frames."""

    words: tuple[str, ...]
    figures: tuple[Figure, ...]
    points: Table
    odd: int
    flagged: Table


def data_section(audit: Results | None) -> DataSection | None:
    """The section, or None where no data set was audited."""
    if audit is None:
        return None
    return DataSection(
        words=_words(audit),
        figures=(*_confirmed(audit["agreement"]), *_landed(audit["landings"])),
        points=_points(audit["points"]),
        odd=audit["flagged"],
        flagged=Table(("frame", "why"), tuple((odd["name"], odd["reason"]) for odd in audit["first_flagged"])),
    )


def audited_in_words(audit: Results) -> str:
    """The data set in one sentence: what its depth confirms as it is."""
    frames = counted(audit["frames"], "frame")
    if not audit["agreement"] or not audit["agreement"][0]["compared"]:
        return f"{frames}; no two of them have depth that could be compared."
    given = audit["agreement"][0]
    agreeing = share(given["agreeing"] / given["compared"])
    return f"{frames}; of what can be compared with a neighbour's depth, {agreeing} agrees."


def _words(audit: Results) -> tuple[str, ...]:
    met = (
        f"The points of a frame are those of the depth map {counted(audit['apart'], 'frame')} further on, or its own "
        "where the data set has such; they are confirmed where the depth of the frame itself is within "
        f"{figure(audit['tolerance'])} m of theirs, or within a twentieth of the middle depth where that is less."
    )
    return audit["told"], met


def _points(points: Results) -> Table:
    asked = points["asked"]
    rows = (
        (words, f"{points[name]:,}", share(points[name] / asked) if asked else "") for name, words in _STEPS.items()
    )
    return Table(("points of all frames", "", "of those projected"), tuple(rows))


def _confirmed(agreement: list[Results]) -> tuple[Figure, ...]:
    bars = shown_bars(agreement)
    if not bars or not bars[0]["asked"]:
        return ()
    told = "; ".join(f"{name_of(bar)}: {share(bar['agreeing'] / bar['asked'])}" for bar in bars if bar["asked"])
    few = "; where it says so, of those asked of a few" if any(bar.get("few") for bar in bars) else ""
    caption = (
        "Points that a neighbour's depth confirms (filled) and that could be compared (outlined), of "
        f"{bars[0]['asked']:,} asked of all frames{few}."
    )
    return (Figure(draw_bars(bars, f"{caption} {told}."), caption),)


def _landed(landings: Results | None) -> tuple[Figure, ...]:
    if landings is None:
        return ()
    on = grid_of(landings)
    counts = np.asarray(on.counts)
    caption = (
        f"Where they land on the {on.grid[0]}x{on.grid[1]} grid, all frames together: {on.valid:,} points, "
        f"{int(counts.min()):,} to {int(counts.max()):,} a cell."
    )
    return (Figure(draw_counts(on.counts, int(counts.max()), caption), caption),)
