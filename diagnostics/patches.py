"""How the cells of a map lie on the crop: as tiles, with a strip at the end that no patch covers, or overlapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnostics.probes_patches import PatchProbe
from diagnostics.subject import Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.fields import Size


@dataclass(frozen=True)
class Spacing:
    """Cells along one axis: cell j has its centre at `first + (j + 1/2) * stride`, crop pixels in edge coordinates."""

    stride: float
    first: float = 0.0


Spacings = tuple[Spacing, Spacing]  # x before y


def spacings(subject: Subject, crop: Size) -> list[Spacings]:
    """Every way in which the pipeline's cells may lie on a crop `(height, width)`, the likeliest first.

    One where cells tile the crop in whole pixels. Otherwise `encode` is measured, or a claimed geometry says how much
    of the crop its patches cover; with neither, or where the measurement is not clear, all ways are left open.
    """
    cells = subject.pipeline.grid
    rows = [_axis(subject, axis, crop[1 - axis], cells[1 - axis]) for axis in (0, 1)]
    return [(rows[0][way % len(rows[0])], rows[1][way % len(rows[1])]) for way in range(max(map(len, rows)))]


def _axis(subject: Subject, axis: int, pixels: int, cells: int) -> list[Spacing]:
    ways = list(possible(pixels, cells))
    if len(ways) == 1:
        return ways
    claimed = _claimed(subject, axis, pixels, cells)
    measured = _measured(subject, axis, pixels, ways)
    return [measured] if measured is not None else [claimed] if claimed is not None else ways


def possible(pixels: int, cells: int) -> Iterator[Spacing]:
    """Patches of whole pixels that leave a strip uncovered, then overlapping ones that leave none, then tiles.

    Where whole pixels tile the crop, there is no other way: more overlap than a patch is wide is not made.
    """
    stride = pixels // cells
    if stride and pixels % cells:
        yield Spacing(stride)
        yield Spacing(stride, (pixels - cells * stride) / 2)
    yield Spacing(pixels / cells)


def _claimed(subject: Subject, axis: int, pixels: int, cells: int) -> Spacing | None:
    """The spacing of a claimed geometry whose crop is cut to what whole patches cover."""
    if subject.pipeline.geometry is None:
        return None
    covered = {claim.crop_size[1 - axis] for claim in subject.claims.values()}
    return Spacing(pixels // cells) if covered == {pixels // cells * cells} else None


def _measured(subject: Subject, axis: int, pixels: int, ways: list[Spacing]) -> Spacing | None:
    """The one of `ways` that `encode` has; None without one, and where its answers do not decide."""
    if subject.pipeline.encode is None:
        return None
    key = f"spacing {axis} {pixels}"
    if key not in subject.kept:
        try:
            probe = PatchProbe(subject, axis)
            subject.kept[key] = _decided(probe, ways) if probe.pixels == pixels else None
        except (SkipCheck, StageError):  # its own checks say what is wrong with it
            subject.kept[key] = None
    known: Spacing | None = subject.kept[key]
    return known


def _decided(probe: PatchProbe, ways: list[Spacing]) -> Spacing | None:
    remainder, _, tiles = ways
    stride = int(remainder.stride)
    covered = probe.cells * stride
    seen = probe.last_pixel_seen(covered)
    if seen <= covered:
        return remainder
    longest = seen - (probe.cells - 1) * stride
    overlap = Spacing(stride, (longest - stride) / 2)
    answers = probe.answers(stride)
    misses = [
        np.abs(answers - probe.expected(stride, way.stride, way.first, length)).max()
        for way, length in ((overlap, longest), (tiles, tiles.stride))
    ]
    nearest, other = np.argsort(misses)
    clear = misses[nearest] < misses[other] / 2
    return (overlap, tiles)[nearest] if clear else None
