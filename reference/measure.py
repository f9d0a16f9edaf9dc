"""The affine map of any PIL-image-to-tensor callable, measured black box, with its residual and its uncertainty."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.fields import Size, as_size
from reference.geometry import edge_from_index, index_from_edge
from reference.stripes import Field, Landing, Mask, Transform, agreement, measure_landings

_PARTS = 32  # of an image pixel, in each of which a kernel strays by one amount
_NEAR = 4  # parts: with slow beats the fit, and so the part that is asked for, is off by a tenth of a pixel
_NEARLY_ALL = 0.99  # OpenCV's INTER_AREA reads single columns a pixel beside, where its rounding falls on a pixel's rim
_MOST_RIPPLE = 0.6  # image pixels: nearest neighbour reads half a pixel beside the place, and the fit is off by less
_ON_CENTRE = 0.1  # image pixels off the centre: nothing was interpolated
_ONE_PIXEL = 1.0  # nearest neighbour reads so far beside a line at most, where rounding falls now here, now there
_ENOUGH = 8192  # pixels, spread over the crop, to tell a bend from a ripple
_KERNEL_RADIUS = 3  # Lanczos, the widest usual kernel, in pixels of the coarser of image and crop


@dataclass(frozen=True)
class MeasuredMap:
    """An affine map as measured, in edge coordinates: `crop = matrix @ image + shift`.

    image_size, crop_size: `(height, width)`, pixels.
    residual: largest distance of a measured pixel from the fit, crop pixels; infinite where part of it does not arrive.
    ripple: how far of that is the same for all pixels read at one part of an image pixel, image pixels: a short kernel
        cut into pixels strays so from pixel to pixel, nearest neighbour by half a pixel, and bends nothing.
    bend: distance from the fit beside the ripple, crop pixels, that hardly a pixel exceeds; infinite where part of it
        does not arrive.
    off_centre: largest distance of a place read from the nearest pixel centre, image pixels; 0 for nearest neighbour.
    scale_error: relative standard error of the scales along the crop's x and y.
    reach: `((first x, last x), (first y, last y))`, the part of the crop that was fitted, crop edge coordinates.
    """

    image_size: Size
    crop_size: Size
    matrix: tuple[tuple[float, float], tuple[float, float]]
    shift: tuple[float, float]
    residual: float
    ripple: float
    bend: float
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

    Where pixels are interpolated, the fit is good to a few thousandths of a crop pixel. It takes twelve calls where
    colour channels stay apart, about twenty where they do not.
    What a transform may return is said at `reference.stripes.planes`.

    Raises `ValueError` where two calls differ, where too little of the image arrives to be measured, and where the
    output is no image tensor.
    """
    image_size = as_size(image_size, "image_size")
    if min(image_size) <= 2 * _KERNEL_RADIUS:
        raise ValueError(
            f"images of {image_size} (height, width) are too small to be measured, a side of at most "
            f"{2 * _KERNEL_RADIUS} pixels is all rim; measure a larger one, or write its GeomMeta down"
        )
    return _fit(image_size, measure_landings(transform, image_size))


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
    fits = terms @ image_from_crop.T
    misses = (places - fits) @ crop_from_image.T
    all_seen = bool((landings[0].visible & landings[1].visible)[fitted].all())
    ripples, bends = zip(*(_ripple_and_bend(places[:, k], fits[:, k]) for k in (0, 1)), strict=True)
    spans = np.ptp(terms[:, :2], axis=0)
    return MeasuredMap(
        image_size=image_size,
        crop_size=crop_size,
        matrix=_pair(_pair(row) for row in crop_from_image),
        shift=_pair(-crop_from_image @ image_from_crop[:, 2]),
        residual=float(np.hypot(*misses.T).max()) if all_seen else float("inf"),
        ripple=max(ripples),
        bend=float(np.hypot(*(crop_from_image @ bends))) if all_seen else float("inf"),
        off_centre=float(_off_centre(places).max()),
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


def _off_centre(places: Field) -> Field:
    return np.asarray(np.abs(index_from_edge(places) - np.rint(index_from_edge(places))))


def _ripple_and_bend(places: Field, fits: Field) -> tuple[float, float]:
    """How far places are off the fit on one axis: as the part of a pixel that is asked for decides, and the rest of it.

    A kernel weighs image pixels by how far they are, so that all that ask for one part of a pixel stray alike: by the
    usual miss of that part or, where it jumps, of its neighbours. Nearest neighbour may jump at the very places asked
    for; it is known by reading pixel centres only.
    """
    every = math.ceil(places.size / _ENOUGH)
    misses, fits = (places - fits)[::every], fits[::every]
    if _off_centre(places).max() < _ON_CENTRE:
        return min(worst := float(np.abs(misses).max()), _MOST_RIPPLE), max(0.0, worst - _ONE_PIXEL)
    part = (np.mod(fits, 1) * _PARTS).astype(int) % _PARTS
    usual = np.array([np.median(misses[part == k]) if (part == k).any() else np.nan for k in range(_PARTS)])
    usual = np.clip(usual, -_MOST_RIPPLE, _MOST_RIPPLE)
    around = np.stack([np.roll(usual, shift)[part] for shift in range(-_NEAR, _NEAR + 1)])
    beside = np.maximum(misses - np.nanmax(around, axis=0), np.nanmin(around, axis=0) - misses)
    return float(np.nanmax(np.abs(usual))), float(max(0.0, np.quantile(beside, _NEARLY_ALL)))


def _scale_error(misses: Field, span: float, pitch: float) -> float:
    """Standard error of a slope fitted to evenly spread pixels: rms * sqrt(12 / n) / span.

    Rows repeat each other, so n counts crop columns, or image columns where those are fewer (nearest neighbour).
    """
    return float(np.sqrt(np.mean(misses**2) * 12 / max(1.0, span * min(1.0, pitch))) / span)


def _pair(values: Iterable[Any]) -> tuple[Any, Any]:
    first, second = values
    return (first, second) if isinstance(first, tuple) else (float(first), float(second))
