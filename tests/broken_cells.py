"""Lifts that go wrong between the crop and a cell: patches that do not tile, mirrors, single cells, upsampled maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import transforms

from broken_encoder import TinyViT
from diagnostics import Pipeline
from reference import official_preprocess
from reference.preprocess import geometry_of

Places = Callable[[Tensor], Tensor]
CLIP = transforms.Normalize((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
CROP = official_preprocess()
SIZES = [(480, 640), (480, 641), (300, 250)]


def cropper(side: int) -> Callable[[Any], Tensor]:
    resize = transforms.Resize(side, transforms.InterpolationMode.BICUBIC)
    return transforms.Compose([resize, transforms.CenterCrop(side), transforms.ToTensor(), CLIP])


def crop_edges(transform: Any, points: Tensor, size: tuple[int, int]) -> Tensor:
    """Crop edge coordinates of image points, by the true geometry."""
    return torch.as_tensor(geometry_of(transform, size, (1, 1)).crop_from_image(points.double().numpy())) + 0.5


def sample(features: Tensor, index: Tensor, mode: str = "bilinear") -> Tensor:
    """Read grid index coordinates (N, 2), the rim beyond it."""
    cells = torch.tensor(features.shape[-1:-3:-1])
    places = (2 * (index + 0.5) / cells - 1).float()[None, None]
    return functional.grid_sample(features, places, mode=mode, padding_mode="border", align_corners=False)[0, :, 0].T


def patched(side: int, length: int, stride: int, index: Places, *, encoder: bool = True, blocks: int = 2) -> Pipeline:
    """Patches of `length` pixels every `stride` on a square crop, and a lift with cells where `index` says."""
    count = (side - length) // stride + 1
    vit = TinyViT((count, count), blocks=blocks)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        vit.embed = nn.Conv2d(3, vit.embed.out_channels, length, stride)

    def encode(crops: Tensor) -> Tensor:
        return vit.tokens(crops)[:, 1:].transpose(1, 2).reshape(len(crops), -1, count, count)

    transform = cropper(side)
    return Pipeline(
        preprocess=transform,
        encode=encode if encoder else None,
        lift=lambda m, points, size: sample(m, index(crop_edges(transform, points, size))),
        grid=(count, count),
    )


def mirrored(
    before: bool, transform: Any, grid: tuple[int, int], beside: int = 0, *, ignored: bool = False
) -> Pipeline:
    """A preprocess that mirrors the image `before` it crops or after; the lift mirrors `beside` pixels off, or not."""

    def preprocess(image: Any) -> Tensor:
        return transform(image.transpose(0)) if before else transform(image).flip(-1)

    def lift(features: Tensor, points: Tensor, size: tuple[int, int]) -> Tensor:
        geometry, points = geometry_of(transform, size, grid), points.double().clone()
        if before and not ignored:
            points[:, 0] = size[1] - 1 + beside - points[:, 0]
        crop = torch.as_tensor(geometry.crop_from_image(points.numpy()))
        if not before and not ignored:
            crop[:, 0] = geometry.crop_size[1] - 1 + beside - crop[:, 0]
        patch = torch.tensor(geometry.crop_size[::-1]) / torch.tensor(grid[::-1])
        return sample(features, (crop + 0.5) / patch - 0.5)

    return Pipeline(preprocess=preprocess, lift=lift, grid=grid)


def cells(
    to_cell: Places, *, masked: bool = False, transform: Any = CROP, count: int = 14, **declared: Any
) -> Pipeline:
    """A lift that picks single cells by `to_cell` of the edge coordinate in the grid."""

    def lift(features: Tensor, points: Tensor, size: tuple[int, int]) -> Any:
        crop = geometry_of(transform, size, (1, 1)).crop_size[0]
        chosen = to_cell(crop_edges(transform, points, size) * count / crop).long()
        inside = ((chosen >= 0) & (chosen < count)).all(1)
        chosen = chosen.clamp(0, count - 1)
        values = features[0][:, chosen[:, 1], chosen[:, 0]].T
        return (values, inside) if masked else values

    claim = lambda size: geometry_of(transform, size, (count, count))  # noqa: E731
    return Pipeline(geometry=claim, lift=lift, grid=(count, count), validity="crop", **declared)


def cut(before: Places, inside: Places, **declared: Any) -> Pipeline:
    """Points that pass `before`, and crop edge coordinates that pass `inside`, on their way to an interpolated read."""

    def lift(features: Tensor, points: Tensor, size: tuple[int, int]) -> Any:
        index = inside(crop_edges(CROP, before(points), size)) / 16 - 0.5
        inside_crop = ((index >= -0.5) & (index < 13.5)).all(1)
        return (sample(features, index), inside_crop) if declared else sample(features, index)

    return Pipeline(geometry=lambda size: geometry_of(CROP, size, (14, 14)), lift=lift, **declared)


def finer(upsample: Any, index: Callable[[Tensor, int], Tensor], mode: str = "bilinear", **declared: Any) -> Pipeline:
    """A stage `upsample`, and a lift that reads the fine map at `index` of crop edge coordinates and the fine side."""

    def lift(features: Tensor, points: Tensor, size: tuple[int, int]) -> Tensor:
        return sample(features, index(crop_edges(CROP, points, size), features.shape[-1]), mode)

    return Pipeline(geometry=lambda size: geometry_of(CROP, size, (14, 14)), upsample=upsample, lift=lift, **declared)


def interpolate(size: Any, mode: str, align_corners: bool | None = None) -> Callable[[Tensor], Tensor]:
    return lambda features: functional.interpolate(features, size, mode=mode, align_corners=align_corners)
