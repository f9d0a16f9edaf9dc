"""Structured light for image transforms: from which place of the image was each pixel of the output read?

Cosine stripes of known period are sent through a callable in four phase steps. The phase that arrives at an output
pixel names a place of the image, whatever the mean, gain and curve: a symmetric kernel damps stripes but does not shift
them. A period twice as long as the image says roughly where, shorter ones say it finely (phase-shifting profilometry
with temporal unwrapping; Huntley and Saldner, Applied Optics 32(17), 1993). Where colour channels stay apart, green
carries the stripes of y and the other two those of x, which halves the calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from reference.fields import Size
from reference.geometry import edge_from_index

Transform = Callable[[Image.Image], Any]
Field = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_SHORTEST_PERIOD = 12  # pixels of the coarser of image and crop: no usual kernel damps these stripes away
_PERIOD_STEP = 64  # a phase is good to 1/2000 of its period in 8 bits, so the next period may be this much shorter
_MIDDLE, _AMPLITUDE = 127.5, 120  # grey levels; a sharpening kernel's overshoot stays inside 8 bits
_REPEATS = 2  # more calls where two agreed: a coin flip then stays unseen once in eight times, and fails the fit
_RANDOM = "the transform is random: calls with the same image give different results"
_VISIBLE = 0.2  # of the strongest stripes that arrive: anything paler is padding
_MOVING = 0.25  # of the usual change of place: anything slower is padding that repeats the rim


@dataclass(frozen=True)
class Landing:
    """Where each crop pixel was read from on one axis of the image.

    place: (Hc, Wc), edge coordinate on that axis of the image, image pixels.
    visible: (Hc, Wc), whether stripes arrived there at all.
    slopes: change of `place` for one crop pixel to the right and one down, as most of the crop agrees on.
    """

    place: Field
    visible: Mask
    slopes: tuple[float, float]

    @property
    def pitch(self) -> float:
        """Image pixels a crop pixel: above 1 where the crop is coarser than the image."""
        return float(np.hypot(*self.slopes))


def measure_landings(transform: Transform, image_size: Size) -> tuple[Landing, Landing]:
    """Measure where `transform` reads from along x and along y of an image of `image_size` `(height, width)`.

    Raises `ValueError` where calls differ, and where the output is no image tensor or shows too little of the image.
    """
    apart = channels_stay_apart(transform, image_size)
    periods = [2.0 * side for side in reversed(image_size)]
    waves = _waves(transform, image_size, periods, apart)
    landings = [
        _landing(np.mod(phase, 2 * np.pi) * period / (2 * np.pi), strength)
        for (phase, strength), period in zip(waves, periods, strict=True)
    ]
    shorter = [
        period / (_SHORTEST_PERIOD * max(1.0, landing.pitch)) for period, landing in zip(periods, landings, strict=True)
    ]
    steps = math.ceil(math.log(max(shorter), _PERIOD_STEP))  # below 1 where stripes are short enough already
    for _ in range(steps):
        periods = [period / ratio ** (1 / steps) for period, ratio in zip(periods, shorter, strict=True)]
        waves = _waves(transform, image_size, periods, apart)
        landings = [_finer(*each) for each in zip(landings, waves, periods, strict=True)]
    return landings[0], landings[1]


def channels_stay_apart(transform: Transform, image_size: Size) -> bool:
    """Whether green alone decides the middle one of three planes, and has no part in the other two.

    Raises `ValueError` where calls with one image differ; a coin flip stays unseen once in eight times.
    """
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (*image_size, 3), dtype=np.uint8))
    (red, green, blue), (other_red, other_green, other_blue) = noise.split(), ImageOps.flip(noise).split()
    first, again = planes(transform(noise)), planes(transform(noise))
    if not _same(first, again):
        raise ValueError(_RANDOM)
    new_green = planes(transform(Image.merge("RGB", (red, other_green, blue))))
    new_others = planes(transform(Image.merge("RGB", (other_red, green, other_blue))))
    if len(first) == 3 and first.shape == new_green.shape == new_others.shape:
        follows = [[not _same(new[k], first[k]) for k in range(3)] for new in (new_green, new_others)]
        if follows == [[False, True, False], [True, False, True]]:
            return True
    if not all(_same(first, planes(transform(noise))) for _ in range(_REPEATS)):
        raise ValueError(_RANDOM)
    return False


def stripes(image_size: Size, axes: Sequence[int], periods: Sequence[float], quarter_turns: int = 0) -> Image.Image:
    """An RGB image of which each channel varies along one of `axes` (0: x, 1: y), as a cosine.

    periods: of x and of y, pixels. quarter_turns: by which the waves are advanced.
    """
    channels = []
    for axis in (0, 1):
        turns = edge_from_index(np.arange(image_size[1 - axis])) / periods[axis] + quarter_turns / 4
        wave = np.rint(_MIDDLE + _AMPLITUDE * np.cos(2 * np.pi * turns)).astype(np.uint8)
        channels.append(Image.fromarray(np.broadcast_to(wave if axis == 0 else wave[:, None], image_size)))
    return Image.merge("RGB", [channels[axis] for axis in axes])


def planes(output: Any) -> Field:
    """What a transform returned, as channels (C, H, W) of floats.

    Taken are a tensor or array (C, H, W) with one or three channels, a PIL image, and either of these as the only entry
    of a batch or, as Hugging Face has it, under `"pixel_values"`. Raises `ValueError` for anything else.
    """
    if isinstance(output, Mapping) and "pixel_values" in output:
        output = output["pixel_values"]
    if isinstance(output, list | tuple) and len(output) == 1:
        output = output[0]
    if isinstance(output, Image.Image):
        output = np.moveaxis(np.atleast_3d(np.asarray(output)), -1, 0)
    if hasattr(output, "detach"):
        output = output.detach().cpu()
        output = output.float() if output.dtype.itemsize < 4 else output  # NumPy has no bfloat16
    try:
        channels = np.asarray(output, dtype=np.float64)
    except (TypeError, ValueError):
        advice = "; return the tensor alone" if isinstance(output, list | tuple | Mapping) else ""
        raise ValueError(
            f"the transform must return a tensor (3, Hc, Wc), got {type(output).__name__}{advice}"
        ) from None
    if channels.ndim == 4 and len(channels) == 1:
        channels = channels[0]
    if channels.ndim != 3 or channels.shape[0] not in (1, 3) or channels.size == 0:
        raise ValueError(
            f"the transform must return a tensor (3, Hc, Wc), got shape {channels.shape}{_advice(channels.shape)}"
        )
    return channels


def _advice(shape: tuple[int, ...]) -> str:
    """What to change of an output of this shape, where that is plain; empty elsewhere."""
    if len(shape) == 3 and shape[-1] in (1, 3):
        return "; move the channels to the front, as permute(2, 0, 1) does"
    if len(shape) == 4:
        return "; it is given one image: return one crop, no batch"
    return ""


def _same(first: Field, second: Field) -> bool:
    return np.array_equal(first, second, equal_nan=True)


def _waves(transform: Transform, image_size: Size, periods: Sequence[float], apart: bool) -> list[tuple[Field, Field]]:
    """Phase in radians and strength of the stripes of x, then y, at every crop pixel."""
    if apart:
        seen = [planes(transform(stripes(image_size, (0, 1, 0), periods, turn))) for turn in range(4)]
        return [_phase([look[::2].mean(axis=0) for look in seen]), _phase([look[1] for look in seen])]
    return [
        _phase([planes(transform(stripes(image_size, (axis,) * 3, periods, turn))).mean(axis=0) for turn in range(4)])
        for axis in (0, 1)
    ]


def _phase(seen: Sequence[Field]) -> tuple[Field, Field]:
    if len({image.shape for image in seen}) > 1:
        raise ValueError("the transform is random: the size of its output changes from call to call")
    cosine, sine = seen[0] - seen[2], seen[3] - seen[1]
    return np.arctan2(sine, cosine), np.hypot(sine, cosine)


def _finer(rough: Landing, wave: tuple[Field, Field], period: float) -> Landing:
    """The landing by stripes of a shorter `period`, of which the rough one says which stripe it is."""
    phase, strength = wave
    turns = np.rint(rough.place / period - phase / (2 * np.pi))
    return _landing((turns + phase / (2 * np.pi)) * period, strength)


def _landing(place: Field, strength: Field) -> Landing:
    if not np.isfinite(strength).all() or strength.max() == 0:
        raise ValueError("nothing of the image arrives in the crop: stripes come out flat or not finite")
    visible = strength > _VISIBLE * strength.max()
    return Landing(place, visible, _slopes(place, visible))


def _slopes(place: Field, visible: Mask) -> tuple[float, float]:
    """Differences over an eighth of what is visible, so that a single pixel's noise does not count.

    Padding that repeats the rim stands still and is left out. Padding that mirrors the image may be most of the crop,
    so that its middle decides, if anything moves there.
    """
    if min(place.shape) < 2:
        raise ValueError(f"a crop of {place.shape} (height, width) is too small to measure")
    lag_y, lag_x = (max(1, int(visible.any(axis=axis).sum()) // 8) for axis in (1, 0))
    here = slice(-lag_y), slice(-lag_x)
    right, below = (here[0], slice(lag_x, None)), (slice(lag_y, None), here[1])
    seen = visible[here] & visible[right] & visible[below]
    to_right, down = (place[right] - place[here]) / lag_x, (place[below] - place[here]) / lag_y
    speed = np.hypot(to_right, down)
    moving = seen & (speed > _MOVING * np.quantile(speed[seen], 0.9)) if seen.any() else seen
    if not moving.any():
        raise ValueError("too little of the image arrives in the crop to measure the transform")
    third_y, third_x = (side // 3 for side in moving.shape)
    middle = np.zeros_like(moving)
    middle[third_y : moving.shape[0] - third_y, third_x : moving.shape[1] - third_x] = True
    moving = moving & middle if (moving & middle).any() else moving
    return agreement(to_right[moving]), agreement(down[moving])


def agreement(values: Field) -> float:
    """Median of the shortest interval that holds a tenth of the values: what most agree on, whatever the others are."""
    ordered = np.sort(values)
    count = max(1, ordered.size // 10)
    start = int(np.argmin(ordered[count - 1 :] - ordered[: ordered.size - count + 1]))
    return float(ordered[start + count // 2])
