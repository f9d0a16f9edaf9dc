"""Small encoders that go wrong between crop and grid, each in one known way, and twins that only look wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from diagnostics.pipeline import Pipeline

PATCH = 8
CHANNELS = 24


class TinyViT(nn.Module):
    """Patches of eight pixels, a class token, registers, and a few blocks of attention; `tokens` (B, 1 + k + N, C)."""

    def __init__(self, grid: tuple[int, int], registers: int = 0, blocks: int = 2, dropout: float = 0.0, seed: int = 0):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.embed = nn.Conv2d(3, CHANNELS, PATCH, PATCH)
            self.extra = nn.Parameter(torch.randn(1, 1 + registers, CHANNELS))
            self.places = nn.Parameter(torch.randn(1, 1 + registers + grid[0] * grid[1], CHANNELS) / 4)
            self.blocks = nn.ModuleList(
                nn.TransformerEncoderLayer(CHANNELS, 2, 48, dropout, batch_first=True, norm_first=True)
                for _ in range(blocks)
            )
        self.sequence_first = False
        self.eval()

    def tokens(self, crops: Tensor) -> Tensor:
        patches = self.embed(crops).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.extra.expand(len(crops), -1, -1), patches], 1) + self.places
        for block in self.blocks:
            if self.sequence_first:
                block.self_attn.batch_first = False
            tokens = block(tokens)
        return tokens


Arrange = Callable[[Tensor, int, int], Tensor]


def rows_first(tokens: Tensor, rows: int, columns: int) -> Tensor:
    """Tokens (B, N, C) to the map (B, C, rows, columns), as it should be."""
    return tokens.transpose(1, 2).reshape(len(tokens), -1, rows, columns)


def columns_first(tokens: Tensor, rows: int, columns: int) -> Tensor:
    return rows_first(tokens, columns, rows).transpose(2, 3)


def swapped(tokens: Tensor, rows: int, columns: int) -> Tensor:
    return rows_first(tokens, columns, rows)


def flipped_shape(tokens: Tensor, rows: int, columns: int) -> Tensor:
    return rows_first(tokens, rows, columns).transpose(2, 3)


def viewed(tokens: Tensor, rows: int, columns: int) -> Tensor:
    return tokens.reshape(len(tokens), -1, rows, columns)


def mirrored(tokens: Tensor, rows: int, columns: int) -> Tensor:
    return rows_first(tokens, rows, columns).flip(3)


def pipeline(
    grid: tuple[int, int] = (6, 6),
    first: int | None = None,
    arrange: Arrange = rows_first,
    leak: bool = False,
    **settings: Any,
) -> Pipeline:
    """A pipeline whose map starts at token `first` (by default the first patch), arranged by `arrange`."""
    vit = TinyViT(grid, **settings)
    vit.sequence_first = leak
    if settings.get("dropout"):
        vit.train()
    start = 1 + settings.get("registers", 0) if first is None else first

    def encode(crops: Tensor) -> Tensor:
        tokens = vit.tokens(crops)[:, start : start + grid[0] * grid[1]]
        return arrange(tokens, *grid)

    return Pipeline(encode=encode, grid=grid, preprocess=cropper(grid))


def cropper(grid: tuple[int, int]) -> Callable[[Any], Tensor]:
    """A preprocess that makes crops of the right size: a stretch."""

    def preprocess(image: Any) -> Tensor:
        resized = image.resize((grid[1] * PATCH, grid[0] * PATCH))
        return (
            torch.frombuffer(bytearray(resized.tobytes()), dtype=torch.uint8)
            .reshape(grid[0] * PATCH, grid[1] * PATCH, 3)
            .movedim(-1, 0)
            / 255
        )

    return preprocess


def batch_statistics(grid: tuple[int, int] = (6, 6)) -> Pipeline:
    """A batch norm left in training mode."""
    net = nn.Sequential(nn.Conv2d(3, 8, PATCH, PATCH), nn.BatchNorm2d(8))
    return Pipeline(encode=net, grid=grid, preprocess=cropper(grid))


class Jitter:
    """A random gain of its own at every call, which torch's seed does not fix."""

    def __init__(self) -> None:
        self._vit = TinyViT((6, 6))
        self._random = torch.Generator().manual_seed(0)

    def __call__(self, crops: Tensor) -> Tensor:
        tokens = self._vit.tokens(crops)[:, 1:]
        return rows_first(tokens, 6, 6) * (1 + torch.rand(1, generator=self._random))


BROKEN: dict[str, tuple[Pipeline, ...]] = {
    "class-token-kept": (pipeline(first=0), pipeline((5, 9), first=0, blocks=4)),
    "register-tokens-kept": (pipeline(registers=4, first=1), pipeline((7, 4), registers=4, first=0, blocks=3)),
    "token-order-transposed": (
        pipeline(arrange=columns_first),
        pipeline((5, 8), arrange=columns_first),
        pipeline((5, 8), arrange=flipped_shape),
    ),
    "grid-reshape-swapped": (pipeline((5, 8), arrange=swapped), pipeline((9, 6), arrange=swapped, blocks=4)),
    "tokens-viewed-as-channels": (pipeline(arrange=viewed), pipeline((4, 9), arrange=viewed, blocks=3)),
    "batch-leak": (pipeline(leak=True), batch_statistics(), pipeline((5, 8), leak=True, blocks=4)),
    "encoder-not-deterministic": (
        pipeline(dropout=0.1),
        pipeline((5, 8), dropout=0.3),
        Pipeline(encode=Jitter(), grid=(6, 6), preprocess=cropper((6, 6))),
    ),
}

COMPOUNDS: dict[str, tuple[Pipeline, tuple[str, ...]]] = {
    "class token and columns first": (
        pipeline(first=0, arrange=columns_first),
        ("class-token-kept", "token-order-transposed"),
    ),
    "registers and a swapped reshape": (
        pipeline((5, 8), registers=2, first=1, arrange=swapped),
        ("register-tokens-kept", "grid-reshape-swapped"),
    ),
    "dropout and class token": (
        pipeline((8, 8), first=0, dropout=0.1),
        ("encoder-not-deterministic", "class-token-kept"),
    ),
    "a leak and columns first": (
        pipeline((8, 8), arrange=columns_first, leak=True),
        ("batch-leak", "token-order-transposed"),
    ),
    "mirrored columns, which have no id here": (pipeline(arrange=mirrored), ("unexplained",)),
}


def convolution(grid: tuple[int, int], kernel: int, second: int) -> Pipeline:
    """Cells of two convolutions; the first overlaps where its kernel is longer than a patch, the second blurs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(3, 8, kernel, PATCH, (kernel - PATCH) // 2), nn.GELU(), nn.Conv2d(8, 4, second, padding="same")
        )
    return Pipeline(encode=net, grid=grid, preprocess=cropper(grid))


def mutating(crops: Tensor) -> Tensor:
    """Prints, works in place, and returns an array in half precision."""
    print("encoding", len(crops))
    features = rows_first(TinyViT((6, 6)).tokens(crops)[:, 1:], 6, 6)
    crops.zero_()
    return features.half().numpy()


def strided(grid: tuple[int, int], kernel: int) -> Pipeline:
    """Four strided convolutions padded on all sides: cells lie half a cell beside their patches."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        layers = [
            layer
            for inputs, outputs in ((3, 16), (16, 16), (16, 24))
            for layer in (nn.Conv2d(inputs, outputs, kernel, 2, kernel // 2), nn.ReLU())
        ]
    return Pipeline(encode=nn.Sequential(*layers), grid=grid, preprocess=cropper(grid))


def after(change: Callable[[Tensor], Tensor], grid: tuple[int, int] = (7, 9), **settings: Any) -> Pipeline:
    """A right map that `change` works on."""
    inner = pipeline(grid, **settings)
    return replace(inner, encode=lambda crops: change(inner.encode(crops)))


def enlarged(crops: Tensor) -> Tensor:
    return nn.functional.interpolate(nn.functional.avg_pool2d(crops, PATCH), scale_factor=4, mode="bilinear")


RIGHT: dict[str, Pipeline] = {
    # Look odd because other cells answer as much as a patch's own; right because they lie around it.
    "strided convolutions": strided((9, 12), 3),
    "wide strided convolutions": strided((9, 12), 11),
    "a wide blur": after(
        lambda features: nn.functional.avg_pool2d(features, 5, 1, 2, count_include_pad=False), (12, 12)
    ),
    "enlarged in the encoder": Pipeline(encode=enlarged, grid=(40, 48), preprocess=cropper((10, 12))),
    # Look odd because every cell answers to every patch; right because its own does so most.
    "the mean of the map five times over": after(lambda features: features + 5 * features.mean((2, 3), keepdim=True)),
    "normalised over the map": after(lambda features: nn.functional.instance_norm(features)),
    "twenty blocks": pipeline((9, 9), blocks=20),
    # Look odd in memory or in precision; right in every cell.
    "bfloat16": after(lambda features: features.bfloat16()),
    "channels last": after(lambda features: features.contiguous(memory_format=torch.channels_last)),
    "two channels": after(lambda features: features[:, :2]),
    "square": pipeline(),
    "oblong": pipeline((5, 8)),
    "tall, registers dropped": pipeline((9, 4), registers=4),
    "eight blocks": pipeline((7, 7), blocks=8),
    "one cell": pipeline((1, 1)),
    "one row": pipeline((1, 7)),
    "two by two": pipeline((2, 2)),
    "a blurring convolution": convolution((6, 6), 8, 3),
    "overlapping patches": convolution((6, 9), 16, 1),
    "half precision, in place": Pipeline(encode=mutating, grid=(6, 6), preprocess=cropper((6, 6))),
    "one channel": Pipeline(encode=lambda crops: nn.functional.avg_pool2d(crops, 16).mean(1, True), grid=(6, 6)),
    "nothing but encode": Pipeline(encode=lambda crops: nn.functional.avg_pool2d(crops, 16), grid=(5, 7)),
}
