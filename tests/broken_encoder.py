"""Small encoders that go wrong between crop and grid, each in one known way, and twins that only look wrong."""

from __future__ import annotations

from collections.abc import Callable
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


RIGHT: dict[str, Pipeline] = {
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
