"""Reads the geometry of open_clip's own evaluation transforms off their settings, a shortcut past measuring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reference.closed_form import centre_offset, kept_ratio_size, short_side_size
from reference.fields import Size
from reference.geometry import GeomMeta, mode_of
from reference.libraries import open_clip, transforms

# Nearest neighbour reads up to half an image pixel beside the place, torch's up to a whole one: that is to be measured.
_SHIFTING = (transforms.InterpolationMode.NEAREST, transforms.InterpolationMode.NEAREST_EXACT)
_MOVES_NOTHING = (
    open_clip.transform.MaybeConvertMode,
    open_clip.transform.MaybeToTensor,
    transforms.ToTensor,
    transforms.Normalize,
)


def read_geometry(transform: Any, image_size: Size) -> GeomMeta | None:
    """Geometry of a torchvision `Compose` of resize, centre crop and steps that move nothing; None for anything else.

    Only exact types count, a subclass may do what it likes. The sampling grid is one cell over the whole crop.
    """
    if type(transform) is not transforms.Compose:
        return None
    moving = [step for step in transform.transforms if type(step) not in _MOVES_NOTHING]
    resized_size = _resized_size(moving[0], image_size) if moving else None
    if resized_size is None or min(resized_size) < 1 or len(moving) > 2:
        return None
    crop_size = resized_size if len(moving) == 1 else _crop_size(moving[1])
    if crop_size is None:
        return None
    offset = centre_offset(resized_size[1], crop_size[1]), centre_offset(resized_size[0], crop_size[0])
    mode = mode_of(image_size, resized_size, crop_size, offset)
    return GeomMeta(mode, image_size, resized_size, crop_size, feat_size=(1, 1), offset=offset)


def _resized_size(step: Any, image_size: Size) -> Size | None:
    if getattr(step, "interpolation", None) in _SHIFTING:
        return None
    if type(step) is transforms.Resize and step.max_size is None:
        size = [step.size] if isinstance(step.size, int) else list(step.size)
        return short_side_size(image_size, size[0]) if len(size) == 1 else _pair(size)
    if (
        type(step) is open_clip.transform.ResizeKeepRatio
        and step.longest in (0, 1)
        and not step.random_scale_prob + step.random_aspect_prob
    ):
        return kept_ratio_size(image_size, _pair(step.size), max if step.longest else min)
    return None


def _crop_size(step: Any) -> Size | None:
    return _pair(step.size) if type(step) in (transforms.CenterCrop, open_clip.transform.CenterCropOrPad) else None


def _pair(size: Sequence[int]) -> Size:
    height, width = size
    return height, width
