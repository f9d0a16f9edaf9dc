"""The true chain from image to grid at every probed size, as arrays: what a lift has to follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from diagnostics.patches import Spacings, spacings
from diagnostics.probes_upsample import fine_size
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import SkipCheck
from reference.fields import Size
from reference.snapping import BENT

Pair = tuple[float, float]
Row = tuple[Pair, Pair, Pair, tuple[bool, bool]]  # resized size, crop start, crop size, mirrored
Mask = NDArray[np.bool_]

_ERROR = 0.02  # pixels: what a measured map is good to, as in `reference.snapping`
_SHEAR = 1e-3  # one pixel in a thousand
_PADDING = 1 / 4  # crop pixels: padding comes in whole ones


@dataclass(frozen=True)
class Chains:
    """True chains at S image sizes; every array is (S, 2), x before y, pixels of the frame it names.

    image, resized, crop, cells: sides, the resized ones fractional where the preprocess really is.
    scale, start: `x_crop = x_image * scale - start` in edge coordinates.
    mirrored: where the crop is then read from its other end, `x_crop = crop - (x_image * scale - start)`.
    fine: cells of the map that is sampled: `cells`, or what `upsample` makes of them.
    patch, first: `x_grid = (x_crop - first) / patch` in edge coordinates; first is 0 but for patches that overlap.
    """

    sizes: tuple[Size, ...]
    image: Floats
    resized: Floats
    start: Floats
    crop: Floats
    cells: Floats
    fine: Floats
    scale: Floats
    mirrored: Mask
    patch: Floats
    first: Floats

    def only(self, indices: Sequence[int]) -> Chains:
        """The chains at some of the sizes."""
        rows = list(indices)
        arrays = (getattr(self, column.name)[rows] for column in fields(self)[1:])
        return Chains(tuple(self.sizes[row] for row in rows), *arrays)

    @property
    def pixels_a_cell(self) -> Floats:
        """Source pixels a cell, (S, 2)."""
        return self.patch / self.scale

    @property
    def shown(self) -> Floats:
        """What the crop shows of the image, padding included: its first and last edge, image pixels (2, S, 2)."""
        return np.stack([self.start, self.start + self.crop]) / self.scale

    @property
    def padded(self) -> Mask:
        """At which sizes the crop shows more than the image, (S,)."""
        first, last = self.shown
        padding: Mask = (np.maximum(-first, last - self.image) * self.scale).max(axis=1) > _PADDING
        return padding


def true_chains(subject: Subject) -> list[Chains]:
    """The chains that the preprocess has or, without one, that the pipeline claims; over the pipeline's own grid.

    More than one where nothing tells how the cells lie on the crop; see `patches.spacings`.

    Raises `SkipCheck` where there is neither, and where the preprocess has no map to follow.
    """
    if "preprocess" in subject.pipeline.stages:
        rows = [_measured_row(subject, size) for size in subject.image_sizes]
    elif "geometry" in subject.pipeline.stages:
        rows = [
            (claim.resized_size, claim.offset, claim.crop_size, (False, False)) for claim in subject.claims.values()
        ]
    else:
        raise SkipCheck("where points should land is known from preprocess or geometry, and the pipeline gives neither")
    ways = [spacings(subject, (round(row[2][0]), round(row[2][1]))) for row in rows]
    return [_chains(subject, rows, [way[index % len(way)] for way in ways]) for index in range(max(map(len, ways)))]


def _chains(subject: Subject, rows: Sequence[Row], ways: Sequence[Spacings]) -> Chains:
    image = _pairs(subject.image_sizes)
    resized, crop = (_pairs([row[k] for row in rows]) for k in (0, 2))
    return Chains(
        sizes=tuple(subject.image_sizes),
        image=image,
        resized=resized,
        start=np.array([row[1] for row in rows], dtype=np.float64),
        crop=crop,
        cells=np.broadcast_to(_pairs([subject.pipeline.grid]), image.shape),
        fine=np.broadcast_to(_pairs([fine_size(subject)]), image.shape),
        scale=resized / image,
        mirrored=np.array([row[3] for row in rows]),
        patch=np.array([[axis.stride for axis in way] for way in ways]),
        first=np.array([[axis.first for axis in way] for way in ways]),
    )


def _measured_row(subject: Subject, size: Size) -> Row:
    """Resized size, start, crop size and what is mirrored: in whole numbers where the measurement snaps to them."""
    exact = subject.whole_geometry(size)
    if exact is not None:
        return exact.resized_size, exact.offset, exact.crop_size, (False, False)
    try:
        measured = subject.preprocess_map(size)
    except ValueError as error:
        raise SkipCheck(f"preprocess has no map to follow: {error}") from None
    (sx, shear_x), (shear_y, sy) = measured.matrix
    if max(abs(shear_x / sx), abs(shear_y / sy)) > _SHEAR or measured.bend > BENT * max(measured.coarseness):
        raise SkipCheck(f"preprocess has no map to follow: it is no scale and shift, measured {measured}")
    height, width = measured.crop_size
    start_x, start_y = (
        shift - side if scale < 0 else -shift
        for scale, shift, side in zip((sx, sy), measured.shift, (width, height), strict=True)
    )
    resized, start = (_whole(abs(sy) * size[0]), _whole(abs(sx) * size[1])), (_whole(start_x), _whole(start_y))
    return resized, start, measured.crop_size, (sx < 0, sy < 0)


def _whole(pixels: float) -> float:
    """The whole number that a measured side or start is within the measurement's error of, or itself.

    A resize by the ideal ratio or a window at half a pixel is fractional on one axis only. On the other, a rule that
    rounds would make 223 of 223.9999.
    """
    nearest = float(np.rint(pixels))
    return nearest if abs(pixels - nearest) <= _ERROR else float(pixels)


def _pairs(sizes: Sequence[tuple[float, float]]) -> Floats:
    """`(height, width)` sizes as rows `(x, y)`."""
    return np.array([(width, height) for height, width in sizes], dtype=np.float64)
