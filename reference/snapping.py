"""From a measured map to the exact one: realised sizes and offsets are whole, so a good measurement snaps to them."""

from __future__ import annotations

from reference.geometry import GeomMeta, mode_of
from reference.measure import MeasuredMap

# All in pixels of the coarser of image and crop, the raster that limits what stripes in 8 bits can show.
_LANDING_TOLERANCE = 0.02
_SHEAR = 0.1
BENT = 0.2  # what strays so far from the line is a warp: 8 bits alone make 0.06
_STEPS = 0.2  # image pixels of ripple: more is a staircase, as nearest neighbour and a box make
_SIZE_ERROR = 1 / 6  # three standard errors must stay below the half that rounding forgives


def snap(measured: MeasuredMap) -> GeomMeta:
    """The geometry in whole numbers that lands within 0.02 pixels of the measured map, with one cell over the crop.

    Raises `ValueError`, with the measured map in the message, where there is none or the measurement cannot tell.
    """
    if how := departure(measured):
        raise ValueError(_refusal(how, measured))
    (sx, _), (_, sy) = measured.matrix
    if sx < 0 or sy < 0:
        raise ValueError(_refusal("mirrors the image", measured))
    height, width = measured.image_size
    resized_size = round(sy * height), round(sx * width)
    if any(error * size > _SIZE_ERROR for error, size in zip(measured.scale_error, resized_size[::-1], strict=True)):
        raise ValueError(f"too little of the image is seen to tell the realised size; measured: {measured}")
    offset = _offset(measured, 0, resized_size[1] / width), _offset(measured, 1, resized_size[0] / height)
    mode = mode_of(measured.image_size, resized_size, measured.crop_size, offset)
    return GeomMeta(mode, measured.image_size, resized_size, measured.crop_size, feat_size=(1, 1), offset=offset)


def departure(measured: MeasuredMap) -> str:
    """What keeps the map from being a scale and a shift on each axis, in words; empty where it is one.

    A mirror is a negative scale, and none.
    """
    (_, shear_x), (shear_y, _) = measured.matrix
    height, width = measured.image_size
    coarse = max(measured.coarseness)
    if abs(shear_x) * height > _SHEAR * coarse or abs(shear_y) * width > _SHEAR * coarse:
        return "turns, transposes or shears the image"
    if measured.bend > BENT * coarse:
        return "is no scale and shift (a warp, or parts of the image are missing)"
    return ""


def _offset(measured: MeasuredMap, axis: int, scale: float) -> int:
    """The whole offset with which `scale` lands where it was measured, at both ends of what was measured."""
    ends = [(end - measured.shift[axis]) / measured.matrix[axis][axis] for end in measured.reach[axis]]
    starts = [place * scale - end for place, end in zip(ends, measured.reach[axis], strict=True)]
    offset = round(sum(starts) / 2)
    allowed = _LANDING_TOLERANCE * measured.coarseness[axis]
    if measured.ripple > _STEPS:
        allowed += measured.ripple / 2 * scale  # a line fitted to steps may run so far beside their middle
    if max(abs(start - offset) for start in starts) > allowed:
        raise ValueError(_refusal("resizes or crops by a fraction of a pixel", measured))
    return offset


def _refusal(what: str, measured: MeasuredMap) -> str:
    return f"the transform {what}, so it has no geometry in whole pixels; measured: {measured}"
