"""What well-known transforms realise, resized size and crop start, at sizes that tell rounding rules apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from kornia.augmentation import AugmentationSequential, CenterCrop, Resize
from kornia.geometry import transform as kornia_transform
from open_clip.transform import image_transform
from timm.data.transforms_factory import create_transform
from torchvision.transforms import v2
from torchvision.transforms.functional import to_tensor

from examples.adapters import hand_written, with_albumentations, with_hugging_face, with_opencv
from examples.adapters.findings.figures import NOISE, Floats, true_map, width_by_height
from reference.fields import Size

SIZES: tuple[Size, ...] = ((480, 640), (480, 641), (480, 637), (480, 643))


def _sequential(resize: Resize) -> Callable[..., Any]:
    window = AugmentationSequential(resize, CenterCrop(224), data_keys=["input"])
    return lambda image: window(to_tensor(image)[None])[0]


def _fractional(image: Any) -> Any:
    resized = kornia_transform.resize(to_tensor(image)[None], 224, antialias=True)
    return kornia_transform.center_crop(resized, (224, 224))


WINDOWS: dict[tuple[str, str], Callable[..., Any]] = {
    ("torchvision", "`Resize(224)`, `CenterCrop(224)`"): v2.Compose([v2.Resize(224), v2.CenterCrop(224), to_tensor]),
    ("open_clip", "`image_transform(224)`"): image_transform(224, is_train=False),
    ("open_clip", '`resize_mode="longest"`'): image_transform(224, is_train=False, resize_mode="longest"),
    ("timm", "`create_transform(224, crop_pct=0.9)`"): create_transform(224, crop_pct=0.9),
    ("transformers", "`CLIPImageProcessor()`"): with_hugging_face.preprocess,
    ("transformers", "`CLIPImageProcessorPil()`"): with_hugging_face.preprocess_by_pil,
    ("albumentations", "`SmallestMaxSize(224)`, `CenterCrop(224, 224)`"): with_albumentations.preprocess,
    ("kornia", "`Resize(224, align_corners=False)`, `CenterCrop(224)`"): _sequential(Resize(224, align_corners=False)),
    ("kornia", "`Resize(224)`, `CenterCrop(224)`"): _sequential(Resize(224)),
    ("kornia", "`geometry.transform.resize`, `center_crop`"): _fractional,
    ("opencv", "`resize(fx=r, fy=r)`, sliced"): with_opencv.resize_by_factor,
    ("torch", "`interpolate(scale_factor=r)`, sliced"): hand_written.preprocess_by_factor,
}


def row(library: str, what: str) -> tuple[str, ...]:
    """The row of the page's table: resized size and start of the crop at every size."""
    transform = WINDOWS[library, what]
    return (library, what, *(_in_words(*true_map(transform, size), size) for size in SIZES))


def _in_words(matrix: Floats, shift: Floats, size: Size) -> str:
    width, height = map(_whole, np.diag(matrix) * size[::-1])
    left, top = map(_whole, -shift)
    return f"{width}x{height} at ({left}, {top})"


def _whole(pixels: float) -> str:
    """A whole number where the measurement allows one, else two decimals."""
    nearest = round(pixels)
    return str(nearest) if abs(pixels - nearest) < NOISE else f"{pixels:.2f}"


HEADER = ("library", "transform", *map(width_by_height, SIZES))
