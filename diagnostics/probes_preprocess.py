"""What `preprocess` does to constant colours, to single-pixel detail and to an edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from diagnostics.subject import Floats, Subject
from diagnostics.verdict import StageError
from reference.fields import Size
from reference.measure import MeasuredMap
from reference.stripes import planes

# (6, 3) 8-bit levels: black and white give mean and deviation, the primaries the channels' order, grey a curve.
COLOUR_NAMES = ("black", "white", "red", "green", "blue", "grey")
COLOURS = np.array([[0] * 3, [255] * 3, [255, 0, 0], [0, 255, 0], [0, 0, 255], [128] * 3], dtype=np.uint8)
_TONES = (64, 192)  # away from 0 and 255, which would cut off an overshoot
_AT_A_TONE = 0.02  # of the step between the tones: 8-bit rounding is 1/256 of it


@dataclass(frozen=True)
class Detail:
    """What is left of fine detail at one image size.

    scale: (x, y), crop pixels an image pixel. between: share of the crop's pixels that lie between the two tones of a
    random two-toned image. contrast: (x, y), root mean square of what is left of stripes of single pixels that vary
    along that axis, 1 before. overshoot: how far an edge is overshot, parts of its step; interpolation by bicubic and
    Lanczos kernels does so.
    """

    scale: tuple[float, float]
    between: float
    contrast: tuple[float, float]
    overshoot: float

    @property
    def pitch(self) -> Floats:
        """Image pixels a crop pixel, (x, y)."""
        return 1 / np.array(self.scale)


def measure_colours(subject: Subject) -> tuple[Floats, float]:
    """How the `COLOURS` arrive, (6, 3), and the largest difference between two calls.

    The images are square, so that they fill the middle of a square crop whatever is padded; its median is read.
    """
    side = max(subject.image_sizes[0])
    first, second = (
        np.stack([_middle(crop_of(subject, Image.new("RGB", (side, side), tuple(colour)))) for colour in COLOURS])
        for _ in range(2)
    )
    if not np.isfinite(first).all():
        raise StageError("preprocess", "returns values that are not finite for images of one colour")
    return first, float(np.abs(first - second).max())


def measure_details(subject: Subject, maps: Sequence[MeasuredMap]) -> dict[Size, Detail]:
    """Fine detail at the image sizes of `maps`, in the part of the crop that each was fitted on."""
    if not maps:
        return {}
    dark, light = (_grey(subject, np.full(maps[0].image_size, tone), maps[0]).mean() for tone in _TONES)
    return {measured.image_size: _detail(subject, measured, dark, light) for measured in maps}


def _detail(subject: Subject, measured: MeasuredMap, dark: float, light: float) -> Detail:
    size = measured.image_size

    def seen(is_light: Any) -> Floats:
        levels = np.where(np.broadcast_to(is_light, size), _TONES[1], _TONES[0])
        return np.asarray((_grey(subject, levels, measured) - dark) / (light - dark))

    rows, columns = np.arange(size[0])[:, None], np.arange(size[1])
    noise = seen(np.random.default_rng(subject.seed).integers(0, 2, size))
    edge = seen(columns >= size[1] // 2)
    off_tone = np.minimum(np.abs(noise), np.abs(noise - 1))
    return Detail(
        scale=(abs(measured.matrix[0][0]), abs(measured.matrix[1][1])),
        between=float((off_tone > _AT_A_TONE).mean()),
        contrast=(float(2 * seen(columns % 2).std()), float(2 * seen(rows % 2).std())),
        overshoot=float(max(0.0, edge.max() - 1)),
    )


def crop_of(subject: Subject, image: Image.Image) -> Floats:
    """The crop (3, Hc, Wc) of an image; raises `StageError` for another shape."""
    try:
        crop = planes(subject.call_array("preprocess", image))
    except ValueError as error:
        raise StageError("preprocess", str(error).replace("the transform ", "")) from None
    if len(crop) != 3:
        raise StageError("preprocess", f"must return a tensor (3, Hc, Wc), got shape {crop.shape}")
    return crop


def _middle(crop: Floats) -> Floats:
    height, width = crop.shape[1:]
    middle = crop[:, height // 3 : height - height // 3, width // 3 : width - width // 3]
    return np.asarray(np.median(middle, axis=(1, 2)))


def _grey(subject: Subject, levels: Any, measured: MeasuredMap) -> Floats:
    """The fitted part of the crop of a grey image, mean of its channels."""
    image = Image.fromarray(levels.astype(np.uint8)).convert("RGB")
    (left, right), (top, bottom) = measured.reach
    fitted = np.s_[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))]
    return np.asarray(crop_of(subject, image).mean(axis=0)[fitted])
