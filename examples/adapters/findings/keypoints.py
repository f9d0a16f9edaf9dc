"""Which coordinates the keypoint operations of a library are exact for: pixel indices, or counts from the edges."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import kornia.augmentation as K  # noqa: N812 - the name that its documentation uses
import numpy as np
import torch
from torchvision.transforms import v2
from torchvision.transforms.functional import to_tensor
from torchvision.tv_tensors import KeyPoints

from examples.adapters.findings.figures import Floats, misses_in_words, true_map
from examples.adapters.with_albumentations import KEYPOINTS, A  # type: ignore[attr-defined]
from reference.fields import Size
from reference.geometry import edge_from_index

SIZE: Size = (480, 640)
HALF = (240, 320)  # for the resizes
ANGLE = 10  # degrees, for the rotations
ZOOM = (0.5, 0.5)  # for the scalings about the centre


@dataclass(frozen=True)
class Operation:
    """One operation of a library on images and on points (N, 2) of an image of `SIZE`."""

    library: str
    what: str
    image: Callable[[Any], Any]
    points: Callable[[Floats], Floats]


def _torchvision(what: str, operation: Any) -> Operation:
    return Operation(
        "torchvision",
        what,
        v2.Compose([operation, v2.PILToTensor()]),
        lambda points: operation(KeyPoints(points, canvas_size=SIZE)).numpy(),
    )


def _albumentations(what: str, operation: Any) -> Operation:
    window = A.Compose([operation], keypoint_params=KEYPOINTS)
    return Operation(
        "albumentations",
        what,
        lambda image: to_tensor(window(image=np.asarray(image), keypoints=[])["image"]),
        lambda points: window(image=np.zeros((*SIZE, 3), np.uint8), keypoints=points)["keypoints"],
    )


def _kornia(what: str, operation: Any) -> Operation:
    window = K.AugmentationSequential(operation, data_keys=["input", "keypoints"])
    blank = torch.zeros(1, 1, *SIZE, dtype=torch.float64)
    return Operation(
        "kornia",
        what,
        lambda image: window(to_tensor(image)[None], data_keys=["input"])[0],
        lambda points: window(blank, torch.from_numpy(points)[None])[1][0].numpy(),
    )


OPERATIONS = (
    _torchvision("`Resize`", v2.Resize(HALF)),
    _torchvision("`CenterCrop`", v2.CenterCrop(224)),
    _torchvision("`RandomHorizontalFlip`", v2.RandomHorizontalFlip(p=1)),
    _torchvision("`RandomRotation`", v2.RandomRotation((ANGLE, ANGLE), v2.InterpolationMode.BILINEAR)),
    _torchvision("`RandomAffine`", v2.RandomAffine(0, scale=ZOOM, interpolation=v2.InterpolationMode.BILINEAR)),
    _albumentations("`Resize`", A.Resize(*HALF)),
    _albumentations("`CenterCrop`", A.CenterCrop(224, 224)),
    _albumentations("`HorizontalFlip`", A.HorizontalFlip(p=1)),
    _albumentations("`Rotate`", A.Rotate((ANGLE, ANGLE), p=1)),
    _albumentations("`Affine`", A.Affine(scale=ZOOM, p=1)),
    _kornia("`Resize(align_corners=False)`", K.Resize(HALF, align_corners=False)),
    _kornia("`Resize`", K.Resize(HALF)),
    _kornia("`CenterCrop`", K.CenterCrop(224)),
    _kornia("`RandomHorizontalFlip`", K.RandomHorizontalFlip(p=1)),
    _kornia("`RandomRotation`", K.RandomRotation((ANGLE, ANGLE), p=1)),
    _kornia("`RandomAffine`", K.RandomAffine(0, scale=ZOOM, p=1)),
)


@functools.cache
def misses(operation: Operation) -> tuple[Floats, Floats]:
    """Where the points are put minus where the image is, output pixels: asked in indices, and in edge coordinates."""
    matrix, shift = true_map(operation.image, SIZE)
    asked = np.array([[x, y] for x in (150.0, 320.0, 500.0) for y in (100.0, 240.0, 400.0)])
    put = operation.points(asked)
    indices = edge_from_index(put) - (edge_from_index(asked) @ matrix.T + shift)
    return indices, put - (asked @ matrix.T + shift)


def row(operation: Operation) -> tuple[str, ...]:
    """The row of the page's table."""
    return (operation.library, operation.what, *map(misses_in_words, misses(operation)))


HEADER = ("library", "operation", "pixel indices", "counts from the edges")
