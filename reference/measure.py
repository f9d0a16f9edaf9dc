"""The affine map of any PIL-image-to-tensor callable, measured black box, with its residual and its uncertainty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from reference.fields import Size, as_size
from reference.geometry import edge_from_index, index_from_edge
from reference.stripes import Field, Landing, Mask, Transform, agreement, measure_landing, planes

_REPEATS = 3  # a coin flip inside the transform stays unseen once in eight times, and then fails the fit
_KERNEL_RADIUS = 3  # Lanczos, the widest usual kernel, in pixels of the coarser of image and crop


@dataclass(frozen=True)
class MeasuredMap:
    """An affine map as measured, in edge coordinates: `crop = matrix @ image + shift`.

    image_size, crop_size: `(height, width)`, pixels.
    residual: largest distance of a measured pixel from the fit, crop pixels; infinite where part of it does not arrive.
    off_centre: largest distance of a place read from the nearest pixel centre, image pixels; 0 for nearest neighbour.
    scale_error: relative standard error of the scales along the crop's x and y.
    reach: `((first x, last x), (first y, last y))`, the part of the crop that was fitted, crop edge coordinates.
    """

    image_size: Size
    crop_size: Size
    matrix: tuple[tuple[float, float], tuple[float, float]]
    shift: tuple[float, float]
    residual: float
    off_centre: float
    scale_error: tuple[float, float]
    reach: tuple[tuple[float, float], tuple[float, float]]

    @property
    def coarseness(self) -> tuple[float, float]:
        """Side of a pixel of the coarser of image and crop, per axis (x, y), crop pixels."""
        return max(1.0, abs(self.matrix[0][0])), max(1.0, abs(self.matrix[1][1]))

    def __str__(self) -> str:
        (a, b), (c, d) = self.matrix
        return (
            f"x_crop = {a:.5f} x {b:+.5f} y {self.shift[0]:+.3f}, y_crop = {c:.5f} x {d:+.5f} y {self.shift[1]:+.3f} "
            f"in edge coordinates, image {self.image_size} to crop {self.crop_size} (height, width), "
            f"residual {self.residual:.3f} crop pixels"
        )


def measure_map(transform: Transform, image_size: Size) -> MeasuredMap:
    """Measure `transform`, which takes an RGB PIL image, on images of `image_size` `(height, width)`.

    Where pixels are interpolated, the fit is good to a few thousandths of a crop pixel; about twenty calls are made.
    What a transform may return is said at `reference.stripes.planes`.

    Raises `ValueError` where two calls differ, where too little of the image arrives to be measured, and where the
    output is no image tensor.
    """
    image_size = as_size(image_size, "image_size")
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (*image_size, 3), dtype=np.uint8))
    first = planes(transform(noise))
    if not all(np.array_equal(first, planes(transform(noise)), equal_nan=True) for _ in range(_REPEATS)):
        raise ValueError("the transform is random: calls with the same image give different results")
    return _fit(image_size, [measure_landing(transform, image_size, axis) for axis in (0, 1)])


def _fit(image_size: Size, landings: Sequence[Landing]) -> MeasuredMap:
    crop_size: Size = landings[0].place.shape
    if landings[1].place.shape != crop_size:
        raise ValueError("the transform is random: the size of its output changes from call to call")
    y, x = (edge_from_index(index) for index in np.indices(crop_size))
    image_from_crop = np.array([_rough_row(landing, x, y) for landing in landings])
    for _ in range(2):
        fitted = _well_inside(image_from_crop, image_size, landings, x, y)
        terms = np.stack([x[fitted], y[fitted], np.ones(np.count_nonzero(fitted))], axis=-1)
        if not fitted.any() or np.ptp(terms[:, :2], axis=0).min() < 2:
            raise ValueError(f"images of {image_size} (height, width) show too little in the crop to be measured")
        places = np.stack([landing.place[fitted] for landing in landings], axis=-1)
        image_from_crop = np.linalg.lstsq(terms, places, rcond=None)[0].T
    crop_from_image = np.linalg.inv(image_from_crop[:, :2])
    misses = (places - terms @ image_from_crop.T) @ crop_from_image.T
    all_seen = bool((landings[0].visible & landings[1].visible)[fitted].all())
    off_centre = np.abs(index_from_edge(places) - np.rint(index_from_edge(places)))
    spans = np.ptp(terms[:, :2], axis=0)
    return MeasuredMap(
        image_size=image_size,
        crop_size=crop_size,
        matrix=_pair(_pair(row) for row in crop_from_image),
        shift=_pair(-crop_from_image @ image_from_crop[:, 2]),
        residual=float(np.hypot(*misses.T).max()) if all_seen else float("inf"),
        off_centre=float(off_centre.max()),
        scale_error=_pair(_scale_error(misses[:, k], spans[k], landings[k].pitch) for k in (0, 1)),
        reach=_pair(_pair((terms[:, k].min(), terms[:, k].max())) for k in (0, 1)),
    )


def _rough_row(landing: Landing, x: Field, y: Field) -> list[float]:
    """`place = a x + b y + c` as most of the crop agrees on it."""
    a, b = landing.slopes
    return [a, b, agreement((landing.place - a * x - b * y)[landing.visible])]


def _well_inside(image_from_crop: Field, image_size: Size, landings: Sequence[Landing], x: Field, y: Field) -> Mask:
    """Pixels whose kernel does not reach over a rim of the image or, for a resize after the crop, of the crop.

    There it has only one side to read from, which pulls the place inwards.
    """
    margin = _KERNEL_RADIUS / min(1.0, *(landing.pitch for landing in landings))
    inside: Mask = (x > margin) & (x < x.shape[1] - margin) & (y > margin) & (y < y.shape[0] - margin)
    for (a, b, c), side, landing in zip(image_from_crop, reversed(image_size), landings, strict=True):
        place, margin = a * x + b * y + c, _KERNEL_RADIUS * max(1.0, landing.pitch)
        inside &= (place > margin) & (place < side - margin)
    return inside


def _scale_error(misses: Field, span: float, pitch: float) -> float:
    """Standard error of a slope fitted to evenly spread pixels: rms * sqrt(12 / n) / span.

    Rows repeat each other, so n counts crop columns, or image columns where those are fewer (nearest neighbour).
    """
    return float(np.sqrt(np.mean(misses**2) * 12 / max(1.0, span * min(1.0, pitch))) / span)


def _pair(values: Iterable[Any]) -> tuple[Any, Any]:
    first, second = values
    return (first, second) if isinstance(first, tuple) else (float(first), float(second))
