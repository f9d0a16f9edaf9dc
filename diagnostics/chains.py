"""The true chain from image to grid at every probed size, as arrays: what a lift has to follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diagnostics.subject import Floats, Subject
from diagnostics.verdict import SkipCheck
from reference.fields import Size


@dataclass(frozen=True)
class Chains:
    """True chains at S image sizes; every array is (S, 2), x before y, pixels of the frame it names.

    image, resized, crop, cells: sides, the resized ones fractional where the preprocess really is.
    scale, start: `x_crop = x_image * scale - start` in edge coordinates; scale is negative where the image is mirrored.
    """

    sizes: tuple[Size, ...]
    image: Floats
    resized: Floats
    start: Floats
    crop: Floats
    cells: Floats
    scale: Floats

    def only(self, indices: Sequence[int]) -> Chains:
        """The chains at some of the sizes."""
        rows = list(indices)
        arrays = (getattr(self, name)[rows] for name in ("image", "resized", "start", "crop", "cells", "scale"))
        return Chains(tuple(self.sizes[row] for row in rows), *arrays)

    @property
    def pixels_a_cell(self) -> Floats:
        """Source pixels a cell, (S, 2)."""
        return self.crop / self.cells / np.abs(self.scale)


def true_chains(subject: Subject) -> Chains:
    """The chains that the preprocess has or, without one, that the pipeline claims; over the pipeline's own grid.

    Raises `SkipCheck` where there is neither, and where the preprocess has no map to follow.
    """
    if "preprocess" in subject.pipeline.stages:
        rows = [_measured_row(subject, size) for size in subject.image_sizes]
    elif "geometry" in subject.pipeline.stages:
        rows = [(claim.resized_size, claim.offset, claim.crop_size, (1.0, 1.0)) for claim in subject.claims.values()]
    else:
        raise SkipCheck("where points should land is known from preprocess or geometry, and the pipeline gives neither")
    image = _pairs(subject.image_sizes)
    resized, crop = (_pairs([row[k] for row in rows]) for k in (0, 2))
    return Chains(
        sizes=tuple(subject.image_sizes),
        image=image,
        resized=resized,
        start=np.array([row[1] for row in rows], dtype=np.float64),
        crop=crop,
        cells=np.broadcast_to(_pairs([subject.pipeline.grid]), image.shape),
        scale=resized / image * np.array([row[3] for row in rows]),
    )


def _measured_row(
    subject: Subject, size: Size
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Resized size, start, crop size and signs of the scales: in whole numbers where the measurement snaps to them."""
    exact = subject.whole_geometry(size)
    if exact is not None:
        return exact.resized_size, exact.offset, exact.crop_size, (1.0, 1.0)
    try:
        measured = subject.preprocess_map(size)
    except ValueError as error:
        raise SkipCheck(f"preprocess has no map to follow: {error}") from None
    (sx, shear_x), (shear_y, sy) = measured.matrix
    if max(abs(shear_x / sx), abs(shear_y / sy)) > _SHEAR or measured.residual > _RESIDUAL * max(measured.coarseness):
        raise SkipCheck(f"preprocess has no map to follow: it is no scale and shift, measured {measured}")
    resized = (abs(sy) * size[0], abs(sx) * size[1])
    return resized, (-measured.shift[0], -measured.shift[1]), measured.crop_size, (np.sign(sx), np.sign(sy))


_SHEAR = 1e-3  # one pixel in a thousand
_RESIDUAL = 1.0  # crop pixels of the coarser raster: nearest neighbour's steps, not a warp


def _pairs(sizes: Sequence[tuple[float, float]]) -> Floats:
    """`(height, width)` sizes as rows `(x, y)`."""
    return np.array([(width, height) for height, width in sizes], dtype=np.float64)
