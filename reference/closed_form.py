"""What open_clip's three evaluation transforms do to an image size, in closed form: no image, no torch.

The rules are those of torchvision's `Resize` and `CenterCrop` and of open_clip's `ResizeKeepRatio` and
`CenterCropOrPad` (open_clip/transform.py); the tests hold them against what the transforms measurably do.
"""

from __future__ import annotations

from collections.abc import Callable

from reference.fields import Size, as_size
from reference.geometry import MODES, GeomMeta, mode_of


def geometry_for(mode: str, image_size: Size, crop_size: Size, patch_size: Size) -> GeomMeta:
    """Geometry of open_clip's evaluation transform to `crop_size` for a ViT with patches of `patch_size`.

    Sizes are `(height, width)` in pixels. mode: `"official"` (open_clip's `shortest`: short side to the target, centre
    crop), `"letterbox"` (`longest`: long side to the target, pad) or `"stretch"` (`squash`). The mode of the result
    says what happened: a square image stretched to a square crop comes out as `"official"`.

    Raises `ValueError` for an unknown mode and for an image so narrow that the resize leaves no pixel of it.
    """
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, got {mode!r}")
    image_size, crop_size = as_size(image_size, "image_size"), as_size(crop_size, "crop_size")
    resized_size = _RESIZE[mode](image_size, crop_size)
    offset = centre_offset(resized_size[1], crop_size[1]), centre_offset(resized_size[0], crop_size[0])
    what_happened = mode_of(image_size, as_size(resized_size, "resized_size"), crop_size, offset)
    whole_crop = GeomMeta(what_happened, image_size, resized_size, crop_size, feat_size=(1, 1), offset=offset)
    return whole_crop.with_patches(patch_size)


def short_side_size(size: Size, target: int) -> Size:
    """Realised size of torchvision's `Resize(target)`: short side to `target`, long side truncated."""
    height, width = size
    if width <= height:
        return int(target * height / width), target
    return target, int(target * width / height)


def kept_ratio_size(size: Size, target: Size, fit: Callable[[float, float], float]) -> Size:
    """Realised size of open_clip's (and timm's) `ResizeKeepRatio`: both sides rounded half to even.

    fit: `min` covers the target (their `longest=0`), `max` fits inside it (their `longest=1`).
    """
    ratio = fit(size[0] / target[0], size[1] / target[1])
    return round(size[0] / ratio), round(size[1] / ratio)


def centre_offset(resized: int, crop: int) -> int:
    """Where torchvision's `CenterCrop` and open_clip's `CenterCropOrPad` start on one axis.

    An excess is halved, half to even; what is missing is padded, the smaller half before the image.
    """
    return round((resized - crop) / 2) if resized >= crop else -((crop - resized) // 2)


def _official(size: Size, target: Size) -> Size:
    return short_side_size(size, target[0]) if target[0] == target[1] else kept_ratio_size(size, target, min)


def _letterbox(size: Size, target: Size) -> Size:
    return kept_ratio_size(size, target, max)


def _stretch(_: Size, target: Size) -> Size:
    return target


_RESIZE = {"official": _official, "letterbox": _letterbox, "stretch": _stretch}
