"""How the cells of a map lie on the crop: as tiles, with a strip at the end that no patch covers, or overlapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnostics.probes_patches import PatchProbe
from diagnostics.subject import Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.fields import Size

_COMMON_PATCHES = (4, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32)  # pixels


@dataclass(frozen=True)
class Spacing:
    """Cells along one axis: cell j has its centre at `first + (j + 1/2) * stride`, crop pixels in edge coordinates."""

    stride: float
    first: float = 0.0


Spacings = tuple[Spacing, Spacing]  # x before y


def spacings(subject: Subject, crop: Size) -> list[Spacings]:
    """Every way in which the pipeline's cells may lie on a crop `(height, width)`, the likeliest first.

    `encode` is measured where it matters; without it a claimed geometry may say how much of the crop its patches cover.
    With neither, or where the measurement is not clear, cells tile the crop if they can in whole pixels, else all ways
    are left open.
    """
    cells = subject.pipeline.grid
    rows = [_axis(subject, axis, crop[1 - axis], cells[1 - axis]) for axis in (0, 1)]
    return [(rows[0][way % len(rows[0])], rows[1][way % len(rows[1])]) for way in range(max(map(len, rows)))]


def _axis(subject: Subject, axis: int, pixels: int, cells: int) -> list[Spacing]:
    measured = _measured(subject, axis, pixels, cells)
    if measured is not None:
        return [measured]
    claimed = _claimed(subject, axis, pixels, cells)
    return list(possible(pixels, cells)) if claimed is None else [claimed]


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


def _measured(subject: Subject, axis: int, pixels: int, cells: int) -> Spacing | None:
    """The spacing that `encode` has; None without one, where tiles are certain, and where its answers do not decide."""
    if subject.pipeline.encode is None or _tiles(pixels, cells):
        return None
    return subject.once(f"spacing on {axis} of {pixels}", lambda: _asked(subject, axis, pixels, cells))


def _asked(subject: Subject, axis: int, pixels: int, cells: int) -> Spacing | None:
    try:
        probe = PatchProbe(subject, axis)
        return _decided(probe, pixels, cells) if probe.pixels == pixels else None
    except (SkipCheck, StageError):  # its own checks say what is wrong with it
        return None


def _tiles(pixels: int, cells: int) -> bool:
    """Whether cells tile the crop in whole pixels, and no common patch leaves a strip shorter than itself."""
    patch, left = divmod(pixels, cells)
    return not left and not any(cells * (patch - common) < common < patch for common in _COMMON_PATCHES)


def _decided(probe: PatchProbe, pixels: int, cells: int) -> Spacing | None:
    """By the pixels that no cell sees: exact. Where all are seen, by which cells answer for a strip near either end."""
    seen = probe.last_pixel_seen()
    stride, left = divmod(seen, cells)
    if not left:
        return Spacing(stride)
    overlap, tiles = Spacing(stride, left / 2), Spacing(pixels / cells)
    answers = probe.answers(stride)
    misses = [
        np.abs(answers - probe.expected(stride, way.stride, way.first, length)).max()
        for way, length in ((overlap, stride + left), (tiles, tiles.stride))
    ]
    nearest, other = np.argsort(misses)
    return (overlap, tiles)[nearest] if misses[nearest] < misses[other] / 2 else None
